import type { Problem } from '../lib/problem.ts';

interface Waiter {
  /** Of instances since the start. */
  target: number;
  resolve(): void;
  reject(problem: Problem): void;
}

/** Who waits until a step of filing has been done with so many instances. */
export class FilingWaiters {
  #waiters: Waiter[] = [];

  /**
   * Resolves when the step is done with `target` instances.
   * @param late made when that does not come about in time
   */
  async wait(target: number, timeoutMs: number, late: () => Problem): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const waiter = { target, resolve, reject };
        this.#waiters.push(waiter);
        timer = setTimeout(() => {
          this.#waiters = this.#waiters.filter((other) => other !== waiter);
          reject(late());
        }, timeoutMs);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** So many instances came before those that are waited for. */
  prepend(instances: number): void {
    for (const waiter of this.#waiters) waiter.target += instances;
  }

  reached(count: number): void {
    const reached = this.#waiters.filter(({ target }) => target <= count);
    if (reached.length === 0) return;
    this.#waiters = this.#waiters.filter(({ target }) => target > count);
    for (const waiter of reached) waiter.resolve();
  }

  reject(problem: Problem): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(problem);
  }
}
