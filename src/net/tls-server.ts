import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Log } from '../lib/log.ts';
import type { Certificates } from '../services/certificates.ts';
import type { Settings } from '../services/settings.ts';
import type { Trust } from '../services/trusted-certificates.ts';
import { netLimits } from './limits.ts';
import { DICOM_ALPN, profileOptions } from './tls-profiles.ts';
import { peerRefusal } from './tls-trust.ts';
import { handshakeWords } from './tls-words.ts';

export type TlsServerSettings = Pick<Settings['tls'], 'profile' | 'clientCertificates'>;

export interface TlsServerOptions {
  certificates: Pick<Certificates, 'current' | 'onChange'>;
  trusted: Trust;
  log: Log;
  accept(socket: TLSSocket): void;
  /** A connection was closed for there are too many handshakes. */
  dropped(address: string): void;
  /** A handshake failed with one who had said something. @param words why */
  failed(address: string, words: string): void;
}

interface Handshake {
  socket: Socket;
  /** Of the caller; the socket forgets it when it is closed. */
  address: string;
  /** Why it failed; undefined where the caller just went. */
  reason: string | undefined;
}

/**
 * Makes TLS of connections that were accepted elsewhere. Handshakes are bounded in time and number. New certificates and settings serve the next
 * one; associations that are open keep theirs.
 */
export class TlsServer {
  readonly #options: TlsServerOptions;
  /** Under way, by `nameOf` their connection; the oldest first. */
  readonly #pending = new Map<string, Handshake>();
  readonly #unsubscribe: (() => void)[];
  #settings: TlsServerSettings;
  #server: Server;

  constructor(settings: TlsServerSettings, options: TlsServerOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#server = this.#made();
    const renew = () => {
      this.#server = this.#made();
    };
    this.#unsubscribe = [options.certificates.onChange(renew), options.trusted.onChange(renew)];
  }

  use(settings: TlsServerSettings): void {
    this.#settings = settings;
    this.#server = this.#made();
  }

  /** Takes over a connection that nothing was read from. */
  take(socket: Socket): void {
    if (this.#pending.size >= netLimits.tlsHandshakesMax) this.#drop();
    const address = socket.remoteAddress ?? '';
    const name = nameOf(socket);
    const handshake: Handshake = { socket, address, reason: undefined };
    this.#pending.set(name, handshake);
    socket.once('close', () => {
      if (this.#pending.get(name) !== handshake) return;
      this.#pending.delete(name);
      this.#failed(handshake);
    });
    this.#server.emit('connection', socket);
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    const handshakes = [...this.#pending.values()];
    this.#pending.clear();
    for (const { socket } of handshakes) socket.destroy();
  }

  /** What is under way goes on with the server it began with. */
  #made(): Server {
    const { certificates, trusted } = this.#options;
    const { certificate, privateKey } = certificates.current();
    const isClientAsked = this.#settings.clientCertificates === 'required';
    const server = createServer({
      ...profileOptions(this.#settings.profile),
      cert: certificate,
      key: privateKey,
      ALPNProtocols: [DICOM_ALPN],
      // Not refused by Node, which would not tell why: `#secured` refuses.
      ...(isClientAsked && { requestCert: true, rejectUnauthorized: false, ca: trusted.pems() }),
      handshakeTimeout: netLimits.tlsHandshakeTimeoutMs,
      noDelay: true,
    });
    server.on('secureConnection', (socket) => this.#secured(socket, isClientAsked));
    server.on('tlsClientError', (error, socket) => {
      const handshake = this.#pending.get(nameOf(socket));
      if (handshake !== undefined) handshake.reason = handshakeWords(error);
      socket.destroy();
    });
    return server;
  }

  #secured(socket: TLSSocket, isClientAsked: boolean): void {
    const name = nameOf(socket);
    const handshake = this.#pending.get(name);
    const refusal = isClientAsked ? peerRefusal(socket, this.#options.trusted) : undefined;
    if (refusal !== undefined) {
      if (handshake !== undefined) handshake.reason = refusal;
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    this.#pending.delete(name);
    this.#options.accept(socket);
  }

  /** The oldest handshake of whoever has most of them under way makes room: a handshake takes milliseconds, and who stalls keeps nobody out. */
  #drop(): void {
    const counts = new Map<string, number>();
    for (const { address } of this.#pending.values()) counts.set(address, (counts.get(address) ?? 0) + 1);
    const most = Math.max(...counts.values());
    for (const [name, { address, socket }] of this.#pending) {
      if (counts.get(address) !== most) continue;
      this.#pending.delete(name);
      this.#options.log.warn('connection dropped', { address, reason: 'too many TLS handshakes' });
      this.#options.dropped(address);
      socket.destroy();
      return;
    }
  }

  #failed({ socket, address, reason = 'the caller closed the connection' }: Handshake): void {
    this.#options.log.warn('TLS handshake failed', { address, reason });
    // Whoever only looks whether the port is open says nothing.
    if (socket.bytesRead > 0) this.#options.failed(address, `TLS handshake failed: ${reason}`);
  }
}

/** The same for a connection and for the TLS that is made of it. */
function nameOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`;
}
