import type { Knex } from 'knex';
import { breathe } from './abort.ts';
import type { Database, Engine } from './database.ts';
import { ENTITY_COLUMNS, type EntityTable } from './entities.ts';
import {
  fewRowsMax,
  firstPageRows,
  firstWindowRows,
  idsAtOnce,
  pageGrowth,
  pageRows,
  rowsForCommonNames,
  rowsPerMatchMax,
  sortedIdsMax,
  windowRowsMax,
} from './limits.ts';
import type { Narrowing } from './prefilter.ts';
import { numberOf, type Row } from './rows.ts';

/** Rows of a table, with its `ENTITY_COLUMNS`, that a condition lets through. */
export interface TableScan {
  table: EntityTable;
  alias: string;
  /** The table above, where the condition speaks of it. */
  parent?: { table: string; alias: string; reference: string };
  restrict: Narrowing;
  /** Together the same as `restrict`, each by an index of its own; none where all rows are let through. */
  ways: readonly Narrowing[];
  /** So many match that one of them is near, whatever one begins with. */
  isCommon?: boolean;
  /** So few match that all of them are asked for at once, as far as the keys tell. */
  isFew?: boolean;
  /** Only rows of lower ids. */
  belowId?: number | undefined;
}

type Pages = AsyncGenerator<Row[], void, undefined>;

/**
 * Pages of rows, newest (highest id) first, small ones before the others; a row that comes in meanwhile is not among them.
 *
 * A condition is first asked for ids alone, in no order, so that the optimizer takes the best index it has and stops where they are many. A condition that
 * lets many through is then looked for among the newest rows, and, where it lets through few of these, by its index again, in order. Left to itself
 * with `ORDER BY id LIMIT`, either engine takes one of these ways where another is a thousand times faster. Rows of an identifier are asked for at
 * once: one statement in place of two or three.
 */
export async function* pagesById(database: Database, scan: TableScan): Pages {
  if (scan.isFew === true) {
    const rows = await someRowsOf(database, scan, fewRowsMax + 1);
    if (rows.length <= fewRowsMax) {
      if (rows.length > 0) yield rows;
      return;
    }
  }
  if (scan.ways.length > 0 && scan.isCommon !== true) {
    const ids = await idsOf(database, scan, scan.belowId, sortedIdsMax + 1, false);
    if (ids.length <= sortedIdsMax) {
      yield* ofIds(database, scan, ids);
      return;
    }
  }
  const below = yield* amongNewest(database, scan);
  if (below !== undefined) yield* inOrder(database, scan, below);
}

/**
 * Along the primary key, window by window, as long as there is a match every few rows.
 *
 * @returns below which id nobody has looked yet; undefined at the end
 */
async function* amongNewest(
  database: Database,
  scan: TableScan,
): AsyncGenerator<Row[], number | undefined, undefined> {
  const isEveryRow = scan.ways.length === 0;
  let below = await endOf(database, scan);
  let [limit, windowRows] = [firstPageRows, firstWindowRows];
  let [looked, found] = [0, 0];
  while (below > 0) {
    // Ids have gaps: what is not narrowed down ends where there are no more rows.
    const from = isEveryRow ? 0 : Math.max(0, below - windowRows);
    const rows = await rowsBetween(database, scan, from, below, limit);
    const isFull = rows.length === limit;
    const next = isFull ? numberOf(rows.at(-1) ?? {}, 'id') : from;
    looked += below - next;
    found += rows.length;
    below = next;
    if (rows.length > 0) {
      yield rows;
      limit = grown(limit);
    }
    await breathe();
    if (isEveryRow) continue;
    const patience = scan.isCommon === true && found === 0 ? rowsForCommonNames : 0;
    if (looked > Math.max(patience, found * rowsPerMatchMax)) return below;
    if (!isFull) windowRows = Math.min(2 * windowRows, windowRowsMax);
  }
  return undefined;
}

/** By the index of the condition. */
async function* inOrder(database: Database, scan: TableScan, below: number): Pages {
  let [before, limit] = [below, pageRows];
  for (;;) {
    const ids = await idsOf(database, scan, before, limit, true);
    yield* ofIds(database, scan, ids);
    if (ids.length < limit) return;
    before = ids.at(-1) ?? 0;
    limit = idsAtOnce;
  }
}

async function* ofIds(database: Database, { table }: TableScan, ids: readonly number[]): Pages {
  for (let at = 0, limit = firstPageRows; at < ids.length; at += limit, limit = grown(limit)) {
    const piece = ids.slice(at, at + limit);
    const rows = await database.read((db) =>
      db<Row>(table)
        .whereIn('id', piece)
        .orderBy('id', 'desc')
        .select(...ENTITY_COLUMNS[table]),
    );
    yield rows;
    await breathe();
  }
}

function grown(rows: number): number {
  return Math.min(pageGrowth * rows, pageRows);
}

/** Ids of what is let through, highest first, each once. @param inOrder the highest `limit` of them; otherwise at most so many of each way */
async function idsOf(
  database: Database,
  scan: TableScan,
  below: number | undefined,
  limit: number,
  isInOrder: boolean,
): Promise<number[]> {
  const { alias } = scan;
  const rows = await database.read<Row[]>(async (db) => {
    const ways = scan.ways.map((way) => {
      const query = byWay(db, scan, way, below).select(`${alias}.id`);
      if (isInOrder) query.orderByRaw('?? + 0 DESC', [`${alias}.id`]);
      return db.select('id').from(query.limit(limit).as('way'));
    });
    const [first, ...others] = ways;
    return first === undefined ? [] : first.unionAll(others);
  });
  const ids = [...new Set(rows.map((row) => numberOf(row, 'id')))].sort((one, other) => other - one);
  return isInOrder ? ids.slice(0, limit) : ids;
}

/** Of what is let through, at most `limit`, any of them; highest id first. */
async function someRowsOf(database: Database, scan: TableScan, limit: number): Promise<Row[]> {
  const { table, alias, restrict, belowId } = scan;
  const columns = ENTITY_COLUMNS[table].map((column) => `${alias}.${column}`);
  const rows = await database.read<Row[]>((db) =>
    byWay(db, scan, restrict, belowId)
      .select(...columns)
      .limit(limit),
  );
  return rows.sort((one, other) => numberOf(other, 'id') - numberOf(one, 'id'));
}

/** In no order: which index is used is left to the engine. */
function byWay(
  db: Knex,
  { table, alias, parent }: TableScan,
  way: Narrowing,
  below: number | undefined,
): Knex.QueryBuilder {
  const query: Knex.QueryBuilder = db({ [alias]: table });
  if (parent !== undefined) {
    query.join({ [parent.alias]: parent.table }, `${parent.alias}.id`, `${alias}.${parent.reference}`);
  }
  way(query);
  // An expression, for no index to give this order.
  if (below !== undefined) query.whereRaw('?? + 0 < ?', [`${alias}.id`, below]);
  return query;
}

/** Greater than every id. */
async function endOf(database: Database, { table, belowId }: TableScan): Promise<number> {
  if (belowId !== undefined) return belowId;
  const [row] = await database.read((db) => db<Row>(table).max({ last: 'id' }));
  return numberOf(row ?? {}, 'last') + 1;
}

function rowsBetween(
  database: Database,
  scan: TableScan,
  from: number,
  below: number,
  limit: number,
): Promise<Row[]> {
  const id = `${scan.alias}.id`;
  return database.read((db) => {
    const query: Knex.QueryBuilder<Row, Row[]> = db
      .select(ENTITY_COLUMNS[scan.table].map((column) => `${scan.alias}.${column}`))
      .from(db.raw(primaryKeyOrder(scan, database.engine)))
      .where(id, '<', below)
      .where(id, '>=', from)
      .orderBy(id, 'desc')
      .limit(limit);
    if (scan.parent !== undefined) {
      query.whereRaw('?? = ??', [`${scan.parent.alias}.id`, `${scan.alias}.${scan.parent.reference}`]);
    }
    scan.restrict(query);
    return query;
  });
}

/** Tables joined in the order written, the first along its primary key. */
function primaryKeyOrder({ table, alias, parent }: TableScan, engine: Engine): string {
  const [first, join] =
    engine === 'mariadb'
      ? [`${table} AS ${alias} FORCE INDEX (PRIMARY)`, 'STRAIGHT_JOIN']
      : [`${table} AS ${alias} NOT INDEXED`, 'CROSS JOIN'];
  return parent === undefined ? first : `${first} ${join} ${parent.table} AS ${parent.alias}`;
}
