import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Log } from '../lib/log.ts';
import type { Certificates } from '../services/certificates.ts';
import { netLimits } from './limits.ts';

export interface TlsServerOptions {
  certificates: Pick<Certificates, 'current' | 'onChange'>;
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

/** The oldest version that is answered — PS3.15 §B.9, BCP 195. */
export const TLS_VERSION_MIN = 'TLSv1.2';

/**
 * Makes TLS of connections that were accepted elsewhere. Handshakes are bounded in time and number, and a new certificate serves the next one;
 * associations that are open keep theirs.
 */
export class TlsServer {
  readonly #server: Server;
  readonly #options: TlsServerOptions;
  /** Under way, by `nameOf` their connection. */
  readonly #pending = new Map<string, Handshake>();
  readonly #unsubscribe: () => void;

  constructor(options: TlsServerOptions) {
    const { certificates, accept } = options;
    this.#options = options;
    this.#server = createServer({
      ...contextOf(certificates),
      handshakeTimeout: netLimits.tlsHandshakeTimeoutMs,
      noDelay: true,
    });
    this.#server.on('secureConnection', (socket) => {
      this.#pending.delete(nameOf(socket));
      accept(socket);
    });
    this.#server.on('tlsClientError', (error, socket) => {
      const handshake = this.#pending.get(nameOf(socket));
      if (handshake !== undefined) handshake.reason = wordsOf(error);
      socket.destroy();
    });
    this.#unsubscribe = certificates.onChange(() => this.#server.setSecureContext(contextOf(certificates)));
  }

  /** Takes over a connection that nothing was read from. */
  take(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    if (this.#pending.size >= netLimits.tlsHandshakesMax) {
      this.#options.log.warn('connection dropped', { address, reason: 'too many TLS handshakes' });
      this.#options.dropped(address);
      socket.destroy();
      return;
    }
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
    this.#unsubscribe();
    const handshakes = [...this.#pending.values()];
    this.#pending.clear();
    for (const { socket } of handshakes) socket.destroy();
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

/** OpenSSL has a reason of a few words; its message has places in its source, too. */
function wordsOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
}

function contextOf(certificates: Pick<Certificates, 'current'>) {
  const { certificate, privateKey } = certificates.current();
  return { cert: certificate, key: privateKey, minVersion: TLS_VERSION_MIN } as const;
}
