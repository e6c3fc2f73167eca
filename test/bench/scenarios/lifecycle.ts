import type { ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import type { ReadyResult } from '../clients/ready.ts';
import { Client } from '../clients.ts';
import type { SetShape } from '../data-sets.ts';
import { freshDirectory } from '../leftovers.ts';
import { nowMs } from '../measure.ts';
import { settleDisk } from '../page-cache.ts';
import { freePort, stopServer } from '../processes.ts';
import type { LifecycleRow } from '../results.ts';
import type { Suite } from '../scenario.ts';
import { type Database, startDatabase } from '../servers/database.ts';
import {
  addPeers,
  countByQuery,
  type DicomkeepPlace,
  dicomkeepAeTitle,
  placeIn,
  serve,
  untilFiled,
  urlOf,
} from '../servers/dicomkeep-process.ts';
import { clientAeTitle, type RunningServer, type ServerKind, untilEchoed } from '../servers/server.ts';
import { failuresOf, storeAll } from './archive.ts';
import { measureReading } from './lifecycle-reading.ts';
import { lifecycleSets } from './lifecycle-sets.ts';

const readyTimeoutMs = 600_000;
/** Nobody listens there: a catalogue that is away. */
const nowhereUrl = 'mysql://nobody:nothing@127.0.0.1:1/nowhere';

/**
 * Start to the first C-ECHO, stop, recovery of what was accepted and not filed when the process was killed, reindex, and verify beside `sha256sum`; of our
 * servers alone. Storing into an archive whose catalogue is away, and then kill -9, leaves instances behind as a crash does.
 */
export async function lifecycle(suite: Suite): Promise<void> {
  const { directory, servers, attempt, options } = suite;
  for (const kind of servers.filter(({ isOurs }) => isOurs)) {
    const prepared = await freshDirectory(directory, `lifecycle-${kind.name}`);
    await mkdir(prepared, { recursive: true });
    const database = kind.name === 'dicomkeep-mariadb' ? await startDatabase(prepared) : undefined;
    try {
      await measureOne(suite, kind, prepared, database);
    } finally {
      await database?.stop();
    }
  }
  const url = options.catalogueUrl;
  if (url !== undefined) {
    const name = url.startsWith('sqlite:') ? 'dicomkeep-sqlite' : 'dicomkeep-mariadb';
    await attempt(`lifecycle ${name}, the catalogue of --catalogue`, true, () =>
      startAndStopFilled(directory, name, url),
    );
  }
}

async function measureOne(
  suite: Suite,
  kind: ServerKind,
  directory: string,
  database: Database | undefined,
): Promise<void> {
  const { attempt, options } = suite;
  const place = await placeIn(
    directory,
    await freePort(),
    database === undefined ? undefined : urlOf(database),
  );
  await mkdir(place.dataDirectory);
  const sets = lifecycleSets(options.factor);
  const what = (step: string): string => `lifecycle ${kind.name}, ${step}`;
  await attempt(what('empty'), true, () => startAndStop(kind.name, place, 0, true));
  await attempt(what('recovery'), true, async () => {
    await leaveUnfiled(place, sets.unfiled);
    return recover(kind.name, place, sets.unfiled);
  });
  await attempt(what('filled'), true, async () => {
    await fill(place, sets.filled);
    const instances = sets.unfiled.instances + sets.filled.instances;
    return startAndStop(kind.name, place, instances, false);
  });
  await measureReading({ suite, name: kind.name, place, sets, database });
}

interface Running {
  child: ChildProcess;
  /** On the clock of `nowMs`. */
  startedMs: number;
  readyMs: number;
}

async function startUntilReady(place: DicomkeepPlace): Promise<Running> {
  const titles = { calledAeTitle: dicomkeepAeTitle, callingAeTitle: clientAeTitle };
  const watcher = new Client<ReadyResult>({
    kind: 'ready',
    port: place.dimsePort,
    timeoutMs: readyTimeoutMs,
    ...titles,
  });
  try {
    await watcher.ready;
    const startedMs = nowMs();
    const child = serve(place);
    watcher.go();
    const { readyMs } = await watcher.result;
    return { child, startedMs, readyMs };
  } finally {
    watcher.stop();
  }
}

/** @param instances in the catalogue @param isFirst the load generator is not known yet: no query is allowed */
async function startAndStop(
  server: LifecycleRow['server'],
  place: DicomkeepPlace,
  instances: number,
  isFirst: boolean,
): Promise<LifecycleRow[]> {
  const { child, startedMs, readyMs } = await startUntilReady(place);
  try {
    if (isFirst) await addPeers(place, place.dimsePort);
    const isRight = isFirst || (await countByQuery(place.dimsePort)) === instances;
    const stopMs = nowMs();
    await stopServer(child);
    const row = { scenario: 'lifecycle', server, cache: '', instances, bytes: 0 } as const;
    return [
      { ...row, step: 'start', seconds: (readyMs - startedMs) / 1000, isRight },
      // Code 0: it was not killed for being slow.
      { ...row, step: 'stop', seconds: (nowMs() - stopMs) / 1000, isRight: child.exitCode === 0 },
    ];
  } finally {
    await stopServer(child);
  }
}

/** A catalogue that somebody else has filled, with an empty volume beside it: what counts is the size of its tables. */
async function startAndStopFilled(
  baseDirectory: string,
  server: LifecycleRow['server'],
  url: string,
): Promise<LifecycleRow[]> {
  const directory = await freshDirectory(baseDirectory, 'lifecycle-filled');
  await mkdir(directory, { recursive: true });
  const place = await placeIn(directory, await freePort(), url);
  await mkdir(place.dataDirectory);
  const rows = await startAndStop(server, place, 0, true);
  return rows.map((row) => ({ ...row, step: row.step === 'start' ? 'start, filled' : 'stop, filled' }));
}

function runningServerOf(place: DicomkeepPlace, child: ChildProcess): RunningServer {
  const pid = child.pid ?? 0;
  return {
    dimsePort: place.dimsePort,
    aeTitle: dicomkeepAeTitle,
    pids: [pid],
    serverPids: [pid],
    storedInstances: () => countByQuery(place.dimsePort),
    filed: () => untilFiled(place, child),
    stop: () => stopServer(child),
  };
}

async function fill(place: DicomkeepPlace, set: SetShape): Promise<void> {
  const child = serve(place);
  try {
    await untilEchoed('dicomkeep', place.dimsePort, dicomkeepAeTitle, child);
    const refused = failuresOf(await storeAll(runningServerOf(place, child), set, 4));
    if (refused > 0) throw new Error(`${refused} instances were refused`);
    await untilFiled(place, child);
  } finally {
    await stopServer(child);
  }
}

/** Stores while the catalogue is away, and kills the server when all is acknowledged. */
async function leaveUnfiled(place: DicomkeepPlace, set: SetShape): Promise<void> {
  const child = serve({ ...place, catalogueUrl: nowhereUrl });
  try {
    await untilEchoed('dicomkeep', place.dimsePort, dicomkeepAeTitle, child);
    const refused = failuresOf(await storeAll(runningServerOf(place, child), set, 4));
    if (refused > 0) throw new Error(`${refused} instances were refused`);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    await settleDisk();
  } finally {
    await stopServer(child);
  }
}

/** Until all is filed and a query counts it. */
async function recover(
  server: LifecycleRow['server'],
  place: DicomkeepPlace,
  set: SetShape,
): Promise<LifecycleRow[]> {
  const { child, startedMs, readyMs } = await startUntilReady(place);
  try {
    const filedMs = await untilFiled(place, child);
    const isRight = (await countByQuery(place.dimsePort)) === set.instances;
    const row = { scenario: 'lifecycle', server, cache: 'warm', instances: set.instances, bytes: 0 } as const;
    return [
      { ...row, step: 'recovery, ready', seconds: (readyMs - startedMs) / 1000, isRight },
      { ...row, step: 'recovery', seconds: (filedMs - startedMs) / 1000, isRight },
    ];
  } finally {
    await stopServer(child);
  }
}
