import { type SetShape, valuesOf } from '../data-sets.ts';
import { cpuSecondsOf, MemoryWatch } from '../measure.ts';
import type { RetrieveRow } from '../results.ts';
import type { ServerKind } from '../servers/server.ts';
import { failuresOf, storeAll, withServer } from './archive.ts';
import { get, move } from './retrieving.ts';

const methods = ['C-MOVE', 'C-GET'] as const;

/**
 * Loads the set once, then retrieves its first study by C-MOVE and by C-GET, `rounds` times each, in turn. They are asked for once before: a server that has
 * been running is what people ask, not one that compiles its programs meanwhile.
 */
export function retrieve(
  kind: ServerKind,
  baseDirectory: string,
  set: SetShape,
  rounds: number,
): Promise<RetrieveRow[]> {
  return withServer(kind, baseDirectory, async (server, sinkPort) => {
    await server.filed(set.instances - failuresOf(await storeAll(server, set, 4)));
    const expected = Math.min(set.instances, set.instancesPerSeries * set.seriesPerStudy);
    const { studyInstanceUid } = valuesOf(set, 0);
    const retrieveBy = (method: RetrieveRow['method']) =>
      method === 'C-MOVE'
        ? move(server, studyInstanceUid, sinkPort, expected)
        : get(server, studyInstanceUid, [set.sopClassUid]);
    const rows: RetrieveRow[] = [];
    for (const method of methods) await retrieveBy(method);
    for (let round = 0; round < rounds; round++) {
      for (const method of methods) {
        const memory = new MemoryWatch(server.serverPids);
        const cpuSeconds = cpuSecondsOf(server.pids);
        const outcome = await retrieveBy(method);
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
