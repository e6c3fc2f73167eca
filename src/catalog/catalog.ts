import type { JsonDataSet } from '../dicom/json.ts';
import type { Level } from './attributes.ts';
import { Database, type Engine } from './database.ts';
import { EventRepository } from './event-repository.ts';
import { InstanceRepository } from './instance-repository.ts';
import { migrate, pendingMigrations } from './migrations.ts';
import { PeerRepository } from './peer-repository.ts';
import { type QueryKey, type QueryOptions, runQuery } from './query.ts';
import { UnknownCallerRepository } from './unknown-caller-repository.ts';
import { VolumeRepository } from './volume-repository.ts';

export type { ArrivalOutcome, InstanceArrival, StoredInstance } from './arrival.ts';
export type { Level } from './attributes.ts';
export type { QueryKey, QueryOptions } from './query.ts';
export type { RetrieveUids } from './retrieve.ts';

export interface CatalogOptions {
  /** `sqlite:<file>`, whose folder exists, or `mysql://user:password@host:port/database?socketPath=…`. */
  url: string;
  poolMax?: number;
  acquireTimeoutMs?: number;
  queryTimeoutMs?: number;
}

/**
 * What we know of the instances on the volumes: a cache of the files (it can be rebuilt from them) and, beside it, what the person who
 * runs the archive has set. Wherever the database does not answer, a method throws Problem 'catalog-unavailable'.
 */
export class Catalog {
  readonly engine: Engine;
  readonly instances: InstanceRepository;
  readonly peers: PeerRepository;
  readonly unknownCallers: UnknownCallerRepository;
  readonly volumes: VolumeRepository;
  readonly events: EventRepository;
  readonly #database: Database;

  constructor(database: Database) {
    this.engine = database.engine;
    this.#database = database;
    this.instances = new InstanceRepository(database);
    this.peers = new PeerRepository(database);
    this.unknownCallers = new UnknownCallerRepository(database);
    this.volumes = new VolumeRepository(database);
    this.events = new EventRepository(database);
  }

  /** See `runQuery`. */
  query(level: Level, keys: readonly QueryKey[], options: QueryOptions = {}): AsyncIterable<JsonDataSet> {
    return runQuery(this.#database, level, keys, options);
  }

  /** Brings the tables up to date; of several daemons one does it, the others wait. @returns the names of what was applied */
  migrate(): Promise<string[]> {
    return migrate(this.#database);
  }

  pendingMigrations(): Promise<string[]> {
    return pendingMigrations(this.#database);
  }

  /** Resolves if the database answers. */
  async ping(): Promise<void> {
    await this.#database.read((db) => db.raw('SELECT 1'));
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

/**
 * Opens the catalogue without touching the database: one that is down now may be up at the first call.
 *
 * @throws Problem 'catalog-unavailable' for a URL that is none, or SQLite without its package
 */
export async function openCatalog(options: CatalogOptions): Promise<Catalog> {
  const { url, poolMax = 10, acquireTimeoutMs = 10_000, queryTimeoutMs = 60_000 } = options;
  return new Catalog(new Database({ url, poolMax, acquireTimeoutMs, queryTimeoutMs }));
}
