import type { InstanceArrival } from '../../../src/catalog/catalog.ts';
import { openCatalog } from '../../../src/catalog/catalog.ts';
import { Database } from '../../../src/catalog/database.ts';
import { localDayOf } from '../../../src/catalog/local-day.ts';
import { nowMs } from '../measure.ts';
import { ArchivePlan } from './plan.ts';
import { arrivalsOf, makeStudy } from './study.ts';

/** As the filer does where senders are quick. */
const BATCH_INSTANCES = 100;

const DAY_MS = 86_400_000;

/** Instances of the day after the last one of the archive, of other patients: what an evening brings. @param round every one brings others */
export function newArrivals(plan: ArchivePlan, count: number, round: number): InstanceArrival[] {
  const { seed, firstDayMs, days, instancesPerSeries } = plan.shape;
  const evening = new ArchivePlan({
    seed: seed + 1 + round,
    // As many as are enough: a study has some ten series.
    studies: Math.ceil(count / 5),
    instancesPerSeries,
    firstDayMs: firstDayMs + days * DAY_MS,
    days: 1,
  });
  const arrivals: InstanceArrival[] = [];
  for (let study = 0; arrivals.length < count && study < evening.shape.studies; study++) {
    arrivals.push(...arrivalsOf(makeStudy(evening, study)));
  }
  return arrivals.slice(0, count);
}

/** Indexes them as the daemon does. @returns instances a second */
export async function insertRate(url: string, arrivals: readonly InstanceArrival[]): Promise<number> {
  const catalog = await openCatalog({ url });
  try {
    await catalog.migrate();
    const startMs = nowMs();
    for (let at = 0; at < arrivals.length; at += BATCH_INSTANCES) {
      await catalog.instances.index(arrivals.slice(at, at + BATCH_INSTANCES));
    }
    return arrivals.length / ((nowMs() - startMs) / 1000);
  } finally {
    await catalog.close();
  }
}

/** Removes what was indexed beyond the archive, so that it is what its plan says, and of no volume yet; statistics are of later days. */
export async function removeBeyond(url: string, plan: ArchivePlan): Promise<void> {
  const { studies, firstDayMs, days } = plan.shape;
  const database = new Database({ url, poolMax: 1, acquireTimeoutMs: 10_000, queryTimeoutMs: 600_000 });
  try {
    await database.transaction(async (trx) => {
      await trx('instances').where('id', '>', plan.instances).delete();
      await trx('series').where('id', '>', plan.series).delete();
      await trx('study_words').where('study_row_id', '>', studies).delete();
      await trx('studies').where('id', '>', studies).delete();
      await trx('patients').where('id', '>', plan.patients).delete();
      // Of a server that was measured before: another one has another volume, and would take it for the wrong one.
      await trx('volumes').delete();
      await trx('arrival_statistics')
        .where('day', '>=', localDayOf(firstDayMs + days * DAY_MS + DAY_MS / 4))
        .delete();
    });
  } finally {
    await database.close();
  }
}
