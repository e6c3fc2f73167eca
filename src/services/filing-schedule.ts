import { serviceLimits } from './limits.ts';

/** Counts of all instances since the start: those that a step is done with are less than this. */
interface Counts {
  added: number;
  indexed: number;
  filed: number;
}

/**
 * When accepted instances are indexed and their files placed. Senders go first, for an answer is what they wait for: instances are filed when nothing has come
 * for a moment, when they have waited long enough or are many, and at once when somebody asks for them. What was there then is filed as a whole. A query needs
 * no more than the rows: renames and folder syncs follow a little later, for several queries together. Where queries go on, rows are made ready for the next
 * one as instances come.
 */
export class FilingSchedule {
  readonly #counts: Counts = { added: 0, indexed: 0, filed: 0 };
  readonly #placedAtOnce: number;
  /** What is filed, and what is indexed, without further delay: so many of all that were added. */
  #fileUntil = 0;
  #indexUntil = 0;
  /** What is placed as soon as it is indexed. What becomes due meanwhile is not added, or files might wait for ever where that never rests. */
  #placeUntil = 0;
  #lastAddedAt = 0;
  /** Of those that are not due. */
  #oldestAddedAt = 0;
  /** When the rows of the first of those that are not due were made due for queries. */
  #queriedAt = Infinity;
  #lastQueryAt = -Infinity;

  /** @param placedAtOnce instances whose files are placed together, while the next are being indexed */
  constructor(placedAtOnce: number) {
    this.#placedAtOnce = placedAtOnce;
  }

  get counts(): Readonly<Counts> {
    return this.#counts;
  }

  /** @returns true where the time of the next filing may have changed */
  add(nowMs: number): boolean {
    const isFirst = this.#counts.added === this.#fileUntil;
    if (isFirst) this.#oldestAddedAt = nowMs;
    this.#lastAddedAt = nowMs;
    this.#counts.added += 1;
    const isForQueries = this.#areEnoughForQueries(nowMs);
    if (isForQueries) this.#makeRowsDue(nowMs);
    return isFirst || isForQueries || this.#isMany();
  }

  /** Instances that came before all that were added so far, none of which is indexed. */
  prepend(instances: number): void {
    this.#counts.added += instances;
    this.fileAll();
  }

  indexed(instances: number): void {
    this.#counts.indexed += instances;
  }

  filed(instances: number): void {
    this.#counts.filed += instances;
    this.#placeNext();
  }

  /** Makes all that was added due. */
  fileAll(): void {
    this.#fileUntil = this.#counts.added;
    this.#queriedAt = Infinity;
    this.#placeNext();
  }

  /** Makes the rows of all that was added due, for a query. */
  indexAll(nowMs: number): void {
    this.#lastQueryAt = nowMs;
    this.#makeRowsDue(nowMs);
  }

  /** Infinity where nothing waits. What has become due by now is so for `isPlacingDue` too. */
  indexingDueInMs(nowMs: number): number {
    const { added, indexed } = this.#counts;
    const dueAt = Math.min(
      this.#lastAddedAt + serviceLimits.filingQuietMs,
      this.#oldestAddedAt + serviceLimits.filingDelayMaxMs,
      this.#queriedAt + serviceLimits.filingBehindQueryMs,
    );
    if (added > this.#fileUntil && (this.#isMany() || nowMs >= dueAt)) this.fileAll();
    if (indexed < Math.max(this.#fileUntil, this.#indexUntil)) return 0;
    return added > this.#fileUntil ? Math.max(1, dueAt - nowMs) : Infinity;
  }

  /** Many at once, so that a folder is synced once for many. */
  isPlacingDue(): boolean {
    const { indexed, filed } = this.#counts;
    if (filed >= Math.min(this.#fileUntil, indexed)) return false;
    return indexed >= this.#placeUntil || indexed - filed >= this.#placedAtOnce;
  }

  #placeNext(): void {
    if (this.#counts.filed >= this.#placeUntil) this.#placeUntil = this.#fileUntil;
  }

  /** Their files are not much later. */
  #makeRowsDue(nowMs: number): void {
    this.#indexUntil = this.#counts.added;
    if (this.#indexUntil > this.#fileUntil) this.#queriedAt = Math.min(this.#queriedAt, nowMs);
  }

  #areEnoughForQueries(nowMs: number): boolean {
    if (nowMs - this.#lastQueryAt >= serviceLimits.queriesGoOnMs) return false;
    const dueUntil = Math.max(this.#fileUntil, this.#indexUntil);
    return this.#counts.added - dueUntil >= serviceLimits.transactionInstances;
  }

  #isMany(): boolean {
    return this.#counts.added - this.#fileUntil >= serviceLimits.filingInstancesMax;
  }
}
