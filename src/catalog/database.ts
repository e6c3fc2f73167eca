import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import knex, { type Knex } from 'knex';
import { messageOf, Problem } from '../lib/problem.ts';
import { isBusy, isConnectionLost, isTransactionRetryable, toProblem } from './database-error.ts';
import { type DatabaseAddress, parseDatabaseUrl } from './database-url.ts';
import { transactionAttemptsMax } from './limits.ts';
import { WalSync } from './sqlite-wal.ts';

export type Engine = 'mariadb' | 'sqlite';

export interface DatabaseOptions {
  url: string;
  /** Connections to MariaDB; SQLite has one. */
  poolMax: number;
  /** How long a query waits for a connection, and a connection for the server, milliseconds. */
  acquireTimeoutMs: number;
  /** How long one read or one transaction may take, milliseconds. */
  queryTimeoutMs: number;
}

/**
 * The connection pool, and the one place where errors of the database become Problem 'catalog-unavailable'.
 * knex's better-sqlite3 runs each statement on the event loop, so statements are kept short.
 */
export class Database {
  readonly engine: Engine;
  readonly knex: Knex;
  /** Names the database in messages. */
  readonly words: string;
  readonly #queryTimeoutMs: number;
  readonly #wal: WalSync | undefined;

  constructor(options: DatabaseOptions) {
    const address = parseDatabaseUrl(options.url);
    this.engine = address.engine;
    this.words = address.words;
    this.#queryTimeoutMs = options.queryTimeoutMs;
    this.knex = knex(knexConfig(address, options));
    this.#wal = address.engine === 'sqlite' ? new WalSync(address.file) : undefined;
  }

  /** Runs a read; once more if the connection was lost. @throws Problem 'catalog-unavailable' */
  read<T>(work: (db: Knex) => Promise<T>): Promise<T> {
    return this.#retrying(
      () => work(this.knex),
      (error, lostCount) => isConnectionLost(error) && lostCount === 1,
    );
  }

  /** Runs one writing statement, once. @throws Problem 'catalog-unavailable' */
  async write<T>(work: (db: Knex) => Promise<T>): Promise<T> {
    const result = await this.#retrying(
      () => work(this.knex),
      () => false,
    );
    await this.synced();
    return result;
  }

  /**
   * Runs `work` in a transaction that is durable when this resolves. `work` must be idempotent as a whole: it runs again after a
   * deadlock, after a key that another daemon was faster to insert, and once after a lost connection, where nobody knows
   * whether it was committed.
   *
   * @throws Problem 'catalog-unavailable'; a Problem of `work` as it is
   */
  async transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    const result = await this.transactionUnsynced(work);
    await this.synced();
    return result;
  }

  /** As `transaction`, but what everybody sees is durable only when a `synced` that was called later has resolved. */
  transactionUnsynced<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    let attempt = 0;
    return this.#retrying(
      () => this.knex.transaction(work),
      (error, lostCount) =>
        isConnectionLost(error)
          ? lostCount === 1
          : isTransactionRetryable(error) && ++attempt < transactionAttemptsMax,
    );
  }

  /**
   * Resolves when everything committed before this call is durable. MariaDB has seen to that.
   * @throws Problem 'catalog-unavailable': what was committed may be gone after a power cut
   */
  async synced(): Promise<void> {
    try {
      await this.#wal?.sync();
    } catch (error) {
      throw new Problem('catalog-unavailable', `catalogue: ${messageOf(error)} (database ${this.words})`);
    }
  }

  /**
   * Tries again what `mayRetry` says, and whatever found SQLite busy, for nothing has happened then. `lostCount` is how many
   * connections were lost, this one included.
   */
  async #retrying<T>(
    work: () => Promise<T>,
    mayRetry: (error: unknown, lostCount: number) => boolean,
  ): Promise<T> {
    const deadline = performance.now() + this.#queryTimeoutMs;
    let lostCount = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#withinTime(work());
      } catch (error) {
        if (isConnectionLost(error)) lostCount++;
        const isWorthIt = isBusy(error) || mayRetry(error, lostCount);
        if (!isWorthIt || performance.now() > deadline) throw toProblem(error, this.words);
      }
      // Random, so that two daemons that met once do not meet again.
      await sleep(Math.random() * 10 * 2 ** Math.min(attempt, 5));
    }
  }

  async close(): Promise<void> {
    await this.#wal?.close();
    await this.knex.destroy();
  }

  /**
   * MariaDB ends a long statement itself (max_statement_time); this one is for a server that has stopped answering.
   * The connection stays taken until TCP gives it up.
   */
  async #withinTime<T>(work: Promise<T>): Promise<T> {
    if (this.engine === 'sqlite') return work;
    let timer: NodeJS.Timeout | undefined;
    const timeOut = new Promise<never>((_resolve, reject) => {
      const ms = this.#queryTimeoutMs + 500;
      const problem = new Problem(
        'catalog-unavailable',
        `catalogue: no answer within ${ms} ms (database ${this.words})`,
      );
      timer = setTimeout(reject, ms, problem);
    });
    try {
      return await Promise.race([work, timeOut]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function knexConfig(address: DatabaseAddress, options: DatabaseOptions): Knex.Config {
  const common: Knex.Config = {
    acquireConnectionTimeout: options.acquireTimeoutMs,
    // Without it the values of a failed statement, patients' names among them, would be in the error's message.
    compileSqlOnError: false,
    log: { warn: ignore, error: ignore, deprecate: ignore, debug: ignore },
  };
  return address.engine === 'sqlite'
    ? { ...common, ...sqliteConfig(address.file) }
    : { ...common, ...mariadbConfig(address, options) };
}

function ignore(): void {
  // What knex would print is in the error that it throws.
}

interface SqliteConnection {
  pragma(text: string): unknown;
}

function sqliteConfig(file: string): Knex.Config {
  try {
    createRequire(import.meta.url).resolve('better-sqlite3');
  } catch (cause) {
    const words = 'the catalogue is an SQLite file, but the package better-sqlite3 is not installed';
    throw new Problem('catalog-unavailable', words, { cause });
  }
  return {
    client: 'better-sqlite3',
    connection: { filename: file },
    useNullAsDefault: true,
    pool: {
      min: 1,
      max: 1,
      afterCreate(connection: SqliteConnection, done: (error: unknown, connection: unknown) => void) {
        let failure: unknown = null;
        try {
          // Short, since the event loop waits with it; the rest of the patience is in Database.#retrying.
          connection.pragma('busy_timeout = 100');
          connection.pragma('journal_mode = WAL');
          connection.pragma('synchronous = NORMAL'); // WalSync does the rest
          connection.pragma('foreign_keys = ON');
          connection.pragma('cache_size = -32768');
          connection.pragma('temp_store = MEMORY');
        } catch (error) {
          failure = error;
        }
        done(failure, connection);
      },
    },
  };
}

interface MariadbConnection {
  query(text: string, done: (error: unknown) => void): void;
}

function mariadbConfig(
  address: Extract<DatabaseAddress, { engine: 'mariadb' }>,
  options: DatabaseOptions,
): Knex.Config {
  const seconds = options.queryTimeoutMs / 1000;
  const lockSeconds = Math.max(1, Math.min(20, Math.floor(seconds / 2)));
  const session =
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO', " +
    `tx_isolation = 'READ-COMMITTED', max_statement_time = ${seconds}, innodb_lock_wait_timeout = ${lockSeconds}`;
  const where =
    address.socketPath === undefined
      ? { host: address.host, port: address.port }
      : { socketPath: address.socketPath };
  return {
    client: 'mysql2',
    connection: {
      ...where,
      user: address.user,
      password: address.password,
      database: address.database,
      charset: 'utf8mb4_bin',
      connectTimeout: options.acquireTimeoutMs,
    },
    pool: {
      min: 0,
      max: options.poolMax,
      afterCreate(connection: MariadbConnection, done: (error: unknown, connection: unknown) => void) {
        connection.query(session, (error) => done(error, connection));
      },
    },
  };
}
