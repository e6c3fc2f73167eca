import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { JobRepository } from '../catalog/job-repository.ts';
import { within } from '../lib/within.ts';
import type { Activity } from '../services/activity.ts';
import type {
  AssociationTally,
  Observer,
  Party,
  RejectReason,
  RetrievedObservation,
  StoredObservation,
} from '../services/observer.ts';
import type { StatusReport, StatusService } from '../services/status.ts';

export interface MetricsOptions {
  status: Pick<StatusService, 'current'>;
  activity: Pick<Activity, 'waitingEvents' | 'eventCounts' | 'openAssociations'>;
  jobs: Pick<JobRepository, 'unfinished'>;
}

/** How long the catalogue may take to count jobs, milliseconds: who reads metrics does not wait for long. */
const JOBS_TIMEOUT_MS = 1000;

/** Values of one label: each is a series that the reader keeps for good, and what makes them may be a caller's whim. */
const LABEL_VALUES_MAX = 100;
const OTHER = 'other';

/** Seconds. */
const SYNC_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const CATALOG_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2];
const QUERY_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What a monitoring system reads: counted as it happens, and looked up when it asks. Names and units as Prometheus recommends. */
export class Metrics implements Observer {
  readonly #options: MetricsOptions;
  readonly #registry = new Registry();
  readonly #stored: Labelled<{ instances: Child; bytes: Child }>;
  readonly #syncSeconds: Histogram;
  readonly #rejected: Labelled<Child>;
  readonly #dropped: Counter;
  readonly #accepted: Counter;
  readonly #refused: Labelled<Child>;
  readonly #queries: Labelled<Child>;
  readonly #querySeconds: Histogram;
  readonly #subOperations: Labelled<Child>;
  readonly #catalogSeconds: Histogram;
  readonly #loginFailures: Counter;
  readonly #events: Counter<'kind'>;
  readonly #eventsDropped: Counter;
  readonly #gauges: Readonly<Record<keyof typeof GAUGES, Gauge>>;

  constructor(options: MetricsOptions) {
    this.#options = options;
    collectDefaultMetrics({ register: this.#registry });
    const instances = this.#counter('instances_stored_total', 'Instances stored and acknowledged', [
      'modality',
    ]);
    const bytes = this.#counter('bytes_stored_total', 'Bytes of data sets stored and acknowledged', [
      'modality',
    ]);
    this.#stored = new Labelled((modality) => ({
      instances: instances.labels(modality),
      bytes: bytes.labels(modality),
    }));
    this.#syncSeconds = this.#histogram(
      'store_sync_seconds',
      'From the last byte of a data set to its being durable',
      SYNC_BUCKETS,
    );
    this.#accepted = this.#counter('associations_accepted_total', 'Associations accepted', []);
    const rejected = this.#counter('associations_rejected_total', 'Associations rejected', ['reason']);
    this.#rejected = new Labelled((reason) => rejected.labels(reason));
    this.#dropped = this.#counter(
      'connections_dropped_total',
      'Connections closed because too many are open',
      [],
    );
    const refused = this.#counter('instances_refused_total', 'Instances refused, by C-STORE status', [
      'status',
    ]);
    this.#refused = new Labelled((status) => refused.labels(status));
    const queries = this.#counter('queries_total', 'C-FIND, C-MOVE and C-GET requests', ['result']);
    this.#queries = new Labelled((result) => queries.labels(result));
    this.#querySeconds = this.#histogram(
      'query_seconds',
      'From a C-FIND request to its last response',
      QUERY_BUCKETS,
    );
    const subOperations = this.#counter('retrieve_suboperations_total', 'Instances sent for retrieves', [
      'result',
    ]);
    this.#subOperations = new Labelled((result) => subOperations.labels(result));
    this.#catalogSeconds = this.#histogram(
      'catalog_ping_seconds',
      'Answers of the catalogue to a ping, one for each time these metrics are read',
      CATALOG_BUCKETS,
    );
    this.#loginFailures = this.#counter('login_failures_total', 'Attempts to sign in that failed', []);
    this.#events = this.#counter('events_total', 'Events, by kind', ['kind']);
    this.#eventsDropped = this.#counter('events_dropped_total', 'Events lost because too many waited', []);
    this.#gauges = this.#makeGauges();
  }

  /** Of the text that `text` gives. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in Prometheus' text format. */
  async text(): Promise<string> {
    const report = await this.#options.status.current();
    this.#lookUp(report);
    const jobs = report.catalog.isReachable ? await this.#countJobs() : undefined;
    this.#gauges.jobs_waiting.set(jobs?.waiting ?? Number.NaN);
    this.#gauges.jobs_running.set(jobs?.running ?? Number.NaN);
    return this.#registry.metrics();
  }

  async #countJobs(): Promise<{ waiting: number; running: number } | undefined> {
    const late = () => new Error('late');
    return await within(JOBS_TIMEOUT_MS, late, () => this.#options.jobs.unfinished()).catch(() => undefined);
  }

  associationRejected(_party: Party, reason: RejectReason): void {
    this.#rejected.of(reason).inc();
  }

  associationOpened(): void {
    this.#accepted.inc();
  }

  associationEnded(): void {}

  instanceStored(_tally: AssociationTally, { modality, sizeBytes, syncMs }: StoredObservation): void {
    const { instances, bytes } = this.#stored.of(modality);
    instances.inc();
    bytes.inc(sizeBytes);
    this.#syncSeconds.observe(syncMs / 1000);
  }

  instanceRefused(_tally: AssociationTally, status: string): void {
    this.#refused.of(/\b[0-9A-F]{4}H\b/.exec(status)?.[0] ?? OTHER).inc();
  }

  queryReceived(): void {}

  queryAnswered(_tally: AssociationTally, _matches: number, tookMs: number): void {
    this.#queries.of('answered').inc();
    this.#querySeconds.observe(tookMs / 1000);
  }

  queryRefused(): void {
    this.#queries.of('refused').inc();
  }

  retrieveAnswered(_tally: AssociationTally, retrieved: RetrievedObservation): void {
    for (const result of ['completed', 'failed', 'warning'] as const)
      this.#subOperations.of(result).inc(retrieved[result]);
  }

  instancesTransferred(): void {}

  connectionDropped(): void {
    this.#dropped.inc();
  }

  /** What others count or know already. */
  #lookUp({ catalog, volume, waiting }: StatusReport): void {
    const { activity } = this.#options;
    const { waitingEvents, eventCounts } = activity;
    if (catalog.latencyMs !== null) this.#catalogSeconds.observe(catalog.latencyMs / 1000);
    this.#events.reset();
    for (const [kind, count] of eventCounts) this.#events.labels(kind).inc(count);
    setTotal(this.#loginFailures, eventCounts.get('login-failed') ?? 0);
    setTotal(this.#eventsDropped, waitingEvents.dropped);
    const gauges = this.#gauges;
    gauges.associations_open.set(activity.openAssociations().length);
    gauges.instances_waiting.set(waiting.instances);
    gauges.bytes_waiting.set(waiting.bytes);
    gauges.events_waiting.set(waitingEvents.waiting);
    gauges.catalog_up.set(catalog.isReachable ? 1 : 0);
    gauges.volume_up.set(volume.state === 'online' ? 1 : 0);
    // A value that is not known is no number, rather than the last one.
    gauges.volume_free_bytes.set(volume.freeBytes ?? Number.NaN);
    gauges.volume_total_bytes.set(volume.totalBytes ?? Number.NaN);
    gauges.volume_reserve_bytes.set(volume.reserveBytes);
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name: `dicomkeep_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name: `dicomkeep_${name}`, help, buckets, registers: [this.#registry] });
  }

  #makeGauges(): Readonly<Record<keyof typeof GAUGES, Gauge>> {
    const gauges = Object.entries(GAUGES).map(([name, help]) => [
      name,
      new Gauge({ name: `dicomkeep_${name}`, help, registers: [this.#registry] }),
    ]);
    return Object.fromEntries(gauges);
  }
}

const GAUGES = {
  associations_open: 'Associations that are open',
  instances_waiting: 'Instances that are stored and not yet in the catalogue',
  bytes_waiting: 'Bytes of instances that are stored and not yet in the catalogue',
  events_waiting: 'Events that are not yet in the catalogue',
  jobs_waiting: 'Jobs that wait for their turn or for another attempt',
  jobs_running: 'Jobs that are being done',
  catalog_up: 'Whether the catalogue answers',
  volume_up: 'Whether the volume is mounted',
  volume_free_bytes: 'Free bytes of the file system of the volume',
  volume_total_bytes: 'Bytes of the file system of the volume',
  volume_reserve_bytes: 'Free bytes that are never used for instances',
};

interface Child {
  inc(by?: number): void;
}

/** The children of one label, found without hashing its name each time; a bounded number of them. */
class Labelled<T> {
  readonly #make: (value: string) => T;
  readonly #children = new Map<string, T>();

  constructor(make: (value: string) => T) {
    this.#make = make;
  }

  of(value: string): T {
    const child = this.#children.get(value);
    if (child !== undefined) return child;
    // What is no code string (PS3.5 §6.2, VR CS) was made up by a device, and what is beyond the bound is as good as that.
    const isKept = /^[A-Za-z0-9 _-]{0,16}$/.test(value) && this.#children.size < LABEL_VALUES_MAX;
    const usedValue = isKept ? value : OTHER;
    const used = this.#children.get(usedValue) ?? this.#make(usedValue);
    this.#children.set(usedValue, used);
    return used;
  }
}

function setTotal(counter: Counter, total: number): void {
  counter.reset();
  counter.inc(total);
}
