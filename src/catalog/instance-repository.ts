import { abortCheck, breathe } from './abort.ts';
import type { ArrivalOutcome, InstanceArrival, StoredInstance } from './arrival.ts';
import type { Level } from './attributes.ts';
import type { Database } from './database.ts';
import { indexArrivals } from './indexing.ts';
import { type Page, type PageOptions, pageOfOneSeries } from './level-pages.ts';
import { pageRows, uidsPerStatement } from './limits.ts';
import type { InstanceRow } from './listed-rows.ts';
import { type RetrieveUids, selectedInstances, selectionsOf } from './retrieve.ts';
import { countByClass, type RetrieveShare } from './retrieve-share.ts';
import { hexOf, numberOf, piecesOf, type Row, textOf } from './rows.ts';
import { INSTANCE_COLUMNS, toStoredInstance } from './stored-instance.ts';

export type { ArrivalOutcome, InstanceArrival, StoredInstance } from './arrival.ts';
export type { RetrieveUids } from './retrieve.ts';

export interface ReadOptions {
  /** Ends the iteration with Problem 'cancelled'. */
  signal?: AbortSignal;
}

/** Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class InstanceRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Files a batch, 1 to some 1000 arrivals, in one transaction that is durable when this resolves; one outcome per arrival, in their
   * order. Idempotent: whoever is killed before it has moved the files calls again with the same arrivals, in any
   * batches, and hears 'filed' of those whose row is there already.
   *
   * @throws Error for UIDs that `isFileableUid` does not take: nothing of the batch is filed then
   */
  async index(arrivals: readonly InstanceArrival[]): Promise<{ outcomes: ArrivalOutcome[] }> {
    const indexed = await this.indexUnsynced(arrivals);
    await this.synced();
    return indexed;
  }

  /** As `index`, but a power cut may take back what everybody sees, until `synced` has resolved. */
  async indexUnsynced(arrivals: readonly InstanceArrival[]): Promise<{ outcomes: ArrivalOutcome[] }> {
    if (arrivals.length === 0) return { outcomes: [] };
    const outcomes = await this.#database.transactionUnsynced((trx) => indexArrivals(trx, arrivals));
    return { outcomes };
  }

  /** Resolves when everything that was indexed before this call is durable. */
  async synced(): Promise<void> {
    await this.#database.synced();
  }

  async findByUid(sopInstanceUid: string): Promise<StoredInstance | undefined> {
    const row = await this.#database.read((db) =>
      db<Row>({ i: 'instances' })
        .join({ s: 'series' }, 's.id', 'i.series_row_id')
        .join({ t: 'studies' }, 't.id', 's.study_row_id')
        .where('i.sop_instance_uid', sopInstanceUid)
        .first<Row | undefined>(...INSTANCE_COLUMNS, 's.series_instance_uid', 't.study_instance_uid'),
    );
    return row === undefined ? undefined : toStoredInstance(row, row);
  }

  /** Which of these the catalogue has, by SOP Instance UID. */
  async findByUids(sopInstanceUids: readonly string[]): Promise<Map<string, StoredInstance>> {
    const found = new Map<string, StoredInstance>();
    for (const piece of piecesOf(sopInstanceUids, uidsPerStatement)) {
      const rows: Row[] = await this.#database.read((db) =>
        db<Row>({ i: 'instances' })
          .join({ s: 'series' }, 's.id', 'i.series_row_id')
          .join({ t: 'studies' }, 't.id', 's.study_row_id')
          .whereIn('i.sop_instance_uid', piece)
          .select(...INSTANCE_COLUMNS, 's.series_instance_uid', 't.study_instance_uid'),
      );
      for (const row of rows) found.set(textOf(row, 'sop_instance_uid'), toStoredInstance(row, row));
    }
    return found;
  }

  /**
   * What a C-MOVE or C-GET of these UIDs takes, series by series in the order of instance numbers.
   *
   * @throws Problem 'unusable-identifier' if `uids` restricts nothing; Problem 'cancelled'
   */
  async *forRetrieve(
    level: Level,
    uids: RetrieveUids,
    options: ReadOptions = {},
  ): AsyncGenerator<StoredInstance, void, undefined> {
    const check = abortCheck(options.signal);
    for (const selection of selectionsOf(level, uids)) {
      for await (const instance of selectedInstances(this.#database, selection)) {
        check();
        yield instance;
      }
    }
  }

  /**
   * Of one series, in the order of instance numbers; none where there is no such series.
   *
   * @throws Problem 'unusable-identifier' for a cursor of another list
   */
  async ofSeries(
    studyInstanceUid: string,
    seriesInstanceUid: string,
    options: PageOptions,
  ): Promise<Page<InstanceRow>> {
    const series = await this.#seriesRow(studyInstanceUid, seriesInstanceUid);
    if (series === undefined) return { items: [], nextCursor: null };
    return pageOfOneSeries(this.#database, numberOf(series, 'id'), options);
  }

  /** The instance in the middle of a series by instance number. */
  async middleOf(studyInstanceUid: string, seriesInstanceUid: string): Promise<StoredInstance | undefined> {
    const series = await this.#seriesRow(studyInstanceUid, seriesInstanceUid);
    if (series === undefined) return undefined;
    // The index alone is walked: ids and numbers, no rows.
    const middle = await this.#database.read((db) =>
      db<Row>('instances')
        .where('series_row_id', numberOf(series, 'id'))
        .orderBy(['instance_number', 'id'])
        .offset(Math.floor((numberOf(series, 'instance_count') - 1) / 2))
        .first('id'),
    );
    if (middle === undefined) return undefined;
    const row: Row | undefined = await this.#database.read((db) =>
      db<Row>({ i: 'instances' })
        .where('i.id', numberOf(middle, 'id'))
        .first(...INSTANCE_COLUMNS),
    );
    return row === undefined ? undefined : toStoredInstance(row, series);
  }

  async #seriesRow(studyInstanceUid: string, seriesInstanceUid: string): Promise<Row | undefined> {
    return this.#database.read((db) =>
      db<Row>({ s: 'series' })
        .join({ t: 'studies' }, 't.id', 's.study_row_id')
        .where({ 't.study_instance_uid': studyInstanceUid, 's.series_instance_uid': seriesInstanceUid })
        .first<Row | undefined>('s.id', 's.instance_count', 's.series_instance_uid', 't.study_instance_uid'),
    );
  }

  /** Which of these the catalogue has, and of which arrival. */
  async arrivalsOf(
    sopInstanceUids: readonly string[],
  ): Promise<Map<string, { sha256: string; arrivedAt: number }>> {
    const arrivals = new Map<string, { sha256: string; arrivedAt: number }>();
    for (const piece of piecesOf(sopInstanceUids, uidsPerStatement)) {
      const rows = await this.#database.read((db) =>
        db<Row>('instances')
          .whereIn('sop_instance_uid', piece)
          .select('sop_instance_uid', 'sha256', 'arrived_at'),
      );
      for (const row of rows) {
        const arrival = { sha256: hexOf(row, 'sha256'), arrivedAt: numberOf(row, 'arrived_at') };
        arrivals.set(textOf(row, 'sop_instance_uid'), arrival);
      }
    }
    return arrivals;
  }

  /** What `forRetrieve` will give, counted by SOP class and transfer syntax: what a destination has to be asked for. */
  async summaryForRetrieve(level: Level, uids: RetrieveUids): Promise<RetrieveShare[]> {
    const shares = new Map<string, RetrieveShare>();
    for (const selection of selectionsOf(level, uids)) {
      const rows = await this.#database.read((db) => countByClass(db, selection));
      for (const row of rows) {
        const sopClassUid = textOf(row, 'sop_class_uid');
        const transferSyntaxUid = textOf(row, 'transfer_syntax_uid');
        const key = `${sopClassUid} ${transferSyntaxUid}`;
        const count = (shares.get(key)?.count ?? 0) + numberOf(row, 'total');
        shares.set(key, { sopClassUid, transferSyntaxUid, count });
      }
    }
    return [...shares.values()];
  }

  /** Every instance, in the order of their rows; a later call goes on behind `afterId`. */
  async *all(
    options: ReadOptions & { afterId?: number } = {},
  ): AsyncGenerator<StoredInstance & { id: number }, void, undefined> {
    const check = abortCheck(options.signal);
    let lastId = options.afterId ?? 0;
    let parents = new Map<number, Row>();
    for (;;) {
      const after = lastId;
      const rows: Row[] = await this.#database.read((db) =>
        db({ i: 'instances' })
          .where('i.id', '>', after)
          .orderBy('i.id')
          .limit(pageRows)
          .select(...INSTANCE_COLUMNS),
      );
      parents = await this.#parentsOf(rows, parents);
      for (const row of rows) {
        check();
        lastId = numberOf(row, 'id');
        yield { id: lastId, ...toStoredInstance(row, parents.get(numberOf(row, 'series_row_id')) ?? {}) };
      }
      if (rows.length < pageRows) return;
      await breathe();
    }
  }

  /** The series of a page, by row id; neighbours are mostly of one, so those of the page before are looked at first. */
  async #parentsOf(instances: readonly Row[], known: ReadonlyMap<number, Row>): Promise<Map<number, Row>> {
    const ids = [...new Set(instances.map((row) => numberOf(row, 'series_row_id')))];
    const missing = ids.filter((id) => !known.has(id));
    const parents = new Map([...known].filter(([id]) => ids.includes(id)));
    if (missing.length === 0) return parents;
    const rows: Row[] = await this.#database.read((db) =>
      db({ s: 'series' })
        .join({ t: 'studies' }, 't.id', 's.study_row_id')
        .whereIn('s.id', missing)
        .select('s.id', 's.series_instance_uid', 't.study_instance_uid'),
    );
    for (const row of rows) parents.set(numberOf(row, 'id'), row);
    return parents;
  }
}
