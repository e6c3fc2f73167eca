import { expect } from 'chai';
import { goalsOf } from './goals.ts';
import { allWithCounts } from './queries.ts';
import type { FindRow, IngestRow, RetrieveRow, Row, StudiesRow } from './results.ts';
import { summarize } from './summary.ts';

function ingestRow(
  server: IngestRow['server'],
  acknowledgedSeconds: number,
  more: Partial<IngestRow> = {},
): IngestRow {
  return {
    scenario: 'ingest',
    server,
    set: 'ct',
    associations: 1,
    instances: 1000,
    dataSetBytes: 5e8,
    acknowledgedSeconds,
    filedSeconds: acknowledgedSeconds,
    cpuSeconds: 1,
    peakRssBytes: 150e6,
    latencyP50Ms: 1,
    latencyP99Ms: 2,
    latenciesMs: [],
    failures: {},
    lost: 0,
    ...more,
  };
}

function retrieveRow(server: RetrieveRow['server'], seconds: number, firstInstanceMs: number): RetrieveRow {
  const counts = { instances: 1000, dataSetBytes: 5e8, status: 0, lost: 0, cpuSeconds: 1, peakRssBytes: 1e6 };
  return { scenario: 'retrieve', server, method: 'C-MOVE', seconds, firstInstanceMs, ...counts };
}

function findRow(server: FindRow['server'], p50Ms: number, isRight: boolean): FindRow {
  return {
    scenario: 'find',
    server,
    query: allWithCounts,
    p50Ms,
    p99Ms: p50Ms,
    timesMs: [],
    answers: 1,
    isRight,
    status: 0,
  };
}

function studiesRow(list: string, p95Ms: number, isRight = true): StudiesRow {
  const times = { p50Ms: 1, p95Ms, selectOneP50Ms: 1, selectOneP95Ms: 1, timesMs: [], selectOneMs: [] };
  return { scenario: 'studies', server: 'dicomkeep-mariadb', list, studies: 100_000, ...times, isRight };
}

function verdictOf(rows: Row[], words: string): string | undefined {
  return goalsOf(summarize(rows)).find((goal) => goal.words === words)?.verdict;
}

describe('Goals of the benchmark', () => {
  it('are met at the limit and missed below it', () => {
    const rows = [ingestRow('raw', 6), ingestRow('orthanc-sqlite', 39)];
    const words = 'dicomkeep-sqlite: ct ×1, of the raw limit';

    expect(verdictOf([...rows, ingestRow('dicomkeep-sqlite', 10)], words)).to.equal('met');
    expect(verdictOf([...rows, ingestRow('dicomkeep-sqlite', 10.1)], words)).to.equal('missed');
    const ofOrthanc = 'dicomkeep-sqlite: ct ×1, of Orthanc on SQLite';
    expect(verdictOf([...rows, ingestRow('dicomkeep-sqlite', 10)], ofOrthanc)).to.equal('missed');
  });

  it('go by the median of the repeats, and by the worst of their memory', () => {
    const ours = [1, 2, 30].map((seconds) => ingestRow('dicomkeep-sqlite', seconds));
    const rows = [ingestRow('raw', 1.2), ...ours, ingestRow('dicomkeep-sqlite', 2, { peakRssBytes: 201e6 })];

    expect(verdictOf(rows, 'dicomkeep-sqlite: ct ×1, of the raw limit')).to.equal('met');
    expect(verdictOf(rows, 'dicomkeep-sqlite: peak RSS on every set, MB')).to.equal('missed');
  });

  it('take the rate until all is filed for the comparison with Orthanc on MariaDB', () => {
    const theirs = ingestRow('orthanc-mariadb', 30);
    const ours = ingestRow('dicomkeep-mariadb', 1, { filedSeconds: 11 });

    const verdict = verdictOf(
      [theirs, ours],
      'dicomkeep-mariadb: ct ×1 filed and indexed, of Orthanc on MariaDB',
    );

    expect(verdict).to.equal('missed');
  });

  it('are not met by a wrong answer, nor judged where one side was not measured', () => {
    const words = `dicomkeep-sqlite: ${allWithCounts}, time of Orthanc on SQLite`;

    expect(
      verdictOf([findRow('orthanc-sqlite', 100, true), findRow('dicomkeep-sqlite', 20, true)], words),
    ).to.equal('met');
    expect(
      verdictOf([findRow('orthanc-sqlite', 100, true), findRow('dicomkeep-sqlite', 1, false)], words),
    ).to.equal('missed');
    expect(verdictOf([findRow('dicomkeep-sqlite', 1, true)], words)).to.equal('not measured');
  });

  it('hold the first instance of a C-MOVE below 30 ms and its rate above 1.5 of Orthanc', () => {
    const rows = [retrieveRow('orthanc-sqlite', 3, 14), retrieveRow('dicomkeep-sqlite', 2, 30)];

    expect(verdictOf(rows, 'dicomkeep-sqlite: C-MOVE, of Orthanc on SQLite')).to.equal('met');
    expect(verdictOf(rows, 'dicomkeep-sqlite: C-MOVE, first instance, ms')).to.equal('missed');
  });

  it('judge the list of studies by its slowest case, and meet nothing with a wrong one', () => {
    const words = 'dicomkeep-mariadb: list of studies with 100,000 of them, p95, ms';

    expect(verdictOf([studiesRow('newest', 3), studiesRow('year', 49.9)], words)).to.equal('met');
    expect(verdictOf([studiesRow('newest', 3), studiesRow('year', 50)], words)).to.equal('missed');
    expect(verdictOf([studiesRow('newest', 3, false)], words)).to.equal('missed');
    expect(verdictOf([], words)).to.equal('not measured');
  });
});
