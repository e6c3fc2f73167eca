import type { SetShape } from './data-sets.ts';
import { median } from './measure.ts';
import type { FindRow, IngestRow, RetrieveRow, Row, StudiesRow } from './results.ts';
import type { ServerName } from './servers/server.ts';

/** Medians over the repeats of one measurement. */
export interface IngestSummary {
  server: ServerName;
  set: SetShape['name'];
  associations: number;
  repeats: number;
  /** Until the last response. */
  instancesPerSecond: number;
  /** 10^6 bytes of data set per second, until the last response. */
  megabytesPerSecond: number;
  /** Until all is filed and indexed. */
  filedPerSecond: number;
  /** Processor seconds per 10^9 bytes of data set. */
  cpuSecondsPerGigabyte: number;
  /** The highest of all repeats. */
  peakRssBytes: number;
  latencyP50Ms: number;
  latencyP99Ms: number;
  /** Over all repeats: refused, or acknowledged and not there afterwards. */
  lost: number;
}

export interface RetrieveSummary {
  server: ServerName;
  method: RetrieveRow['method'];
  repeats: number;
  instancesPerSecond: number;
  megabytesPerSecond: number;
  firstInstanceMs: number;
  cpuSecondsPerGigabyte: number;
  peakRssBytes: number;
  lost: number;
}

export type FindSummary = Pick<FindRow, 'server' | 'query' | 'p50Ms' | 'p99Ms' | 'answers' | 'isRight'>;

export interface Summary {
  ingest: IngestSummary[];
  retrieve: RetrieveSummary[];
  find: FindSummary[];
  studies: StudiesRow[];
}

export function summarize(rows: readonly Row[]): Summary {
  return {
    ingest: ingestSummaries(rows.filter((row) => row.scenario === 'ingest')),
    retrieve: retrieveSummaries(rows.filter((row) => row.scenario === 'retrieve')),
    find: findSummaries(rows.filter((row) => row.scenario === 'find')),
    studies: rows.filter((row) => row.scenario === 'studies'),
  };
}

export function ingestSummaries(rows: readonly IngestRow[]): IngestSummary[] {
  return grouped(rows, (row) => `${row.set} ${row.associations} ${row.server}`).map(summarizeIngest);
}

export function retrieveSummaries(rows: readonly RetrieveRow[]): RetrieveSummary[] {
  return grouped(rows, (row) => `${row.method} ${row.server}`).map(summarizeRetrieve);
}

export function findSummaries(rows: readonly FindRow[]): FindSummary[] {
  return grouped(rows, (row) => `${row.query} ${row.server}`).map(summarizeFind);
}

/** Rows with the same key together, in the order in which the keys came. */
export function grouped<T>(rows: readonly T[], keyOf: (row: T) => string): [T, ...T[]][] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

function summarizeIngest(rows: [IngestRow, ...IngestRow[]]): IngestSummary {
  const { server, set, associations } = rows[0];
  const medianOf = (value: (row: IngestRow) => number): number => median(rows.map(value));
  return {
    server,
    set,
    associations,
    repeats: rows.length,
    instancesPerSecond: medianOf((row) => row.instances / row.acknowledgedSeconds),
    megabytesPerSecond: medianOf((row) => row.dataSetBytes / 1e6 / row.acknowledgedSeconds),
    filedPerSecond: medianOf((row) => row.instances / row.filedSeconds),
    cpuSecondsPerGigabyte: medianOf((row) => row.cpuSeconds / (row.dataSetBytes / 1e9)),
    peakRssBytes: Math.max(...rows.map((row) => row.peakRssBytes)),
    latencyP50Ms: medianOf((row) => row.latencyP50Ms),
    latencyP99Ms: medianOf((row) => row.latencyP99Ms),
    lost: rows.reduce((sum, row) => sum + Math.abs(row.lost), 0),
  };
}

function summarizeRetrieve(rows: [RetrieveRow, ...RetrieveRow[]]): RetrieveSummary {
  const medianOf = (value: (row: RetrieveRow) => number): number => median(rows.map(value));
  return {
    server: rows[0].server,
    method: rows[0].method,
    repeats: rows.length,
    instancesPerSecond: medianOf((row) => row.instances / row.seconds),
    megabytesPerSecond: medianOf((row) => row.dataSetBytes / 1e6 / row.seconds),
    firstInstanceMs: medianOf((row) => row.firstInstanceMs),
    cpuSecondsPerGigabyte: medianOf((row) => row.cpuSeconds / (row.dataSetBytes / 1e9)),
    peakRssBytes: Math.max(...rows.map((row) => row.peakRssBytes)),
    lost: rows.reduce((sum, row) => sum + Math.abs(row.lost), 0),
  };
}

function summarizeFind(rows: [FindRow, ...FindRow[]]): FindSummary {
  return {
    server: rows[0].server,
    query: rows[0].query,
    p50Ms: median(rows.map((row) => row.p50Ms)),
    p99Ms: median(rows.map((row) => row.p99Ms)),
    answers: rows[0].answers,
    isRight: rows.every((row) => row.isRight),
  };
}
