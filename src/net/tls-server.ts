import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Log } from '../lib/log.ts';
import type { Certificates } from '../services/certificates.ts';
import { netLimits } from './limits.ts';

export interface TlsServerOptions {
  certificates: Pick<Certificates, 'current' | 'onChange'>;
  log: Log;
  accept(socket: TLSSocket): void;
}

/** The oldest version that is answered — PS3.15 §B.9, BCP 195. */
export const TLS_VERSION_MIN = 'TLSv1.2';

/**
 * Makes TLS of connections that were accepted elsewhere. Handshakes are bounded in time and number, and a new certificate serves the next one;
 * associations that are open keep theirs.
 */
export class TlsServer {
  readonly #server: Server;
  readonly #log: Log;
  /** Connections whose handshake is under way, by `nameOf`. */
  readonly #pending = new Map<string, Socket>();
  readonly #unsubscribe: () => void;

  constructor({ certificates, log, accept }: TlsServerOptions) {
    this.#log = log;
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
      this.#pending.delete(nameOf(socket));
      log.warn('TLS handshake failed', { address: socket.remoteAddress ?? '', reason: error.message });
      socket.destroy();
    });
    this.#unsubscribe = certificates.onChange(() => this.#server.setSecureContext(contextOf(certificates)));
  }

  /** Takes over a connection that nothing was read from. */
  take(socket: Socket): void {
    if (this.#pending.size >= netLimits.tlsHandshakesMax) {
      this.#log.warn('connection dropped', {
        address: socket.remoteAddress ?? '',
        reason: 'too many TLS handshakes',
      });
      socket.destroy();
      return;
    }
    const name = nameOf(socket);
    this.#pending.set(name, socket);
    socket.once('close', () => {
      if (this.#pending.get(name) === socket) this.#pending.delete(name);
    });
    this.#server.emit('connection', socket);
  }

  close(): void {
    this.#unsubscribe();
    for (const socket of this.#pending.values()) socket.destroy();
  }
}

/** The same for a connection and for the TLS that is made of it. */
function nameOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`;
}

function contextOf(certificates: Pick<Certificates, 'current'>) {
  const { certificate, privateKey } = certificates.current();
  return { cert: certificate, key: privateKey, minVersion: TLS_VERSION_MIN } as const;
}
