import type { Socket } from 'node:net';
import { type AcceptorOptions, AcceptorSession } from './acceptor-session.ts';

export type { AcceptorOptions } from './acceptor-session.ts';

/** All associations that others have with us. */
export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #sessions = new Set<AcceptorSession>();
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
      isFull: () =>
        this.#isDraining || this.#sessions.size > this.#options.settings.current.maximumAssociations,
      closed: () => this.#sessions.delete(session),
    });
    this.#sessions.add(session);
    session.attach(socket);
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
