import { atLeast, below, type Goal, ratio } from '../goals.ts';
import { median, percentile } from '../measure.ts';
import type { Presentation } from '../presentations.ts';
import { rounded } from '../report.ts';
import type { ScaleFillRow, ScaleFindRow, ScaleInsertRow, ScaleRow } from '../scale/results.ts';

export const scalePresentation: Presentation<ScaleRow> = {
  words(row) {
    switch (row.what) {
      case 'find': {
        const p95 = (values: readonly number[]) => percentile(values, 95).toFixed(1);
        return `${row.query} p95 ${p95(row.firstMs)} to ${p95(row.lastMs)} ms${row.isRight ? '' : ', WRONG'}`;
      }
      case 'insert':
        return `${median(row.filledPerSecond).toFixed(0)} instances/s, empty ${median(row.emptyPerSecond).toFixed(0)}`;
      case 'fill':
        return `filled in ${row.filling.seconds.toFixed(0)} s, ${(row.filling.sizeBytes / 1e9).toFixed(2)} GB`;
    }
  },
  isFaultless: (row) => row.what !== 'find' || row.isRight,
  tables: (rows) => [
    findTable(rows.filter(isFind)),
    insertTable(rows.filter(isInsert)),
    fillTable(rows.filter(isFill)),
  ],
  goals: (rows) =>
    (['dicomkeep-sqlite', 'dicomkeep-mariadb'] as const).flatMap((ours) => goalsOf(rows, ours)),
};

const isFind = (row: ScaleRow): row is ScaleFindRow => row.what === 'find';
const isInsert = (row: ScaleRow): row is ScaleInsertRow => row.what === 'insert';
const isFill = (row: ScaleRow): row is ScaleFillRow => row.what === 'fill';

function findTable(rows: readonly ScaleFindRow[]): ReturnType<Presentation<ScaleRow>['tables']>[number] {
  return {
    title: 'C-FIND by the size of the catalogue',
    head: [
      'server',
      'query',
      'studies',
      'answers',
      'first p50 ms',
      'p95 ms',
      'last p50 ms',
      'p95 ms',
      'asked',
      'right',
    ],
    rows: rows
      .toSorted((one, other) => one.server.localeCompare(other.server))
      .map((row) => [
        row.server,
        row.query,
        String(row.studies),
        rounded(row.answers),
        rounded(percentile(row.firstMs, 50)),
        rounded(percentile(row.firstMs, 95)),
        rounded(percentile(row.lastMs, 50)),
        rounded(percentile(row.lastMs, 95)),
        String(row.lastMs.length),
        row.isRight ? 'yes' : 'no',
      ]),
  };
}

function insertTable(rows: readonly ScaleInsertRow[]): ReturnType<typeof findTable> {
  return {
    title: 'Indexing 100 at a time, by what is in the catalogue',
    head: ['server', 'instances', 'instances/s', 'empty', 'of empty'],
    rows: rows.map((row) => [
      row.server,
      String(row.instances),
      rounded(median(row.filledPerSecond)),
      rounded(median(row.emptyPerSecond)),
      rounded(ofEmpty(row)),
    ]),
  };
}

function fillTable(rows: readonly ScaleFillRow[]): ReturnType<typeof findTable> {
  return {
    title: 'The catalogues that were asked',
    head: ['server', 'studies', 'series', 'instances', 'GB', 'filled in s', 'rows/s'],
    rows: rows.map(({ server, studies, series, instances, filling }) => [
      server,
      String(studies),
      String(series),
      String(instances),
      rounded(filling.sizeBytes / 1e9),
      rounded(filling.seconds),
      filling.rows === 0 ? '' : rounded(filling.rows / filling.seconds),
    ]),
  };
}

function goalsOf(all: readonly ScaleRow[], ours: ScaleRow['server']): Goal[] {
  const rows = all.filter(({ server }) => server === ours);
  if (rows.length === 0) return [];
  const largest = Math.max(...rows.map(({ studies }) => studies));
  const finds = rows.filter(isFind);
  const slowest = (goal: ScaleFindRow['goal']): number | undefined => {
    const those = finds.filter((row) => row.goal === goal && row.studies === largest);
    return those.length === 0 ? undefined : Math.max(...those.map((row) => p95First(row)));
  };
  const inserts = rows.filter(isInsert).filter(({ studies }) => studies === largest);
  return [
    below(`${ours}: indexed keys, ${largest} studies, p95 to the first answer, ms`, 20, slowest('indexed')),
    below(
      `${ours}: name with leading wildcard, ${largest} studies, p95 to the first answer, ms`,
      100,
      slowest('wildcard'),
    ),
    below(`${ours}: largest growth of the cost per query, of the smallest catalogue`, 2, growthOf(finds)),
    atLeast(
      `${ours}: indexing at ${largest} studies, of the empty rate`,
      0.8,
      inserts[0] && ofEmpty(inserts[0]),
    ),
  ];
}

/** A wrong answer meets no goal, however quick it was. */
function p95First(row: ScaleFindRow): number {
  return row.isRight ? percentile(row.firstMs, 95) : Number.POSITIVE_INFINITY;
}

/** Medians to the first answer of the indexed keys, largest catalogue by smallest. */
function growthOf(finds: readonly ScaleFindRow[]): number | undefined {
  const sizes = finds.map(({ studies }) => studies);
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  if (finds.length === 0 || smallest === largest) return undefined;
  const growths = finds
    .filter(({ studies, goal }) => studies === largest && goal === 'indexed')
    .map((row) => {
      const small = finds.find(({ studies, query }) => studies === smallest && query === row.query);
      return ratio(median(row.firstMs), small && median(small.firstMs)) ?? Number.NaN;
    });
  return Math.max(...growths);
}

function ofEmpty(row: ScaleInsertRow): number {
  return median(row.filledPerSecond) / median(row.emptyPerSecond);
}
