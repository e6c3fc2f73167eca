import { createRequire } from 'node:module';
import type { Row } from '../../../src/catalog/rows.ts';
import { type BulkLoader, STUDIES_AT_ONCE } from './loader.ts';
import { rowsOfStudies, TABLES, type Table } from './rows.ts';

/** As much of better-sqlite3 as is used here; it has no types of its own. */
interface Connection {
  pragma(text: string, options?: { simple: boolean }): unknown;
  exec(sql: string): void;
  prepare(sql: string): { run(...values: unknown[]): unknown; get(): unknown };
  close(): void;
}

/** One prepared INSERT a table; safe against a kill, not against a power cut. @param url `sqlite:<file>` */
export function openSqliteLoader(url: string): BulkLoader {
  const open = createRequire(import.meta.url)('better-sqlite3') as new (file: string) => Connection;
  const connection = new open(url.replace(/^sqlite:/, ''));
  for (const setting of [
    'journal_mode = WAL',
    'synchronous = OFF',
    'foreign_keys = OFF',
    'cache_size = -1500000',
  ]) {
    connection.pragma(setting);
  }
  return {
    async filledStudies() {
      const { value } = connection.prepare('SELECT MAX(id) AS value FROM studies').get() as {
        value: unknown;
      };
      return Number(value ?? 0);
    },
    async *writeFrom(plan, first, studiesAtOnce = STUDIES_AT_ONCE) {
      for (let from = first; from < plan.shape.studies; from += studiesAtOnce) {
        const to = Math.min(from + studiesAtOnce, plan.shape.studies);
        const rows = rowsOfStudies(plan, from, to);
        connection.exec('BEGIN');
        for (const table of TABLES) insert(connection, table, rows[table]);
        connection.exec('COMMIT');
        yield { studies: to - from, rows: TABLES.reduce((sum, table) => sum + rows[table].length, 0) };
      }
    },
    async analyze() {
      connection.exec('ANALYZE');
    },
    async sizeBytes() {
      const [pages, pageBytes] = ['page_count', 'page_size'].map((name) =>
        connection.pragma(name, { simple: true }),
      );
      return Number(pages) * Number(pageBytes);
    },
    async close() {
      connection.pragma('wal_checkpoint(TRUNCATE)');
      connection.close();
    },
  };
}

function insert(connection: Connection, table: Table, rows: readonly Row[]): void {
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length === 0) return;
  const addition =
    table === 'arrival_statistics'
      ? `ON CONFLICT DO UPDATE SET instances = instances + excluded.instances, bytes = bytes + excluded.bytes,
         last_arrived_at = MAX(last_arrived_at, excluded.last_arrived_at)`
      : '';
  const places = columns.map(() => '?').join(', ');
  const statement = connection.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places}) ${addition}`,
  );
  for (const row of rows) statement.run(...columns.map((column) => row[column]));
}
