import { expect } from 'chai';
import { DimseClient } from '../helpers/dimse-client.ts';
import { removeFolder, startServer, type TestServer } from '../helpers/server.ts';
import { connectTo, store, until } from './archive.ts';
import { ctInstance, studyUidOf } from './instances.ts';

describe('An archive that is looked at while it works', () => {
  let server: TestServer;
  let url: string;
  let cookie: string;

  before(async () => {
    server = await startServer({
      env: { DICOMKEEP_ADMIN_PLAIN_HTTP: 'true', DICOMKEEP_UNKNOWN_CALLERS: 'store' },
    });
    url = `http://127.0.0.1:${server.adminPort}`;
    // At once: the account is there before the page is.
    const signedIn = await fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'admin', password: server.adminPassword }),
    });
    expect(signedIn.status).to.equal(200);
    cookie = signedIn.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
  });
  after(async () => {
    await server.stop();
    removeFolder(server.dataDir);
  });

  async function get(path: string) {
    const answer = await fetch(`${url}${path}`, { headers: { cookie } });
    expect(answer.status, path).to.equal(200);
    return await answer.json();
  }

  it('tells of stores, echoes and rejections as they happen, in the status, as events and as metrics', async () => {
    const gone = new AbortController();
    const stream = await fetch(`${url}/api/events/stream`, { headers: { cookie }, signal: gone.signal });
    let live = '';
    const decoder = new TextDecoder();
    const taker = new WritableStream<Uint8Array>({
      write(bytes) {
        live += decoder.decode(bytes);
      },
    });
    void stream.body?.pipeTo(taker).catch(() => undefined);
    const modality = await connectTo(server, 'CT1');
    for (let number = 1; number <= 3; number++)
      await store(modality, ctInstance({ study: 1, series: 1, number }, 1000));
    await until('the status does not show the association', async () => {
      const [open] = (await get('/api/status')).associations;
      return open?.callingAeTitle === 'CT1' && open.storedInstances === 3 && open.refusedInstances === 0;
    });
    await modality.release();
    const echoing = await DimseClient.connect({ port: server.port, calling: 'US1' });
    await echoing.echo();
    await echoing.release();
    const rejected = await DimseClient.connect({ port: server.port, calling: 'MR1', called: 'OTHER' }).then(
      () => false,
      () => true,
    );
    expect(rejected).to.equal(true);

    await until('no rejection on the stream', async () => live.includes('"kind":"association-rejected"'));
    gone.abort();

    const { items } = await get('/api/events?kind=instances-stored,association-ended,association-rejected');
    expect(
      items.map(({ kind, fields }: { kind: string; fields: { caller: string } }) => [kind, fields.caller]),
    ).to.deep.equal([
      ['association-rejected', 'MR1'],
      ['association-ended', 'US1'],
      ['association-ended', 'CT1'],
      ['instances-stored', 'CT1'],
    ]);
    expect(items[1].fields.operation).to.equal('C-ECHO');
    expect(items[3].fields).to.include({ studyInstanceUid: studyUidOf(1), instances: 3, modality: 'CT' });
    for (const { id } of items) expect(live).to.include(`id: ${id}\n`);
    await until('the status does not count them', async () => {
      const { today, totals, lastArrivals, waiting } = await get('/api/status');
      return (
        today.instances === 3 &&
        totals.instances === 3 &&
        totals.studies === 1 &&
        today.byModality[0]?.modality === 'CT' &&
        lastArrivals[0]?.aeTitle === 'CT1' &&
        waiting.instances === 0
      );
    });
    const statistics = await get('/api/statistics?days=2');
    expect(statistics.byPeer).to.have.lengthOf(1);
    expect(statistics.byPeer[0]).to.include({ aeTitle: 'CT1', instances: 3 });
    const metrics = await (await fetch(`${url}/metrics`, { headers: { cookie } })).text();
    expect(metrics).to.match(/^dicomkeep_instances_stored_total\{modality="CT"\} 3$/m);
    expect(metrics).to.match(/^dicomkeep_store_sync_seconds_count 3$/m);
    expect(metrics).to.match(/^dicomkeep_associations_rejected_total\{reason="called-ae-title"\} 1$/m);
  });

  it('takes up what the command line changes of a peer, keeps the rest, and tells of it', async () => {
    const add = (...args: string[]) => server.run('peer', 'add', 'MR1', '127.0.0.1', ...args);
    expect((await add('104', '--tls', '--match-address', '--no-find')).stdout).to.include('added');
    expect((await add('105', '--no-match-address')).stdout).to.include('changed');

    const { items: peers } = await get('/api/peers');
    const { items: events } = await get('/api/events?kind=peer-added,peer-changed');

    expect(peers).to.have.lengthOf(1);
    expect(peers[0]).to.include({ aeTitle: 'MR1', port: 105, useTls: true, matchAddress: false });
    expect(peers[0]).to.include({ mayEcho: true, mayFind: false });
    expect(events.map(({ kind }: { kind: string }) => kind)).to.deep.equal(['peer-changed', 'peer-added']);
    expect(events[0].fields).to.include({
      by: 'the command line',
      before: 'port=104 matchAddress=true',
      after: 'port=105 matchAddress=false',
    });
    expect((await server.run('peer', 'list')).stdout).to.include('called by TLS');
  });

  it('has told of its start, and tells of its end when it starts again', async () => {
    await server.stop();
    server = await startServer({ dataDir: server.dataDir, env: { DICOMKEEP_ADMIN_PLAIN_HTTP: 'true' } });
    url = `http://127.0.0.1:${server.adminPort}`;

    await until('no start in the events', async () => {
      const { items } = await get('/api/events?kind=server-started,server-stopped');
      return (
        items.map(({ kind }: { kind: string }) => kind).join() ===
        'server-started,server-stopped,server-started'
      );
    });
    const { lastArrivals, totals } = await get('/api/status');
    expect(totals).to.include({ studies: 1, instances: 3 });
    expect(lastArrivals).to.have.lengthOf(1);
    expect(lastArrivals[0]).to.include({ aeTitle: 'CT1', isPeer: false });
  });

  it('tells at the next start that it was killed', async () => {
    await server.kill();
    server = await startServer({ dataDir: server.dataDir, env: { DICOMKEEP_ADMIN_PLAIN_HTTP: 'true' } });
    url = `http://127.0.0.1:${server.adminPort}`;

    await until('no word of the crash', async () => {
      const { items } = await get('/api/events?kind=server-started&severity=warning');
      return items.length === 1 && /crash or a power cut/.test(items[0].words);
    });
  });
});
