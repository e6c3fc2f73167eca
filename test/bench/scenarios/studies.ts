import { mkdir } from 'node:fs/promises';
import { type Catalog, openCatalog } from '../../../src/catalog/catalog.ts';
import { freshDirectory } from '../leftovers.ts';
import { nowMs, percentile, toMicroseconds } from '../measure.ts';
import type { StudiesRow } from '../results.ts';
import { startDatabase } from '../servers/database.ts';
import { makeStudies } from '../study-archive.ts';
import { fillStudies } from '../study-filling.ts';
import { type ListCase, listCases } from '../study-lists.ts';

/** Times that each case is asked; what is thrown away before. */
const RUNS = 200;
const WARM_UP_RUNS = 10;

/**
 * The list of studies of the admin page, on MariaDB with as many studies, asked of the catalogue in this process; each time beside it, through the
 * same pool, `SELECT 1`: what the way to the database alone costs.
 */
export async function studyLists(baseDirectory: string, count: number): Promise<StudiesRow[]> {
  const directory = await freshDirectory(baseDirectory, 'studies');
  await mkdir(directory, { recursive: true });
  const database = await startDatabase(directory);
  const url = `mysql://${database.user}:${database.password}@localhost:3306/${database.name}?socketPath=${encodeURIComponent(database.socketPath)}`;
  try {
    const catalog = await openCatalog({ url });
    try {
      await catalog.migrate();
      const studies = makeStudies(count);
      await fillStudies(url, studies);
      const rows: StudiesRow[] = [];
      for (const one of await listCases(catalog, studies)) rows.push(await measure(catalog, one, count));
      return rows;
    } finally {
      await catalog.close();
    }
  } finally {
    await database.stop();
  }
}

async function measure(catalog: Catalog, { name, variants }: ListCase, studies: number): Promise<StudiesRow> {
  const timesMs: number[] = [];
  const selectOneMs: number[] = [];
  let isRight = true;
  for (let run = -WARM_UP_RUNS; run < RUNS; run++) {
    const variant = variants[(run + WARM_UP_RUNS) % variants.length];
    if (variant === undefined) break;
    const start = nowMs();
    const { items } = await catalog.studies.page(variant.options);
    const end = nowMs();
    await catalog.ping();
    if (run >= 0) {
      timesMs.push(end - start);
      selectOneMs.push(nowMs() - end);
    }
    const isAsExpected =
      items.length === variant.expected.length &&
      items.every(({ studyInstanceUid }, index) => studyInstanceUid === variant.expected[index]);
    isRight &&= isAsExpected;
  }
  return {
    scenario: 'studies',
    server: 'dicomkeep-mariadb',
    list: name,
    studies,
    p50Ms: percentile(timesMs, 50),
    p95Ms: percentile(timesMs, 95),
    selectOneP50Ms: percentile(selectOneMs, 50),
    selectOneP95Ms: percentile(selectOneMs, 95),
    timesMs: timesMs.map(toMicroseconds),
    selectOneMs: selectOneMs.map(toMicroseconds),
    isRight,
  };
}
