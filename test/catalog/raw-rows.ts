import type { Knex } from 'knex';
import { Database } from '../../src/catalog/database.ts';

/** What no method of the catalogue does: rows as somebody else may have left them. */
export async function executeOn<T>(url: string, work: (db: Knex) => Promise<T>): Promise<T> {
  const database = new Database({ url, poolMax: 1, acquireTimeoutMs: 5000, queryTimeoutMs: 10_000 });
  try {
    return await database.write(work);
  } finally {
    await database.close();
  }
}
