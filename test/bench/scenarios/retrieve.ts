import type { RetrieveResult } from '../clients/retrieve.ts';
import type { SinkResult } from '../clients/sink.ts';
import { Client, runOne } from '../clients.ts';
import { type SetShape, valuesOf } from '../data-sets.ts';
import { cpuSecondsOf, MemoryWatch } from '../measure.ts';
import type { RetrieveRow } from '../results.ts';
import { clientAeTitle, type RunningServer, type ServerKind, sinkAeTitle } from '../servers/server.ts';
import { failuresOf, storeAll, withServer } from './archive.ts';

/** How long the destination of a C-MOVE may take to notice its end, milliseconds. */
const sinkTimeoutMs = 10_000;

/** Loads the set once, then retrieves its first study by C-MOVE and by C-GET, `repeats` times each, in turn. */
export function retrieve(
  kind: ServerKind,
  baseDirectory: string,
  set: SetShape,
  repeats: number,
): Promise<RetrieveRow[]> {
  return withServer(kind, baseDirectory, async (server, sinkPort) => {
    await server.filed(set.instances - failuresOf(await storeAll(server, set, 4)));
    const expected = Math.min(set.instances, set.instancesPerSeries * set.seriesPerStudy);
    const rows: RetrieveRow[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const method of ['C-MOVE', 'C-GET'] as const) {
        const memory = new MemoryWatch(server.serverPids);
        const cpuSeconds = cpuSecondsOf(server.pids);
        const outcome =
          method === 'C-MOVE' ? await move(server, set, sinkPort, expected) : await get(server, set);
        rows.push({
          scenario: 'retrieve',
          server: kind.name,
          method,
          ...outcome,
          lost: expected - outcome.instances,
          cpuSeconds: cpuSecondsOf(server.pids) - cpuSeconds,
          peakRssBytes: memory.stop(),
        });
      }
    }
    return rows;
  });
}

type Retrieved = Pick<RetrieveRow, 'instances' | 'dataSetBytes' | 'seconds' | 'firstInstanceMs' | 'status'>;

async function move(
  server: RunningServer,
  set: SetShape,
  port: number,
  instances: number,
): Promise<Retrieved> {
  const sink = new Client<SinkResult>({ kind: 'sink', port, instances });
  try {
    await sink.port;
    const request = { kind: 'move' as const, destination: sinkAeTitle, ...requestTo(server, set) };
    const result = await runOne<RetrieveResult>(request);
    sink.go();
    return retrievedOf(result, await resultWithin(sink, sinkTimeoutMs));
  } finally {
    sink.stop();
  }
}

async function get(server: RunningServer, set: SetShape): Promise<Retrieved> {
  const request = { kind: 'get' as const, sopClassUid: set.sopClassUid, ...requestTo(server, set) };
  const result = await runOne<RetrieveResult>(request);
  return retrievedOf(result, result.received);
}

function requestTo(
  server: RunningServer,
  set: SetShape,
): { port: number; calledAeTitle: string; callingAeTitle: string; studyInstanceUid: string } {
  return {
    port: server.dimsePort,
    calledAeTitle: server.aeTitle,
    callingAeTitle: clientAeTitle,
    studyInstanceUid: valuesOf(set, 0).studyInstanceUid,
  };
}

function retrievedOf(result: RetrieveResult, received: SinkResult): Retrieved {
  return {
    instances: received.instances,
    dataSetBytes: received.dataSetBytes,
    seconds: (result.endMs - result.startMs) / 1000,
    firstInstanceMs: received.firstMs - result.startMs,
    status: result.status,
  };
}

async function resultWithin(sink: Client<SinkResult>, timeoutMs: number): Promise<SinkResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error('the C-MOVE ended but its destination has not got all')),
      timeoutMs,
    );
  });
  return Promise.race([sink.result, late]).finally(() => clearTimeout(timer));
}
