import type { Database } from './database.ts';
import { studyEntity } from './entities.ts';
import { withNames } from './known-names.ts';
import { byIds, type Page, type PageOptions } from './level-pages.ts';
import { pageItemsMax, seriesListedMax } from './limits.ts';
import {
  SERIES_ROW_COLUMNS,
  type SeriesRow,
  STUDY_ROW_COLUMNS,
  type StudyRow,
  toSeriesRow,
  toStudyRow,
} from './listed-rows.ts';
import { keysFor } from './prefilter.ts';
import { compileKeys, type QueryKey } from './query-keys.ts';
import type { Row } from './rows.ts';
import { StudyOrder, type StudySort } from './study-order.ts';
import { nextIds, ofKeys, ofRanges, planOf } from './study-search.ts';
import { rangesOfText } from './study-text.ts';

export interface StudyPageOptions extends PageOptions {
  /** Words as one types them, see `rangesOfText`. */
  text?: string | undefined;
  /** As of a C-FIND. */
  keys: readonly QueryKey[];
  sort: StudySort;
  isDescending: boolean;
}

/** Studies read from the database at once where the rule of matching may refuse some of them. */
const CANDIDATES_AT_ONCE = 200;

/** Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class StudyRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Studies that match all keys and every word of the text, in order; of equal ones in the order of their rows.
   *
   * @throws Problem 'unusable-identifier' for a cursor of another list, or a key of too many values
   */
  async page(options: StudyPageOptions): Promise<Page<StudyRow>> {
    const order = new StudyOrder(options.sort, options.isDescending);
    const { keys, matches } = compileKeys(options.keys, 'STUDY');
    let behind =
      options.cursor === undefined
        ? undefined
        : await order.fromCursor(options.cursor, async (id) => (await this.#rows([id]))[0]);
    const words = rangesOfText(options.text ?? '').map(ofRanges);
    const restricting = await withNames(this.#database, keysFor('studies', keys));
    const plan = await planOf(
      this.#database,
      restricting.length > 0 ? [...words, ofKeys(restricting)] : words,
    );
    if (plan === undefined) return { items: [], nextCursor: null };
    const limit = Math.min(options.limit, pageItemsMax);
    const atOnce = keys.length > 0 ? Math.max(limit + 1, CANDIDATES_AT_ONCE) : limit + 1;
    const found: Row[] = [];
    for (;;) {
      const rows = await this.#rows(await nextIds(this.#database, plan, order, behind, atOnce));
      found.push(...rows.filter((row) => keys.length === 0 || matches(studyEntity(row, undefined))));
      const last = rows.at(-1);
      if (last === undefined || rows.length < atOnce || found.length > limit) break;
      behind = order.valuesOf(last);
    }
    const items = found.slice(0, limit);
    const end = items.at(-1);
    const hasMore = found.length > limit && end !== undefined;
    return { items: items.map(toStudyRow), nextCursor: hasMore ? order.toCursor(end) : null };
  }

  async find(studyInstanceUid: string): Promise<StudyRow | undefined> {
    const row: Row | undefined = await this.#database.read((db) =>
      db<Row>({ t: 'studies' }).where('t.study_instance_uid', studyInstanceUid).first(STUDY_ROW_COLUMNS),
    );
    return row === undefined ? undefined : toStudyRow(row);
  }

  /** In the order of their numbers, those without one last; `seriesListedMax` at most. */
  async seriesOf(studyInstanceUid: string): Promise<SeriesRow[]> {
    const rows: Row[] = await this.#database.read((db) =>
      db<Row>({ t: 'studies' })
        .join({ s: 'series' }, 's.study_row_id', 't.id')
        .where('t.study_instance_uid', studyInstanceUid)
        .orderBy(['s.series_number', 's.id'])
        .limit(seriesListedMax)
        .select(SERIES_ROW_COLUMNS),
    );
    return rows.map(toSeriesRow);
  }

  #rows(ids: readonly number[]): Promise<Row[]> {
    return byIds(ids, (wanted) =>
      this.#database.read((db) =>
        db<Row>({ t: 'studies' }).whereIn('t.id', wanted).select(STUDY_ROW_COLUMNS),
      ),
    );
  }
}
