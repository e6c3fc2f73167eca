import { type CursorValue, fromCursor, toCursor } from './cursor.ts';
import type { Database } from './database.ts';
import { pageItemsMax } from './limits.ts';
import {
  INSTANCE_ROW_COLUMNS,
  type InstanceRow,
  SERIES_ROW_COLUMNS,
  type SeriesRow,
  toInstanceRow,
  toSeriesRow,
} from './listed-rows.ts';
import { matchingRows, type Position } from './query.ts';
import type { QueryKey } from './query-keys.ts';
import { instancePages } from './retrieve.ts';
import { numberOf, type Row } from './rows.ts';

/** `nextCursor` is null where nothing follows. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

export interface PageOptions {
  /** Of the page before. */
  cursor?: string | undefined;
  /** Items at most. */
  limit: number;
}

/** Series that match, newest first. @throws Problem 'unusable-identifier', 'catalog-unavailable' */
export async function pageOfSeries(
  database: Database,
  options: PageOptions & { keys: readonly QueryKey[] },
): Promise<Page<SeriesRow>> {
  const [id] = positionOf(options.cursor, 'series', 1);
  const after = id === undefined ? undefined : { id, seriesRowId: 0, instanceNumber: 0 };
  const found = await take(matchingRows(database, 'SERIES', options.keys, after), options.limit);
  const rows = await byIds(found.ids, (ids) =>
    database.read((db) =>
      db<Row>({ s: 'series' })
        .join({ t: 'studies' }, 't.id', 's.study_row_id')
        .whereIn('s.id', ids)
        .select(SERIES_ROW_COLUMNS),
    ),
  );
  return { items: rows.map(toSeriesRow), nextCursor: cursorBehind('series', found, ['id']) };
}

const INSTANCE_POSITION = ['series_row_id', 'instance_number', 'id'];

/**
 * Instances that match, those of the newest series first, by number within each; where UIDs of instances are asked for, newest first.
 *
 * @throws Problem 'unusable-identifier', 'catalog-unavailable'
 */
export async function pageOfInstances(
  database: Database,
  options: PageOptions & { keys: readonly QueryKey[] },
): Promise<Page<InstanceRow>> {
  const after = instancePositionOf(options.cursor, 'instances');
  const found = await take(matchingRows(database, 'IMAGE', options.keys, after), options.limit);
  const rows = await instanceRows(database, found.ids);
  return {
    items: rows.map(toInstanceRow),
    nextCursor: cursorBehind('instances', found, INSTANCE_POSITION),
  };
}

/** Instances of one series, by number. @throws Problem 'unusable-identifier', 'catalog-unavailable' */
export async function pageOfOneSeries(
  database: Database,
  seriesRowId: number,
  options: PageOptions,
): Promise<Page<InstanceRow>> {
  const list = `instances of ${seriesRowId}`;
  const after = instancePositionOf(options.cursor, list);
  const pages = instancePages(
    database,
    seriesRowId,
    (db) => db<Row>({ i: 'instances' }).select('i.id', 'i.series_row_id', 'i.instance_number'),
    after,
  );
  const found = await take(rowsOfPages(pages), options.limit);
  const rows = await instanceRows(database, found.ids);
  return { items: rows.map(toInstanceRow), nextCursor: cursorBehind(list, found, INSTANCE_POSITION) };
}

async function* rowsOfPages(pages: AsyncIterable<Row[]>): AsyncGenerator<Row, void, undefined> {
  for await (const rows of pages) yield* rows;
}

function instanceRows(database: Database, ids: readonly number[]): Promise<Row[]> {
  return byIds(ids, (wanted) =>
    database.read((db) =>
      db<Row>({ i: 'instances' })
        .join({ s: 'series' }, 's.id', 'i.series_row_id')
        .join({ t: 'studies' }, 't.id', 's.study_row_id')
        .whereIn('i.id', wanted)
        .select(INSTANCE_ROW_COLUMNS),
    ),
  );
}

interface Taken {
  ids: number[];
  last: Row | undefined;
  hasMore: boolean;
}

async function take(rows: AsyncGenerator<Row, void, undefined>, limit: number): Promise<Taken> {
  const taken: Taken = { ids: [], last: undefined, hasMore: false };
  for await (const row of rows) {
    if (taken.ids.length >= Math.min(limit, pageItemsMax)) {
      taken.hasMore = true;
      break;
    }
    taken.ids.push(numberOf(row, 'id'));
    taken.last = row;
  }
  return taken;
}

/** In the order of the ids. */
export async function byIds(
  ids: readonly number[],
  select: (ids: readonly number[]) => Promise<Row[]>,
): Promise<Row[]> {
  if (ids.length === 0) return [];
  const rows = new Map((await select(ids)).map((row) => [numberOf(row, 'id'), row]));
  return ids.map((id) => rows.get(id)).filter((row) => row !== undefined);
}

function cursorBehind(list: string, { last, hasMore }: Taken, columns: readonly string[]): string | null {
  if (last === undefined || !hasMore) return null;
  return toCursor(
    list,
    columns.map((column): CursorValue => numberOf(last, column)),
  );
}

function positionOf(cursor: string | undefined, list: string, size: number): number[] {
  if (cursor === undefined) return [];
  return fromCursor(cursor, list, Array<'number'>(size).fill('number')).map(Number);
}

function instancePositionOf(cursor: string | undefined, list: string): Position | undefined {
  const [seriesRowId, instanceNumber, id] = positionOf(cursor, list, INSTANCE_POSITION.length);
  if (seriesRowId === undefined || instanceNumber === undefined || id === undefined) return undefined;
  return { seriesRowId, instanceNumber, id };
}
