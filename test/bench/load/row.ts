import type { ServerName } from '../servers/server.ts';
import type { Variant } from './mix.ts';
import type { Counts } from './span.ts';

/** What the senders of instances of one size met with. */
export interface SizeResult {
  label: string;
  modalities: number;
  instances: number;
  /** Of the C-STORE, milliseconds. */
  p50Ms: number;
  p99Ms: number;
  /** How late an instance was sent at most, and how late the last ones were: a queue that grows tells that the server does not keep up. */
  behindMsMax: number;
  behindMs: number;
}

/** Instances that are acknowledged and not yet filed, after so many seconds; `oldestMs` is how long the oldest of them has waited. */
export interface BacklogSample {
  seconds: number;
  instances: number;
  oldestMs: number;
}

/** Many modalities at once with queries and retrieves; see scenarios/load.ts. */
export interface LoadRow {
  scenario: 'load';
  server: ServerName;
  variant: Variant;
  modalities: number;
  /** Until the last sender was done. */
  seconds: number;
  /** Acknowledged. */
  instances: number;
  dataSetBytes: number;
  associations: number;
  /** Associations of all clients that did not come about or broke, by what was heard. */
  refusals: Counts;
  /** C-STORE responses with another status than 0000. */
  failures: Counts;
  sizes: SizeResult[];
  queries: number;
  queryP50Ms: number;
  queryP95Ms: number;
  queryMaxMs: number;
  /** By name of the query. */
  queryP95MsOf: { [name: string]: number };
  associateP95Ms: number;
  moves: number;
  moveP95Seconds: number;
  /** Queries and retrieves that were not answered as they have to be. */
  wrong: Counts;
  /** Of the server without its database. */
  peakRssBytes: number;
  /** Of the server and its database, of the senders and the other clients, and how many cores they shared. */
  cpuSeconds: number;
  clientCpuSeconds: number;
  cores: number;
  /** Empty where it cannot be seen from outside. */
  backlog: BacklogSample[];
  /** From the last response until all was filed and indexed. */
  filedAfterSeconds: number;
  /** Acknowledged and not there afterwards, by the server's own account. */
  lost: number;
}
