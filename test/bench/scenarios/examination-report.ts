import { atLeast, below, type Goal, ratio } from '../goals.ts';
import { median } from '../measure.ts';
import type { Presentation } from '../presentations.ts';
import { rounded } from '../report.ts';
import type { ExaminationRow } from '../results.ts';
import { grouped } from '../summary.ts';

interface ExaminationSummary {
  server: ExaminationRow['server'];
  method: ExaminationRow['method'];
  cache: ExaminationRow['cache'];
  instancesPerSecond: number;
  megabytesPerSecond: number;
  firstInstanceMs: number;
  lastInstanceSeconds: number;
  cpuSecondsPerGigabyte: number;
  peakRssBytes: number;
  lost: number;
}

export const examinationPresentation: Presentation<ExaminationRow> = {
  words(row) {
    const loss = row.lost === 0 ? '' : `, LOST ${row.lost}`;
    const rate = (row.instances / row.seconds).toFixed(0);
    return `${row.cache} ${row.method} ${rate}/s, first ${row.firstInstanceMs.toFixed(1)} ms${loss}`;
  },
  isFaultless: (row) => row.lost === 0 && row.status === 0,
  tables(rows) {
    const summaries = summariesOf(rows);
    return [
      {
        title: 'Retrieve of one CT examination of small files: medians',
        head: [
          'page cache',
          'method',
          'server',
          'instances/s',
          'MB/s',
          'of tar',
          'first instance ms',
          'last s',
          'CPU s/GB',
          'peak RSS MB',
          'lost',
        ],
        rows: summaries.map((row) => [
          row.cache,
          row.method,
          row.server,
          rounded(row.instancesPerSecond),
          rounded(row.megabytesPerSecond),
          rounded(ofTar(summaries, row) ?? Number.NaN),
          rounded(row.firstInstanceMs),
          rounded(row.lastInstanceSeconds),
          row.server === 'raw' ? '' : rounded(row.cpuSecondsPerGigabyte),
          row.server === 'raw' ? '' : rounded(row.peakRssBytes / 1e6),
          String(row.lost),
        ]),
      },
    ];
  },
  goals: (rows) => goalsOf(summariesOf(rows)),
};

function summariesOf(rows: readonly ExaminationRow[]): ExaminationSummary[] {
  return grouped(rows, (row) => `${row.cache} ${row.method} ${row.server}`).map((group) => {
    const [{ server, method, cache }] = group;
    const medianOf = (value: (row: ExaminationRow) => number): number => median(group.map(value));
    return {
      server,
      method,
      cache,
      instancesPerSecond: medianOf((row) => row.instances / row.seconds),
      megabytesPerSecond: medianOf((row) => row.bytes / 1e6 / row.seconds),
      firstInstanceMs: medianOf((row) => row.firstInstanceMs),
      lastInstanceSeconds: medianOf((row) => row.seconds),
      cpuSecondsPerGigabyte: medianOf((row) => row.cpuSeconds / (row.bytes / 1e9)),
      peakRssBytes: Math.max(...group.map((row) => row.peakRssBytes)),
      lost: group.reduce((sum, row) => sum + Math.abs(row.lost), 0),
    };
  });
}

/** Rate beside that of `tar` with the page cache in the same state. */
function ofTar(summaries: readonly ExaminationSummary[], row: ExaminationSummary): number | undefined {
  const tar = summaries.find(({ method, cache }) => method === 'tar' && cache === row.cache);
  return ratio(row.instancesPerSecond, tar?.instancesPerSecond);
}

function goalsOf(summaries: readonly ExaminationSummary[]): Goal[] {
  return (['dicomkeep-sqlite', 'dicomkeep-mariadb'] as const).flatMap((ours) =>
    (['C-MOVE', 'C-GET', 'C-MOVE in flight', 'C-GET in flight'] as const).flatMap((method) => {
      const of = (cache: ExaminationRow['cache']): ExaminationSummary | undefined =>
        summaries.find((row) => row.server === ours && row.method === method && row.cache === cache);
      const [warm, cold] = [of('warm'), of('cold')];
      // What has lost an instance meets no goal, however quick it was.
      const isWhole = warm === undefined || warm.lost === 0;
      const share = warm === undefined ? undefined : ofTar(summaries, warm);
      const words = `${ours}: examination by ${method}`;
      return [
        atLeast(`${words}, warm, of tar`, 0.7, isWhole ? share : 0),
        below(`${words}, warm, first instance, ms`, 100, warm?.firstInstanceMs),
        below(`${words}, cold, first instance, ms`, 100, cold?.firstInstanceMs),
      ];
    }),
  );
}
