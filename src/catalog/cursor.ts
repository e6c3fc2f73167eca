import { Problem } from '../lib/problem.ts';

export type CursorValue = string | number;

/** Where a list goes on, for a caller to whom it is opaque: the values by which it is sorted, of the last row it has. */
export function toCursor(list: string, values: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify([list, ...values])).toString('base64url');
}

/**
 * @param list the one it has to be of: its kind and order
 * @param types of its values
 * @throws Problem 'unusable-identifier' for what `toCursor` did not make, or made for another list
 */
export function fromCursor(
  cursor: string,
  list: string,
  types: readonly ('string' | 'number')[],
): CursorValue[] {
  const [given, ...values] = parsed(cursor);
  const isOfList =
    given === list &&
    values.length === types.length &&
    types.every((type, index) => typeof values[index] === type && isStorable(values[index]));
  if (!isOfList)
    throw new Problem('unusable-identifier', `not a cursor of this list: ${cursor.slice(0, 80)}`);
  return values as CursorValue[];
}

function parsed(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function isStorable(value: unknown): boolean {
  return typeof value === 'string' ? !/[\0\p{Surrogate}]/u.test(value) : Number.isSafeInteger(value);
}
