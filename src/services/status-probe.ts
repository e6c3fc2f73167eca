import { messageOf } from '../lib/problem.ts';

export interface ProbeOptions {
  /** How long an answer holds good, milliseconds. */
  keepMs: number;
  /** How long anybody waits for one, milliseconds. */
  timeoutMs: number;
  now(): number;
}

export interface Look<T> {
  /** The newest there is, which may be old; undefined where there never was one. */
  value: T | undefined;
  /** Why there is no new one, in words; undefined where there is. */
  failure: string | undefined;
  /** How long the newest answer took, milliseconds; null where it did not come. */
  tookMs: number | null;
}

/** Asks what may be slow or away: one question at a time whoever wants to know, and nobody waits longer than the bound. */
export class Probe<T> {
  readonly #ask: () => Promise<T>;
  readonly #options: ProbeOptions;
  #look: Look<T> = { value: undefined, failure: undefined, tookMs: null };
  #answeredAt = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(ask: () => Promise<T>, options: ProbeOptions) {
    this.#ask = ask;
    this.#options = options;
  }

  /** Without asking. */
  get newest(): Look<T> {
    return this.#look;
  }

  /** Never rejects. @param keepMs for this time */
  async look(keepMs = this.#options.keepMs): Promise<Look<T>> {
    const { timeoutMs, now } = this.#options;
    if (now() - this.#answeredAt < keepMs) return this.#look;
    this.#asking ??= this.#answer().finally(() => {
      this.#asking = undefined;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Look<T>>((resolve) => {
      const failure = `no answer within ${timeoutMs / 1000} s`;
      timer = setTimeout(() => resolve({ value: this.#look.value, failure, tookMs: null }), timeoutMs);
    });
    const look = await Promise.race([this.#asking.then(() => this.#look), late]);
    clearTimeout(timer);
    return look;
  }

  async #answer(): Promise<void> {
    const startedAt = performance.now();
    try {
      const value = await this.#ask();
      this.#look = { value, failure: undefined, tookMs: performance.now() - startedAt };
    } catch (error) {
      this.#look = { value: this.#look.value, failure: messageOf(error), tookMs: null };
    }
    this.#answeredAt = this.#options.now();
  }
}
