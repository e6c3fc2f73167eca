import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../../src/catalog/database.ts';
import { type Database, startDatabase } from '../servers/database.ts';
import { urlOf } from '../servers/dicomkeep-process.ts';
import { type Filling, fillCatalogue, type Progress } from './fill.ts';
import type { ArchivePlan } from './plan.ts';

/** A catalogue of the plan's archive; that of MariaDB is served with MariaDB's defaults, whatever filled it. */
export interface FilledCatalogue {
  url: string;
  filling: Filling;
  /** Of an empty one beside it, served alike; not migrated. */
  emptyUrl(): Promise<string>;
  stop(): Promise<void>;
}

/** Of the memory, for a buffer pool in which the indexes grow; not more than they need. */
const POOL_SHARE = 0.25;
const POOL_BYTES_MAX = 6 * 2 ** 30;

/**
 * Makes it in a folder of its own below `directory`, goes on with it, or takes it as it is there: a folder has the shape of its archive in its name.
 */
export function openFilled(
  directory: string,
  engine: Engine,
  plan: ArchivePlan,
  progress?: Progress,
): Promise<FilledCatalogue> {
  const { seed, studies, instancesPerSeries } = plan.shape;
  const folder = join(directory, `${engine}-${seed}-${studies}-${instancesPerSeries}`);
  return engine === 'mariadb' ? filledMariadb(folder, plan, progress) : filledSqlite(folder, plan, progress);
}

async function filledSqlite(
  folder: string,
  plan: ArchivePlan,
  progress: Progress | undefined,
): Promise<FilledCatalogue> {
  await mkdir(folder, { recursive: true });
  const url = `sqlite:${join(folder, 'catalog.sqlite')}`;
  const filling = noted(folder) ?? note(folder, await fillCatalogue(url, plan, progress));
  let empties = 0;
  return {
    url,
    filling,
    emptyUrl: async () => `sqlite:${join(folder, `empty-${process.pid}-${++empties}.sqlite`)}`,
    stop: async () => {},
  };
}

async function filledMariadb(
  folder: string,
  plan: ArchivePlan,
  progress: Progress | undefined,
): Promise<FilledCatalogue> {
  await mkdir(folder, { recursive: true });
  if (noted(folder) === undefined) {
    const poolBytes = Math.min(POOL_BYTES_MAX, Math.floor(totalmem() * POOL_SHARE));
    const filler = await startDatabase(folder, [
      `--innodb-buffer-pool-size=${poolBytes}`,
      '--innodb-log-file-size=1G',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-doublewrite=0',
    ]);
    try {
      note(folder, await fillCatalogue(urlOf(filler), plan, progress));
    } finally {
      await filler.stop();
    }
  }
  const database = await startDatabase(folder);
  let empties = 0;
  return {
    url: urlOf(database),
    filling: noted(folder) ?? { rows: 0, seconds: 0, sizeBytes: 0 },
    emptyUrl: () => emptyDatabase(database, ++empties),
    stop: () => database.stop(),
  };
}

async function emptyDatabase(database: Database, number: number): Promise<string> {
  const name = `empty_${process.pid}_${number}`;
  await database.create(name);
  return urlOf(database, name);
}

/** Written when it is full, so that nobody counts again. */
function note(folder: string, filling: Filling): Filling {
  writeFileSync(join(folder, 'filled.json'), `${JSON.stringify(filling)}\n`);
  return filling;
}

function noted(folder: string): Filling | undefined {
  const path = join(folder, 'filled.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Filling) : undefined;
}
