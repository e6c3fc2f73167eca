import type { Database } from './database.ts';
import { numberOf, type Row, textOf } from './rows.ts';

export interface StoredSetting {
  /** Whatever JSON can say; whoever wrote it checks it. */
  value: unknown;
  /** Milliseconds since 1970. */
  changedAt: number;
}

/** Values that outlive the process, by name. Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class SettingRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(name: string): Promise<StoredSetting | undefined> {
    const row = await this.#database.read((db) =>
      db<Row>('settings').where('name', name).first('value', 'changed_at'),
    );
    if (row === undefined) return undefined;
    return { value: JSON.parse(textOf(row, 'value')), changedAt: numberOf(row, 'changed_at') };
  }

  async set(name: string, value: unknown): Promise<void> {
    const row = { name, value: JSON.stringify(value), changed_at: Date.now() };
    await this.#database.write(async (db) => {
      await db('settings').insert(row).onConflict('name').merge();
    });
  }
}
