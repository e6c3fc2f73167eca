import { statusWords } from '../dimse/status.ts';
import type { Log } from '../lib/log.ts';

/** Reasons that are told of one association; more are only counted. */
const REASONS_MAX = 100;

/** What was refused on one association: a line of the log for each reason, not for each instance. */
export class Refusals {
  readonly #log: Log;
  readonly #reasons = new Set<string>();
  #count = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  get count(): number {
    return this.#count;
  }

  /** @param value the status that was answered */
  note(caller: string, value: number, words: string): void {
    this.#count += 1;
    if (this.#reasons.has(words) || this.#reasons.size >= REASONS_MAX) return;
    this.#reasons.add(words);
    this.#log.warn('refused', { caller, status: statusWords(value), reason: words });
  }
}
