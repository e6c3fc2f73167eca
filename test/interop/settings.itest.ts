import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { DimseClient } from '../helpers/dimse-client.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { makeInstance } from '../helpers/stand-ins.ts';
import { WebClient } from '../helpers/web-client.ts';
import { until } from '../integration/archive.ts';
import { freePort, run, startStorescp, sumsOf, sumsOfAll, writeFile } from './tools.ts';

const ANONYMOUS_TLS = ['+tla', '--ignore-peer-cert'];

describe('A server whose settings are changed while it runs', () => {
  const folder = temporaryFolder('settings');
  let server: TestServer;
  let admin: WebClient;
  let settings: Record<string, unknown>;

  before(async () => {
    server = await startServer({ env: { DICOMKEEP_DIMSE_TLS: 'true', DICOMKEEP_UNKNOWN_CALLERS: 'all' } });
    admin = await WebClient.signIn(server);
  });
  beforeEach(async () => {
    settings = (await admin.get('/api/settings')).body.settings;
  });
  after(async () => {
    await server.stop();
    removeFolder(server.dataDir);
    removeFolder(folder);
  });

  const put = (changes: object) => admin.put('/api/settings', { ...settings, ...changes });

  /** As it is now: the server tells for a second what it told before. */
  async function statusNow() {
    const askedAt = Date.now();
    let status = (await admin.get('/api/status')).body;
    await until('the status is of now', async () => {
      status = (await admin.get('/api/status')).body;
      return status.now >= askedAt;
    });
    return status;
  }

  async function ports(): Promise<{ dimse: number; tls: number }> {
    const { listening } = await statusNow();
    const portOf = (name: string) =>
      listening.find(({ service }: { service: string }) => service === name)?.port;
    return { dimse: portOf('dimse'), tls: portOf('dimse-tls') };
  }

  async function echoscu(port: number, called: string, ...options: string[]): Promise<boolean> {
    return (await run('echoscu', [...options, '-aec', called, '127.0.0.1', String(port)])).status === 0;
  }

  it('answers DCMTK over TLS, echo and store', async () => {
    const { tls } = await ports();
    expect(tls).to.equal(server.tlsPort);
    const instance = makeInstance({ path: 'over TLS' });

    expect(await echoscu(tls, 'DICOMKEEP', ...ANONYMOUS_TLS)).to.equal(true);
    const { status, output } = await run('storescu', [
      ...ANONYMOUS_TLS,
      '-v',
      '-aec',
      'DICOMKEEP',
      '127.0.0.1',
      String(tls),
      writeFile(folder, instance),
    ]);

    expect(status, output).to.equal(0);
    expect(output).to.match(/Received Store Response \(Success\)/);
    expect(await echoscu(tls, 'DICOMKEEP'), 'unencrypted').to.equal(false);
  });

  it('takes another AE title and another port at once: echoscu succeeds on the new ones and fails on the old', async () => {
    const { dimse: oldPort } = await ports();
    const newPort = await freePort();
    const open = await DimseClient.connect({ port: oldPort });
    expect(await echoscu(oldPort, 'DICOMKEEP')).to.equal(true);

    const changed = await put({ aeTitles: ['NORTH'], dimsePort: newPort });

    expect(changed.status, JSON.stringify(changed.body)).to.equal(200);
    expect(await echoscu(newPort, 'NORTH')).to.equal(true);
    expect(await echoscu(newPort, 'DICOMKEEP'), 'old AE title').to.equal(false);
    expect(await echoscu(oldPort, 'NORTH'), 'old port').to.equal(false);
    expect(await open.echo(), 'an association that was open').to.include({ status: 0x0000 });
    await open.release();
    expect((await statusNow()).aeTitles).to.deep.equal(['NORTH']);
  });

  it('keeps the old port where the new one is taken, and nothing else of the change counts', async () => {
    const { dimse } = await ports();
    const [calledNow = ''] = settings['aeTitles'] as string[];
    const taken: Server = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };

    const refused = await put({ aeTitles: ['SOUTH'], dimsePort: port });
    const onPage = await put({ dimsePort: server.adminPort });
    await new Promise((resolve) => taken.close(resolve));

    expect(refused.status).to.be.within(400, 499);
    expect(refused.body.detail).to.contain(`cannot listen on 127.0.0.1 port ${port}`);
    expect(onPage.body.detail).to.equal(`port ${server.adminPort} is that of the admin page`);
    expect(await echoscu(dimse, calledNow)).to.equal(true);
    expect(await echoscu(dimse, 'SOUTH')).to.equal(false);
    expect((await admin.get('/api/settings')).body.settings).to.deep.equal(settings);
  });

  it('calls others by its new AE title, and by TLS those that want it', async () => {
    await put({ aeTitles: ['CALLER'] });
    const { tls } = await ports();
    const called = { aeTitle: 'CALLER', host: '127.0.0.1', port: tls, useTls: true };

    const echo = await admin.post('/api/echo', called);

    expect(echo.body, JSON.stringify(echo.body)).to.deep.include({
      outcome: 'ok',
      resolvedAddress: '127.0.0.1',
    });
    await until('the log knows who called', () => /association accepted .*caller=CALLER/.test(server.log()));
  });

  it('offers a destination what that prefers: storescp is sent Implicit VR Little Endian', async () => {
    const [called = ''] = settings['aeTitles'] as string[];
    const { dimse } = await ports();
    const instance = makeInstance({ path: 'preferred', transferSyntax: uids.ExplicitVRLittleEndian });
    const storescp = await startStorescp(`${folder}/scp`, ['+xa']);
    try {
      const peer = { aeTitle: 'SCP', host: '127.0.0.1', port: storescp.port };
      const added = await admin.post('/api/peers', {
        ...peer,
        preferredTransferSyntaxes: [uids.ImplicitVRLittleEndian],
      });
      const client = await DimseClient.connect({
        port: dimse,
        called,
        contexts: [{ abstractSyntax: instance.sopClass, transferSyntaxes: [instance.transferSyntax] }],
      });
      await client.store(
        instance.sopClass,
        instance.sopInstance,
        instance.transferSyntax,
        instance.dataSet(),
      );
      await client.release();

      const sent = await admin.post(`/api/studies/${instance.studyInstanceUid}/send`, {
        peerId: added.body.id,
      });
      expect(sent.status, JSON.stringify(sent.body)).to.equal(202);
      const implicit = `${instance.sopInstance} ${uids.ImplicitVRLittleEndian} `;
      await until('it is sent', () => sumIn(storescp.folder).startsWith(implicit));

      await admin.put(`/api/peers/${added.body.id}`, peer);
      await admin.post(`/api/studies/${instance.studyInstanceUid}/send`, { peerId: added.body.id });
      await until('it is sent as stored', () => sumIn(storescp.folder) === sumsOfAll([instance])[0]);
    } finally {
      await storescp.stop();
    }
  });

  it('refuses a duplicate with other content when it is told to (0111H), and keeps both when not', async () => {
    const [called = ''] = settings['aeTitles'] as string[];
    const { dimse } = await ports();
    const [first, second] = [1, 2].map((number) =>
      makeInstance({
        path: `duplicate ${number}`,
        with: { SOPInstanceUID: '2.25.909', PatientID: `${number}` },
      }),
    );
    if (first === undefined || second === undefined) throw new Error('no instances');
    const contexts = [{ abstractSyntax: first.sopClass, transferSyntaxes: [first.transferSyntax] }];
    const store = async (instance: typeof first) => {
      const client = await DimseClient.connect({ port: dimse, called, contexts });
      const { sopClass, sopInstance, transferSyntax } = instance;
      const answer = await client.store(sopClass, sopInstance, transferSyntax, instance.dataSet());
      await client.release();
      return answer;
    };
    await put({ duplicates: 'refuse' });

    expect(await store(first)).to.include({ status: 0x0000 });
    const refusal = {
      status: 0x0111,
      errorComment: 'instance 2.25.909 is stored already, with other content',
    };
    expect(await store(second), 'not filed yet').to.deep.equal(refusal);
    await until('it is filed', async () => (await admin.get('/api/instances/2.25.909')).status === 200);
    expect(await store(second), 'filed').to.deep.equal(refusal);
    expect(await store(first), 'the same again').to.include({ status: 0x0000 });
    await put({ duplicates: 'keep' });
    expect(await store(second)).to.include({ status: 0x0000 });

    await until(
      'the conflict is known',
      async () => (await admin.get('/api/conflicts')).body.items.length === 1,
    );
  });

  it('has an unknown caller in its list, and serves it as a peer at its next association', async () => {
    const [called = ''] = settings['aeTitles'] as string[];
    const { dimse } = await ports();
    await put({ unknownCallers: 'reject' });
    expect(await echoscu(dimse, called, '-aet', 'STRANGER')).to.equal(false);
    const strangers = async () =>
      (await admin.get('/api/unknown-callers')).body.items.filter(
        ({ aeTitle }: { aeTitle: string }) => aeTitle === 'STRANGER',
      );
    await until('the call is noted', async () => (await strangers()).length === 1);
    const [stranger] = await strangers();
    expect(stranger).to.deep.include({ calledAeTitle: called, proposed: ['Verification SOP Class'] });

    const adopted = await admin.post(`/api/unknown-callers/${stranger.id}/peer`, {});

    expect(adopted.status).to.equal(201);
    expect(await echoscu(dimse, called, '-aet', 'STRANGER')).to.equal(true);
    expect(await strangers()).to.deep.equal([]);
  });

  it('comes back with what was set on the page, whatever the environment says', async () => {
    const { dimse } = await ports();
    const [called = ''] = settings['aeTitles'] as string[];
    await server.stop();
    server = await startServer({ dataDir: server.dataDir, env: { DICOMKEEP_AE_TITLE: 'FROM_ENV' } });
    admin = await WebClient.signIn(server);

    expect((await ports()).dimse).to.equal(dimse);
    expect(server.port).to.equal(dimse);
    expect(await echoscu(dimse, called, '-aet', 'STRANGER')).to.equal(true);
    expect(await echoscu(dimse, 'FROM_ENV', '-aet', 'STRANGER')).to.equal(false);
  });

  it('comes up with its page while its DICOM port is taken, and takes the port when that is free', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const dataDir = temporaryFolder('taken');
    const starting = startServer({ dataDir, env: { DICOMKEEP_DIMSE_PORT: String(port) } });
    await until('its log tells why', () => {
      const log = `${dataDir}/log/dicomkeep.log`;
      return existsSync(log) && readFileSync(log, 'utf8').includes('admin page');
    });
    await new Promise((resolve) => taken.close(resolve));

    const other = await starting;

    expect(other.log()).to.match(
      new RegExp(`error +listener reason="cannot listen on 127.0.0.1 port ${port}: `),
    );
    expect(other.port).to.equal(port);
    expect(await echoscu(port, 'DICOMKEEP')).to.equal(true);
    await other.stop();
    removeFolder(dataDir);
  });

  it('gives a user a new password on the command line, and ends the sessions', async () => {
    const { status, stdout, stderr } = await server.run('user', 'password', 'admin');
    expect(status, stderr).to.equal(0);
    const password = /^password of admin: (\S{20,})$/m.exec(stdout)?.[1] ?? '';

    await WebClient.signIn(server, 'admin', password);

    const old = await WebClient.signIn(server).then(() => 'signed in', String);
    expect(old).to.contain('not signed in: 401');
    expect((await server.run('user', 'password', 'nobody')).stderr).to.contain('no user nobody');
  });
});

/** Of the one file that storescp has written; nothing while it is still writing. */
function sumIn(folder: string): string {
  try {
    return sumsOf(folder)[0] ?? '';
  } catch {
    return '';
  }
}
