import { mkdir, rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { type SetShape, setsFor } from '../data-sets.ts';
import { BacklogWatch } from '../load/backlog.ts';
import { type LoadPlan, runLoad } from '../load/clients.ts';
import { modalitiesOf, type Variant, workstationQueries } from '../load/mix.ts';
import { fromClients } from '../load/result.ts';
import { roomFor, watchRoom } from '../load/room.ts';
import type { LoadRow } from '../load/row.ts';
import { cpuSecondsOf, MemoryWatch, nowMs } from '../measure.ts';
import type { Suite } from '../scenario.ts';
import { builtProgram } from '../servers/dicomkeep-package.ts';
import type { RunningServer, ServerKind } from '../servers/server.ts';
import { failuresOf, storeAll, withServer } from './archive.ts';

const variants: readonly Variant[] = ['busy', 'saturated'];
const smokeMs = 4000;
/** A peak of memory is kept by the kernel, so it need not be looked for often. */
const memoryIntervalMs = 1000;

/** 16 modalities at once with queries and retrieves, at the pace of a busy department, and without mercy. */
export async function measureLoad({ options, directory, servers, attempt }: Suite): Promise<void> {
  // Before the archives, which do not outlive their measurement: together they would not fit on the disk.
  await builtProgram(join(directory, 'archive'));
  const durationMs = options.isSmoke ? smokeMs : options.minutes * 60_000;
  for (const kind of servers.filter(({ canFind }) => canFind)) {
    for (const variant of variants) {
      await attempt(`load ${variant} ${kind.name}`, kind.isOurs, async () => {
        const folder = join(directory, `load-${variant}-${kind.name}-${process.hrtime.bigint()}`);
        await mkdir(folder);
        try {
          return await load(kind, folder, variant, durationMs, options.isSmoke);
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      });
    }
  }
}

async function load(
  kind: ServerKind,
  directory: string,
  variant: Variant,
  durationMs: number,
  isSmoke: boolean,
): Promise<LoadRow> {
  const modalities = modalitiesOf(variant, isSmoke);
  const roomBytes = roomFor(directory, variant, modalities, durationMs);
  const before = setsBefore(isSmoke);
  const plan = {
    isSmoke,
    modalities,
    durationMs,
    stopPath: join(directory, 'stop'),
    queries: workstationQueries(before.studies, before.studies.instances / before.studies.seriesPerStudy),
    retrieved: before.retrieved,
  };
  return withServer(kind, directory, async (server, sinkPort) => {
    const there = await fill(server, [before.studies, before.retrieved]);
    const stopWatch = watchRoom(directory, roomBytes, plan.stopPath);
    try {
      return await measure(kind, server, { ...plan, sinkPort }, variant, there);
    } finally {
      stopWatch();
    }
  });
}

/** What is in the archive already: studies to ask for, and one to retrieve. */
function setsBefore(isSmoke: boolean): { studies: SetShape; retrieved: SetShape } {
  const named = (name: SetShape['name']): SetShape =>
    setsFor(isSmoke).find((set) => set.name === name) as SetShape;
  return {
    studies: named('studies'),
    retrieved: { ...named('ct'), source: 99, instances: isSmoke ? 10 : 100, instancesPerSeries: 20 },
  };
}

/** @returns how many instances are there then */
async function fill(server: RunningServer, sets: readonly SetShape[]): Promise<number> {
  let instances = 0;
  for (const set of sets) instances += set.instances - failuresOf(await storeAll(server, set, 4));
  await server.filed(instances);
  return instances;
}

async function measure(
  kind: ServerKind,
  server: RunningServer,
  plan: LoadPlan,
  variant: Variant,
  there: number,
): Promise<LoadRow> {
  const memory = new MemoryWatch(server.serverPids, memoryIntervalMs);
  let backlog: BacklogWatch | undefined;
  let cpuSeconds = 0;
  const outcome = await runLoad(server, plan, () => {
    backlog = new BacklogWatch(kind.isOurs ? server.volumeDirectory : undefined);
    cpuSeconds = cpuSecondsOf(server.pids);
  }).finally(() => backlog?.stop());
  const endMs = nowMs();
  const results = fromClients(outcome);
  const filedMs = await server.filed(there + results.instances).catch(() => Number.NaN);
  return {
    scenario: 'load',
    server: kind.name,
    variant,
    ...results,
    seconds: outcome.seconds,
    peakRssBytes: memory.stop(),
    cpuSeconds: cpuSecondsOf(server.pids) - cpuSeconds,
    clientCpuSeconds: outcome.clientCpuSeconds,
    cores: cpus().length,
    backlog: backlog?.samples ?? [],
    filedAfterSeconds: Math.max(0, filedMs - endMs) / 1000,
    lost: there + results.instances - (await server.storedInstances()),
  };
}
