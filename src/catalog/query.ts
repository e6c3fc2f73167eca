import type { Knex } from 'knex';
import { tags } from '../dicom/dictionary/tags.ts';
import type { JsonDataSet } from '../dicom/json.ts';
import type { MatchingRules } from '../dicom/matching.ts';
import { turnCheck } from './abort.ts';
import type { Level } from './attributes.ts';
import type { Database } from './database.ts';
import {
  ENTITY_COLUMNS,
  type EntityTable,
  instanceEntity,
  patientCounts,
  patientEntity,
  seriesEntity,
  studyEntity,
} from './entities.ts';
import { withNames } from './known-names.ts';
import { pageRows, parentsCachedMax } from './limits.ts';
import type { NarrowingKey } from './narrowing-key.ts';
import { pagesById, type TableScan } from './pages.ts';
import {
  areFew,
  type ConditionedTable,
  keysFor,
  restrict,
  restrictAll,
  type TableKeys,
  waysOf,
} from './prefilter.ts';
import { type CompiledKeys, compileKeys, type QueryKey } from './query-keys.ts';
import { instancePages } from './retrieve.ts';
import { numberOf, type Row } from './rows.ts';

export interface QueryOptions {
  /** Ends the iteration with Problem 'cancelled'. */
  signal?: AbortSignal;
  /** The baseline's unless given. */
  rules?: MatchingRules;
}

/**
 * The entities of a level that match all keys, each with its attributes and those of the levels above, newest first: the one that was filed last
 * comes first, and instances by number within their series, those asked for by UID as the others. Two queries of what has not changed meanwhile
 * answer in the same order. A key that the
 * catalogue does not have at this level or above (`isSupportedAt`) restricts nothing. Counts of the patient
 * are answered below the patient level only where a key asks for them.
 *
 * The database narrows down by index, the rule of dicom/matching.ts decides. Rows come in pages, so neither memory nor the event
 * loop notices how many there are.
 *
 * @throws Problem 'catalog-unavailable', 'cancelled', 'unusable-identifier'
 */
export function runQuery(
  database: Database,
  level: Level,
  keys: readonly QueryKey[],
  options: QueryOptions,
): AsyncGenerator<JsonDataSet, void, undefined> {
  return new Query(database, level, keys, options).entities();
}

/** Where a row stands in the order of its query: series by `id`; instances by that of their series, then by number and `id`. */
export interface Position {
  id: number;
  seriesRowId: number;
  instanceNumber: number;
}

/** As `runQuery`, of series or instances, behind a position: the rows, with those of their ENTITY_COLUMNS. */
export function matchingRows(
  database: Database,
  level: 'SERIES' | 'IMAGE',
  keys: readonly QueryKey[],
  after: Position | undefined,
): AsyncGenerator<Row, void, undefined> {
  return new Query(database, level, keys, {}, after).rows();
}

interface Found {
  row: Row;
  entity: JsonDataSet;
}

const PATIENT_COUNTS: ReadonlySet<number> = new Set([
  tags.NumberOfPatientRelatedStudies,
  tags.NumberOfPatientRelatedSeries,
  tags.NumberOfPatientRelatedInstances,
]);

function narrowedBy(parts: TableKeys): Pick<TableScan, 'restrict' | 'ways' | 'isCommon' | 'isFew'> {
  const keys = parts.flatMap(([, all]) => all);
  return {
    restrict: (query) => restrictAll(query, parts),
    ways: waysOf(parts),
    isCommon: keys.length === 1 && keys[0]?.isCommon === true,
    isFew: areFew(keys),
  };
}

class Query {
  readonly #database: Database;
  readonly #level: Level;
  readonly #keys: CompiledKeys['keys'];
  readonly #compiled: CompiledKeys;
  readonly #wantsPatientCounts: boolean;
  readonly #turn: () => Promise<void> | undefined;
  readonly #after: Position | undefined;
  readonly #studies = new Map<number, JsonDataSet>();

  constructor(
    database: Database,
    level: Level,
    keys: readonly QueryKey[],
    options: QueryOptions,
    after?: Position,
  ) {
    this.#database = database;
    this.#after = after;
    this.#level = level;
    this.#compiled = compileKeys(keys, level, options.rules);
    this.#keys = this.#compiled.keys;
    this.#wantsPatientCounts = keys.some((key) => PATIENT_COUNTS.has(key.tag));
    this.#turn = turnCheck(options.signal);
  }

  async *entities(): AsyncGenerator<JsonDataSet, void, undefined> {
    const { seen, matches } = this.#compiled;
    for await (const { entity } of this.#candidates()) {
      await this.#turn();
      const shown = seen(entity);
      if (matches(shown)) yield shown;
    }
  }

  async *rows(): AsyncGenerator<Row, void, undefined> {
    for await (const { row, entity } of this.#candidates()) {
      await this.#turn();
      if (this.#compiled.matches(entity)) yield row;
    }
  }

  #candidates(): AsyncGenerator<Found, void, undefined> {
    switch (this.#level) {
      case 'PATIENT':
        return this.#patients();
      case 'STUDY':
        return this.#studyEntities();
      case 'SERIES':
        return this.#seriesEntities();
      case 'IMAGE':
        return this.#keys.some((key) => key.tag === tags.SOPInstanceUID)
          ? this.#instancesByUid()
          : this.#instancesBySeries();
    }
  }

  async *#patients(): AsyncGenerator<Found, void, undefined> {
    const keys = await this.#keysFor('patients');
    const scan: TableScan = { table: 'patients', alias: 'p', ...narrowedBy([['patients', keys]]) };
    for await (const rows of pagesById(this.#database, scan)) {
      for (const row of rows) yield { row, entity: patientEntity(row) };
    }
  }

  async *#studyEntities(): AsyncGenerator<Found, void, undefined> {
    const keys = await this.#keysFor('studies');
    const scan: TableScan = { table: 'studies', alias: 't', ...narrowedBy([['studies', keys]]) };
    for await (const rows of pagesById(this.#database, scan)) {
      const counts = await this.#patientCounts(rows);
      for (const row of rows) {
        yield { row, entity: studyEntity(row, counts.get(numberOf(row, 'patient_row_id'))) };
      }
    }
  }

  async *#seriesEntities(): AsyncGenerator<Found, void, undefined> {
    for await (const rows of this.#seriesPages(this.#after?.id)) {
      await this.#loadStudies(rows);
      for (const row of rows) yield { row, entity: seriesEntity(row, this.#studyOf(row)) };
    }
  }

  /** Instances have no index but their UID and their series, so the series are found first. */
  async *#instancesBySeries(): AsyncGenerator<Found, void, undefined> {
    const keys = keysFor('instances', this.#keys);
    const after = this.#after;
    for await (const rows of this.#seriesPages(after === undefined ? undefined : after.seriesRowId + 1)) {
      await this.#loadStudies(rows);
      for (const row of rows) {
        await this.#turn();
        const series = seriesEntity(row, this.#studyOf(row));
        const id = numberOf(row, 'id');
        const start = id === after?.seriesRowId ? after : undefined;
        const select = (db: Knex): Knex.QueryBuilder<Row, Row[]> => {
          const query = db<Row>({ i: 'instances' }).select(
            ENTITY_COLUMNS.instances.map((column) => `i.${column}`),
          ) as Knex.QueryBuilder<Row, Row[]>;
          restrict(query, 'instances', keys);
          return query;
        };
        for await (const instances of instancePages(this.#database, id, select, start)) {
          for (const row of instances) yield { row, entity: instanceEntity(row, series) };
        }
      }
    }
  }

  async *#instancesByUid(): AsyncGenerator<Found, void, undefined> {
    const keys = await this.#keysFor('instances');
    const scan: TableScan = {
      table: 'instances',
      alias: 'i',
      ...narrowedBy([['instances', keys]]),
      belowId: this.#after?.id,
    };
    for await (const rows of pagesById(this.#database, scan)) {
      const series = await this.#byId('series', rows, 'series_row_id');
      await this.#loadStudies([...series.values()]);
      for (const row of rows) {
        const parent = series.get(numberOf(row, 'series_row_id'));
        if (parent === undefined) continue;
        yield { row, entity: instanceEntity(row, seriesEntity(parent, this.#studyOf(parent))) };
      }
    }
  }

  async *#seriesPages(belowId: number | undefined): AsyncGenerator<Row[], void, undefined> {
    const ofSeries = await this.#keysFor('series');
    const ofStudy = await this.#keysFor('studies');
    const narrowed = narrowedBy([
      ['series', ofSeries],
      ['studies', ofStudy],
    ]);
    const scan: TableScan = { table: 'series', alias: 's', ...narrowed, belowId };
    if (ofStudy.length > 0) scan.parent = { table: 'studies', alias: 't', reference: 'study_row_id' };
    yield* pagesById(this.#database, scan);
  }

  /** Those that a table's columns can restrict. */
  #keysFor(table: ConditionedTable): Promise<readonly NarrowingKey[]> {
    return withNames(this.#database, keysFor(table, this.#keys));
  }

  #studyOf(series: Row): JsonDataSet {
    return this.#studies.get(numberOf(series, 'study_row_id')) ?? {};
  }

  /** The studies of a page of series, kept for the next page: series of a study are neighbours. */
  async #loadStudies(series: readonly Row[]): Promise<void> {
    if (this.#studies.size > parentsCachedMax) this.#studies.clear();
    const missing = series.filter((row) => !this.#studies.has(numberOf(row, 'study_row_id')));
    const rows = await this.#byId('studies', missing, 'study_row_id');
    const counts = await this.#patientCounts([...rows.values()]);
    for (const [id, row] of rows) {
      this.#studies.set(id, studyEntity(row, counts.get(numberOf(row, 'patient_row_id'))));
    }
  }

  async #patientCounts(studies: readonly Row[]): Promise<Map<number, JsonDataSet>> {
    if (!this.#wantsPatientCounts) return new Map();
    const rows = await this.#byId('patients', studies, 'patient_row_id');
    return new Map([...rows].map(([id, row]) => [id, patientCounts(row)]));
  }

  /** The rows that `children` refer to, at most a page of them. */
  async #byId(table: EntityTable, children: readonly Row[], reference: string): Promise<Map<number, Row>> {
    const ids = [...new Set(children.map((row) => numberOf(row, reference)))];
    if (ids.length === 0) return new Map();
    const rows = await this.#database.read((db) =>
      db<Row>(table)
        .whereIn('id', ids)
        .limit(pageRows)
        .select(...ENTITY_COLUMNS[table]),
    );
    return new Map(rows.map((row) => [numberOf(row, 'id'), row]));
  }
}
