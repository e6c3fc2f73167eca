import type { Knex } from 'knex';
import type { Database, Engine } from './database.ts';
import { likeText } from './like.ts';
import { eventsKeptMax, eventsPerPrune, eventsPrunedPerStep, rowsPerStatement } from './limits.ts';
import { fitAscii, fitText, numberOf, piecesOf, type Row, rowsOf, textOf } from './rows.ts';

export type Severity = 'info' | 'warning' | 'error';

/** Something that the person who runs the archive should see: no patient names in it. */
export interface CatalogEvent {
  /** Milliseconds since 1970. */
  at: number;
  /** For programs: `instance-conflict`. */
  kind: string;
  severity: Severity;
  /** For people. */
  words: string;
  /** `caller` (or `destination`) and `studyInstanceUid` can be asked for. */
  fields: { readonly [name: string]: string | number | boolean };
}

export interface RecordedEvent extends CatalogEvent {
  id: number;
}

export interface EventFilter {
  kinds?: readonly string[];
  severities?: readonly Severity[];
  /** An AE title, or a part of the words, whatever its case. */
  text?: string;
  studyInstanceUid?: string;
  /** Milliseconds since 1970, both included. */
  since?: number;
  until?: number;
}

/** The newest `eventsKeptMax` events. Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class EventRepository {
  readonly #database: Database;
  #sincePrune = eventsPerPrune;

  constructor(database: Database) {
    this.#database = database;
  }

  async record(event: CatalogEvent): Promise<void> {
    await this.recordAll([event]);
  }

  /** @returns their ids, in their order */
  async recordAll(events: readonly CatalogEvent[]): Promise<number[]> {
    const ids: number[] = [];
    for (const piece of piecesOf(events, rowsPerStatement)) {
      ids.push(...(await this.#database.write((db) => insertEvents(db, piece))));
    }
    this.#sincePrune += events.length;
    if (this.#sincePrune >= eventsPerPrune) {
      this.#sincePrune = 0;
      // The events are written: whoever heard of a failure would write them again.
      await this.#prune().catch(() => {
        this.#sincePrune = eventsPerPrune;
      });
    }
    return ids;
  }

  /**
   * Newest first. Where no index fits the filter, the rows are walked from the newest on: `eventsKeptMax` at most.
   */
  async list(options: EventFilter & { limit: number; beforeId?: number }): Promise<RecordedEvent[]> {
    const { limit, beforeId = Number.MAX_SAFE_INTEGER } = options;
    const rows = await this.#database.read((db) => {
      const query = db<Row>('events').where('id', '<', beforeId).orderBy('id', 'desc').limit(limit);
      filter(query, options, this.#database.engine);
      return query.select('*');
    });
    return rows.map(toEvent);
  }

  /** In steps, so that no statement takes long; ids are given in order, so they say how many there are at most. */
  async #prune(): Promise<void> {
    const [ends] = await this.#database.read((db) =>
      db<Row>('events').min({ first: 'id' }).max({ last: 'id' }),
    );
    const first = numberOf(ends ?? {}, 'first');
    const surplus = numberOf(ends ?? {}, 'last') - eventsKeptMax;
    if (first === 0 || first > surplus) return;
    const upTo = Math.min(surplus, first + eventsPrunedPerStep);
    await this.#database.write((db) => db('events').where('id', '<=', upTo).delete());
  }
}

/** Inserts within somebody's transaction. */
export async function insertEvent(db: Knex, event: CatalogEvent): Promise<void> {
  await insertEvents(db, [event]);
}

async function insertEvents(db: Knex, events: readonly CatalogEvent[]): Promise<number[]> {
  const values = events.flatMap((event) => [
    event.at,
    fitAscii(event.kind, 64),
    event.severity,
    fitText(event.words, 1000),
    JSON.stringify(event.fields),
    fitText(String(event.fields['caller'] ?? event.fields['destination'] ?? ''), 64),
    fitAscii(String(event.fields['studyInstanceUid'] ?? ''), 128),
  ]);
  const places = events.map(() => '(?, ?, ?, ?, ?, ?, ?)').join(', ');
  const answer = await db.raw(
    `INSERT INTO events (at, kind, severity, words, fields, caller, study_instance_uid) VALUES ${places} RETURNING id`,
    values,
  );
  return rowsOf<Row>(answer)
    .map((row) => numberOf(row, 'id'))
    .sort((one, other) => one - other);
}

function filter(query: Knex.QueryBuilder, wanted: EventFilter, engine: Engine): void {
  if (wanted.kinds !== undefined) query.whereIn('kind', wanted.kinds);
  if (wanted.severities !== undefined) query.whereIn('severity', wanted.severities);
  if (wanted.studyInstanceUid !== undefined) {
    query.where('study_instance_uid', fitAscii(wanted.studyInstanceUid, 128));
  }
  if (wanted.since !== undefined) query.where('at', '>=', wanted.since);
  if (wanted.until !== undefined) query.where('at', '<=', wanted.until);
  const text = fitText(wanted.text ?? '', 1000);
  if (text === '') return;
  // The column is compared with case; SQLite's LIKE never is.
  const words = engine === 'mariadb' ? 'words COLLATE utf8mb4_general_ci' : 'words';
  query.where((either) =>
    either
      .where('caller', fitText(text, 64))
      .orWhereRaw(`${words} LIKE ? ESCAPE '!'`, [`%${likeText(text)}%`]),
  );
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
