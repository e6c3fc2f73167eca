import { allWithCounts } from './queries.ts';
import type { FindSummary, IngestSummary, RetrieveSummary, Summary } from './summary.ts';

export interface Goal {
  words: string;
  wanted: string;
  /** undefined when one of its two sides was not measured */
  measured: number | undefined;
  verdict: 'met' | 'missed' | 'not measured';
  /** What the raw limit itself reaches in the same ratio: above it no server can come. */
  ceiling?: number;
}

type Ours = 'dicomkeep-sqlite' | 'dicomkeep-mariadb';
type SetName = 'ct' | 'small' | 'multi-frame';
type Rate = 'instancesPerSecond' | 'filedPerSecond';

const sets: readonly SetName[] = ['ct', 'small', 'multi-frame'];

/** What the project promises about speed, held against what was measured, for each of our two catalogues. */
export function goalsOf(summary: Summary): Goal[] {
  return [
    ...(['dicomkeep-sqlite', 'dicomkeep-mariadb'] as const).flatMap((ours) => [
      ...ingestGoals(summary, ours),
      ...retrieveGoals(summary, ours),
      findGoal(summary, ours),
      memoryGoal(summary, ours),
    ]),
    ...filedGoals(summary),
    studiesGoal(summary),
  ];
}

function ingestGoals(summary: Summary, ours: Ours): Goal[] {
  const rate = (server: IngestSummary['server'], set: SetName, associations: number): number | undefined =>
    rateOf(summary, server, set, associations, 'instancesPerSecond');
  const ofRaw = { one: { ct: 0.6, small: 0.6, 'multi-frame': 0.7 }, four: 0.5 };
  const ofOrthanc = { ct: 4, small: 5, 'multi-frame': 3 };
  return sets.flatMap((set) => [
    atLeast(
      `${ours}: ${set} ×1, of the raw limit`,
      ofRaw.one[set],
      ratio(rate(ours, set, 1), rate('raw', set, 1)),
    ),
    atLeast(
      `${ours}: ${set} ×4, of the raw limit`,
      ofRaw.four,
      ratio(rate(ours, set, 4), rate('raw', set, 4)),
    ),
    ...[1, 4].map((count) => {
      const theirs = rate('orthanc-sqlite', set, count);
      const words = `${ours}: ${set} ×${count}, of Orthanc on SQLite`;
      const ceiling = ratio(rate('raw', set, count), theirs);
      const one = atLeast(words, ofOrthanc[set], ratio(rate(ours, set, count), theirs));
      return ceiling === undefined ? one : { ...one, ceiling };
    }),
  ]);
}

function filedGoals(summary: Summary): Goal[] {
  const rate = (server: IngestSummary['server'], set: SetName): number | undefined =>
    rateOf(summary, server, set, 1, 'filedPerSecond');
  return sets.map((set) =>
    atLeast(
      `dicomkeep-mariadb: ${set} ×1 filed and indexed, of Orthanc on MariaDB`,
      3,
      ratio(rate('dicomkeep-mariadb', set), rate('orthanc-mariadb', set)),
    ),
  );
}

function retrieveGoals(summary: Summary, ours: Ours): Goal[] {
  return (['C-MOVE', 'C-GET'] as const).flatMap((method) => {
    const of = (server: RetrieveSummary['server']): RetrieveSummary | undefined =>
      summary.retrieve.find((row) => row.server === server && row.method === method);
    const rateRatio = ratio(of(ours)?.instancesPerSecond, of('orthanc-sqlite')?.instancesPerSecond);
    return [
      atLeast(`${ours}: ${method}, of Orthanc on SQLite`, 1.5, rateRatio),
      below(`${ours}: ${method}, first instance, ms`, 30, of(ours)?.firstInstanceMs),
    ];
  });
}

function findGoal(summary: Summary, ours: Ours): Goal {
  const rowOf = (server: RetrieveSummary['server']): FindSummary | undefined =>
    summary.find.find((row) => row.server === server && row.query === allWithCounts);
  const [our, their] = [rowOf(ours), rowOf('orthanc-sqlite')];
  // A wrong answer meets no goal, however quick it was.
  const measured = our?.isRight === false ? Number.POSITIVE_INFINITY : ratio(our?.p50Ms, their?.p50Ms);
  return goal(
    `${ours}: ${allWithCounts}, time of Orthanc on SQLite`,
    '≤ 0.2',
    measured,
    (value) => value <= 0.2,
  );
}

/** The slowest of all lists. */
function studiesGoal({ studies }: Summary): Goal {
  const slowest = studies.map((row) => (row.isRight ? row.p95Ms : Number.POSITIVE_INFINITY));
  const measured = slowest.length === 0 ? undefined : Math.max(...slowest);
  return below('dicomkeep-mariadb: list of studies with 100,000 of them, p95, ms', 50, measured);
}

function memoryGoal(summary: Summary, ours: Ours): Goal {
  const peaks = [...summary.ingest, ...summary.retrieve]
    .filter((row) => row.server === ours)
    .map((row) => row.peakRssBytes / 1e6);
  return below(
    `${ours}: peak RSS on every set, MB`,
    200,
    peaks.length === 0 ? undefined : Math.max(...peaks),
  );
}

function rateOf(
  summary: Summary,
  server: IngestSummary['server'],
  set: SetName,
  associations: number,
  rate: Rate,
): number | undefined {
  return summary.ingest.find(
    (row) => row.server === server && row.set === set && row.associations === associations,
  )?.[rate];
}

/** undefined when one of the two was not measured */
export function ratio(ours: number | undefined, theirs: number | undefined): number | undefined {
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

export function atLeast(words: string, limit: number, measured: number | undefined): Goal {
  return goal(words, `≥ ${limit}`, measured, (value) => value >= limit);
}

export function below(words: string, limit: number, measured: number | undefined): Goal {
  return goal(words, `< ${limit}`, measured, (value) => value < limit);
}

function goal(
  words: string,
  wanted: string,
  measured: number | undefined,
  isMet: (value: number) => boolean,
): Goal {
  if (measured === undefined) return { words, wanted, measured, verdict: 'not measured' };
  return { words, wanted, measured, verdict: isMet(measured) ? 'met' : 'missed' };
}
