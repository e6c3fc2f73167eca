import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram, startServer, stopServer, waitUntil } from '../processes.ts';
import { programPath } from './server.ts';

/** A MariaDB of our own with an empty database, reachable through its socket alone. */
export interface Database {
  pid: number;
  socketPath: string;
  name: string;
  user: string;
  password: string;
  /** Makes another database, empty, that the same user may use. */
  create(name: string): Promise<void>;
  stop(): Promise<void>;
}

const name = 'bench';
const user = 'bench';
const password = 'bench';

export function missingDatabase(): string | undefined {
  const isThere = programPath('mariadbd') !== undefined && programPath('mariadb') !== undefined;
  return isThere
    ? undefined
    : 'MariaDB is not installed (Debian packages mariadb-server-core, mariadb-client-core)';
}

/**
 * Starts it with its defaults (innodb_flush_log_at_trx_commit = 1) on the same disk as the archive; on the data that an earlier one has left there, if any.
 *
 * @param options that differ from the defaults, as arguments of mariadbd
 */
export async function startDatabase(directory: string, options: readonly string[] = []): Promise<Database> {
  const dataDirectory = join(directory, 'mariadb');
  const isNew = !existsSync(dataDirectory);
  // A socket path may have 107 characters at most (unix(7)), so it is not kept below `directory`.
  const socketDirectory = mkdtempSync(join(tmpdir(), 'bench-'));
  const socketPath = join(socketDirectory, 'db.sock');
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  if (isNew) {
    await mkdir(dataDirectory);
    await runProgram(programPath('mariadb-install-db') ?? 'mariadb-install-db', [
      '--no-defaults',
      ...asRoot,
      `--datadir=${dataDirectory}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ]);
  }
  const child = startServer(
    programPath('mariadbd') ?? 'mariadbd',
    [
      '--no-defaults',
      ...asRoot,
      `--datadir=${dataDirectory}`,
      `--socket=${socketPath}`,
      '--skip-networking',
      ...options,
    ],
    directory,
  );
  const sql = (statement: string): Promise<string> =>
    runProgram(programPath('mariadb') ?? 'mariadb', [
      '--no-defaults',
      '-uroot',
      `-S${socketPath}`,
      '-e',
      statement,
    ]);
  const isUp = async (): Promise<boolean> => (await sql('SELECT 1')) !== '';
  await waitUntil('MariaDB answers', isUp, { timeoutMs: 60_000, intervalMs: 100, child });
  const create = async (database: string): Promise<void> => {
    await sql(`CREATE DATABASE IF NOT EXISTS ${database} CHARACTER SET utf8mb4`);
  };
  await create(name);
  await sql(
    `CREATE USER IF NOT EXISTS ${user}@localhost IDENTIFIED BY '${password}'; GRANT ALL ON *.* TO ${user}@localhost`,
  );
  const stop = async (): Promise<void> => {
    await stopServer(child);
    rmSync(socketDirectory, { recursive: true, force: true });
  };
  return { pid: child.pid ?? 0, socketPath, name, user, password, create, stop };
}
