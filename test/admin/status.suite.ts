import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { eventRoutes } from '../../src/admin/routes/events.ts';
import type { AdminContext } from '../helpers/admin.ts';
import { store, tally } from '../helpers/observations.ts';

/** Status, statistics, events, health, metrics: over a real catalogue. */
export function statusSuite(context: AdminContext): void {
  /** Puts events into the catalogue, oldest first. */
  async function record(count: number, fields: Record<string, string> = {}): Promise<void> {
    const events = Array.from({ length: count }, (_, index) => ({
      at: 1000 + index,
      kind: index % 2 === 0 ? 'login' : 'association-rejected',
      severity: index % 2 === 0 ? ('info' as const) : ('warning' as const),
      words: `event ${index}`,
      fields: { index, ...fields },
    }));
    await context.parts.catalog.events.recordAll(events);
  }

  const wordsOf = (items: { words: string }[]) => items.map(({ words }) => words);

  it('tells how an archive is that is new', async () => {
    const { status, body } = await context.viewer.get('/api/status');

    expect(status).to.equal(200);
    expect(body).to.deep.include({
      totals: { studies: 0, instances: 0, bytes: 0 },
      today: { instances: 0, bytes: 0, byModality: [] },
      waiting: { instances: 0, bytes: 0 },
      associations: [],
      lastArrivals: [],
      warnings: [],
    });
    expect(body.catalog.isReachable).to.equal(true);
    expect(body.catalog.latencyMs).to.be.within(0, 2000);
    expect(body.volume.state).to.equal('online');
    expect(body.volume.freeBytes).to.be.above(0);
    expect(body.volume.totalBytes).to.be.at.least(body.volume.freeBytes);
    expect(body.volume.usedBytes).to.equal(body.volume.totalBytes - body.volume.freeBytes);
    expect(body.addresses).not.to.deep.equal([]);
  });

  it('tells of open associations and what they have stored', async () => {
    await context.viewer.get('/api/status');
    const association = tally({ callingAeTitle: 'CT1' }, 5);
    context.parts.activity.associationOpened(association);
    store(context.parts.activity, association, { sizeBytes: 77 });
    await sleep(1050);

    const { body } = await context.viewer.get('/api/status');

    expect(body.associations).to.have.lengthOf(1);
    expect(body.associations[0]).to.include({ callingAeTitle: 'CT1', openedAt: 5, storedBytes: 77 });
    expect(body.lastArrivals[0]).to.include({ aeTitle: 'CT1', isPeer: false, instancesToday: 1 });
    expect(body.today).to.deep.include({ instances: 1, bytes: 77 });
  });

  it('lists the volume', async () => {
    const { body } = await context.viewer.get('/api/volumes');

    expect(body.items).to.have.lengthOf(1);
    expect(body.items[0]).to.include({ path: context.parts.volume.path, state: 'online', words: '' });
  });

  it('counts days without arrivals among the last days', async () => {
    const { body } = await context.viewer.get('/api/statistics?days=3');

    expect(body.days).to.have.lengthOf(3);
    for (const day of body.days) expect(day).to.include({ instances: 0, bytes: 0 });
    const today = new Date();
    const twoDaysAgo = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 2, 12);
    expect(body.days[0].day).to.equal(twoDaysAgo.toLocaleDateString('sv-SE'));
    expect(body.days[2].day).to.equal(today.toLocaleDateString('sv-SE'));
  });

  it('refuses statistics of no days, and of more than ten years', async () => {
    for (const days of ['0', '3661', '-1', '1.5', 'all']) {
      const { status, body } = await context.viewer.get(`/api/statistics?days=${days}`);
      expect([days, status, body.code]).to.deep.equal([days, 400, 'invalid-request']);
    }
  });

  it('lists events newest first, page by page, each once', async () => {
    await record(7);

    const listed: string[] = [];
    let cursor = '';
    do {
      const { body } = await context.viewer.get(`/api/events?limit=3${cursor}`);
      listed.push(...wordsOf(body.items));
      cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');

    expect(listed).to.deep.equal([6, 5, 4, 3, 2, 1, 0].map((index) => `event ${index}`));
  });

  it('filters events by kind, severity, time, study and text', async () => {
    await record(4);
    await record(1, { studyInstanceUid: '1.2.3', caller: 'MR7' });
    const found = async (query: string) => {
      const { body } = await context.viewer.get(`/api/events?${query}`);
      return body.items.map(({ fields }: { fields: { index: number } }) => fields.index);
    };

    expect(await found('kind=association-rejected')).to.deep.equal([3, 1]);
    expect(await found('kind=association-rejected,login&severity=warning,error')).to.deep.equal([3, 1]);
    expect(await found('since=1001&until=1002')).to.deep.equal([2, 1]);
    expect(await found('studyInstanceUid=1.2.3')).to.deep.equal([0]);
    expect(await found('text=MR7')).to.deep.equal([0]);
    expect(await found('text=EVENT%203')).to.deep.equal([3]);
    expect(await found('text=%25')).to.deep.equal([]);
  });

  it('refuses kinds, severities and cursors that are none', async () => {
    for (const query of [
      'kind=nonsense',
      'kind=login,',
      'severity=fatal',
      'cursor=abc',
      'limit=0',
      'limit=201',
      'x=1',
    ]) {
      const { status, body } = await context.viewer.get(`/api/events?${query}`);
      expect([query, status]).to.deep.equal([query, 400]);
      expect(body.detail).not.to.equal('');
    }
  });

  it('tells an event to those who listen, once it is in the catalogue', async () => {
    const stream = eventRoutes(context.parts).find(({ path }) => path === '/api/events/stream');
    const gone = new AbortController();
    const reply = (await stream?.handle({
      headers: {},
      signal: gone.signal,
      actor: { name: 'anna', role: 'viewer', address: '' },
    } as never)) as { body: Readable };
    let text = '';
    reply.body.on('data', (bytes) => {
      text += bytes;
    });

    context.parts.activity.record({ kind: 'login', severity: 'info', words: 'anna signed in', fields: {} });
    for (let waits = 0; !text.includes('anna') && waits < 100; waits++) await sleep(20);

    const [{ id } = { id: 0 }] = await context.parts.catalog.events.list({ kinds: ['login'], limit: 1 });
    expect(text).to.include(`id: ${id}\nevent: event\ndata: {`);
    gone.abort();
  });

  it('leaves no stream behind that was only asked for its headers', async () => {
    for (let index = 0; index < 60; index++) {
      const { status, headers } = await context.viewer.request('HEAD', '/api/events/stream');
      expect(status).to.equal(200);
      expect(headers['content-type']).to.equal('text/event-stream; charset=utf-8');
    }
  });

  it('is alive for everybody, ready for those who may know', async () => {
    expect((await context.nobody.get('/healthz')).body).to.deep.equal({ status: 'ok' });
    expect((await context.nobody.get('/readyz')).status).to.equal(401);

    const { status, body } = await context.viewer.get('/readyz');

    expect([status, body]).to.deep.equal([200, { isReady: true, reasons: [] }]);
  });

  it('gives metrics as text', async () => {
    const { status, headers, body } = await context.viewer.get('/metrics');

    expect(status).to.equal(200);
    expect(headers['content-type']).to.match(/^text\/plain; version=0\.0\.4/);
    expect(body).to.match(/^dicomkeep_catalog_up 1$/m);
    expect(body).to.match(/^dicomkeep_volume_up 1$/m);
  });

  it('answers what is known when the catalogue is gone', async () => {
    const { viewer, parts } = context;
    await viewer.get('/api/status');
    await parts.catalog.close();

    const [status, volumes, statistics, events, ready] = await Promise.all(
      ['/api/status', '/api/volumes', '/api/statistics', '/api/events', '/readyz'].map((path) =>
        viewer.get(path),
      ),
    );

    // The session is known for some seconds.
    expect([status?.status, volumes?.status]).to.deep.equal([200, 200]);
    expect([statistics?.status, statistics?.body.code]).to.deep.equal([503, 'catalog-unavailable']);
    expect([events?.status, events?.body.code]).to.deep.equal([503, 'catalog-unavailable']);
    expect([200, 503]).to.include(ready?.status);
    await sleep(1100);
    const later = await viewer.get('/readyz');
    expect(later.status).to.equal(503);
    expect(later.body.reasons).to.have.lengthOf(1);
    expect((await viewer.get('/api/status')).body.warnings[0].code).to.equal('catalog-unavailable');
  });
}
