import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runOne } from '../clients.ts';
import { waitUntil } from '../processes.ts';

/** AE titles of the load generator: the one that asks, and the destination of C-MOVE. */
export const clientAeTitle = 'BENCHSCU';
export const sinkAeTitle = 'BENCHSINK';

const startTimeoutMs = 60_000;

/** A server under test, running with an empty archive. */
export interface RunningServer {
  dimsePort: number;
  aeTitle: string;
  /** The server itself and, where there is one, its database: their processor time and memory are counted. */
  pids: number[];
  /** The server alone. */
  serverPids: number[];
  /** Where the instance files of a server of ours are. */
  volumeDirectory?: string;
  /** Resolves when so many instances are filed and indexed. @returns when that was, on the clock of `nowMs`, or 0 when it is so before the answer */
  filed(instances: number): Promise<number>;
  /** How many instances the server has, by its own account. */
  storedInstances(): Promise<number>;
  stop(): Promise<void>;
}

/** A kind of server, each measurement with an archive of its own. */
export interface ServerKind {
  name: ServerName;
  /** What it is and how it is set up, for the report. */
  description: string;
  isOurs: boolean;
  canFind: boolean;
  /** It keeps studies of any size. */
  isWholeArchive: boolean;
  /** Words when it cannot run on this machine. */
  missing(): string | undefined;
  version(): Promise<string>;
  /** @param directory empty; the archive and all else goes there @param sinkPort where the C-MOVE destination will be */
  start(directory: string, sinkPort: number): Promise<RunningServer>;
}

export type ServerName =
  | 'dicomkeep-sqlite'
  | 'dicomkeep-mariadb'
  | 'orthanc-sqlite'
  | 'orthanc-mariadb'
  | 'dcmqrscp'
  | 'raw';

/** Full path of a program that Debian has in one of these folders. @returns undefined when it is not installed */
export function programPath(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Waits until the server that we started answers C-ECHO. */
export function untilEchoed(name: string, port: number, aeTitle: string, child: ChildProcess): Promise<void> {
  const echo = { kind: 'echo', port, calledAeTitle: aeTitle, callingAeTitle: clientAeTitle } as const;
  const isUp = async (): Promise<boolean> => {
    await runEcho(echo);
    return true;
  };
  return waitUntil(`${name} answers C-ECHO`, isUp, { timeoutMs: startTimeoutMs, intervalMs: 100, child });
}

async function runEcho(job: Parameters<typeof runOne>[0]): Promise<void> {
  await runOne(job);
}
