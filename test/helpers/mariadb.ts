import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { madeOnce } from './made-once.ts';

const SERVER = ['/usr/sbin/mariadbd', '/usr/libexec/mariadbd'].find(existsSync);

/** Whether this machine has what the tests with MariaDB need (Debian: mariadb-server-core, mariadb-client-core). */
export const hasMariadb = SERVER !== undefined;

const START_TIMEOUT_MS = 60_000;

const LOG_FILE_SIZE = '--innodb-log-file-size=16M';

/** Makes a data folder without any database of users. */
async function initialise(dataFolder: string): Promise<void> {
  execFileSync(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${dataFolder}`,
      `--user=${userInfo().username}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      LOG_FILE_SIZE,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
}

/**
 * A MariaDB of the test's own: in a temporary folder, on a socket there, reachable by nobody else. Durability of a commit is
 * what it is in production (innodb_flush_log_at_trx_commit=1), the rest is small and quick to start.
 */
export class Mariadb {
  readonly #dir: string;
  #server: ChildProcess | undefined;
  #databasesCount = 0;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async start(): Promise<Mariadb> {
    const dir = mkdtempSync(join(tmpdir(), 'dicomkeep-mariadb-'));
    // To copy a data folder takes a tenth of the time that it takes to make one.
    cpSync(await madeOnce('mariadb', initialise), join(dir, 'data'), { recursive: true });
    const mariadb = new Mariadb(dir);
    await mariadb.resume();
    return mariadb;
  }

  get socketPath(): string {
    return join(this.#dir, 'sock');
  }

  get pid(): number | undefined {
    return this.#server?.pid;
  }

  /** An empty database; the URL is in the form of the configuration. */
  freshDatabase(): string {
    const name = `dicomkeep_${++this.#databasesCount}`;
    this.execute(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
    return this.urlOf(name);
  }

  urlOf(database: string): string {
    return `mysql://root:@localhost:3306/${database}?socketPath=${encodeURIComponent(this.socketPath)}`;
  }

  /** Runs SQL with the client program. @returns what it printed, a row per line, columns parted by tabs */
  execute(sql: string, database = 'mysql'): string {
    return execFileSync(
      'mariadb',
      [
        '--no-defaults',
        `--socket=${this.socketPath}`,
        '--user=root',
        '--batch',
        '--skip-column-names',
        database,
      ],
      { input: sql, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] },
    );
  }

  /** Ends the server: in order, or as a crash would with SIGKILL. Its data stay. */
  async pause(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const exited = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await exited;
  }

  /** Starts the server on its data; resolves when it answers. */
  async resume(): Promise<void> {
    if (SERVER === undefined) throw new Error('mariadbd is not installed');
    const server = spawn(
      SERVER,
      [
        '--no-defaults',
        `--datadir=${this.#dir}/data`,
        `--socket=${this.socketPath}`,
        `--pid-file=${this.#dir}/pid`,
        // Of its own: the names of temporary tables are made of the process's number, which others may have too.
        `--tmpdir=${this.#dir}`,
        `--user=${userInfo().username}`,
        '--skip-networking',
        '--innodb-flush-log-at-trx-commit=1',
        '--innodb-buffer-pool-size=128M',
        LOG_FILE_SIZE,
        '--performance-schema=OFF',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#server = server;
    let log = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000);
    });
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (performance.now() < deadline && server.exitCode === null) {
      if (existsSync(this.socketPath) && this.#answers()) return;
      await sleep(50);
    }
    server.kill('SIGKILL');
    throw new Error(`mariadbd did not start:\n${log}`);
  }

  #answers(): boolean {
    try {
      this.execute('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  /** Ends the server and removes its data. */
  async stop(): Promise<void> {
    await this.pause();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
