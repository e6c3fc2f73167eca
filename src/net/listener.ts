import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';

export interface ListenerOptions {
  host: string;
  port: number;
  /** Connections beyond this many are closed without a word: associations are refused in words well before. */
  connectionsMax: number;
  log: Log;
  /** Takes over a connection that nothing was read from. */
  accept(socket: Socket): void;
}

/** The TCP port on which associations are requested of us. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: true, noDelay: true }, options.accept);
    this.#server.maxConnections = options.connectionsMax;
    this.#server.on('drop', (data) => {
      options.log.warn('connection dropped', {
        address: data?.remoteAddress ?? '',
        reason: 'too many connections',
      });
    });
  }

  /** @throws Error naming the port where it cannot be bound */
  async listen(): Promise<{ port: number }> {
    const { host, port } = this.#options;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen({ host, port, exclusive: true }, () => {
          this.#server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      throw new Error(`cannot listen on ${host} port ${port}: ${messageOf(error)}`, { cause: error });
    }
    this.#server.on('error', (error) => this.#options.log.error('listener', { reason: error.message }));
    const address = this.#server.address();
    return { port: typeof address === 'object' && address !== null ? address.port : port };
  }

  /** Takes no more connections; those that are open stay. */
  close(): void {
    this.#server.close();
  }
}
