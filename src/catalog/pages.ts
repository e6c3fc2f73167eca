import type { Knex } from 'knex';
import { breathe } from './abort.ts';
import type { Database, Engine } from './database.ts';
import { ENTITY_COLUMNS, type EntityTable } from './entities.ts';
import { candidateIdsMax, pageRows } from './limits.ts';
import { numberOf, piecesOf, type Row } from './rows.ts';

/** Rows of a table, with its `ENTITY_COLUMNS`, that a condition lets through. */
export interface TableScan {
  table: EntityTable;
  alias: string;
  /** The table above, where the condition speaks of it. */
  parent?: { table: string; alias: string; reference: string };
  restrict: (query: Knex.QueryBuilder) => void;
  /** Only rows of lower ids. */
  belowId?: number | undefined;
}

/**
 * Pages of rows, newest (highest id) first; a row that comes in meanwhile is not among them.
 *
 * A condition is first asked for ids alone, in no order, so that the optimizer takes the best index it has. Where these
 * are many, the table is read along its primary key instead: it then has to pass over few rows for each that it finds. Left to
 * itself with `ORDER BY id LIMIT`, either engine takes one of the two ways where the other is a thousand times faster.
 */
export async function* pagesById(
  database: Database,
  scan: TableScan,
  isRestricted: boolean,
): AsyncGenerator<Row[], void, undefined> {
  const ids = isRestricted ? await candidateIds(database, scan) : undefined;
  yield* ids === undefined ? alongPrimaryKey(database, scan) : ofIds(database, scan, ids);
}

/** `undefined` if there are more than `candidateIdsMax`. */
async function candidateIds(database: Database, scan: TableScan): Promise<number[] | undefined> {
  const { table, alias, parent } = scan;
  const rows = await database.read((db) => {
    const query = db<Row>({ [alias]: table }).select(`${alias}.id`) as Knex.QueryBuilder<Row, Row[]>;
    if (parent !== undefined) {
      query.join({ [parent.alias]: parent.table }, `${parent.alias}.id`, `${alias}.${parent.reference}`);
    }
    scan.restrict(query);
    if (scan.belowId !== undefined) query.where(`${alias}.id`, '<', scan.belowId);
    return query.limit(candidateIdsMax + 1);
  });
  if (rows.length > candidateIdsMax) return undefined;
  return rows.map((row) => numberOf(row, 'id')).sort((one, other) => other - one);
}

async function* ofIds(
  database: Database,
  { table }: TableScan,
  ids: readonly number[],
): AsyncGenerator<Row[], void, undefined> {
  for (const piece of piecesOf(ids, pageRows)) {
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

async function* alongPrimaryKey(database: Database, scan: TableScan): AsyncGenerator<Row[], void, undefined> {
  const id = `${scan.alias}.id`;
  let below = scan.belowId ?? Number.MAX_SAFE_INTEGER;
  for (;;) {
    const before = below;
    const rows = await database.read((db) => {
      const query: Knex.QueryBuilder<Row, Row[]> = db
        .select(ENTITY_COLUMNS[scan.table].map((column) => `${scan.alias}.${column}`))
        .from(db.raw(primaryKeyOrder(scan, database.engine)))
        .where(id, '<', before)
        .orderBy(id, 'desc')
        .limit(pageRows);
      if (scan.parent !== undefined) {
        query.whereRaw('?? = ??', [`${scan.parent.alias}.id`, `${scan.alias}.${scan.parent.reference}`]);
      }
      scan.restrict(query);
      return query;
    });
    yield rows;
    if (rows.length < pageRows) return;
    below = numberOf(rows.at(-1) ?? {}, 'id');
    await breathe();
  }
}

/** Tables joined in the order written, the first along its primary key. */
function primaryKeyOrder({ table, alias, parent }: TableScan, engine: Engine): string {
  const [first, join] =
    engine === 'mariadb'
      ? [`${table} AS ${alias} FORCE INDEX (PRIMARY)`, 'STRAIGHT_JOIN']
      : [`${table} AS ${alias} NOT INDEXED`, 'CROSS JOIN'];
  return parent === undefined ? first : `${first} ${join} ${parent.table} AS ${parent.alias}`;
}
