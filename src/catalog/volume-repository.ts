import type { Database } from './database.ts';
import { isDuplicateKey } from './database-error.ts';
import { type Row, textOf } from './rows.ts';

/** The volumes that hold what is in the catalogue. Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class VolumeRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Whether the catalogue has been made; without its table there are no ids to ask for. */
  async hasTable(): Promise<boolean> {
    return await this.#database.read((db) => db.schema.hasTable('volumes'));
  }

  /** Their ids, the newest last. */
  async ids(): Promise<string[]> {
    const rows = await this.#database.read((db) => db<Row>('volumes').orderBy('id').select('volume_uuid'));
    return rows.map((row) => textOf(row, 'volume_uuid'));
  }

  /** Notes a volume; one that is known already stays as it is. */
  async add(id: string): Promise<void> {
    await this.#database.write(async (db) => {
      try {
        await db('volumes').insert({ volume_uuid: id, created_at: Date.now() });
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
    });
  }
}
