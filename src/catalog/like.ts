import type { Knex } from 'knex';
import { fitText } from './rows.ts';

/**
 * Conditions of SQL for wild card patterns, whose `*` is any text and `?` any one character. They mean the same to both engines, and never less than
 * the pattern does.
 */

/** Widest text column: no stored value is longer. */
export const COLUMN_CHARS_MAX = 255;

/**
 * COALESCE hides the column from MariaDB's own range for LIKE, which ends at U+FFFF and so loses what is above (10.11,
 * utf8mb4_bin: `LIKE 'a%'` over an index does not find 'a' and U+1F600).
 */
export const LIKE = "COALESCE(??, '') LIKE ? ESCAPE '!'";

/** Adds that a column matches a pattern, or is this text. */
export function like(where: Knex.QueryBuilder, column: string, pattern: string, isPattern: boolean): void {
  if (!isPattern) {
    where.where(column, fitText(pattern, COLUMN_CHARS_MAX));
    return;
  }
  const prefix = prefixOf(pattern);
  if (prefix !== '') startsWith(where, column, fitText(prefix, COLUMN_CHARS_MAX));
  where.whereRaw(LIKE, [column, likePattern(pattern)]);
}

/** What every text that matches begins with. */
export function prefixOf(pattern: string): string {
  const end = pattern.search(/[*?]/);
  return end < 0 ? pattern : pattern.slice(0, end);
}

/** A range of the index, since neither engine uses one for every LIKE. */
export function startsWith(where: Knex.QueryBuilder, column: string, prefix: string): void {
  where.where(column, '>=', prefix).where(column, '<', behindAll(prefix));
}

/** Greater than every text that begins so. */
export function behindAll(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}

/** Text as it is, for a LIKE with ESCAPE '!'. */
export function likeText(text: string): string {
  return text.replace(/[!%_]/g, '!$&');
}

/** For LIKE. */
export function likePattern(pattern: string): string {
  const text = likeText(boundedPattern(pattern));
  return fitText(text.replaceAll('*', '%').replaceAll('?', '_'), 8 * COLUMN_CHARS_MAX);
}

/** What is longer than any value of a column lets through all that begin so. */
export function boundedPattern(pattern: string): string {
  const letters = Array.from(pattern.replace(/\*+/g, '*'));
  const cut = letters.slice(0, 2 * COLUMN_CHARS_MAX).join('');
  return letters.length > 2 * COLUMN_CHARS_MAX ? `${cut}*` : cut;
}
