import type { SetShape } from './data-sets.ts';
import type { ServerName } from './servers/server.ts';

/** One run of storing a set. */
export interface IngestRow {
  scenario: 'ingest';
  server: ServerName;
  set: SetShape['name'];
  associations: number;
  instances: number;
  dataSetBytes: number;
  /** From the first request to the last response. */
  acknowledgedSeconds: number;
  /** From the first request until all is filed and indexed; NaN when it never was. */
  filedSeconds: number;
  /** User and system time of the server and its database, until all was filed. */
  cpuSeconds: number;
  /** Of the server without its database. */
  peakRssBytes: number;
  latencyP50Ms: number;
  latencyP99Ms: number;
  /** Responses with another status than 0000, by status. */
  failures: { [status: string]: number };
  /** Sent, and not there afterwards by the server's own account. */
  lost: number;
}

/** One C-MOVE or C-GET of a study. */
export interface RetrieveRow {
  scenario: 'retrieve';
  server: ServerName;
  method: 'C-MOVE' | 'C-GET';
  instances: number;
  dataSetBytes: number;
  /** From the request to the final response. */
  seconds: number;
  /** From the request until the data set of the first instance was there. */
  firstInstanceMs: number;
  status: number;
  lost: number;
  cpuSeconds: number;
  peakRssBytes: number;
}

/** One query, repeated on one association. */
export interface FindRow {
  scenario: 'find';
  server: ServerName;
  query: string;
  p50Ms: number;
  p99Ms: number;
  answers: number;
  /** The answers are those that the set makes us expect. */
  isRight: boolean;
  status: number;
}

/** One way of asking for the list of studies, many times; see scenarios/studies.ts. */
export interface StudiesRow {
  scenario: 'studies';
  server: 'dicomkeep-mariadb';
  list: string;
  /** In the catalogue. */
  studies: number;
  p50Ms: number;
  p95Ms: number;
  /** `SELECT 1` through the same pool, in turns with the list. */
  selectOneP50Ms: number;
  selectOneP95Ms: number;
  /** Every page was the one that the studies make us expect. */
  isRight: boolean;
}

export type Row = IngestRow | RetrieveRow | FindRow | StudiesRow;
