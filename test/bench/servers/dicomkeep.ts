import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { QueryResult } from '../clients/find.ts';
import { runOne } from '../clients.ts';
import { nowMs } from '../measure.ts';
import { freePort, runProgram, startServer, stopServer, waitUntil } from '../processes.ts';
import { missingDatabase, startDatabase } from './database.ts';
import { builtProgram } from './dicomkeep-package.ts';
import { clientAeTitle, type RunningServer, type ServerKind, sinkAeTitle, untilEchoed } from './server.ts';

const aeTitle = 'DICOMKEEP';
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** As many files as may lie in `incoming/` empty, opened ahead of need; beyond it nothing else is looked at. */
const preparedFilesMax = 100;
const filedTimeoutMs = 300_000;

async function start(directory: string, sinkPort: number, withDatabase: boolean): Promise<RunningServer> {
  const command = await builtProgram(directory);
  const dimsePort = await freePort();
  const database = withDatabase ? await startDatabase(directory) : undefined;
  const dataDirectory = join(directory, 'data');
  await mkdir(dataDirectory);
  const url =
    database === undefined
      ? `sqlite:${join(dataDirectory, 'catalog.sqlite')}`
      : `mysql://${database.user}:${database.password}@localhost:3306/${database.name}?socketPath=${encodeURIComponent(database.socketPath)}`;
  const env = {
    ...process.env,
    DICOMKEEP_DATA_DIR: dataDirectory,
    DICOMKEEP_DIMSE_PORT: String(dimsePort),
    DICOMKEEP_ADMIN_HOST: '127.0.0.1',
    DICOMKEEP_ADMIN_PORT: '0',
    DICOMKEEP_DATABASE_URL: url,
    DICOMKEEP_AE_TITLE: aeTitle,
    DICOMKEEP_LOG_LEVEL: 'warn',
  };
  const child = startServer(process.execPath, [command, 'serve'], directory, { env, cwd: root });
  const stop = async (): Promise<void> => {
    await stopServer(child);
    await database?.stop();
  };
  try {
    await untilEchoed('dicomkeep', dimsePort, aeTitle, child);
    await runProgram(
      process.execPath,
      [command, 'peer', 'add', sinkAeTitle, '127.0.0.1', String(sinkPort)],
      env,
    );
    await runProgram(
      process.execPath,
      [command, 'peer', 'add', clientAeTitle, '127.0.0.1', String(sinkPort)],
      env,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const pid = child.pid ?? 0;
  return {
    dimsePort,
    aeTitle,
    pids: [pid, ...(database === undefined ? [] : [database.pid])],
    serverPids: [pid],
    storedInstances: () => countByQuery(dimsePort),
    async filed() {
      const isFiled = async (): Promise<boolean> => isIncomingEmpty(dataDirectory);
      await waitUntil('incoming/ is empty', isFiled, { timeoutMs: filedTimeoutMs, intervalMs: 10, child });
      return nowMs();
    },
    stop,
  };
}

/** True when every accepted instance has left `incoming/`, which it does only after its catalogue row is committed. */
function isIncomingEmpty(dataDirectory: string): boolean {
  const incoming = [dataDirectory, ...readdirSync(dataDirectory).map((name) => join(dataDirectory, name))]
    .map((folder) => join(folder, 'incoming'))
    .find((folder) => existsSync(folder));
  if (incoming === undefined) throw new Error(`there is no incoming/ below ${dataDirectory}`);
  const names = readdirSync(incoming);
  return names.length <= preparedFilesMax && names.every((name) => sizeOf(join(incoming, name)) === 0);
}

/** 0 also for a file that has just been renamed. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Sum of Number of Study Related Instances over all studies. */
async function countByQuery(port: number): Promise<number> {
  const { queries } = await runOne<{ queries: QueryResult[] }>({
    kind: 'find',
    port,
    calledAeTitle: aeTitle,
    callingAeTitle: clientAeTitle,
    repeats: 1,
    queries: [
      {
        name: 'count',
        keys: [
          [0x00080052, 'CS', 'STUDY'],
          [0x0020000d, 'UI', ''],
          [0x00201208, 'IS', ''],
        ],
      },
    ],
  });
  return queries[0]?.instances ?? 0;
}

async function version(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return `Dicomkeep ${version}, Node ${process.version}`;
}

export const dicomkeepOnSqlite: ServerKind = {
  name: 'dicomkeep-sqlite',
  description: 'Dicomkeep, catalogue in SQLite, defaults',
  isOurs: true,
  canFind: true,
  missing: () => undefined,
  version,
  start: (directory, sinkPort) => start(directory, sinkPort, false),
};

export const dicomkeepOnMariadb: ServerKind = {
  name: 'dicomkeep-mariadb',
  description: 'Dicomkeep, catalogue in MariaDB, defaults',
  isOurs: true,
  canFind: true,
  missing: missingDatabase,
  version,
  start: (directory, sinkPort) => start(directory, sinkPort, true),
};
