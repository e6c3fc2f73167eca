import type { Socket } from 'node:net';
import { type AcceptorOptions, AcceptorSession } from './acceptor-session.ts';

import { netLimits } from './limits.ts';

export type { AcceptorOptions } from './acceptor-session.ts';

/** All associations that others have with us. */
export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #sessions = new Set<AcceptorSession>();
  /** Those that are no association: no request has come yet, or it is over and the caller does not close; the oldest first. */
  readonly #waiting = new Set<AcceptorSession>();
  #count = 0;
  #isDraining = false;

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  get associations(): number {
    return this.#sessions.size;
  }

  /** Takes over a connection: one that nothing was read from, or one over TLS. */
  accept(socket: Socket, isTls: boolean): void {
    this.#count += 1;
    const origin = { number: this.#count, address: socket.remoteAddress ?? '', isTls };
    const session = new AcceptorSession(origin, this.#options, {
      requested: () => this.#waiting.delete(session),
      isFull: () => this.#isDraining || this.#requested > this.#options.settings.current.maximumAssociations,
      over: () => {
        this.#waiting.add(session);
        this.#makeRoom();
      },
      closed: () => {
        this.#waiting.delete(session);
        this.#sessions.delete(session);
      },
    });
    this.#sessions.add(session);
    this.#waiting.add(session);
    this.#makeRoom();
    session.attach(socket);
  }

  /** Sessions that are an association, or may be one soon: whoever only holds a connection open takes nobody's place. */
  get #requested(): number {
    return this.#sessions.size - this.#waiting.size;
  }

  /** Whoever has waited longest goes: a request follows its connection in milliseconds, and who stalls keeps nobody out. */
  #makeRoom(): void {
    if (this.#waiting.size <= netLimits.waitingConnectionsMax) return;
    const [oldest] = this.#waiting;
    if (oldest === undefined) return;
    this.#waiting.delete(oldest);
    oldest.dropWaiting();
  }

  /** Accepts no more; gives what is under way so long to end, and aborts the rest. */
  async drain(timeoutMs: number): Promise<void> {
    this.#isDraining = true;
    for (const session of this.#sessions) session.abortIfIdle();
    const deadline = performance.now() + timeoutMs;
    while (this.#sessions.size > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      for (const session of this.#sessions) session.abortIfIdle();
    }
    for (const session of this.#sessions) session.abort();
  }
}
