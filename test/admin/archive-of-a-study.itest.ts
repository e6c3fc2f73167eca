import { request } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { sha256Of } from '../helpers/corpus.ts';
import { contextsFor, DimseClient } from '../helpers/dimse-client.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { makeInstance } from '../helpers/stand-ins.ts';
import { zipEntriesOf } from '../helpers/unzip.ts';
import { startStorescp, sumsOf, sumsOfAll } from '../interop/tools.ts';

interface Answer {
  status: number;
  cookie: string;
  bytes: Buffer;
}

describe('A study that was stored a moment ago', () => {
  const folder = temporaryFolder('sent');
  let server: TestServer;
  let headers: Record<string, string> = {};

  before(async () => {
    server = await startServer({ env: { DICOMKEEP_UNKNOWN_CALLERS: 'store' } });
  });
  after(async () => {
    await server.stop();
    removeFolder(server.dataDir);
    removeFolder(folder);
  });

  function call(method: string, path: string, body?: object): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: server.adminPort,
        method,
        path,
        // Its certificate is one that it has made itself.
        rejectUnauthorized: false,
        headers: { ...headers, ...(text !== undefined && { 'content-type': 'application/json' }) },
      };
      const sent = request(options, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.once('error', reject);
        response.once('end', () => {
          const cookie = (response.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; ');
          resolve({ status: response.statusCode ?? 0, cookie, bytes: Buffer.concat(pieces) });
        });
      });
      sent.once('error', reject);
      sent.end(text);
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers of every form
  const json = ({ bytes }: Answer): any => JSON.parse(bytes.toString());

  /** The first account is made while the server listens already. */
  async function signIn(): Promise<void> {
    for (let tries = 0; tries < 4; tries++) {
      const login = await call('POST', '/api/session', { name: 'admin', password: server.adminPassword });
      if (login.status === 200) {
        headers = { cookie: login.cookie, 'x-csrf-token': json(login).csrfToken };
        return;
      }
      await wait(3000);
    }
    throw new Error('nobody can sign in');
  }

  it('is found at once, downloaded as it came, and sent on as it came', async () => {
    const study = { StudyInstanceUID: '2.25.777', SeriesInstanceUID: '2.25.777.1', PatientID: 'P777' };
    const instances = ['1', '2', '3'].map((InstanceNumber) =>
      makeInstance({ path: InstanceNumber, with: { ...study, InstanceNumber } }),
    );
    await signIn();
    const modality = await DimseClient.connect({
      port: server.port,
      calling: 'CT1',
      contexts: contextsFor(instances),
    });
    for (const { sopClass, sopInstance, transferSyntax, dataSet } of instances)
      expect((await modality.store(sopClass, sopInstance, transferSyntax, dataSet())).status).to.equal(0);
    await modality.release();

    const found = json(await call('GET', '/api/studies?text=p777'));
    const zip = await call('GET', '/api/studies/2.25.777/archive');
    const storescp = await startStorescp(folder, ['+xa', '-uf', '-aet', 'WS1']);
    const peer = { aeTitle: 'WS1', host: '127.0.0.1', port: storescp.port };
    expect((await server.run('peer', 'add', peer.aeTitle, peer.host, String(peer.port))).status).to.equal(0);
    const [{ id: peerId }] = json(await call('GET', '/api/peers')).items;
    const sent = await call('POST', '/api/studies/2.25.777/send', { peerId });
    let job = json(sent);
    while (job.state === 'waiting' || job.state === 'running') {
      await wait(50);
      job = json(await call('GET', `/api/jobs/${job.id}`));
    }
    await storescp.stop();

    expect(found.items[0]).to.deep.include({ patientId: 'P777', instanceCount: 3 });
    const dataSetsOf = zipEntriesOf(zip.bytes).map(({ bytes }) => bytes);
    for (const [index, { dataSet }] of instances.entries()) {
      const bytes = dataSetsOf[index] ?? Buffer.alloc(0);
      expect(sha256Of(bytes.subarray(bytes.length - dataSet().length))).to.equal(sha256Of(dataSet()));
    }
    expect([sent.status, job.state, job.words]).to.deep.equal([202, 'done', '']);
    expect(sumsOf(folder)).to.deep.equal(sumsOfAll(instances));
  });
});
