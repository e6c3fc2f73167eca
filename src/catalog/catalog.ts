import type { JsonDataSet } from '../dicom/json.ts';
import type { Level } from './attributes.ts';
import { ConflictRepository } from './conflict-repository.ts';
import { Database, type Engine } from './database.ts';
import { EventRepository } from './event-repository.ts';
import { InstanceRepository } from './instance-repository.ts';
import { JobRepository } from './job-repository.ts';
import { type Page, type PageOptions, pageOfInstances, pageOfSeries } from './level-pages.ts';
import type { InstanceRow, SeriesRow } from './listed-rows.ts';
import { migrate, pendingMigrations } from './migrations.ts';
import { PeerRepository } from './peer-repository.ts';
import { type QueryOptions, runQuery } from './query.ts';
import type { QueryKey } from './query-keys.ts';
import { SessionRepository } from './session-repository.ts';
import { SettingRepository } from './setting-repository.ts';
import { StatisticsRepository } from './statistics-repository.ts';
import { StudyRepository } from './study-repository.ts';
import { TokenRepository } from './token-repository.ts';
import { UnknownCallerRepository } from './unknown-caller-repository.ts';
import { UserRepository } from './user-repository.ts';
import { VolumeRepository } from './volume-repository.ts';

export type { ArrivalOutcome, InstanceArrival, StoredInstance } from './arrival.ts';
export type { Level } from './attributes.ts';
export type { Page } from './level-pages.ts';
export type { InstanceRow, SeriesRow, StudyRow } from './listed-rows.ts';
export type { QueryOptions } from './query.ts';
export type { QueryKey } from './query-keys.ts';
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
  readonly conflicts: ConflictRepository;
  readonly events: EventRepository;
  readonly instances: InstanceRepository;
  readonly jobs: JobRepository;
  readonly peers: PeerRepository;
  readonly sessions: SessionRepository;
  readonly settings: SettingRepository;
  readonly statistics: StatisticsRepository;
  readonly studies: StudyRepository;
  readonly tokens: TokenRepository;
  readonly unknownCallers: UnknownCallerRepository;
  readonly users: UserRepository;
  readonly volumes: VolumeRepository;
  readonly #database: Database;

  constructor(database: Database) {
    this.engine = database.engine;
    this.#database = database;
    this.conflicts = new ConflictRepository(database);
    this.events = new EventRepository(database);
    this.instances = new InstanceRepository(database);
    this.jobs = new JobRepository(database);
    this.peers = new PeerRepository(database);
    this.sessions = new SessionRepository(database);
    this.settings = new SettingRepository(database);
    this.statistics = new StatisticsRepository(database);
    this.studies = new StudyRepository(database);
    this.tokens = new TokenRepository(database);
    this.unknownCallers = new UnknownCallerRepository(database);
    this.users = new UserRepository(database);
    this.volumes = new VolumeRepository(database);
  }

  /** See `runQuery`. */
  query(level: Level, keys: readonly QueryKey[], options: QueryOptions = {}): AsyncIterable<JsonDataSet> {
    return runQuery(this.#database, level, keys, options);
  }

  /** Series that match, newest first. @throws Problem 'unusable-identifier' for a cursor of another list */
  seriesPage(options: PageOptions & { keys: readonly QueryKey[] }): Promise<Page<SeriesRow>> {
    return pageOfSeries(this.#database, options);
  }

  /** See `pageOfInstances`. @throws Problem 'unusable-identifier' for a cursor of another list */
  instancesPage(options: PageOptions & { keys: readonly QueryKey[] }): Promise<Page<InstanceRow>> {
    return pageOfInstances(this.#database, options);
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
