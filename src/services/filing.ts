import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import type { AcceptedInstance, BatchFiler, IndexedInstances } from './filing-batch.ts';
import { FilingLoop } from './filing-loop.ts';
import { FilingSchedule } from './filing-schedule.ts';
import { FilingWaiters } from './filing-waiters.ts';
import { serviceLimits } from './limits.ts';

export interface FilerOptions {
  batchFiler: Pick<BatchFiler, 'index' | 'place'>;
  log: Log;
  /** Files that are placed together. */
  batchInstancesMax: number;
  /** Above either of these, senders wait. */
  incomingInstancesMax: number;
  incomingBytesMax: number;
}

/**
 * Files accepted instances in the order in which they came: catalogue transaction, renames, folder syncs — storage/FORMAT.md. Files are placed while the
 * next instances are being indexed. Every step may be repeated. While the catalogue or the volume is away the queue only grows, up to its bounds.
 */
export class Filer {
  readonly #options: FilerOptions;
  readonly #schedule: FilingSchedule;
  readonly #indexing: FilingLoop;
  readonly #placing: FilingLoop;
  readonly #indexedWaiters = new FilingWaiters();
  readonly #filedWaiters = new FilingWaiters();
  #toIndex: AcceptedInstance[] = [];
  #toPlace: IndexedInstances[] = [];
  #queuedBytes = 0;
  #admissions: (() => void)[] = [];
  #postponed: Problem | undefined;
  #unfiledCount = 0;
  #isStopping = false;
  #isIndexingOver = false;
  #running: Promise<unknown> | undefined;

  constructor(options: FilerOptions) {
    this.#options = options;
    this.#schedule = new FilingSchedule(options.batchInstancesMax);
    const common = { goesOn: () => this.#goesOn(), isStopping: () => this.#isStopping };
    this.#indexing = new FilingLoop({
      ...common,
      dueInMs: () => this.#indexingDueInMs(),
      run: () => this.#index(),
      failed: (problem, isNew) => this.#failed(problem, isNew, [this.#indexedWaiters, this.#filedWaiters]),
    });
    this.#placing = new FilingLoop({
      ...common,
      dueInMs: () => this.#placingDueInMs(),
      run: () => this.#place(),
      failed: (problem, isNew) => this.#failed(problem, isNew, [this.#filedWaiters]),
    });
  }

  /** Instances that are accepted and not yet filed. */
  get backlogInstances(): number {
    const { added, filed } = this.#schedule.counts;
    return added - filed;
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
    return this.#postponed ?? this.#indexing.failure ?? this.#placing.failure;
  }

  /**
   * Begins to file.
   * @param recovered what an earlier run has left in `incoming/`, in its order; it came before all that was added since
   */
  start(recovered: readonly AcceptedInstance[]): void {
    this.#toIndex = [...recovered, ...this.#toIndex];
    for (const { proof } of recovered) this.#queuedBytes += proof.sizeBytes;
    this.#schedule.prepend(recovered.length);
    this.#indexedWaiters.prepend(recovered.length);
    this.#filedWaiters.prepend(recovered.length);
    this.#postponed = undefined;
    this.#reached();
    const indexing = this.#indexing.run().then(() => {
      this.#isIndexingOver = true;
      this.#placing.hurry();
    });
    this.#running = Promise.all([indexing, this.#placing.run()]);
  }

  /** Tells why it cannot be started yet: whoever waits for filing hears the reason. */
  postpone(error: unknown): void {
    const words = messageOf(error);
    const isNew = this.#postponed?.message !== words;
    this.#postponed =
      error instanceof Problem ? error : new Problem('catalog-unavailable', words, { cause: error });
    this.#failed(this.#postponed, isNew, [this.#indexedWaiters, this.#filedWaiters]);
  }

  /** Files what is queued if that is possible now, and ends. What is left is filed at the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#hurry();
    await this.#running;
  }

  add(accepted: AcceptedInstance): void {
    const isKept = this.#toIndex.length < serviceLimits.headersInMemoryMax;
    this.#toIndex.push(isKept ? accepted : { ...accepted, header: undefined });
    this.#queuedBytes += accepted.proof.sizeBytes;
    if (this.#schedule.add(performance.now())) this.#indexing.wake();
  }

  /** The first instance of this UID that is accepted and not yet filed; looks through all that wait. */
  queued(sopInstanceUid: string): AcceptedInstance | undefined {
    const isIt = ({ identity }: AcceptedInstance) => identity.sopInstanceUid === sopInstanceUid;
    for (const { instances } of this.#toPlace) {
      const found = instances.find(isIt);
      if (found !== undefined) return found;
    }
    return this.#toIndex.find(isIt);
  }

  /**
   * Resolves when there is room for one more instance.
   * @throws Problem 'backlog-full' where there is none and none is in sight
   */
  async admit(): Promise<void> {
    while (!this.#hasRoom()) {
      const { failure } = this;
      if (failure !== undefined) {
        const words = `${this.backlogInstances} instances wait to be filed: ${failure.message}`;
        throw new Problem('backlog-full', words);
      }
      await new Promise<void>((resolve) => {
        this.#admissions.push(resolve);
        this.#schedule.fileAll();
        this.#hurry();
      });
    }
  }

  /**
   * Resolves when everything added before this call, and what recovery finds, has its row in the catalogue: a query sees it. Its file may still be on the way to its place.
   * @throws Problem 'catalog-unavailable' when that does not come about in time
   */
  async indexed(): Promise<void> {
    // Also where nothing is to be waited for: queries go on, and what they see comes to its place soon.
    this.#schedule.indexAll(performance.now());
    const { added, indexed } = this.#schedule.counts;
    if (this.#running !== undefined && indexed >= added) return;
    await this.#waitIn(this.#indexedWaiters);
  }

  /**
   * Resolves when everything added before this call, and what recovery finds, is filed.
   * @throws Problem 'catalog-unavailable' when that does not come about in time
   */
  async settled(): Promise<void> {
    if (this.#running !== undefined && this.backlogInstances === 0) return;
    this.#schedule.fileAll();
    await this.#waitIn(this.#filedWaiters);
  }

  async #waitIn(waiters: FilingWaiters): Promise<void> {
    if (this.#postponed !== undefined) throw this.#postponed;
    const late = () => {
      const words =
        this.#running === undefined
          ? 'recovery is under way'
          : `${this.backlogInstances} instances wait to be filed`;
      return new Problem('catalog-unavailable', words);
    };
    const waiting = waiters.wait(this.#schedule.counts.added, serviceLimits.settleTimeoutMs, late);
    this.#hurry();
    await waiting;
  }

  #hasRoom(): boolean {
    return (
      this.backlogInstances < this.#options.incomingInstancesMax &&
      this.#queuedBytes < this.#options.incomingBytesMax
    );
  }

  #hurry(): void {
    this.#indexing.hurry();
    this.#placing.hurry();
  }

  #indexingDueInMs(): number | undefined {
    if (this.#isStopping && this.#toIndex.length === 0) return undefined;
    if (this.#isStopping) this.#schedule.fileAll();
    const waitMs = this.#schedule.indexingDueInMs(performance.now());
    // What queries have had indexed may have become due.
    if (this.#schedule.isPlacingDue()) this.#placing.wake();
    return waitMs;
  }

  #placingDueInMs(): number | undefined {
    if (this.#isIndexingOver) return this.#toPlace.length === 0 ? undefined : 0;
    return this.#schedule.isPlacingDue() ? 0 : Infinity;
  }

  async #index(): Promise<void> {
    const { batchFiler, batchInstancesMax } = this.#options;
    const slice = this.#toIndex.slice(0, Math.min(serviceLimits.transactionInstances, batchInstancesMax));
    const indexed = await batchFiler.index(slice);
    this.#toIndex = this.#toIndex.slice(slice.length);
    this.#toPlace.push(indexed);
    this.#schedule.indexed(slice.length);
    this.#reached();
  }

  async #place(): Promise<void> {
    let count = 0;
    const batch = this.#toPlace.filter(({ instances }) => {
      count += instances.length;
      return count <= this.#options.batchInstancesMax;
    });
    const unfiled = await this.#options.batchFiler.place(batch);
    this.#toPlace = this.#toPlace.slice(batch.length);
    for (const { instances } of batch) {
      this.#schedule.filed(instances.length);
      for (const { proof } of instances) this.#queuedBytes -= proof.sizeBytes;
    }
    this.#unfiledCount += unfiled.length;
    for (const { name, reason } of unfiled) {
      this.#options.log.error('instance not filed, it stays in incoming', { file: name, reason });
    }
    this.#reached();
    if (this.#hasRoom()) this.#resumeSenders();
  }

  #failed(problem: Problem, isNew: boolean, waiters: readonly FilingWaiters[]): void {
    if (isNew) {
      const instances = this.backlogInstances;
      this.#options.log.error('filing waits', { reason: problem.message, instances });
    }
    for (const each of waiters) each.reject(problem);
    this.#resumeSenders();
  }

  #goesOn(): void {
    if (this.failure === undefined)
      this.#options.log.info('filing goes on', { instances: this.backlogInstances });
  }

  #reached(): void {
    const { indexed, filed } = this.#schedule.counts;
    this.#indexedWaiters.reached(indexed);
    this.#filedWaiters.reached(filed);
  }

  #resumeSenders(): void {
    for (const resume of this.#admissions.splice(0)) resume();
  }
}
