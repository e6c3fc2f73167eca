import { join } from 'node:path';
import { type SetShape, setsFor } from '../data-sets.ts';
import { type Disk, disks } from '../disks/disk.ts';
import type { DisksRow } from '../disks/row.ts';
import type { IngestRow } from '../results.ts';
import type { Suite } from '../scenario.ts';
import { builtProgram } from '../servers/dicomkeep-package.ts';
import type { ServerKind } from '../servers/server.ts';
import { ingest, ingestRaw } from './ingest.ts';

/**
 * The ingest benchmark on the file systems that a NAS has, and on a simulated hard disk. The entrants follow each other on
 * one kind of disk, each on a new one, before the next kind has its turn.
 */
export async function measureDisks(suite: Suite): Promise<void> {
  const { options, directory, repeat } = suite;
  // Before anything is mounted: the program is built once a run, and must outlive the disks.
  await builtProgram(join(directory, 'archive'));
  const sets = setsFor(options.isSmoke, options.factor);
  for (const disk of disks.filter(({ name }) => options.disks.includes(name))) {
    const missing = disk.missing();
    if (missing !== undefined) {
      if (repeat === 0) console.log(`disk ${disk.name} is left out: ${missing}`);
      continue;
    }
    for (const set of sets.filter(({ name }) => options.sets.some((wanted) => wanted === name))) {
      for (const associations of disk.associations ?? options.associations) {
        await measureOn(disk, suite, set, associations);
      }
    }
  }
}

async function measureOn(disk: Disk, suite: Suite, set: SetShape, associations: number): Promise<void> {
  const { options, directory, repeat, servers, attempt } = suite;
  const raw = options.servers.includes('raw') ? (['raw'] as const) : [];
  const entrants: ('raw' | ServerKind)[] = repeat % 2 === 0 ? [...raw, ...servers] : [...servers, ...raw];
  for (const entrant of entrants) {
    const isRaw = entrant === 'raw';
    const work = (folder: string): Promise<IngestRow> =>
      isRaw ? ingestRaw(folder, set, associations) : ingest(entrant, folder, set, associations);
    const what = `${disk.name}: ${set.name} ×${associations} ${isRaw ? 'raw' : entrant.name}`;
    await attempt(what, isRaw || entrant.isOurs, async (): Promise<DisksRow> => {
      const row = await disk.lend(directory, work);
      return { ...row, scenario: 'disks', disk: disk.name };
    });
  }
}
