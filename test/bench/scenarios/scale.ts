import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FindJob, QueryResult } from '../clients/find.ts';
import { runOne } from '../clients.ts';
import { freshDirectory } from '../leftovers.ts';
import { freePort, stopServer } from '../processes.ts';
import { type ScaleCase, scaleCases } from '../scale/cases.ts';
import { ArchiveFacts } from '../scale/facts.ts';
import { type FilledCatalogue, openFilled } from '../scale/filled.ts';
import { insertRate, newArrivals, removeBeyond } from '../scale/inserting.ts';
import { ArchivePlan, fifteenYears } from '../scale/plan.ts';
import type { ScaleFindRow, ScaleInsertRow, ScaleRow } from '../scale/results.ts';
import type { Suite } from '../scenario.ts';
import { addPeers, dicomkeepAeTitle, placeIn, serve } from '../servers/dicomkeep-process.ts';
import { clientAeTitle, untilEchoed } from '../servers/server.ts';

/** How much is asked and indexed. */
const MEASURED = { values: 60, warmUpValues: 5, inserted: 10_000, rounds: 3 };
const SMOKE = { values: 3, warmUpValues: 1, inserted: 200, rounds: 1 };
/** Of one case; what is slow is asked fewer times. */
const BUDGET_MS = 120_000;

type Effort = typeof MEASURED;
type Scale = Pick<ScaleFindRow, 'scenario' | 'server' | 'studies' | 'series' | 'instances'>;

/** C-FIND and indexing with ever larger catalogues, of our servers alone. */
export async function scale({ options, directory, servers, attempt }: Suite): Promise<void> {
  const effort = options.isSmoke ? SMOKE : MEASURED;
  for (const studies of options.studies) {
    const plan = new ArchivePlan(fifteenYears(studies, options.instancesPerSeries));
    const facts = new ArchiveFacts(plan);
    for (const { name } of servers) {
      if (name !== 'dicomkeep-sqlite' && name !== 'dicomkeep-mariadb') continue;
      const keep = options.keep ?? (await freshDirectory(directory, 'scale'));
      await attempt(`scale ${name}, ${studies} studies`, true, () =>
        measureOne(name, keep, directory, facts, effort),
      );
    }
  }
}

async function measureOne(
  server: Scale['server'],
  keep: string,
  directory: string,
  facts: ArchiveFacts,
  effort: Effort,
): Promise<ScaleRow[]> {
  const { plan } = facts;
  const engine = server === 'dicomkeep-mariadb' ? 'mariadb' : 'sqlite';
  const catalogue = await openFilled(keep, engine, plan, (studies, rate) =>
    console.log(`${server}: ${studies} of ${plan.shape.studies} studies, ${rate.toFixed(0)} rows/s`),
  );
  try {
    const { studies } = plan.shape;
    const { series, instances } = plan;
    const size: Scale = { scenario: 'scale', server, studies, series, instances };
    await removeBeyond(catalogue.url, plan);
    const rows: ScaleRow[] = [{ ...size, what: 'fill', filling: catalogue.filling }];
    rows.push(
      ...(await askAll(size, catalogue, await freshDirectory(directory, 'scale-server'), facts, effort)),
    );
    rows.push(await insertAll(size, catalogue, plan, effort));
    return rows;
  } finally {
    await catalogue.stop();
  }
}

/** The catalogue's answers, through the daemon and over an association. */
async function askAll(
  size: Scale,
  catalogue: FilledCatalogue,
  directory: string,
  facts: ArchiveFacts,
  effort: Effort,
): Promise<ScaleFindRow[]> {
  const port = await freePort();
  await mkdir(directory, { recursive: true });
  const place = await placeIn(directory, port, catalogue.url);
  await mkdir(join(place.dataDirectory), { recursive: true });
  const child = serve(place);
  try {
    await untilEchoed('dicomkeep', port, dicomkeepAeTitle, child);
    await addPeers(place, port);
    const rows: ScaleFindRow[] = [];
    for (const one of scaleCases(facts, effort.values + effort.warmUpValues)) {
      rows.push(await askOne(size, port, one, effort.warmUpValues));
    }
    return rows;
  } finally {
    await stopServer(child);
  }
}

async function askOne(
  size: Scale,
  port: number,
  one: ScaleCase,
  warmUpValues: number,
): Promise<ScaleFindRow> {
  const job: FindJob = {
    kind: 'find',
    port,
    calledAeTitle: dicomkeepAeTitle,
    callingAeTitle: clientAeTitle,
    queries: one.queries.map(({ query }) => query),
    repeats: 1,
    budgetMs: BUDGET_MS,
  };
  const { queries } = await runOne<{ queries: QueryResult[] }>(job);
  const isRight = queries.every(({ status, answers, instances }, index) => {
    const expected = one.queries[index]?.expected;
    return status === 0 && answers === expected?.answers && instances === expected.instances;
  });
  // Slow ones may have come to an end before they were warm.
  const measured = queries.slice(Math.min(warmUpValues, queries.length - 1));
  return {
    ...size,
    what: 'find',
    query: one.name,
    goal: one.goal,
    firstMs: measured.map(({ firstTimesMs }) => firstTimesMs[0] ?? Number.NaN),
    lastMs: measured.map(({ timesMs }) => timesMs[0] ?? Number.NaN),
    answers: measured.reduce((sum, { answers }) => sum + answers, 0) / measured.length,
    isRight,
  };
}

/** The same instances into an empty catalogue and into this one, in turns; they are removed afterwards. */
async function insertAll(
  size: Scale,
  catalogue: FilledCatalogue,
  plan: ArchivePlan,
  effort: Effort,
): Promise<ScaleInsertRow> {
  const row: ScaleInsertRow = { ...size, what: 'insert', filledPerSecond: [], emptyPerSecond: [] };
  const emptyUrl = await catalogue.emptyUrl();
  try {
    for (let round = 0; round < effort.rounds; round++) {
      const arrivals = newArrivals(plan, effort.inserted, round);
      row.emptyPerSecond.push(await insertRate(emptyUrl, arrivals));
      row.filledPerSecond.push(await insertRate(catalogue.url, arrivals));
    }
  } finally {
    await removeBeyond(catalogue.url, plan);
  }
  return row;
}
