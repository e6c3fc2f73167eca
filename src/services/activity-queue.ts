import type { CatalogEvent, RecordedEvent } from '../catalog/event-repository.ts';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';

export interface EventQueueOptions {
  /** @returns the ids, in the order of the events */
  recordAll(events: readonly CatalogEvent[]): Promise<readonly number[]>;
  /** Told what is in the catalogue now. */
  written(events: readonly RecordedEvent[]): void;
  log: Pick<Log, 'warn' | 'error'>;
  now(): number;
}

/** Events that wait while the catalogue is away: a day of an ordinary hospital. */
const WAITING_MAX = 5000;
const BATCH_EVENTS = 200;
const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 10_000;

/** Events on their way into the catalogue, in the order in which they happened. */
export class EventQueue {
  readonly #options: EventQueueOptions;
  #waiting: CatalogEvent[] = [];
  #writing: Promise<void> | undefined;
  #retryMs = RETRY_MIN_MS;
  #retryAt = 0;
  #droppedCount = 0;
  #isDropTold = true;

  constructor(options: EventQueueOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Events that were lost because too many waited. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Where too many wait, the oldest of those goes that tell of nothing wrong. */
  add(event: CatalogEvent): void {
    if (this.#waiting.length >= WAITING_MAX) {
      const index = this.#waiting.findIndex(({ severity }) => severity === 'info');
      this.#waiting.splice(Math.max(index, 0), 1);
      this.#droppedCount += 1;
      this.#isDropTold = false;
    }
    this.#waiting.push(event);
  }

  /** Begins to write what waits, unless it is being written, or the catalogue has just failed. */
  write(): void {
    if (this.#options.now() < this.#retryAt) return;
    void this.#writeBatches();
  }

  /** Resolves when all is written, the catalogue fails, or the time is over. */
  async drain(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    // What is being written now may have begun before the last event came.
    const written = this.#writeBatches().then(() => this.#writeBatches());
    await Promise.race([written, timeout]);
    clearTimeout(timer);
    if (this.#waiting.length > 0) this.#options.log.warn('events lost', { events: this.#waiting.length });
  }

  #writeBatches(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_EVENTS);
      try {
        const ids = await this.#options.recordAll(batch);
        this.#retryMs = RETRY_MIN_MS;
        this.#tellDropped();
        this.#options.written(batch.map((event, index) => ({ ...event, id: ids[index] ?? 0 })));
      } catch (error) {
        this.#failed(batch, error);
        return;
      }
    }
  }

  #failed(batch: readonly CatalogEvent[], error: unknown): void {
    if (error instanceof Problem) {
      this.#waiting.unshift(...batch);
      this.#retryAt = this.#options.now() + this.#retryMs;
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
      return;
    }
    // Tried again they would fail again, and hold up all that come after them.
    this.#options.log.error('bug', { reason: messageOf(error), events: batch.length });
  }

  #tellDropped(): void {
    if (this.#isDropTold) return;
    this.#isDropTold = true;
    this.#options.log.warn('events dropped while the catalogue was away', { events: this.#droppedCount });
  }
}
