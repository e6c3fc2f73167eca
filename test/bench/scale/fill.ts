import { openCatalog } from '../../../src/catalog/catalog.ts';
import { Database } from '../../../src/catalog/database.ts';
import { nowMs } from '../measure.ts';
import type { BulkLoader } from './loader.ts';
import { openMariadbLoader } from './mariadb-loader.ts';
import type { ArchivePlan } from './plan.ts';
import { openSqliteLoader } from './sqlite-loader.ts';

export interface Filling {
  /** Written now, without what was there. */
  rows: number;
  seconds: number;
  /** Of the whole catalogue on disk. */
  sizeBytes: number;
}

/** Told after every piece. */
export type Progress = (studies: number, rowsPerSecond: number) => void;

/** How often somebody is told, milliseconds. */
const PROGRESS_MS = 5000;
const NAMES_MIGRATION = new URL('../../../migrations/0004_names.js', import.meta.url).href;
/** Of one statement that goes over the whole catalogue. */
const STATEMENT_TIMEOUT_MS = 3_600_000;

/**
 * Fills a catalogue with the archive of this plan, or goes on filling it: each piece is one transaction, and rows come in the order of their ids. A
 * catalogue that is full already is left as it is.
 *
 * @param url as of the configuration @throws where it holds more studies than the shape has
 */
export async function fillCatalogue(
  url: string,
  plan: ArchivePlan,
  progress: Progress = () => {},
): Promise<Filling> {
  await migrate(url);
  const loader = await openLoader(url);
  try {
    const { rows, seconds } = await loadFrom(loader, plan, progress);
    await keepNames(url);
    return { rows, seconds, sizeBytes: await loader.sizeBytes() };
  } finally {
    await loader.close();
  }
}

/** What the catalogue does itself with each study that it files: rows that came past it want it done for them. */
async function keepNames(url: string): Promise<void> {
  const database = new Database({
    url,
    poolMax: 1,
    acquireTimeoutMs: 10_000,
    queryTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  try {
    const migration: { up(context: { db: unknown; engine: string }): Promise<void> } = await import(
      NAMES_MIGRATION
    );
    await migration.up({ db: database.knex, engine: database.engine });
  } finally {
    await database.close();
  }
}

async function loadFrom(
  loader: BulkLoader,
  plan: ArchivePlan,
  progress: Progress,
): Promise<{ rows: number; seconds: number }> {
  const { shape } = plan;
  let studies = await loader.filledStudies();
  if (studies > shape.studies)
    throw new Error(`the catalogue has ${studies} studies, not up to ${shape.studies}`);
  if (studies === shape.studies) return { rows: 0, seconds: 0 };
  const startMs = nowMs();
  let [rows, toldMs] = [0, startMs];
  for await (const written of loader.writeFrom(plan, studies)) {
    studies += written.studies;
    rows += written.rows;
    if (nowMs() - toldMs < PROGRESS_MS) continue;
    toldMs = nowMs();
    progress(studies, (rows / (toldMs - startMs)) * 1000);
  }
  await loader.analyze();
  return { rows, seconds: (nowMs() - startMs) / 1000 };
}

/** Of a catalogue whose tables are made. */
export async function openLoader(url: string): Promise<BulkLoader> {
  return url.startsWith('sqlite:') ? openSqliteLoader(url) : await openMariadbLoader(url);
}

async function migrate(url: string): Promise<void> {
  const catalog = await openCatalog({ url });
  try {
    await catalog.migrate();
  } finally {
    await catalog.close();
  }
}
