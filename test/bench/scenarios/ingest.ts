import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { rawBytesOf } from '../clients/raw.ts';
import type { StoreResult } from '../clients/store.ts';
import { Client, runTogether } from '../clients.ts';
import type { SetShape } from '../data-sets.ts';
import { freshDirectory } from '../leftovers.ts';
import { cpuSecondsOf, MemoryWatch, percentile, toMicroseconds } from '../measure.ts';
import { settleDisk } from '../page-cache.ts';
import type { IngestRow } from '../results.ts';
import type { ServerKind } from '../servers/server.ts';
import { failuresOf, storeAll, withServer } from './archive.ts';

/** Stores a whole set and measures until the last response, and until all is filed and indexed. */
export function ingest(
  kind: ServerKind,
  baseDirectory: string,
  set: SetShape,
  associations: number,
): Promise<IngestRow> {
  return withServer(kind, baseDirectory, async (server) => {
    const memory = new MemoryWatch(server.serverPids);
    const cpuSeconds = cpuSecondsOf(server.pids);
    const results = await storeAll(server, set, associations);
    const row = ingestRowOf(kind.name, set, associations, results);
    const filedMs = await server.filed(set.instances - failuresOf(results)).catch(() => Number.NaN);
    row.cpuSeconds = cpuSecondsOf(server.pids) - cpuSeconds;
    row.peakRssBytes = memory.stop();
    row.filedSeconds = Math.max(row.acknowledgedSeconds, (filedMs - startOf(results)) / 1000);
    row.lost = set.instances - (await server.storedInstances());
    return row;
  });
}

/** What the same bytes cost with no DICOM at all: TCP, a new file, fdatasync, one byte back. */
export async function ingestRaw(
  baseDirectory: string,
  set: SetShape,
  associations: number,
): Promise<IngestRow> {
  const directory = await freshDirectory(baseDirectory, 'raw');
  await settleDisk();
  const sizeBytes = rawBytesOf(set);
  const servers: Client<object>[] = [];
  try {
    const jobs = [];
    for (let first = 0; first < associations; first++) {
      const instances = Math.ceil((set.instances - first) / associations);
      const folder = join(directory, String(first));
      await mkdir(folder, { recursive: true });
      const server = new Client<object>({ kind: 'raw-server', directory: folder, sizeBytes, instances });
      servers.push(server);
      jobs.push({ kind: 'raw-store', port: await server.port, set, first, step: associations } as const);
    }
    const pids = servers.map((server) => server.pid);
    const memory = new MemoryWatch(pids);
    const cpuSeconds = cpuSecondsOf(pids);
    const results = await runTogether<StoreResult>(jobs);
    await Promise.all(servers.map((server) => server.ready));
    const row = ingestRowOf('raw', set, associations, results);
    row.cpuSeconds = cpuSecondsOf(pids) - cpuSeconds;
    row.peakRssBytes = memory.stop();
    row.filedSeconds = row.acknowledgedSeconds;
    return row;
  } finally {
    for (const server of servers) server.stop();
  }
}

function ingestRowOf(
  server: IngestRow['server'],
  set: SetShape,
  associations: number,
  results: readonly StoreResult[],
): IngestRow {
  const latenciesMs = results.flatMap((result) => result.latenciesMs);
  const endMs = Math.max(...results.map((result) => result.endMs));
  const failures: { [status: string]: number } = {};
  for (const result of results) {
    for (const [status, count] of Object.entries(result.failures))
      failures[status] = (failures[status] ?? 0) + count;
  }
  return {
    scenario: 'ingest',
    server,
    set: set.name,
    associations,
    instances: latenciesMs.length,
    dataSetBytes: results.reduce((sum, result) => sum + result.dataSetBytes, 0),
    acknowledgedSeconds: (endMs - startOf(results)) / 1000,
    filedSeconds: Number.NaN,
    cpuSeconds: 0,
    peakRssBytes: 0,
    latencyP50Ms: percentile(latenciesMs, 50),
    latencyP99Ms: percentile(latenciesMs, 99),
    latenciesMs: latenciesMs.map(toMicroseconds),
    failures,
    lost: 0,
  };
}

function startOf(results: readonly StoreResult[]): number {
  return Math.min(...results.map((result) => result.startMs));
}
