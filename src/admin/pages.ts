import { Problem } from '../lib/problem.ts';

/** A page of a list in the order of falling ids, of which one more was asked for than is answered. */
export function pageById<Row extends { id: number }, Item>(
  found: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const nextCursor = found.length > limit && last !== undefined ? String(last.id) : null;
  return { items: rows.map(toItem), nextCursor };
}

/** The id before which the next page of such a list begins. @throws Problem 'unusable-identifier' */
export function idOfCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw new Problem('unusable-identifier', `not a cursor: ${cursor}`);
  return Number(cursor);
}
