import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { type AuditView, auditView } from '../helpers/audit.ts';
import { DimseClient, identifierOf, StoreSink } from '../helpers/dimse-client.ts';
import {
  removeFolder,
  type ServerOptions,
  startServer,
  type TestServer,
  temporaryFolder,
} from '../helpers/server.ts';
import { SyslogReceiver } from '../helpers/syslog-receiver.ts';
import { type Made, madeCertificate } from '../helpers/tls-certificates.ts';
import { WebClient } from '../helpers/web-client.ts';
import { connectTo, store, until, wholeStudy } from './archive.ts';
import { ctInstance, studyUidOf } from './instances.ts';

function auditLines(server: { dataDir: string }): string[] {
  const dir = join(server.dataDir, 'audit');
  if (!existsSync(dir)) return [];
  const names = readdirSync(dir).filter((name) => name.endsWith('.xml'));
  return names.sort().flatMap((name) => readFileSync(join(dir, name), 'utf8').split('\n').slice(0, -1));
}

/** What is asked of the messages by their kind. */
function told(server: TestServer, event: string, type?: string): AuditView[] {
  return auditLines(server)
    .map(auditView)
    .filter((view) => view.event === `DCM ${event}` && (type === undefined || view.type === `DCM ${type}`));
}

async function storeStudy(server: TestServer, study: number, count: number): Promise<void> {
  const modality = await connectTo(server, 'CT1');
  for (let number = 1; number <= count; number++)
    await store(modality, ctInstance({ study, series: 1, number }, 1000));
  await modality.release();
}

describe('The audit trail of an archive at work (PS3.15 §A.5)', () => {
  let server: TestServer;
  let sink: StoreSink;
  let page: WebClient;

  before(async () => {
    server = await startServer();
    sink = await StoreSink.listen({ aeTitle: 'SINK' });
    page = await WebClient.signIn(server);
    const peer = (aeTitle: string, port: number) =>
      page.post('/api/peers', { aeTitle, host: '127.0.0.1', port });
    expect((await peer('WS1', 11_115)).status).to.equal(201);
    expect((await peer('SINK', sink.port)).status).to.equal(201);
    await storeStudy(server, 1, 3);
    await storeStudy(server, 2, 2);
  });
  after(async () => {
    await sink.close();
    await server.stop();
    removeFolder(server.dataDir);
  });

  const soon = (words: string, event: string, count: number, type?: string) =>
    until(words, () => told(server, event, type).length >= count);

  it('begins with Application Start, in a folder and in files that are for us alone', async () => {
    await soon('no start', '110100', 1);

    const [first] = auditLines(server).map(auditView);
    expect(first).to.include({ event: 'DCM 110100', type: 'DCM 110120' });
    expect(first?.participants[0]?.id).to.equal(String(server.pid));
    expect(statSync(join(server.dataDir, 'audit')).mode & 0o777).to.equal(0o700);
    expect(statSync(join(server.dataDir, 'audit/audit-00000001.xml')).mode & 0o777).to.equal(0o600);
  });

  it('has a message for each study that an association has stored, with its patient (§A.5.3.7)', async () => {
    await soon('stores are not told', '110104', 2);

    const views = told(server, '110104');
    expect(views.map(({ action, objects }) => [action, ...objects.map(({ id }) => id)])).to.deep.equal([
      ['C', studyUidOf(1), 'P1'],
      ['C', studyUidOf(2), 'P2'],
    ]);
    expect(views[0]?.objects[0]?.sopClasses).to.deep.equal({ [uids.CTImageStorage]: 3 });
    expect(views[0]?.participants[0]).to.include({ id: 'CT1', address: '127.0.0.1', isRequestor: true });
  });

  it('has every query, with its identifier (§A.5.3.10)', async () => {
    const client = await connectTo(server, 'WS1');
    await client.find(
      'STUDY',
      identifierOf({ QueryRetrieveLevel: 'STUDY', PatientID: 'P1', StudyInstanceUID: '' }),
    );
    await client.release();

    await soon('the query is not told', '110112', 1);
    const [view] = told(server, '110112');
    expect(view?.participants[0]).to.include({ id: 'WS1', address: '127.0.0.1' });
    expect(view?.objects[0]).to.include({
      idType: 'DCM 110181',
      id: uids.StudyRootQueryRetrieveInformationModelFind,
    });
    expect(view?.objects[0]?.query?.toString('latin1')).to.include('P1');
    expect(view?.objects[0]?.details['TransferSyntax']).to.match(/^1\.2\.840\.10008\.1\.2/);
  });

  it('has what was sent by C-MOVE and C-GET, to whom and for whom (§A.5.3.7)', async () => {
    const client = await connectTo(server, 'WS1');
    expect((await client.move('STUDY', wholeStudy(1), 'SINK')).status).to.equal(0);
    expect((await client.get('STUDY', wholeStudy(2))).status).to.equal(0);
    await client.release();

    await soon('retrieves are not told', '110104', 4);
    const [moved, got] = told(server, '110104').slice(2);
    expect(moved?.participants.map(({ id, isRequestor }) => [id, isRequestor])).to.deep.equal([
      [String(server.pid), false],
      ['SINK', false],
      ['WS1', true],
    ]);
    expect(moved?.objects.map(({ id }) => id)).to.deep.equal([studyUidOf(1), 'P1']);
    expect(moved?.objects[0]?.sopClasses).to.deep.equal({ [uids.CTImageStorage]: 3 });
    expect(got?.participants[1]).to.include({ id: 'WS1', isRequestor: true });
    expect(got?.objects[0]?.sopClasses).to.deep.equal({ [uids.CTImageStorage]: 2 });
  });

  it('has those who were turned away, and those who tried what they may not (§A.5.3.11)', async () => {
    await DimseClient.connect({ port: server.port, calling: 'MR1', called: 'OTHER' }).catch(() => undefined);
    const stranger = await connectTo(server, 'STRANGER');
    await stranger.find('STUDY', wholeStudy(1));
    await stranger.release();

    await soon('the rejection is not told', '110113', 1, '110126');
    await soon('the refusal is not told', '110113', 1, '110132');
    const [rejected] = told(server, '110113', '110126');
    expect(rejected).to.include({ outcome: '8' });
    expect(rejected?.participants[1]).to.include({ id: 'MR1', address: '127.0.0.1' });
    const [refused] = told(server, '110113', '110132');
    expect(refused?.participants[1]).to.include({ id: 'STRANGER' });
    // Nobody was let ask: there is no query.
    expect(told(server, '110112')).to.have.lengthOf(1);
  });

  it('has who signed in, who could not, and who signed out (§A.5.3.12)', async () => {
    const refused = await WebClient.signIn(server, 'admin', 'wrong').catch((error: Error) => error);
    expect(refused).to.be.an('error');
    const other = await WebClient.signIn(server);
    await other.delete('/api/session');

    await soon('the logout is not told', '110114', 1, '110123');
    expect(told(server, '110114').map(({ type, outcome }) => [type, outcome])).to.deep.equal([
      ['DCM 110122', '0'],
      ['DCM 110122', '4'],
      ['DCM 110122', '0'],
      ['DCM 110123', '0'],
    ]);
    expect(told(server, '110114')[0]?.participants[0]).to.include({ id: 'admin', address: '127.0.0.1' });
  });

  it('has who looked at a study on the page, once, and who downloaded it (§A.5.3.6, §A.5.3.4)', async () => {
    for (let count = 0; count < 3; count++)
      expect((await page.get(`/api/studies/${studyUidOf(1)}`)).status).to.equal(200);
    expect((await page.get(`/api/studies/${studyUidOf(2)}/archive`)).status).to.equal(200);

    await soon('the view is not told', '110103', 1);
    await soon('the download is not told', '110106', 1);
    expect(told(server, '110103').map(({ objects }) => objects.map(({ id }) => id))).to.deep.equal([
      [studyUidOf(1), 'P1'],
    ]);
    const [download] = told(server, '110106');
    expect(download?.objects.map(({ id }) => id)).to.deep.equal([studyUidOf(2), 'P2']);
    expect(download?.participants[0]).to.include({ id: 'admin', isRequestor: true });
  });

  it('has what was changed of settings and peers, by whom (§A.5.3.11)', async () => {
    const { body } = await page.get('/api/settings');
    const changed = await page.put('/api/settings', {
      ...body.settings,
      maximumAssociations: 77,
      language: 'fr',
    });
    expect(changed.status).to.equal(200);

    await soon('the settings are not told', '110113', 3, '110128');
    const words = told(server, '110113', '110128').map(
      ({ objects }) => objects[0]?.details['Alert Description'],
    );
    expect(words[0]).to.include('peer WS1');
    expect(words[2]).to.include('maximumAssociations from "100" to "77"');
    expect(told(server, '110113', '110131')[0]?.participants[1]).to.include({
      id: 'admin',
      address: '127.0.0.1',
    });
  });

  it('has no name of a patient', () => {
    const texts = auditLines(server).map((line) => line.replaceAll(/<ParticipantObjectQuery>.*?<\//g, ''));

    expect(texts.filter((line) => line.includes('Test^'))).to.deep.equal([]);
  });

  it('ends with Application Stop, and is XML to another parser', async () => {
    await server.stop();

    const lines = auditLines(server);
    expect(auditView(lines.at(-1) ?? '')).to.include({ event: 'DCM 110100', type: 'DCM 110121' });
    const script = 'import sys, xml.etree.ElementTree as t\nfor line in sys.stdin.buffer: t.fromstring(line)';
    const { status, stderr } = spawnSync('python3', ['-c', script], { input: `${lines.join('\n')}\n` });
    expect(stderr.toString()).to.equal('');
    expect(status).to.equal(0);
  });
});

describe('An archive whose audit trail cannot be written', () => {
  it('stores all the same, says so once, and keeps trying', async () => {
    const dataDir = temporaryFolder();
    const blocked = join(dataDir, 'blocked');
    writeFileSync(blocked, '');
    const dir = join(blocked, 'audit');
    const server = await startServer({ dataDir, env: { DICOMKEEP_AUDIT_DIR: dir } });
    try {
      await storeStudy(server, 1, 3);
      await until('nothing is said', () => server.log().includes('the audit trail cannot be written'));
      expect(server.log().split('the audit trail cannot be written')).to.have.lengthOf(2);

      rmSync(blocked);

      const written = () => auditLines({ dataDir: blocked }).map(auditView);
      await until('nothing is written', () => written().length >= 2);
      expect(written().map(({ event }) => event)).to.deep.equal(['DCM 110100', 'DCM 110104']);
    } finally {
      await server.stop();
      removeFolder(dataDir);
    }
  });
});

describe('An audit trail that is sent (PS3.15 §A.6)', () => {
  let certificate: Made;
  let receiver: SyslogReceiver;
  let server: TestServer;
  let dataDir: string;

  before(async () => {
    certificate = await madeCertificate('repository', { keyType: 'rsa' });
  });
  beforeEach(async () => {
    dataDir = temporaryFolder();
    receiver = await listen();
  });
  afterEach(async () => {
    await server.kill();
    await receiver.kill();
    removeFolder(dataDir);
  });

  function listen(port = 0): Promise<SyslogReceiver> {
    return SyslogReceiver.listen({ cert: certificate.certificate, key: certificate.privateKey }, port);
  }

  function start(port: number, options: ServerOptions = {}): Promise<TestServer> {
    const env = {
      DICOMKEEP_AUDIT_SYSLOG: 'true',
      DICOMKEEP_AUDIT_SYSLOG_HOST: '127.0.0.1',
      DICOMKEEP_AUDIT_SYSLOG_PORT: String(port),
    };
    return startServer({ dataDir, ...options, env });
  }

  /** In the order of their first coming: what was not confirmed comes again. */
  const received = (receivers: readonly SyslogReceiver[]) => [
    ...new Set(receivers.flatMap(({ messages }) => messages.map(({ xml }) => xml))),
  ];

  it('arrives whole, and again and in its order after the repository was killed and came back', async () => {
    server = await start(receiver.port);
    const { port } = receiver;
    await storeStudy(server, 1, 2);
    await until('the first does not arrive', () => receiver.messages.length >= 2);
    await receiver.kill();
    for (let study = 2; study <= 6; study++) await storeStudy(server, study, 1);
    await until('not written', () => auditLines(server).length >= 7);

    const again = await listen(port);
    await until('the rest does not arrive', () => again.messages.length >= 5, 60_000);
    const earlier = receiver;
    receiver = again;
    await server.stop();

    const sent = received([earlier, again]);
    expect(sent).to.deep.equal(auditLines(server));
    expect(again.messages.every(({ priority, isMarked }) => priority === 85 && isMarked)).to.equal(true);
  });

  it('that could not be sent before a restart is sent after it, and nothing twice that was confirmed', async () => {
    server = await start(receiver.port);
    const { port } = receiver;
    await storeStudy(server, 1, 1);
    await until('the first does not arrive', () => receiver.messages.length >= 2);
    // A stop confirms what was sent.
    await server.stop();
    const before = receiver.messages.length;
    await receiver.kill();
    server = await start(port);
    await storeStudy(server, 2, 1);
    await until('not written', () => auditLines(server).length >= before + 2);
    await server.kill();

    const again = await listen(port);
    const earlier = receiver;
    receiver = again;
    server = await start(port);
    await until('does not arrive', () => again.messages.length >= 3, 60_000);
    await server.stop();

    expect(received([earlier])).to.deep.equal(auditLines(server).slice(0, before));
    expect(received([again])).to.deep.equal(auditLines(server).slice(before));
  });

  it('is begun and ended on the page, without a restart', async () => {
    server = await startServer({ dataDir });
    const page = await WebClient.signIn(server);
    const { body } = await page.get('/api/settings');
    const put = async (isSyslogSent: boolean) => {
      const audit = { isSyslogSent, syslogHost: '127.0.0.1', syslogPort: receiver.port };
      const { status } = await page.put('/api/settings', { ...body.settings, audit });
      expect(status).to.equal(200);
    };
    await storeStudy(server, 1, 1);
    await until('not written', () => auditLines(server).length >= 3);

    await put(true);
    await storeStudy(server, 2, 1);
    await until('does not arrive', () => receiver.messages.some(({ xml }) => xml.includes(studyUidOf(2))));
    await put(false);
    await storeStudy(server, 3, 1);
    await server.stop();

    const texts = receiver.messages.map(({ xml }) => xml);
    expect(texts.some((xml) => xml.includes(`"${studyUidOf(1)}"`))).to.equal(false);
    expect(texts.some((xml) => xml.includes(`"${studyUidOf(3)}"`))).to.equal(false);
  });
});
