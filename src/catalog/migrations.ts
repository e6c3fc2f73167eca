import type { Knex } from 'knex';
import { Problem } from '../lib/problem.ts';
import type { Database, Engine } from './database.ts';
import { toProblem } from './database-error.ts';
import { migrationLockTimeoutSeconds } from './limits.ts';
import { rowsOf } from './rows.ts';

/** In the order in which they are applied. A new migration is one new file and one new line; a released one is never changed. */
const MIGRATIONS = [
  '0001_create-catalogue.js',
  '0002_admin.js',
  '0003_storage-commitment.js',
  '0004_names.js',
];

interface Migration {
  up(context: { db: Knex; engine: Engine }): Promise<void>;
}

/** Names of the migrations that this catalogue still lacks. @throws Problem 'catalog-unavailable' */
export async function pendingMigrations(database: Database): Promise<string[]> {
  return database.read(async (db) => {
    if (!(await db.schema.hasTable('migrations'))) return [...MIGRATIONS];
    return pending(await appliedMigrations(db));
  });
}

/**
 * Applies what is pending, one daemon at a time. The lock belongs to a connection, so that it ends with the process that holds it:
 * MariaDB's GET_LOCK, SQLite's write lock (where a failed migration is rolled back too).
 *
 * @returns the names of what was applied.
 * @throws Problem 'catalog-unavailable'
 */
export async function migrate(database: Database): Promise<string[]> {
  try {
    return database.engine === 'sqlite' ? await migrateSqlite(database) : await migrateMariadb(database);
  } catch (error) {
    throw toProblem(error, database.words);
  }
}

async function migrateSqlite(database: Database): Promise<string[]> {
  await database.write(createMigrationsTable);
  return database.transaction(async (trx) => {
    // A write that changes nothing: from here on nobody else can write, and what is read is current.
    await trx('migrations').whereRaw('1 = 0').delete();
    return applyPending(trx, database.engine);
  });
}

/** Locks are the server's, hence the database in the name; it takes 64 characters. */
const LOCK = "CONCAT('dicomkeep:', SHA1(DATABASE()))";

/** All on the one connection of a transaction, which MariaDB's implicit commits end and nothing here needs. */
async function migrateMariadb(database: Database): Promise<string[]> {
  return database.knex.transaction(async (trx) => {
    await trx.raw('SET @statement_time = @@max_statement_time, SESSION max_statement_time = 0');
    const [answer] = rowsOf<{ locked: number | null }>(
      await trx.raw(`SELECT GET_LOCK(${LOCK}, ?) AS locked`, [migrationLockTimeoutSeconds]),
    );
    if (answer?.locked !== 1) {
      throw new Problem(
        'catalog-unavailable',
        `catalogue: another process has been migrating it for ${migrationLockTimeoutSeconds} s (database ${database.words})`,
      );
    }
    try {
      await createMigrationsTable(trx);
      return await applyPending(trx, database.engine);
    } finally {
      // The connection goes back to the pool with its session.
      await trx.raw(`DO RELEASE_LOCK(${LOCK})`);
      await trx.raw('SET SESSION max_statement_time = @statement_time');
    }
  });
}

async function applyPending(db: Knex, engine: Engine): Promise<string[]> {
  const names = pending(await appliedMigrations(db));
  for (const name of names) {
    const migration: Migration = await import(new URL(`../../migrations/${name}`, import.meta.url).href);
    await migration.up({ db, engine });
    await db('migrations').insert({ name, applied_at: Date.now() });
  }
  return names;
}

async function createMigrationsTable(db: Knex): Promise<void> {
  await db.raw(
    'CREATE TABLE IF NOT EXISTS migrations (name VARCHAR(128) NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)',
  );
}

/** @throws Problem for a catalogue of a newer release, which this one would not understand */
function pending(applied: ReadonlySet<string>): string[] {
  const unknown = [...applied].filter((name) => !MIGRATIONS.includes(name));
  if (unknown.length > 0) {
    throw new Problem(
      'catalog-unavailable',
      `the catalogue was made by a newer release: this one does not know its migration ${unknown.join(', ')}`,
    );
  }
  return MIGRATIONS.filter((name) => !applied.has(name));
}

async function appliedMigrations(db: Knex): Promise<ReadonlySet<string>> {
  const rows: { name: string }[] = await db('migrations').select('name');
  return new Set(rows.map((row) => row.name));
}
