import type { Knex } from 'knex';
import type { CursorValue } from './cursor.ts';
import type { Database, Engine } from './database.ts';
import { sortedStudiesMax } from './limits.ts';
import type { NarrowingKey } from './narrowing-key.ts';
import { restrict } from './prefilter.ts';
import { numberOf, type Row, rowsOf } from './rows.ts';
import type { StudyOrder } from './study-order.ts';
import type { IndexRange } from './study-text.ts';

/** One thing that the studies of a search have in common. */
export interface Restriction {
  /** SQL that gives how many there are, `sortedStudiesMax` and some where they are more; one that has two reasons to be there may count twice. */
  count(db: Knex): Knex.Raw | Knex.QueryBuilder;
  /** SQL that gives the row ids of those studies, each once, by an index where there is one. */
  ids(db: Knex): Knex.Raw | Knex.QueryBuilder;
  /** The same as a condition on rows of table t. */
  apply(query: Knex.QueryBuilder): void;
}

/** Keys of a query: the prefilter, which lets through all that match and not many others. */
export function ofKeys(keys: readonly NarrowingKey[]): Restriction {
  const ids = (db: Knex): Knex.QueryBuilder => {
    const query = db({ t: 'studies' }).select('t.id');
    restrict(query, 'studies', keys);
    return query;
  };
  return {
    count: (db) => db.raw(`SELECT ${boundedCount('?')} AS total`, [ids(db), sortedStudiesMax + 1]),
    ids,
    apply: (query) => restrict(query, 'studies', keys),
  };
}

/** A word of a search: a study lies in one of its ranges. */
export function ofRanges(ranges: readonly IndexRange[]): Restriction {
  const idsOf = (range: IndexRange): string => {
    const id = range.table === 'studies' ? 'id' : 'study_row_id AS id';
    return `SELECT ${id} FROM ${range.table} WHERE ${conditionOn(range.column, range)}`;
  };
  return {
    count: (db) => {
      const bindings = ranges.flatMap((range) => [...bindingsOf(range), sortedStudiesMax + 1]);
      const counts = ranges.map((range) => boundedCount(idsOf(range)));
      return db.raw(`SELECT ${counts.join(' + ')} AS total`, bindings);
    },
    ids: (db) => db.raw(ranges.map(idsOf).join(' UNION '), ranges.flatMap(bindingsOf)),
    apply: (query) => {
      const words = ranges.filter(({ table }) => table === 'study_words');
      const columns = ranges.filter(({ table }) => table === 'studies');
      const conditions = columns.map((range) => conditionOn(`t.${range.column}`, range));
      const ofWord = words.map((range) => conditionOn('w.word', range)).join(' OR ');
      // With LIMIT it stays one look-up for each row; MariaDB would read the whole range of an EXISTS first.
      if (ofWord !== '') conditions.push(`${WORD_OF_STUDY} AND (${ofWord}) LIMIT 1) IS NOT NULL`);
      query.whereRaw(`(${conditions.join(' OR ')})`, [...columns, ...words].flatMap(bindingsOf));
    },
  };
}

const WORD_OF_STUDY = '(SELECT w.word FROM study_words AS w WHERE w.study_row_id = t.id';

function boundedCount(ids: string): string {
  return `(SELECT COUNT(*) FROM (SELECT id FROM (${ids}) AS found LIMIT ?) AS bounded)`;
}

function conditionOn(column: string, range: IndexRange): string {
  return `(${column} >= ? AND ${column} ${range.below === undefined ? '<=' : '<'} ?)`;
}

function bindingsOf({ from, to, below }: IndexRange): string[] {
  return [from, below ?? to ?? from];
}

/** Few enough to stop looking for a restriction that leaves fewer: counting another one costs as much as sorting these. */
const FEW = 2000;

/**
 * How a search is run: from the restriction with the fewest studies, which are then sorted, or along the index of the order, where each of them has
 * more than `sortedStudiesMax`: there it passes over few rows for each that it finds.
 */
export type Plan = { driver: Restriction | undefined; others: readonly Restriction[] };

/** `undefined` where nothing can match. */
export async function planOf(
  database: Database,
  restrictions: readonly Restriction[],
): Promise<Plan | undefined> {
  let best: { restriction: Restriction; count: number } | undefined;
  for (const restriction of restrictions) {
    const count = await countOf(database, restriction);
    if (count === 0) return undefined;
    if (count > sortedStudiesMax || count >= (best?.count ?? Number.POSITIVE_INFINITY)) continue;
    best = { restriction, count };
    if (count <= FEW) break;
  }
  const driver = best?.restriction;
  return { driver, others: restrictions.filter((one) => one !== driver) };
}

async function countOf(database: Database, restriction: Restriction): Promise<number> {
  const answer = await database.read((db) => db.raw('?', [restriction.count(db)]));
  return numberOf(rowsOf<Row>(answer)[0] ?? {}, 'total');
}

/** Row ids of the next `limit` studies of the plan, in order. */
export async function nextIds(
  database: Database,
  plan: Plan,
  order: StudyOrder,
  behind: readonly CursorValue[] | undefined,
  limit: number,
): Promise<number[]> {
  const { driver, others } = plan;
  const rows = await database.read((db) => {
    const from =
      driver === undefined
        ? db.raw(order.walk(database.engine))
        : db.raw(
            `(SELECT id FROM (?) AS found LIMIT ?) AS d ${joinInThisOrder(database.engine)} studies AS t`,
            [driver.ids(db), sortedStudiesMax],
          );
    const query = db.select('t.id').from(from) as Knex.QueryBuilder<Row, Row[]>;
    if (driver !== undefined) query.whereRaw('t.id = d.id');
    for (const other of others) other.apply(query);
    if (behind !== undefined) order.startBehind(query, behind);
    order.sort(query);
    return query.limit(limit);
  });
  return rows.map((row) => numberOf(row, 'id'));
}

function joinInThisOrder(engine: Engine): string {
  return engine === 'mariadb' ? 'STRAIGHT_JOIN' : 'CROSS JOIN';
}
