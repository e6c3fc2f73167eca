import { createServer, type Server, type Socket } from 'node:net';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import { netLimits } from './limits.ts';

export interface ListenerOptions {
  host: string;
  port: number;
  /** Connections beyond this many are closed without a word: associations are refused in words well before. */
  connectionsMax: number;
  log: Log;
  /** A connection was closed for there are too many. */
  dropped(address: string): void;
}

/** Takes over a connection that nothing was read from. */
export type Accept = (socket: Socket) => void;

/** A TCP port on which associations are requested of us. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  #accept: Accept | undefined;
  /** Connections that came before anybody took them. */
  #held: Socket[] = [];

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => this.#take(socket));
    this.connectionsMax = options.connectionsMax;
    this.#server.on('drop', (data) => {
      const address = data?.remoteAddress ?? '';
      options.log.warn('connection dropped', { address, reason: 'too many connections' });
      options.dropped(address);
    });
  }

  /** The port that is bound; 0 before. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  set connectionsMax(count: number) {
    this.#server.maxConnections = count;
  }

  /** Binds the port; connections wait until they are served. @throws Error naming the port where it cannot be bound */
  async listen(): Promise<void> {
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
  }

  /** From now on connections go to `accept`, those that wait first. */
  serve(accept: Accept): void {
    this.#accept = accept;
    for (const socket of this.#held.splice(0)) {
      if (!socket.destroyed) accept(socket);
    }
  }

  /** Takes no more connections; those that are served stay. */
  close(): void {
    this.#server.close();
    for (const socket of this.#held.splice(0)) socket.destroy();
  }

  #take(socket: Socket): void {
    if (this.#accept !== undefined) {
      this.#accept(socket);
    } else if (this.#held.length < netLimits.heldConnectionsMax) {
      socket.on('error', () => undefined);
      this.#held.push(socket);
    } else {
      socket.destroy();
    }
  }
}
