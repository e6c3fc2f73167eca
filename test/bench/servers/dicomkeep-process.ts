import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { QueryResult } from '../clients/find.ts';
import { runOne } from '../clients.ts';
import { nowMs } from '../measure.ts';
import { runProgram, startServer, waitUntil } from '../processes.ts';
import type { Database } from './database.ts';
import { builtProgram } from './dicomkeep-package.ts';
import { clientAeTitle, sinkAeTitle } from './server.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export const dicomkeepAeTitle = 'DICOMKEEP';
/** As many files as may lie in `incoming/` empty, opened ahead of need; beyond it nothing else is looked at. */
const preparedFilesMax = 100;
const filedTimeoutMs = 300_000;
/** A command that reads the whole archive, milliseconds. */
const commandTimeoutMs = 3_600_000;

/** Where an archive of ours is, whether or not a server runs on it. */
export interface DicomkeepPlace {
  command: string;
  /** Of its log. */
  directory: string;
  dataDirectory: string;
  /** Where the instance files are. */
  volumeDirectory: string;
  dimsePort: number;
  catalogueUrl: string;
}

/** @param catalogueUrl of SQLite in the folder of the data unless given */
export async function placeIn(
  directory: string,
  dimsePort: number,
  catalogueUrl?: string,
): Promise<DicomkeepPlace> {
  const command = await builtProgram(directory);
  const dataDirectory = join(directory, 'data');
  return {
    command,
    directory,
    dataDirectory,
    volumeDirectory: join(dataDirectory, 'volume'),
    dimsePort,
    catalogueUrl: catalogueUrl ?? `sqlite:${join(dataDirectory, 'catalog.sqlite')}`,
  };
}

export function urlOf(database: Database, name = database.name): string {
  return `mysql://${database.user}:${database.password}@localhost:3306/${name}?socketPath=${encodeURIComponent(database.socketPath)}`;
}

function environmentOf({ dataDirectory, dimsePort, catalogueUrl }: DicomkeepPlace): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // As the packages do.
    NODE_OPTIONS: '--max-semi-space-size=4',
    DICOMKEEP_DATA_DIR: dataDirectory,
    DICOMKEEP_DIMSE_PORT: String(dimsePort),
    DICOMKEEP_ADMIN_HOST: '127.0.0.1',
    DICOMKEEP_ADMIN_PORT: '0',
    DICOMKEEP_DATABASE_URL: catalogueUrl,
    DICOMKEEP_AE_TITLE: dicomkeepAeTitle,
    DICOMKEEP_LOG_LEVEL: 'warn',
  };
}

/** Starts the server; it is not up yet. */
export function serve(place: DicomkeepPlace): ChildProcess {
  const env = environmentOf(place);
  return startServer(process.execPath, [place.command, 'serve'], place.directory, { env, cwd: root });
}

/** Runs a command of ours on the archive. @returns its standard output @throws with its standard error when it fails */
export function runCommand(place: DicomkeepPlace, ...args: string[]): Promise<string> {
  return runProgram(process.execPath, [place.command, ...args], environmentOf(place), commandTimeoutMs);
}

/** Makes the load generator known: the destination of C-MOVE, and the one that asks. */
export async function addPeers(place: DicomkeepPlace, sinkPort: number): Promise<void> {
  for (const aeTitle of [sinkAeTitle, clientAeTitle])
    await runCommand(place, 'peer', 'add', aeTitle, '127.0.0.1', String(sinkPort));
}

/** @returns when the last accepted instance had left `incoming/`, on the clock of `nowMs` */
export async function untilFiled({ volumeDirectory }: DicomkeepPlace, child: ChildProcess): Promise<number> {
  const isFiled = async (): Promise<boolean> => isIncomingEmpty(volumeDirectory);
  await waitUntil('incoming/ is empty', isFiled, { timeoutMs: filedTimeoutMs, intervalMs: 10, child });
  return nowMs();
}

/** True when every accepted instance has left `incoming/`, which it does only after its catalogue row is committed. */
function isIncomingEmpty(volumeDirectory: string): boolean {
  const incoming = join(volumeDirectory, 'incoming');
  if (!existsSync(incoming)) throw new Error(`there is no incoming/ in ${volumeDirectory}`);
  const names = readdirSync(incoming);
  return names.length <= preparedFilesMax && names.every((name) => sizeOf(join(incoming, name)) === 0);
}

/** 0 also for a file that has just been renamed. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Sum of Number of Study Related Instances over all studies. */
export async function countByQuery(port: number): Promise<number> {
  const { queries } = await runOne<{ queries: QueryResult[] }>({
    kind: 'find',
    port,
    calledAeTitle: dicomkeepAeTitle,
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
