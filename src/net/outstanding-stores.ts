import type { MessageOfType } from '../dimse/message.ts';
import { Problem } from '../lib/problem.ts';

export interface OutstandingStoresOptions {
  /** Requests that may be unanswered at a time, 1 or more, as the asynchronous operations window was agreed on — PS3.7 Annex D.3.3.3. */
  operationsMax: number;
  /** How long the peer may take for a piece, or for the next answer where it has all of a request, milliseconds. */
  responseTimeoutMs: number;
  abort(words: string): void;
}

interface Outstanding {
  isSent: boolean;
  resolve(status: number): void;
  reject(problem: Problem): void;
}

/**
 * The C-STORE requests of ours on one association that wait to be sent or to be answered, of however many retrieves: data sets go one after the other, for their
 * fragments must not mix, and no more requests are outstanding than was agreed on. Ends the association when the peer neither takes nor answers for too
 * long: a stalled one stalls nobody else.
 */
export class OutstandingStores {
  readonly #options: OutstandingStoresOptions;
  readonly #byMessageId = new Map<number, Outstanding>();
  /** Whose data set is on its way. */
  #sending: number | undefined;
  /** A piece was given, and the peer has yet to take it. */
  #isGiven = false;
  /** Sent to their ends, and not answered. */
  #sentCount = 0;
  #ended: Problem | undefined;
  #change: { promise: Promise<void>; tell(): void } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: OutstandingStoresOptions) {
    this.#options = options;
  }

  /** Why nothing is sent any more. */
  get ended(): Problem | undefined {
    return this.#ended;
  }

  /**
   * Waits for the turn of a request. Until `sent` or `forget` nobody else has it.
   * @returns what becomes the status of its response, or is rejected with a Problem, also where nobody awaits it
   * @throws Problem 'cancelled' where `signal` has fired before its turn; another one where the association has ended
   */
  async begin(messageId: number, signal?: AbortSignal): Promise<{ response: Promise<number> }> {
    const wake = () => this.#tell();
    signal?.addEventListener('abort', wake);
    while (this.#ended === undefined && signal?.aborted !== true && this.#isBusy) await this.#changed();
    signal?.removeEventListener('abort', wake);
    if (this.#ended !== undefined) throw this.#ended;
    if (signal?.aborted === true) throw new Problem('cancelled', 'cancelled before it was sent');
    this.#sending = messageId;
    const response = new Promise<number>((resolve, reject) => {
      this.#byMessageId.set(messageId, { isSent: false, resolve, reject });
    });
    response.catch(() => undefined);
    return { response };
  }

  /** A piece is on its way to the peer: its turn. */
  given(): void {
    this.#isGiven = true;
    this.#watch();
  }

  /** The peer has taken it; until the next piece is there it is we who take our time, as where a frame has to be decoded. */
  taken(): void {
    this.#isGiven = false;
    this.#watch();
  }

  /** The whole data set was taken: others may follow. */
  sent(messageId: number): void {
    const outstanding = this.#byMessageId.get(messageId);
    if (outstanding !== undefined) {
      outstanding.isSent = true;
      this.#sentCount += 1;
    }
    this.#isGiven = false;
    this.#leave(messageId);
  }

  /** Nothing more is done about a request, whatever has become of it. */
  forget(messageId: number): void {
    const outstanding = this.#byMessageId.get(messageId);
    if (outstanding?.isSent === true) this.#sentCount -= 1;
    this.#byMessageId.delete(messageId);
    this.#leave(messageId);
  }

  /** The peer's answer to one of them. */
  respond({ messageIdBeingRespondedTo, status }: MessageOfType<'C-STORE-RSP'>): void {
    const outstanding = this.#byMessageId.get(messageIdBeingRespondedTo);
    if (outstanding === undefined) return;
    if (outstanding.isSent) this.#sentCount -= 1;
    this.#byMessageId.delete(messageIdBeingRespondedTo);
    outstanding.resolve(status);
    this.#watch();
    this.#tell();
  }

  /** Resolves when nothing is outstanding but this one, or when the association has ended. */
  async othersAnswered(messageId: number): Promise<void> {
    const isAlone = () => this.#byMessageId.size === (this.#byMessageId.has(messageId) ? 1 : 0);
    while (this.#ended === undefined && !isAlone()) await this.#changed();
  }

  /** The association has ended, or is about to: what is outstanding fails, and whatever follows. */
  end(problem: Problem): void {
    this.#ended ??= problem;
    const outstanding = [...this.#byMessageId.values()];
    this.#byMessageId.clear();
    this.#sentCount = 0;
    this.#isGiven = false;
    this.#watch();
    for (const { reject } of outstanding) reject(this.#ended);
    this.#tell();
  }

  /** One is being sent, or no more may be unanswered. */
  get #isBusy(): boolean {
    return this.#sending !== undefined || this.#byMessageId.size >= this.#options.operationsMax;
  }

  #leave(messageId: number): void {
    if (this.#sending === messageId) this.#sending = undefined;
    this.#watch();
    this.#tell();
  }

  /** Runs anew from each thing that the peer does while it is its turn; an answer of another order is as good as one of the first. */
  #watch(): void {
    if (!this.#isGiven && this.#sentCount === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer !== undefined) {
      this.#timer.refresh();
    } else {
      this.#timer = setTimeout(() => this.#stalled(), this.#options.responseTimeoutMs);
    }
  }

  #stalled(): void {
    const words = `no answer to C-STORE within ${this.#options.responseTimeoutMs} ms`;
    this.end(new Problem('peer-unreachable', words));
    this.#options.abort(words);
  }

  #changed(): Promise<void> {
    if (this.#change === undefined) {
      let tell: () => void = () => undefined;
      const promise = new Promise<void>((resolve) => {
        tell = resolve;
      });
      this.#change = { promise, tell };
    }
    return this.#change.promise;
  }

  #tell(): void {
    this.#change?.tell();
    this.#change = undefined;
  }
}
