import type { Presentation } from './presentations.ts';
import { rounded } from './report.ts';
import type { FindRow, IngestRow, RetrieveRow, StudiesRow } from './results.ts';
import { findSummaries, ingestSummaries, retrieveSummaries } from './summary.ts';

/** Words of what is wrong with a row, or nothing. */
function lossOf(lost: number): string {
  return lost === 0 ? '' : `, LOST ${lost}`;
}

function wrongOr(isRight: boolean): string {
  return isRight ? 'right' : 'WRONG';
}

export const ingestPresentation: Presentation<IngestRow> = {
  words(row) {
    const failures = Object.keys(row.failures).length === 0 ? '' : ` ${JSON.stringify(row.failures)}`;
    return `${(row.instances / row.acknowledgedSeconds).toFixed(1)}/s${lossOf(row.lost)}${failures}`;
  },
  isFaultless: (row) =>
    row.lost === 0 && Object.keys(row.failures).length === 0 && Number.isFinite(row.filedSeconds),
  tables: (rows) => [
    {
      title: 'C-STORE: medians; every server starts with an empty archive',
      head: [
        'set',
        'associations',
        'server',
        'acknowledged/s',
        'MB/s',
        'filed and indexed/s',
        'CPU s/GB',
        'peak RSS MB',
        'response p50 ms',
        'p99 ms',
        'lost',
      ],
      rows: ingestSummaries(rows).map((row) => [
        row.set,
        String(row.associations),
        row.server,
        rounded(row.instancesPerSecond),
        rounded(row.megabytesPerSecond),
        row.server === 'raw' ? '' : rounded(row.filedPerSecond),
        rounded(row.cpuSecondsPerGigabyte),
        rounded(row.peakRssBytes / 1e6),
        rounded(row.latencyP50Ms),
        rounded(row.latencyP99Ms),
        String(row.lost),
      ]),
    },
  ],
};

export const retrievePresentation: Presentation<RetrieveRow> = {
  words: (row) =>
    `${row.method} ${(row.instances / row.seconds).toFixed(0)}/s, first ${row.firstInstanceMs.toFixed(1)} ms${lossOf(row.lost)}`,
  isFaultless: (row) => row.lost === 0 && row.status === 0,
  tables: (rows) => [
    {
      title: 'Retrieve of the CT study: medians; its files are in the page cache',
      head: [
        'method',
        'server',
        'instances/s',
        'MB/s',
        'first instance ms',
        'CPU s/GB',
        'peak RSS MB',
        'lost',
      ],
      rows: retrieveSummaries(rows).map((row) => [
        row.method,
        row.server,
        rounded(row.instancesPerSecond),
        rounded(row.megabytesPerSecond),
        rounded(row.firstInstanceMs),
        rounded(row.cpuSecondsPerGigabyte),
        rounded(row.peakRssBytes / 1e6),
        String(row.lost),
      ]),
    },
  ],
};

export const findPresentation: Presentation<FindRow> = {
  words: (row) => `${row.query} ${row.p50Ms.toFixed(1)} ms, ${wrongOr(row.isRight)}`,
  isFaultless: (row) => row.isRight,
  tables: (rows) => [
    {
      title: 'C-FIND at STUDY level',
      head: ['query', 'server', 'p50 ms', 'p99 ms', 'answers', 'right'],
      rows: findSummaries(rows).map((row) => [
        row.query,
        row.server,
        rounded(row.p50Ms),
        rounded(row.p99Ms),
        String(row.answers),
        row.isRight ? 'yes' : 'no',
      ]),
    },
  ],
};

export const studiesPresentation: Presentation<StudiesRow> = {
  words: (row) => `${row.list} p95 ${row.p95Ms.toFixed(1)} ms, ${wrongOr(row.isRight)}`,
  isFaultless: (row) => row.isRight,
  tables: (rows) => [
    {
      title: `List of studies on the admin page: MariaDB, ${rows[0]?.studies ?? 0} studies, pages of 50`,
      head: ['list', 'p50 ms', 'p95 ms', 'SELECT 1 p50 ms', 'p95 ms', 'right'],
      rows: rows.map((row) => [
        row.list,
        rounded(row.p50Ms),
        rounded(row.p95Ms),
        rounded(row.selectOneP50Ms),
        rounded(row.selectOneP95Ms),
        row.isRight ? 'yes' : 'no',
      ]),
    },
  ],
};
