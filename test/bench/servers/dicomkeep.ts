import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, stopServer } from '../processes.ts';
import { missingDatabase, startDatabase } from './database.ts';
import {
  addPeers,
  dicomkeepAeTitle as aeTitle,
  countByQuery,
  placeIn,
  serve,
  untilFiled,
  urlOf,
} from './dicomkeep-process.ts';
import { type RunningServer, type ServerKind, untilEchoed } from './server.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

async function start(directory: string, sinkPort: number, withDatabase: boolean): Promise<RunningServer> {
  const dimsePort = await freePort();
  const database = withDatabase ? await startDatabase(directory) : undefined;
  const place = await placeIn(directory, dimsePort, database === undefined ? undefined : urlOf(database));
  await mkdir(place.dataDirectory);
  const child = serve(place);
  const stop = async (): Promise<void> => {
    await stopServer(child);
    await database?.stop();
  };
  try {
    await untilEchoed('dicomkeep', dimsePort, aeTitle, child);
    await addPeers(place, sinkPort);
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
    volumeDirectory: place.volumeDirectory,
    storedInstances: () => countByQuery(dimsePort),
    filed: () => untilFiled(place, child),
    stop,
  };
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
  isWholeArchive: true,
  missing: () => undefined,
  version,
  start: (directory, sinkPort) => start(directory, sinkPort, false),
};

export const dicomkeepOnMariadb: ServerKind = {
  name: 'dicomkeep-mariadb',
  description: 'Dicomkeep, catalogue in MariaDB, defaults',
  isOurs: true,
  canFind: true,
  isWholeArchive: true,
  missing: missingDatabase,
  version,
  start: (directory, sinkPort) => start(directory, sinkPort, true),
};
