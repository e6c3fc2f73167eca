import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import {
  actionInformation,
  PUSH_MODEL_CONTEXT,
  type Referenced,
  ReportReceiver,
  ReportSink,
  requestCommitment,
} from '../helpers/commitment.ts';
import { DimseClient } from '../helpers/dimse-client.ts';
import { hasMariadb, Mariadb } from '../helpers/mariadb.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { makeInstance, type StandIn } from '../helpers/stand-ins.ts';
import { WebClient } from '../helpers/web-client.ts';
import { until } from '../integration/archive.ts';
import { filedPaths } from '../integration/instances.ts';
import { freePort, writeFile } from './tools.ts';

const ORTHANC = '/usr/sbin/Orthanc';

async function connect(server: { port: number }, instances: readonly StandIn[], calling = 'CT1') {
  const receiver = new ReportReceiver();
  const contexts = instances.slice(0, 1).map(({ sopClass, transferSyntax }) => ({
    abstractSyntax: sopClass,
    transferSyntaxes: [transferSyntax],
  }));
  const client = await DimseClient.connect({
    port: server.port,
    calling,
    contexts: [PUSH_MODEL_CONTEXT, ...contexts],
    onRequest: receiver.onRequest,
  });
  return { client, receiver };
}

async function storeAll(client: DimseClient, instances: readonly StandIn[]): Promise<void> {
  for (const { sopClass, sopInstance, transferSyntax, dataSet } of instances) {
    const { status } = await client.store(sopClass, sopInstance, transferSyntax, dataSet());
    expect(status).to.equal(0);
  }
}

const someInstances = (count: number) =>
  Array.from({ length: count }, (_, index) => makeInstance({ path: `to be committed ${index}` }));

const addPeer = async (server: TestServer, aeTitle: string, port: number, more: object = {}) => {
  const admin = await WebClient.signIn(server);
  const { status, body } = await admin.post('/api/peers', { aeTitle, host: '127.0.0.1', port, ...more });
  expect(status, JSON.stringify(body)).to.equal(201);
};

describe('Storage commitment by the whole program (PS3.4 Annex J)', function () {
  this.timeout(300_000);
  let server: TestServer | undefined;
  let sink: ReportSink | undefined;
  let mariadb: Mariadb | undefined;

  afterEach(async () => {
    await server?.kill();
    if (server !== undefined) removeFolder(server.dataDir);
    await sink?.close();
    await mariadb?.stop();
    [server, sink, mariadb] = [undefined, undefined, undefined];
  });

  it('commits what was stored a moment before on the same association', async () => {
    server = await startServer();
    const instances = someInstances(20);
    const { client, receiver } = await connect(server, instances);

    await storeAll(client, instances);
    const { status } = await requestCommitment(client, actionInformation('1.2.9', instances));
    const [report] = await receiver.received();
    await client.release();

    expect(status).to.equal(0);
    expect(report).to.deep.include({ eventTypeId: 1, hasFailed: false });
    expect(report?.committed).to.deep.equal(instances.map(({ sopInstance }) => sopInstance));
    const admin = await WebClient.signIn(server);
    const [job] = (await admin.get('/api/jobs')).body.items;
    expect(job).to.deep.include({ kind: 'storage-commitment', state: 'done', by: 'CT1' });
    expect(job.subject).to.include({ transactionUid: '1.2.9', callingAeTitle: 'CT1', references: '20' });
  });

  it('refuses a peer without the right to store, 0124H', async () => {
    server = await startServer();
    await addPeer(server, 'CT1', 104, { mayStore: false });
    const { client } = await connect(server, []);

    const { status, errorComment } = await requestCommitment(
      client,
      actionInformation('1.2.9', [{ sopClass: '1.2', sopInstance: '1.2.3' }]),
    );
    await client.release();

    expect(status).to.equal(0x0124);
    expect(errorComment).to.equal('peer CT1 has no right to store');
  });

  async function reportAfterKill(env: Record<string, string>): Promise<void> {
    const dataDir = temporaryFolder('commitment');
    server = await startServer({ dataDir, env });
    const instances = someInstances(3);
    sink = await ReportSink.listen();
    const { port } = sink;
    await sink.close();
    await addPeer(server, 'CT1', port);
    const { client } = await connect(server, instances);
    await storeAll(client, instances);
    const lost: Referenced = { sopClass: instances[0]?.sopClass ?? '', sopInstance: '1.2.999' };

    const { status } = await requestCommitment(client, actionInformation('1.2.9', [...instances, lost]));
    await server.kill();
    await client.closed;
    sink = await ReportSink.listen({ port });
    server = await startServer({ dataDir, env });
    // Where the first attempt came before the kill, the next is due after 30 s.
    const [report] = await sink.receiver.received(1, 90_000);

    expect(status).to.equal(0);
    expect(report).to.deep.include({
      eventTypeId: 2,
      transactionUid: '1.2.9',
      failed: [['1.2.999', 0x0112]],
    });
    expect(report?.committed).to.deep.equal(instances.map(({ sopInstance }) => sopInstance));
    await wait(500);
    expect(sink.receiver.reports).to.have.lengthOf(1);
  }

  it('reports after a kill between the answer and the report, SQLite', () => reportAfterKill({}));

  it('reports after a kill between the answer and the report, MariaDB', async function () {
    if (!hasMariadb) this.skip();
    mariadb = await Mariadb.start();
    await reportAfterKill({ DICOMKEEP_DATABASE_URL: mariadb.freshDatabase() });
  });

  it('tells a damaged file and a missing instance, and the page shows why', async () => {
    server = await startServer();
    const instances = someInstances(2);
    const { client, receiver } = await connect(server, instances);
    await storeAll(client, instances);
    const { volumeDir } = server;
    await until('filed', () => filedPaths(volumeDir).size === 2);
    const damaged = instances[1]?.sopInstance ?? '';
    const path = filedPaths(volumeDir).get(damaged) ?? '';
    const bytes = readFileSync(path);
    bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) ^ 0x10;
    writeFileSync(path, bytes);

    await requestCommitment(client, actionInformation('1.2.9', instances));
    const [report] = await receiver.received();
    await client.release();

    expect(report?.failed).to.deep.equal([[damaged, 0x0110]]);
    const admin = await WebClient.signIn(server);
    await until('the event is there', async () => {
      const { items } = (await admin.get('/api/events?kind=job-failed')).body;
      return items.length === 1 && items[0].words.includes('1 of 2 instances are not committed');
    });
  });
});

describe('Storage commitment of Orthanc with us', function () {
  this.timeout(300_000);
  const folder = temporaryFolder('orthanc');
  const instances = someInstances(3);
  let server: TestServer;
  let orthanc: ChildProcess;
  let orthancLog = '';
  let base = '';

  before(async () => {
    server = await startServer();
    const [dicomPort, httpPort] = [await freePort(), await freePort()];
    mkdirSync(join(folder, 'storage'));
    const configuration = {
      StorageDirectory: join(folder, 'storage'),
      IndexDirectory: join(folder, 'storage'),
      DicomAet: 'ORTHANC',
      DicomPort: dicomPort,
      HttpPort: httpPort,
      RemoteAccessAllowed: false,
      AuthenticationEnabled: false,
      DicomModalities: { dicomkeep: ['DICOMKEEP', '127.0.0.1', server.port] },
    };
    const file = join(folder, 'orthanc.json');
    writeFileSync(file, JSON.stringify(configuration));
    orthanc = spawn(ORTHANC, ['--verbose', file], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [orthanc.stdout, orthanc.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        orthancLog += chunk.toString();
      });
    }
    base = `http://127.0.0.1:${httpPort}`;
    await until('Orthanc is up', () =>
      fetch(`${base}/system`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    await addPeer(server, 'ORTHANC', dicomPort);
  });
  after(async () => {
    if (orthanc.exitCode === null) {
      const ended = new Promise((resolve) => orthanc.once('exit', resolve));
      orthanc.kill('SIGKILL');
      await ended;
    }
    await server.stop();
    removeFolder(server.dataDir);
    removeFolder(folder);
  });

  // biome-ignore lint/suspicious/noExplicitAny: whatever Orthanc answers
  async function post(path: string, body: object | Buffer): Promise<any> {
    const response = await fetch(`${base}${path}`, {
      method: 'POST',
      body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body),
    });
    expect(response.status, path).to.equal(200);
    return await response.json();
  }

  /** What Orthanc knows of a transaction when it has heard of it. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever Orthanc answers
  async function outcomeOf(path: string): Promise<any> {
    // biome-ignore lint/suspicious/noExplicitAny: whatever Orthanc answers
    let outcome: any;
    await until(`a report\n${orthancLog.slice(-2000)}`, async () => {
      outcome = await (await fetch(`${base}${path}`)).json();
      return outcome.Status !== 'Pending';
    });
    return outcome;
  }

  it('is told that all it has sent is committed', async () => {
    const ids = [];
    for (const instance of instances)
      ids.push((await post('/instances', readFileSync(writeFile(folder, instance)))).ID);
    await post('/modalities/dicomkeep/store', { Resources: ids });

    const { Path } = await post('/modalities/dicomkeep/storage-commitment', { Resources: ids });
    const outcome = await outcomeOf(Path);

    expect(outcome).to.include({ Status: 'Success', RemoteAET: 'DICOMKEEP' });
    expect(outcome.Success.map((one: { SOPInstanceUID: string }) => one.SOPInstanceUID)).to.have.members(
      instances.map(({ sopInstance }) => sopInstance),
    );
    expect(outcome.Failures).to.deep.equal([]);
  });

  it('is told which are not, and why', async () => {
    const [stored] = instances;
    const asked = [
      { SOPClassUID: stored?.sopClass, SOPInstanceUID: stored?.sopInstance },
      { SOPClassUID: '1.2.840.10008.5.1.4.1.1.4', SOPInstanceUID: stored?.sopInstance },
      { SOPClassUID: stored?.sopClass, SOPInstanceUID: '1.2.999' },
    ];

    const { Path } = await post('/modalities/dicomkeep/storage-commitment', { DicomInstances: asked });
    const { Status, Success, Failures } = await outcomeOf(Path);

    expect(Status).to.equal('Failure');
    expect(Success).to.have.lengthOf(1);
    expect(
      Failures.map((one: { SOPInstanceUID: string; FailureReason: number }) => [
        one.SOPInstanceUID,
        one.FailureReason,
      ]),
    ).to.have.deep.members([
      [stored?.sopInstance, 0x0119],
      ['1.2.999', 0x0112],
    ]);
  });
});
