import { expect } from 'chai';
import { Metrics } from '../../src/admin/metrics.ts';
import type { EventKind } from '../../src/services/activity-kinds.ts';
import type { StatusReport } from '../../src/services/status.ts';
import { party, store, tally } from '../helpers/observations.ts';

const ONLINE = { state: 'online', freeBytes: 500, totalBytes: 1000, reserveBytes: 10 };

describe('Metrics', () => {
  let report: { catalog: object; volume: object; waiting: object };
  let counts: Map<EventKind, number>;
  let jobs: () => Promise<{ waiting: number; running: number }>;
  let metrics: Metrics;

  beforeEach(() => {
    report = {
      catalog: { isReachable: true, latencyMs: 3 },
      volume: ONLINE,
      waiting: { instances: 4, bytes: 40 },
    };
    counts = new Map([['login-failed', 2]]);
    jobs = async () => ({ waiting: 5, running: 2 });
    metrics = new Metrics({
      jobs: { unfinished: () => jobs() },
      status: { current: async () => report as StatusReport },
      activity: {
        waitingEvents: { waiting: 7, dropped: 1 },
        eventCounts: counts,
        openAssociations: () => [tally(), tally()],
      },
    });
  });

  /** The value of a series, as it is written: `name` or `name{label="value"}`. */
  async function seriesOf(series: string): Promise<number | undefined> {
    const line = (await metrics.text()).split('\n').find((one) => one.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  }

  it('counts instances and bytes by modality, and how long their syncs took', async () => {
    const association = tally();
    store(metrics, association, { modality: 'CT', sizeBytes: 1000, syncMs: 0.4 });
    store(metrics, association, { modality: 'CT', sizeBytes: 500, syncMs: 20 });
    store(metrics, association, { modality: '', sizeBytes: 1, syncMs: 20_000 });

    expect(await seriesOf('dicomkeep_instances_stored_total{modality="CT"}')).to.equal(2);
    expect(await seriesOf('dicomkeep_bytes_stored_total{modality="CT"}')).to.equal(1500);
    expect(await seriesOf('dicomkeep_instances_stored_total{modality=""}')).to.equal(1);
    expect(await seriesOf('dicomkeep_store_sync_seconds_bucket{le="0.0005"}')).to.equal(1);
    expect(await seriesOf('dicomkeep_store_sync_seconds_bucket{le="0.025"}')).to.equal(2);
    expect(await seriesOf('dicomkeep_store_sync_seconds_bucket{le="10"}')).to.equal(2);
    expect(await seriesOf('dicomkeep_store_sync_seconds_count')).to.equal(3);
  });

  it('lets no device make series as it likes', async () => {
    for (let index = 0; index < 1000; index++) store(metrics, tally(), { modality: `M${index}` });
    store(metrics, tally(), { modality: 'X"}\nevil 1' });
    store(metrics, tally(), { modality: 'X'.repeat(17) });

    const text = await metrics.text();

    const series = text.split('\n').filter((line) => line.startsWith('dicomkeep_instances_stored_total{'));
    expect(series).to.have.lengthOf(101);
    expect(await seriesOf('dicomkeep_instances_stored_total{modality="other"}')).to.equal(902);
    expect(text).not.to.include('evil');
  });

  it('counts refusals by status and rejections by reason', async () => {
    metrics.instanceRefused(tally(), 'Refused: Out of Resources (A700H)');
    metrics.instanceRefused(tally(), 'Refused: Out of Resources (A700H)');
    metrics.instanceRefused(tally(), 'odd words');
    metrics.associationRejected(party(), 'called-ae-title');
    metrics.connectionDropped();

    expect(await seriesOf('dicomkeep_instances_refused_total{status="A700H"}')).to.equal(2);
    expect(await seriesOf('dicomkeep_instances_refused_total{status="other"}')).to.equal(1);
    expect(await seriesOf('dicomkeep_associations_rejected_total{reason="called-ae-title"}')).to.equal(1);
    expect(await seriesOf('dicomkeep_connections_dropped_total')).to.equal(1);
  });

  it('counts queries and what retrieves have sent', async () => {
    metrics.queryAnswered(tally(), 5, 30);
    metrics.queryRefused();
    metrics.retrieveAnswered(tally(), {
      operation: 'C-MOVE',
      destination: 'WS1',
      studyInstanceUid: undefined,
      completed: 5,
      failed: 2,
      warning: 0,
      tookMs: 1,
      words: undefined,
    });

    expect(await seriesOf('dicomkeep_queries_total{result="answered"}')).to.equal(1);
    expect(await seriesOf('dicomkeep_queries_total{result="refused"}')).to.equal(1);
    expect(await seriesOf('dicomkeep_query_seconds_bucket{le="0.05"}')).to.equal(1);
    expect(await seriesOf('dicomkeep_retrieve_suboperations_total{result="completed"}')).to.equal(5);
    expect(await seriesOf('dicomkeep_retrieve_suboperations_total{result="failed"}')).to.equal(2);
  });

  it('tells how the archive is at the time it is asked, and of the process', async () => {
    const expected = {
      associations_open: 2,
      instances_waiting: 4,
      bytes_waiting: 40,
      events_waiting: 7,
      events_dropped_total: 1,
      login_failures_total: 2,
      'events_total{kind="login-failed"}': 2,
      jobs_waiting: 5,
      jobs_running: 2,
      catalog_up: 1,
      volume_up: 1,
      volume_free_bytes: 500,
      volume_total_bytes: 1000,
      volume_reserve_bytes: 10,
    };
    for (const [name, value] of Object.entries(expected))
      expect(await seriesOf(`dicomkeep_${name}`), name).to.equal(value);
    expect(await seriesOf('process_start_time_seconds')).to.be.above(1e9);

    jobs = () => Promise.reject(new Error('down'));
    expect(await seriesOf('dicomkeep_jobs_waiting')).to.be.NaN;
    counts.set('login-failed', 3);
    report.volume = { ...ONLINE, state: 'offline', freeBytes: null, totalBytes: null };
    report.catalog = { isReachable: false, latencyMs: null };
    const pings = await seriesOf('dicomkeep_catalog_ping_seconds_count');

    expect(await seriesOf('dicomkeep_login_failures_total')).to.equal(3);
    expect(await seriesOf('dicomkeep_volume_up')).to.equal(0);
    expect(await seriesOf('dicomkeep_volume_free_bytes')).to.be.NaN;
    expect(await seriesOf('dicomkeep_catalog_up')).to.equal(0);
    expect(await seriesOf('dicomkeep_catalog_ping_seconds_count')).to.equal(pings);
  });
});
