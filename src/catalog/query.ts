import type { Knex } from 'knex';
import { hexOfTag, vrOf } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import type { JsonDataSet } from '../dicom/json.ts';
import { isUniversal, type Matcher, type MatchingKey, matcherFor } from '../dicom/matching.ts';
import { Problem } from '../lib/problem.ts';
import { abortCheck } from './abort.ts';
import { isSupportedAt, type Level } from './attributes.ts';
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
import { pageRows, parentsCachedMax, uidsPerKeyMax, valuesPerKeyMax } from './limits.ts';
import { pagesById, type TableScan } from './pages.ts';
import { keysFor, restrict } from './prefilter.ts';
import { instancePages } from './retrieve.ts';
import { numberOf, type Row } from './rows.ts';

/** A key of a C-FIND identifier: its text decoded and split at backslashes; `[]` or `['']` is universal matching. */
export interface QueryKey {
  tag: number;
  vr: string;
  values: string[];
}

export interface QueryOptions {
  /** Ends the iteration with Problem 'cancelled'. */
  signal?: AbortSignal;
}

/**
 * The entities of a level that match all keys, each with its attributes and those of the levels above, newest first. A key that the
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
  return new Query(database, level, keys, options).run();
}

const PATIENT_COUNTS: ReadonlySet<number> = new Set([
  tags.NumberOfPatientRelatedStudies,
  tags.NumberOfPatientRelatedSeries,
  tags.NumberOfPatientRelatedInstances,
]);

class Query {
  readonly #database: Database;
  readonly #level: Level;
  /** Those that restrict. */
  readonly #keys: readonly MatchingKey[];
  readonly #matchers: readonly [string, Matcher][];
  readonly #wantsPatientCounts: boolean;
  readonly #check: () => void;
  readonly #studies = new Map<number, JsonDataSet>();

  constructor(database: Database, level: Level, keys: readonly QueryKey[], options: QueryOptions) {
    this.#database = database;
    this.#level = level;
    this.#keys = keys.map(withStandardVr).filter((key) => isSupportedAt(key.tag, level) && !isUniversal(key));
    for (const key of this.#keys) assertBounded(key);
    this.#matchers = this.#keys.map((key) => [hexOfTag(key.tag), matcherFor(key)]);
    this.#wantsPatientCounts = keys.some((key) => PATIENT_COUNTS.has(key.tag));
    this.#check = abortCheck(options.signal);
  }

  async *run(): AsyncGenerator<JsonDataSet, void, undefined> {
    for await (const entity of this.#candidates()) {
      this.#check();
      if (this.#matchers.every(([key, matches]) => matches(entity[key]))) yield entity;
    }
  }

  #candidates(): AsyncGenerator<JsonDataSet, void, undefined> {
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

  async *#patients(): AsyncGenerator<JsonDataSet, void, undefined> {
    const keys = keysFor('patients', this.#keys);
    const scan: TableScan = {
      table: 'patients',
      alias: 'p',
      restrict: (query) => restrict(query, 'patients', keys),
    };
    for await (const rows of pagesById(this.#database, scan, keys.length > 0)) {
      for (const row of rows) yield patientEntity(row);
    }
  }

  async *#studyEntities(): AsyncGenerator<JsonDataSet, void, undefined> {
    const keys = keysFor('studies', this.#keys);
    const scan: TableScan = {
      table: 'studies',
      alias: 't',
      restrict: (query) => restrict(query, 'studies', keys),
    };
    for await (const rows of pagesById(this.#database, scan, keys.length > 0)) {
      const counts = await this.#patientCounts(rows);
      for (const row of rows) yield studyEntity(row, counts.get(numberOf(row, 'patient_row_id')));
    }
  }

  async *#seriesEntities(): AsyncGenerator<JsonDataSet, void, undefined> {
    for await (const rows of this.#seriesPages()) {
      await this.#loadStudies(rows);
      for (const row of rows) yield seriesEntity(row, this.#studyOf(row));
    }
  }

  /** Instances have no index but their UID and their series, so the series are found first. */
  async *#instancesBySeries(): AsyncGenerator<JsonDataSet, void, undefined> {
    const keys = keysFor('instances', this.#keys);
    for await (const rows of this.#seriesPages()) {
      await this.#loadStudies(rows);
      for (const row of rows) {
        this.#check();
        const series = seriesEntity(row, this.#studyOf(row));
        const pages = instancePages(this.#database, numberOf(row, 'id'), (db) => {
          const query = db<Row>({ i: 'instances' }).select(
            ENTITY_COLUMNS.instances.map((column) => `i.${column}`),
          ) as Knex.QueryBuilder<Row, Row[]>;
          restrict(query, 'instances', keys);
          return query;
        });
        for await (const instances of pages) {
          for (const instance of instances) yield instanceEntity(instance, series);
        }
      }
    }
  }

  async *#instancesByUid(): AsyncGenerator<JsonDataSet, void, undefined> {
    const keys = keysFor('instances', this.#keys);
    const scan: TableScan = {
      table: 'instances',
      alias: 'i',
      restrict: (query) => restrict(query, 'instances', keys),
    };
    for await (const rows of pagesById(this.#database, scan, true)) {
      const series = await this.#byId('series', rows, 'series_row_id');
      await this.#loadStudies([...series.values()]);
      for (const row of rows) {
        const parent = series.get(numberOf(row, 'series_row_id'));
        if (parent !== undefined) yield instanceEntity(row, seriesEntity(parent, this.#studyOf(parent)));
      }
    }
  }

  #seriesPages(): AsyncGenerator<Row[], void, undefined> {
    const ofSeries = keysFor('series', this.#keys);
    const ofStudy = keysFor('studies', this.#keys);
    const scan: TableScan = {
      table: 'series',
      alias: 's',
      restrict: (query) => {
        restrict(query, 'series', ofSeries);
        restrict(query, 'studies', ofStudy);
      },
    };
    if (ofStudy.length > 0) scan.parent = { table: 'studies', alias: 't', reference: 'study_row_id' };
    return pagesById(this.#database, scan, ofSeries.length + ofStudy.length > 0);
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

/** The standard's VR counts, whatever the caller wrote; a private attribute is not kept anyway. */
function withStandardVr(key: QueryKey): MatchingKey {
  const vr = vrOf(key.tag);
  return vr === 'UN' ? key : { ...key, vr };
}

function assertBounded(key: MatchingKey): void {
  const max = key.vr === 'UI' ? uidsPerKeyMax : valuesPerKeyMax;
  if (key.values.length > max) {
    throw new Problem('unusable-identifier', `more than ${max} values in key ${hexOfTag(key.tag)}`);
  }
}
