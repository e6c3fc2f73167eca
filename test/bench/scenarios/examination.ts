import { examinationSets, valuesOf } from '../data-sets.ts';
import { cpuSecondsOf, MemoryWatch } from '../measure.ts';
import { emptyPageCache, missingColdCache, settleDisk, warmPageCache } from '../page-cache.ts';
import type { ExaminationRow } from '../results.ts';
import { inTurn, type Suite } from '../scenario.ts';
import type { RunningServer, ServerKind } from '../servers/server.ts';
import { failuresOf, storeAll, withServer } from './archive.ts';
import { filesOf, sendOneByOne, sendTar } from './raw-retrieving.ts';
import { get, move } from './retrieving.ts';

type Measured = Omit<
  ExaminationRow,
  'scenario' | 'server' | 'method' | 'cache' | 'cpuSeconds' | 'peakRssBytes'
>;

/** C-STORE requests that a receiver lets a server have unanswered, where it does. */
const operationsInFlight = 8;
/** What comes from memory takes two seconds, half of which may be others' on a virtual machine. */
const warmRounds = 3;

/** One examination on one running server. */
interface Place {
  kind: ServerKind;
  server: RunningServer;
  sinkPort: number;
  factor: number;
  repeat: number;
  caches: readonly ExaminationRow['cache'][];
  /** Turns of each method, with the page cache warm. */
  warmRounds: number;
}

/**
 * One modern CT examination of some ten thousand small files, retrieved whole from each server, and the same files of ours sent by `tar`, and one by one
 * by blocking calls: the raw limits, with and without a round trip for each. From ours also with several requests in flight. With the files in the page cache and a server that has been asked once before,
 * and with an empty page cache where this is root.
 */
export async function examination(suite: Suite): Promise<void> {
  const { options, repeat, servers, attempt, directory } = suite;
  const missing = options.isSmoke ? undefined : missingColdCache();
  if (missing !== undefined && repeat === 0) console.log(`examination, cold: left out, ${missing}`);
  const caches = options.isSmoke || missing !== undefined ? (['warm'] as const) : (['warm', 'cold'] as const);
  for (const kind of servers) {
    if (!kind.isWholeArchive) {
      if (repeat === 0) console.log(`examination: ${kind.name} is left out, it cannot hold one`);
      continue;
    }
    await attempt(`examination ${kind.name}`, kind.isOurs, () =>
      withServer(kind, directory, (server, sinkPort) =>
        measure({
          kind,
          server,
          sinkPort,
          factor: options.factor,
          repeat,
          caches,
          warmRounds: options.isSmoke ? 1 : warmRounds,
        }),
      ),
    );
  }
}

async function measure(place: Place): Promise<ExaminationRow[]> {
  const { kind, server, factor, repeat, caches, warmRounds } = place;
  const sets = examinationSets(factor);
  let stored = 0;
  for (const set of sets) stored += set.instances - failuresOf(await storeAll(server, set, 4));
  await server.filed(stored);
  await settleDisk();
  const ofOurs = kind.isOurs ? (['tar', 'one by one', 'C-MOVE in flight', 'C-GET in flight'] as const) : [];
  const methods = [...ofOurs, 'C-MOVE', 'C-GET'] as const;
  const rows: ExaminationRow[] = [];
  for (const cache of caches) {
    if (cache === 'warm') await warmUp(place, methods);
    for (let round = 0; round < (cache === 'warm' ? warmRounds : 1); round++) {
      for (const method of inTurn(methods, repeat + round)) {
        if (cache === 'cold') await emptyPageCache();
        rows.push(await measureOne(place, method, cache));
      }
    }
  }
  return rows;
}

/** A server that has been running is what people ask, not one that compiles its programs meanwhile. */
async function warmUp(place: Place, methods: readonly ExaminationRow['method'][]): Promise<void> {
  const { volumeDirectory } = place.server;
  if (volumeDirectory !== undefined) await warmPageCache([volumeDirectory]);
  for (const method of methods) await retrieveBy(method, place);
}

async function measureOne(
  place: Place,
  method: ExaminationRow['method'],
  cache: ExaminationRow['cache'],
): Promise<ExaminationRow> {
  const { kind, server } = place;
  const isRaw = method === 'tar' || method === 'one by one';
  const memory = new MemoryWatch(server.serverPids);
  const cpuSeconds = cpuSecondsOf(server.pids);
  const measured = await retrieveBy(method, place);
  const peakRssBytes = memory.stop();
  return {
    scenario: 'examination',
    server: isRaw ? 'raw' : kind.name,
    method,
    cache,
    ...measured,
    cpuSeconds: isRaw ? 0 : cpuSecondsOf(server.pids) - cpuSeconds,
    peakRssBytes: isRaw ? 0 : peakRssBytes,
  };
}

async function retrieveBy(method: ExaminationRow['method'], place: Place): Promise<Measured> {
  const { server, sinkPort, factor } = place;
  const sets = examinationSets(factor);
  const [first] = sets;
  if (first === undefined) throw new Error('an examination without a set');
  const expected = sets.reduce((sum, set) => sum + set.instances, 0);
  if (method === 'tar' || method === 'one by one') {
    const files = await filesOf(server.volumeDirectory ?? '');
    const sent = method === 'tar' ? await sendTar(files) : await sendOneByOne(files);
    return { ...sent, instances: files.paths.length, lost: expected - files.paths.length, status: 0 };
  }
  const { studyInstanceUid } = valuesOf(first, 0);
  const classes = [...new Set(sets.map(({ sopClassUid }) => sopClassUid))];
  const isMove = method === 'C-MOVE' || method === 'C-MOVE in flight';
  const inFlight = method === 'C-MOVE' || method === 'C-GET' ? undefined : operationsInFlight;
  const { dataSetBytes: bytes, ...retrieved } = isMove
    ? await move(server, studyInstanceUid, sinkPort, expected, inFlight)
    : await get(server, studyInstanceUid, classes, inFlight);
  return { ...retrieved, bytes, lost: expected - retrieved.instances };
}
