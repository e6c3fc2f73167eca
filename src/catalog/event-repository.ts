import type { Knex } from 'knex';
import type { Database } from './database.ts';
import { fitAscii, fitText, numberOf, type Row, textOf } from './rows.ts';

/** Something that the person who runs the archive should see: no patient names in it. */
export interface CatalogEvent {
  /** Milliseconds since 1970. */
  at: number;
  /** For programs: `instance-conflict`. */
  kind: string;
  severity: 'info' | 'warning' | 'error';
  /** For people. */
  words: string;
  fields: { readonly [name: string]: string | number | boolean };
}

export interface RecordedEvent extends CatalogEvent {
  id: number;
}

/** Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class EventRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async record(event: CatalogEvent): Promise<void> {
    await this.#database.write((db) => insertEvent(db, event));
  }

  /** Newest first. */
  async list(options: { limit: number; beforeId?: number }): Promise<RecordedEvent[]> {
    const { limit, beforeId = Number.MAX_SAFE_INTEGER } = options;
    const rows = await this.#database.read((db) =>
      db<Row>('events').where('id', '<', beforeId).orderBy('id', 'desc').limit(limit).select('*'),
    );
    return rows.map(toEvent);
  }
}

/** Inserts within somebody's transaction. */
export async function insertEvent(db: Knex, event: CatalogEvent): Promise<void> {
  await db('events').insert({
    at: event.at,
    kind: fitAscii(event.kind, 64),
    severity: event.severity,
    words: fitText(event.words, 1000),
    fields: JSON.stringify(event.fields),
  });
}

function toEvent(row: Row): RecordedEvent {
  const severity = textOf(row, 'severity');
  return {
    id: numberOf(row, 'id'),
    at: numberOf(row, 'at'),
    kind: textOf(row, 'kind'),
    severity: severity === 'error' || severity === 'warning' ? severity : 'info',
    words: textOf(row, 'words'),
    fields: JSON.parse(textOf(row, 'fields')) as CatalogEvent['fields'],
  };
}
