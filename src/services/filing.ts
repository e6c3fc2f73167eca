import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import type { AcceptedInstance, BatchFiler } from './filing-batch.ts';
import { serviceLimits } from './limits.ts';

export interface FilerOptions {
  batchFiler: Pick<BatchFiler, 'file'>;
  log: Log;
  batchInstancesMax: number;
  /** Above either of these, senders wait. */
  incomingInstancesMax: number;
  incomingBytesMax: number;
}

interface Waiter {
  /** Resolves when so many instances have left the queue. */
  target: number;
  resolve(): void;
  reject(problem: Problem): void;
}

/**
 * Files accepted instances in batches, in the order in which they came: catalogue transaction, renames, folder syncs — storage/FORMAT.md.
 * Every step may be repeated. While the catalogue or the volume is away the queue only grows, up to its bounds.
 */
export class Filer {
  readonly #options: FilerOptions;
  #queue: AcceptedInstance[] = [];
  #addedCount = 0;
  #doneCount = 0;
  #queuedBytes = 0;
  /** What is filed without further delay: so many of all that were added. */
  #fileUntil = 0;
  #lastAddedAt = 0;
  #oldestAddedAt = 0;
  #waiters: Waiter[] = [];
  #admissions: (() => void)[] = [];
  #failure: Problem | undefined;
  #unfiledCount = 0;
  #wake: (() => void) | undefined;
  #isStopping = false;
  #running: Promise<void> | undefined;

  constructor(options: FilerOptions) {
    this.#options = options;
  }

  /** Instances that are accepted and not yet filed. */
  get backlogInstances(): number {
    return this.#queue.length;
  }

  get backlogBytes(): number {
    return this.#queuedBytes;
  }

  /** Instances that could not be filed since the start, and stay in `incoming/`. */
  get unfiledInstances(): number {
    return this.#unfiledCount;
  }

  /** Why the last attempt to file failed; undefined while all is well. */
  get failure(): Problem | undefined {
    return this.#failure;
  }

  /**
   * Begins to file.
   * @param recovered what an earlier run has left in `incoming/`, in its order; it came before all that was added since
   */
  start(recovered: readonly AcceptedInstance[]): void {
    this.#queue.unshift(...recovered);
    this.#addedCount += recovered.length;
    for (const { proof } of recovered) this.#queuedBytes += proof.sizeBytes;
    for (const waiter of this.#waiters) waiter.target += recovered.length;
    this.#failure = undefined;
    this.#running = this.#run();
  }

  /** Tells why it cannot be started yet: whoever waits for filing hears the reason. */
  postpone(error: unknown): void {
    this.#failed(error);
  }

  /** Files what is queued if that is possible now, and ends. What is left is filed at the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wake?.();
    await this.#running;
  }

  add(accepted: AcceptedInstance): void {
    const isKept = this.#queue.length < serviceLimits.headersInMemoryMax;
    this.#queue.push(isKept ? accepted : { ...accepted, header: undefined });
    this.#addedCount += 1;
    this.#queuedBytes += accepted.proof.sizeBytes;
    this.#lastAddedAt = performance.now();
    if (this.#queue.length === 1) this.#oldestAddedAt = this.#lastAddedAt;
    if (this.#queue.length === 1 || this.#queue.length === serviceLimits.filingInstancesMax) this.#wake?.();
  }

  /** The first instance of this UID that is accepted and not yet filed; looks through all that wait. */
  queued(sopInstanceUid: string): AcceptedInstance | undefined {
    return this.#queue.find(({ identity }) => identity.sopInstanceUid === sopInstanceUid);
  }

  /**
   * Resolves when there is room for one more instance.
   * @throws Problem 'backlog-full' where there is none and none is in sight
   */
  async admit(): Promise<void> {
    while (!this.#hasRoom()) {
      if (this.#failure !== undefined) {
        const words = `${this.#queue.length} instances wait to be filed: ${this.#failure.message}`;
        throw new Problem('backlog-full', words);
      }
      await new Promise<void>((resolve) => {
        this.#admissions.push(resolve);
        this.#wake?.();
      });
    }
  }

  /**
   * Resolves when everything added before this call, and what recovery finds, is filed.
   * @throws Problem 'catalog-unavailable' when that does not come about in time
   */
  async settled(): Promise<void> {
    if (this.#running !== undefined && this.#doneCount >= this.#addedCount) return;
    if (this.#running === undefined && this.#failure !== undefined) throw this.#failure;
    let timer: NodeJS.Timeout | undefined;
    const filed = new Promise<void>((resolve, reject) => {
      this.#waiters.push({ target: this.#addedCount, resolve, reject });
      timer = setTimeout(() => {
        const isRecovering = this.#running === undefined;
        const words = isRecovering
          ? 'recovery is under way'
          : `${this.#queue.length} instances wait to be filed`;
        reject(new Problem('catalog-unavailable', words));
      }, serviceLimits.settleTimeoutMs);
    });
    this.#wake?.();
    await filed.finally(() => clearTimeout(timer));
  }

  #hasRoom(): boolean {
    return (
      this.#queue.length < this.#options.incomingInstancesMax &&
      this.#queuedBytes < this.#options.incomingBytesMax
    );
  }

  async #run(): Promise<void> {
    let retryMs: number = serviceLimits.filingRetryMinMs;
    this.#resolveWaiters();
    for (;;) {
      if (this.#queue.length === 0 && this.#isStopping) return;
      const waitMs = this.#dueInMs();
      if (waitMs > 0) {
        await this.#sleep(waitMs);
        continue;
      }
      try {
        await this.#fileBatch();
        retryMs = serviceLimits.filingRetryMinMs;
      } catch (error) {
        this.#failed(error);
        if (this.#isStopping) return;
        await this.#sleep(retryMs);
        retryMs = Math.min(retryMs * 2, serviceLimits.filingRetryMaxMs);
      }
    }
  }

  /**
   * How long filing has to wait, milliseconds. Senders go first, for an answer is what they wait for: instances are filed when nothing has come for a moment,
   * when they have waited long enough or are many, and at once when somebody asks for them. What was queued then is filed as a whole.
   */
  #dueInMs(): number {
    if (this.#doneCount < this.#fileUntil) return 0;
    if (this.#queue.length === 0) return Infinity;
    const isMany = this.#queue.length >= serviceLimits.filingInstancesMax;
    const quietAt = this.#lastAddedAt + serviceLimits.filingQuietMs;
    const dueAt = Math.min(quietAt, this.#oldestAddedAt + serviceLimits.filingDelayMaxMs);
    const isAwaited = this.#waiters.length > 0 || this.#admissions.length > 0;
    const isDue = isMany || isAwaited || this.#isStopping || performance.now() >= dueAt;
    if (!isDue) return Math.max(1, dueAt - performance.now());
    this.#fileUntil = this.#addedCount;
    this.#oldestAddedAt = performance.now();
    return 0;
  }

  /** Until the time is over, or `#wake` is called. */
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

  #failed(error: unknown): void {
    const words = messageOf(error);
    if (this.#failure?.message !== words) {
      this.#options.log.error('filing waits', { reason: words, instances: this.#queue.length });
    }
    this.#failure =
      error instanceof Problem ? error : new Problem('catalog-unavailable', words, { cause: error });
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure);
    this.#resumeSenders();
  }

  #resolveWaiters(): void {
    const reached = this.#waiters.filter((waiter) => waiter.target <= this.#doneCount);
    this.#waiters = this.#waiters.filter((waiter) => waiter.target > this.#doneCount);
    for (const waiter of reached) waiter.resolve();
  }

  #resumeSenders(): void {
    for (const resume of this.#admissions.splice(0)) resume();
  }

  async #fileBatch(): Promise<void> {
    const batch = this.#queue.slice(0, this.#options.batchInstancesMax);
    const failed = await this.#options.batchFiler.file(batch);
    this.#queue = this.#queue.slice(batch.length);
    this.#doneCount += batch.length;
    for (const accepted of batch) this.#queuedBytes -= accepted.proof.sizeBytes;
    if (this.#failure !== undefined)
      this.#options.log.info('filing goes on', { instances: this.#queue.length });
    this.#failure = undefined;
    this.#unfiledCount += failed.length;
    for (const { name, reason } of failed) {
      this.#options.log.error('instance not filed, it stays in incoming', { file: name, reason });
    }
    this.#resolveWaiters();
    if (this.#hasRoom()) this.#resumeSenders();
  }
}
