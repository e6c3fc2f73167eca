import { below, type Goal } from '../goals.ts';
import type { Presentation } from '../presentations.ts';
import { rounded, type Table } from '../report.ts';
import type { LoadRow } from './row.ts';
import { sumOf } from './span.ts';

export const loadPresentation: Presentation<LoadRow> = {
  words(row) {
    const rate = `${rounded(row.instances / row.seconds)}/s, ${rounded(row.dataSetBytes / 1e6 / row.seconds)} MB/s`;
    const query = `query p95 ${rounded(row.queryP95Ms)} ms`;
    const memory = `RSS ${rounded(row.peakRssBytes / 1e6)} MB`;
    const backlog = `backlog at most ${rounded(backlogMaxOf(row))}`;
    const trouble = [row.refusals, row.failures, row.wrong].filter((counts) => sumOf(counts) > 0);
    const loss = row.lost === 0 ? [] : [`LOST ${row.lost}`];
    return [rate, query, memory, backlog, ...loss, ...trouble.map((counts) => JSON.stringify(counts))].join(
      ', ',
    );
  },
  isFaultless: (row) =>
    row.lost === 0 &&
    Number.isFinite(row.filedAfterSeconds) &&
    [row.refusals, row.failures, row.wrong].every((counts) => sumOf(counts) === 0),
  tables: (rows) => [loadTable(rows), sizeTable(rows)],
  goals: (rows) =>
    rows.filter(({ server }) => server.startsWith('dicomkeep')).flatMap((row) => goalsOfRow(row)),
};

function goalsOfRow(row: LoadRow): Goal[] {
  const words = (what: string): string =>
    `${row.server}: ${row.modalities} modalities, ${row.variant}, ${what}`;
  const anyMode = [
    below(words('associations refused or broken'), 1, sumOf(row.refusals)),
    below(words('peak RSS, MB'), 400, row.peakRssBytes / 1e6),
  ];
  return row.variant === 'busy' ? [...anyMode, below(words('query p95, ms'), 100, row.queryP95Ms)] : anyMode;
}

function loadTable(rows: readonly LoadRow[]): Table {
  return {
    title: 'Load: 16 modalities, four queries a second, a C-MOVE of 100 instances every five seconds',
    head: [
      'load',
      'server',
      'minutes',
      'instances/s',
      'MB/s',
      'associations',
      'refused',
      'failed or wrong',
      'query p50 ms',
      'p95 ms',
      'C-MOVE p95 s',
      'peak RSS MB',
      'CPU s/GB',
      'CPU of server',
      'of clients',
      'backlog max',
      'at end',
      'oldest s',
      'filed after s',
      'lost',
    ],
    rows: rows.map((row) => [
      row.variant,
      row.server,
      rounded(row.seconds / 60),
      rounded(row.instances / row.seconds),
      rounded(row.dataSetBytes / 1e6 / row.seconds),
      String(row.associations),
      String(sumOf(row.refusals)),
      String(sumOf(row.failures) + sumOf(row.wrong)),
      rounded(row.queryP50Ms),
      rounded(row.queryP95Ms),
      rounded(row.moveP95Seconds),
      rounded(row.peakRssBytes / 1e6),
      rounded(row.cpuSeconds / (row.dataSetBytes / 1e9)),
      share(row.cpuSeconds, row),
      share(row.clientCpuSeconds, row),
      rounded(backlogMaxOf(row)),
      rounded(row.backlog.at(-1)?.instances ?? Number.NaN),
      rounded(Math.max(...row.backlog.map(({ oldestMs }) => oldestMs / 1000))),
      rounded(row.filedAfterSeconds),
      String(row.lost),
    ]),
  };
}

/** Of all cores of the machine, over the whole run. */
function share(cpuSeconds: number, { seconds, cores }: LoadRow): string {
  return `${((100 * cpuSeconds) / (seconds * cores)).toFixed(0)} %`;
}

function backlogMaxOf(row: LoadRow): number {
  return Math.max(...row.backlog.map(({ instances }) => instances));
}

function sizeTable(rows: readonly LoadRow[]): Table {
  return {
    title: 'Load: C-STORE by size of the instances',
    head: [
      'load',
      'server',
      'size',
      'modalities',
      'instances/s',
      'p50 ms',
      'p99 ms',
      'behind at most s',
      'at end s',
    ],
    rows: rows.flatMap((row) =>
      row.sizes.map((size) => [
        row.variant,
        row.server,
        size.label,
        String(size.modalities),
        rounded(size.instances / row.seconds),
        rounded(size.p50Ms),
        rounded(size.p99Ms),
        rounded(size.behindMsMax / 1000),
        rounded(size.behindMs / 1000),
      ]),
    ),
  };
}
