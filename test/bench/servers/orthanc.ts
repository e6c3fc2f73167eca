import { existsSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nowMs } from '../measure.ts';
import { freePort, runProgram, startServer, stopServer, waitUntil } from '../processes.ts';
import { type Database, missingDatabase, startDatabase } from './database.ts';
import { programPath, type RunningServer, type ServerKind, sinkAeTitle, untilEchoed } from './server.ts';

const aeTitle = 'ORTHANC';
const indexPlugin = '/usr/share/orthanc/plugins/libOrthancMySQLIndex.so';

/** Orthanc with its defaults; only ports, folders, permissions and the destination of C-MOVE are set. */
function configurationOf(directory: string, dimsePort: number, httpPort: number, sinkPort: number): object {
  return {
    StorageDirectory: join(directory, 'storage'),
    IndexDirectory: join(directory, 'storage'),
    DicomAet: aeTitle,
    DicomPort: dimsePort,
    HttpPort: httpPort,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    DicomAlwaysAllowEcho: true,
    DicomAlwaysAllowStore: true,
    DicomAlwaysAllowFind: true,
    DicomAlwaysAllowGet: true,
    DicomAlwaysAllowMove: true,
    DicomModalities: { sink: [sinkAeTitle, '127.0.0.1', sinkPort] },
    StableAge: 60,
  };
}

function databaseConfigurationOf(database: Database): object {
  return {
    Plugins: [indexPlugin],
    MySQL: {
      EnableIndex: true,
      EnableStorage: false,
      Host: 'localhost',
      UnixSocket: database.socketPath,
      Database: database.name,
      Username: database.user,
      Password: database.password,
      EnableSsl: false,
      Lock: true,
    },
  };
}

async function start(directory: string, sinkPort: number, withDatabase: boolean): Promise<RunningServer> {
  const [dimsePort, httpPort] = [await freePort(), await freePort()];
  const database = withDatabase ? await startDatabase(directory) : undefined;
  await mkdir(join(directory, 'storage'));
  const configuration = {
    ...configurationOf(directory, dimsePort, httpPort, sinkPort),
    ...(database === undefined ? {} : databaseConfigurationOf(database)),
  };
  const file = join(directory, 'orthanc.json');
  writeFileSync(file, JSON.stringify(configuration, null, 2));
  const child = startServer(programPath('Orthanc') ?? 'Orthanc', [file], directory, {
    env: { ...process.env, TCP_NODELAY: '1' },
  });
  const storedInstances = async (): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${httpPort}/statistics`);
    return Number(((await response.json()) as { CountInstances: number }).CountInstances);
  };
  const stop = async (): Promise<void> => {
    await stopServer(child);
    await database?.stop();
  };
  try {
    await untilEchoed('Orthanc', dimsePort, aeTitle, child);
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
    storedInstances,
    async filed(instances) {
      const isFiled = async (): Promise<boolean> => (await storedInstances()) >= instances;
      await waitUntil(`Orthanc has ${instances} instances`, isFiled, {
        timeoutMs: 60_000,
        intervalMs: 10,
        child,
      });
      return nowMs();
    },
    stop,
  };
}

async function version(): Promise<string> {
  return (await runProgram(programPath('Orthanc') ?? 'Orthanc', ['--version'])).split('\n')[0] ?? '';
}

function missing(): string | undefined {
  return programPath('Orthanc') === undefined
    ? 'Orthanc is not installed (Debian package orthanc)'
    : undefined;
}

function missingPlugin(): string | undefined {
  return existsSync(indexPlugin)
    ? undefined
    : 'its index in MariaDB is not installed (Debian package orthanc-mysql)';
}

export const orthancOnSqlite: ServerKind = {
  name: 'orthanc-sqlite',
  description: 'Orthanc with its own SQLite index, defaults, TCP_NODELAY=1',
  isOurs: false,
  canFind: true,
  isWholeArchive: true,
  missing,
  version,
  start: (directory, sinkPort) => start(directory, sinkPort, false),
};

export const orthancOnMariadb: ServerKind = {
  name: 'orthanc-mariadb',
  description:
    'Orthanc with its index in MariaDB (orthanc-mysql), files in its storage area, defaults, TCP_NODELAY=1',
  isOurs: false,
  canFind: true,
  isWholeArchive: true,
  missing: () => missing() ?? missingPlugin() ?? missingDatabase(),
  version,
  start: (directory, sinkPort) => start(directory, sinkPort, true),
};
