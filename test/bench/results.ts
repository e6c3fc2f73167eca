import type { SetShape } from './data-sets.ts';
import type { DisksRow } from './disks/row.ts';
import type { Goal } from './goals.ts';
import type { LoadRow } from './load/row.ts';
import type { Machine } from './machine.ts';
import type { ScaleRow } from './scale/results.ts';
import type { ServerName } from './servers/server.ts';
import type { Summary } from './summary.ts';

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
  /** From the first byte of each request to its response, milliseconds to the microsecond, association by association. */
  latenciesMs: readonly number[];
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
  /** Each repeat on the association. */
  timesMs: readonly number[];
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
  /** Each time, of the list and of `SELECT 1`. */
  timesMs: readonly number[];
  selectOneMs: readonly number[];
  /** Every page was the one that the studies make us expect. */
  isRight: boolean;
}

/** One way of getting a whole examination of many small files; see scenarios/examination.ts. */
export interface ExaminationRow {
  scenario: 'examination';
  /** `raw` for the ways that have no DICOM in them. */
  server: ServerName;
  /** `in flight`: with an asynchronous operations window of eight, which the receiver grants. */
  method: 'C-MOVE' | 'C-GET' | 'C-MOVE in flight' | 'C-GET in flight' | 'tar' | 'one by one';
  /** Whether its files were in the page cache before. */
  cache: 'warm' | 'cold';
  instances: number;
  /** Of data sets; of `tar`, of its stream. */
  bytes: number;
  /** From the request until the last instance was there. */
  seconds: number;
  firstInstanceMs: number;
  /** Of the server and its database; 0 where nobody counted. */
  cpuSeconds: number;
  peakRssBytes: number;
  lost: number;
  status: number;
}

/** One step in the life of a server, or what it is held against; see scenarios/lifecycle.ts. */
export interface LifecycleRow {
  scenario: 'lifecycle';
  server: ServerName;
  step:
    | 'start'
    | 'stop'
    | 'start, filled'
    | 'stop, filled'
    | 'recovery'
    | 'recovery, ready'
    | 'reindex'
    | 'verify'
    | 'sha256sum'
    | 'command';
  /** Whether the files were in the page cache before; nothing where it does not matter. */
  cache: 'warm' | 'cold' | '';
  /** In the catalogue, or worked on. */
  instances: number;
  /** Of the files that were read; 0 where none were. */
  bytes: number;
  seconds: number;
  /** It did what it had to. */
  isRight: boolean;
}

export type Row =
  | IngestRow
  | RetrieveRow
  | FindRow
  | StudiesRow
  | ExaminationRow
  | LifecycleRow
  | DisksRow
  | LoadRow
  | ScaleRow;

/**
 * What `--json` writes: the first two members tell what it is. A member that changes its meaning makes another version; one that is added does not. A number that could not be measured is null.
 */
export interface ResultFile {
  format: 'dicomkeep-benchmark';
  version: 1;
  machine: Machine;
  /** What was measured, with every repeat and every sample, in the order in which it was. */
  rows: readonly Row[];
  /** Medians over the repeats of the older scenarios. */
  summary: Summary;
  goals: readonly Goal[];
}

/** One row to a line, so that two files can be compared. */
export function toJson({ rows, ...others }: ResultFile): string {
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
  const text = JSON.stringify({ ...others, rows: [] }, null, 2);
  return `${text.replace(/\n {2}"rows": \[\]\n\}$/, () => `\n  "rows": [\n${lines}\n  ]\n}`)}\n`;
}
