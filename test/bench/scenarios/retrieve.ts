import { type SetShape, valuesOf } from '../data-sets.ts';
import { cpuSecondsOf, MemoryWatch } from '../measure.ts';
import type { RetrieveRow } from '../results.ts';
import type { ServerKind } from '../servers/server.ts';
import { failuresOf, storeAll, withServer } from './archive.ts';
import { get, move } from './retrieving.ts';

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
    const { studyInstanceUid } = valuesOf(set, 0);
    const rows: RetrieveRow[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const method of ['C-MOVE', 'C-GET'] as const) {
        const memory = new MemoryWatch(server.serverPids);
        const cpuSeconds = cpuSecondsOf(server.pids);
        const outcome =
          method === 'C-MOVE'
            ? await move(server, studyInstanceUid, sinkPort, expected)
            : await get(server, studyInstanceUid, [set.sopClassUid]);
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
