import { messageOf, Problem } from '../lib/problem.ts';
import { serviceLimits } from './limits.ts';

export interface FilingStep {
  /** Milliseconds until there is something to do; Infinity where only `wake` brings it; undefined when it is over. */
  dueInMs(): number | undefined;
  /** May be repeated after whatever it throws. */
  run(): Promise<void>;
  /** @param isNew false where the same words were told by the attempt before */
  failed(problem: Problem, isNew: boolean): void;
  /** It works again. */
  goesOn(): void;
  /** Whether a failure is the end. */
  isStopping(): boolean;
}

/** Does one step of filing again and again, when it is due; after a failure it tries again, at longer and longer intervals. */
export class FilingLoop {
  readonly #step: FilingStep;
  #failure: Problem | undefined;
  #wake: (() => void) | undefined;
  #isBackingOff = false;

  constructor(step: FilingStep) {
    this.#step = step;
  }

  /** Why the last attempt failed; undefined while all is well. */
  get failure(): Problem | undefined {
    return this.#failure;
  }

  /** Looks again whether there is something to do. */
  wake(): void {
    if (!this.#isBackingOff) this.#wake?.();
  }

  /** As `wake`, and repeats a failed attempt at once, for somebody waits. */
  hurry(): void {
    this.#wake?.();
  }

  /** Resolves when it is over; never rejects. */
  async run(): Promise<void> {
    let retryMs: number = serviceLimits.filingRetryMinMs;
    for (;;) {
      const waitMs = this.#step.dueInMs();
      if (waitMs === undefined) return;
      if (waitMs > 0) {
        await this.#sleep(waitMs);
        continue;
      }
      try {
        await this.#step.run();
        retryMs = serviceLimits.filingRetryMinMs;
        this.#succeeded();
      } catch (error) {
        this.#failed(error);
        if (this.#step.isStopping()) return;
        this.#isBackingOff = true;
        await this.#sleep(retryMs);
        this.#isBackingOff = false;
        retryMs = Math.min(retryMs * 2, serviceLimits.filingRetryMaxMs);
      }
    }
  }

  #succeeded(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#step.goesOn();
  }

  #failed(error: unknown): void {
    const words = messageOf(error);
    const isNew = this.#failure?.message !== words;
    this.#failure =
      error instanceof Problem ? error : new Problem('catalog-unavailable', words, { cause: error });
    this.#step.failed(this.#failure, isNew);
  }

  /** Until the time is over, or `wake` is called. */
  async #sleep(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = delayMs === Infinity ? undefined : setTimeout(resolve, delayMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
