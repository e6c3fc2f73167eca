import { join } from 'node:path';
import { nowMs } from '../measure.ts';
import { emptyPageCache, missingColdCache, warmPageCache } from '../page-cache.ts';
import { runProgram } from '../processes.ts';
import type { LifecycleRow } from '../results.ts';
import { inTurn, type Suite } from '../scenario.ts';
import type { Database } from '../servers/database.ts';
import { type DicomkeepPlace, runCommand, urlOf } from '../servers/dicomkeep-process.ts';
import type { LifecycleSets } from './lifecycle-sets.ts';
import { filesOf } from './raw-retrieving.ts';

/** Where nobody serves the archive any more. */
export interface Archive {
  suite: Suite;
  name: LifecycleRow['server'];
  place: DicomkeepPlace;
  sets: LifecycleSets;
  database: Database | undefined;
}

type Step = 'verify' | 'sha256sum' | 'reindex';

const hashTimeoutMs = 3_600_000;

/** Commands that read every file: with the files in the page cache, and, where that may be emptied, without. */
export async function measureReading(archive: Archive): Promise<void> {
  const { suite, name } = archive;
  const { attempt, options, repeat } = suite;
  const missing = options.isSmoke ? '' : missingColdCache();
  if (missing !== undefined && missing !== '' && repeat === 0)
    console.log(`lifecycle ${name}, cold: left out, ${missing}`);
  const caches = missing === undefined ? (['warm', 'cold'] as const) : (['warm'] as const);
  const steps = inTurn(['sha256sum', 'verify', 'reindex'] as const, repeat);
  await attempt(`lifecycle ${name}, command`, true, () => measureCommand(archive));
  for (const cache of caches) {
    for (const step of steps) {
      await attempt(`lifecycle ${name}, ${step}`, true, () => measureStep(archive, step, cache));
    }
  }
}

/** What a command takes that opens the catalogue and does next to nothing: every other one pays that too. */
async function measureCommand({ name, place }: Archive): Promise<LifecycleRow> {
  const startMs = nowMs();
  await runCommand(place, 'peer', 'list');
  const seconds = (nowMs() - startMs) / 1000;
  return { ...rowOf(name, 0, 0), step: 'command', cache: '', seconds, isRight: true };
}

async function measureStep(archive: Archive, step: Step, cache: 'warm' | 'cold'): Promise<LifecycleRow> {
  const { place, name } = archive;
  const { paths } = await filesOf(place.volumeDirectory);
  const bytes = await sizeOf(place);
  const work = await preparedStep(archive, step, cache, paths.length);
  if (cache === 'cold') await emptyPageCache();
  else await warmPageCache([place.volumeDirectory]);
  const startMs = nowMs();
  const isRight = await work();
  const seconds = (nowMs() - startMs) / 1000;
  return { ...rowOf(name, paths.length, bytes), step, cache, seconds, isRight };
}

/** @returns what is to be measured, which says whether it did what it had to */
async function preparedStep(
  archive: Archive,
  step: Step,
  cache: string,
  instances: number,
): Promise<() => Promise<boolean>> {
  const { place, database } = archive;
  const volume = place.volumeDirectory;
  switch (step) {
    case 'sha256sum':
      return async () => {
        const lines = await runProgram('sh', ['-c', hashAll, 'sh', volume], undefined, hashTimeoutMs);
        return Number(lines) === instances;
      };
    case 'verify':
      return async () => (await runCommand(place, 'verify')).includes(`${instances} instances`);
    case 'reindex': {
      const fresh = { ...place, catalogueUrl: await emptyCatalogue(place, database, cache) };
      return async () => (await runCommand(fresh, 'reindex')).includes(`${instances} instances indexed`);
    }
  }
}

/** As few processes as there can be; counted, so that none is missing. */
const hashAll = 'find "$1" -name "*.dcm" -type f -print0 | xargs -0 sha256sum | wc -l';

/** A catalogue of its own each time, so that the one of the archive stays. */
async function emptyCatalogue(
  place: DicomkeepPlace,
  database: Database | undefined,
  cache: string,
): Promise<string> {
  if (database === undefined) return `sqlite:${join(place.dataDirectory, `reindexed-${cache}.sqlite`)}`;
  const name = `reindexed_${cache}`;
  await database.create(name);
  return urlOf(database, name);
}

/** Bytes of all instance files, as `du` adds them up. */
async function sizeOf({ volumeDirectory }: DicomkeepPlace): Promise<number> {
  const { folders } = await filesOf(volumeDirectory);
  const paths = folders.map((folder) => join(volumeDirectory, folder));
  const lines = await runProgram('sh', ['-c', addUp, 'sh', ...paths]);
  return Number(lines);
}

const addUp =
  'find "$@" -name "*.dcm" -type f -printf "%s\\n" | awk \'{ sum += $1 } END { printf "%.0f", sum }\'';

function rowOf(
  server: LifecycleRow['server'],
  instances: number,
  bytes: number,
): Pick<LifecycleRow, 'scenario' | 'server' | 'instances' | 'bytes'> {
  return { scenario: 'lifecycle', server, instances, bytes };
}
