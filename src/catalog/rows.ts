import type { Knex } from 'knex';
import { rowsPerStatement } from './limits.ts';

/** A row as the driver gives it: column to value. */
export type Row = { [column: string]: unknown };

/** Rows of a raw SELECT: mysql2 answers [rows, fields], better-sqlite3 the rows. */
export function rowsOf<T>(answer: unknown): T[] {
  if (!Array.isArray(answer)) return [];
  return (Array.isArray(answer[0]) ? answer[0] : answer) as T[];
}

/** A column that holds text. */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}

/** A column that holds a number; mysql2 gives a SUM() as a string. */
export function numberOf(row: Row, column: string): number {
  return Number(row[column] ?? 0);
}

/** A column that holds bytes, as lower-case hex. */
export function hexOf(row: Row, column: string): string {
  const value = row[column];
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : '';
}

/**
 * Text that a column takes whatever it was: at most `charsMax` UTF-16 units, no NUL (ends strings elsewhere), no lone
 * surrogate (not representable in UTF-8), not the last of all code points, which stands for no character and behind which `behindAll` could
 * not reach, no blanks around it (not significant in DICOM, PS3.5 §6.2).
 */
export function fitText(text: string, charsMax: number): string {
  return text.slice(0, charsMax).replace(UNSTORABLE, '\ufffd').trim();
}

const UNSTORABLE = /\0|\u{10ffff}|\p{Surrogate}/gu;

/** As fitText, for a column of ASCII. */
export function fitAscii(text: string, charsMax: number): string {
  return text.slice(0, charsMax).replace(NOT_ASCII, '?').trim();
}

const NOT_ASCII = /[^\x20-\x7e]/g;

/** `items` in pieces of at most `size`. */
export function* piecesOf<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** A column that holds a time, milliseconds since 1970, or nothing. */
export function timeOrNullOf(row: Row, column: string): number | null {
  return row[column] === null || row[column] === undefined ? null : Number(row[column]);
}

/** A column that holds a JSON list of texts. */
export function textsOf(row: Row, column: string): string[] {
  const value: unknown = JSON.parse(textOf(row, column) || '[]');
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** For an update: the later of what the column has and of `at`, milliseconds since 1970. */
export function later(trx: Knex.Transaction, column: string, at: number): Knex.Raw {
  return trx.raw('CASE WHEN ?? > ? THEN ?? ELSE ? END', [column, at, column, at]);
}

/** Rows that all have the same columns. knex would write them for SQLite as a UNION, which is slower and ends at 500. */
export function insertAll(trx: Knex.Transaction, table: string, rows: readonly Row[]): Promise<void> {
  return insertBy('INSERT', trx, table, rows);
}

/** As `insertAll`, but for rows whose key is there already. */
export function insertMissing(trx: Knex.Transaction, table: string, rows: readonly Row[]): Promise<void> {
  const isMariadb = trx.client.config.client === 'mysql2';
  return insertBy(isMariadb ? 'INSERT IGNORE' : 'INSERT OR IGNORE', trx, table, rows);
}

async function insertBy(
  verb: string,
  trx: Knex.Transaction,
  table: string,
  rows: readonly Row[],
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const places = `(${columns.map(() => '?').join(', ')})`;
  for (const piece of piecesOf(rows, rowsPerStatement)) {
    const values = piece.map(() => places).join(', ');
    const bindings = piece.flatMap((row) => columns.map((column) => row[column] as Knex.RawBinding));
    await trx.raw(`${verb} INTO ${table} (${columns.join(', ')}) VALUES ${values}`, bindings);
  }
}
