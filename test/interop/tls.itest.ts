import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { netLimits } from '../../src/net/limits.ts';
import { DimseClient, identifierOf } from '../helpers/dimse-client.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { makeInstance } from '../helpers/stand-ins.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { type Made, madeCertificate } from '../helpers/tls-certificates.ts';
import { WebClient } from '../helpers/web-client.ts';
import { until } from '../integration/archive.ts';
import { run, type Storescp, startStorescp, sumsOf, sumsOfAll, writeFile } from './tools.ts';

const ANONYMOUS = ['+tla', '-ic'];
/** Profiles of DCMTK: BCP 195, non-downgrading, extended; and the retired ones with AES in CBC mode, and without encryption. */
const GOOD = ['+px', '+py', '+pz'];
const RETIRED = ['+pa', '+pn'];

describe('DICOM over TLS with DCMTK (PS3.15 §B.12, §B.13)', () => {
  const folder = temporaryFolder('tls');
  const instance = makeInstance({ path: 'over TLS' });
  let server: TestServer;
  let admin: WebClient;
  let authority: Made;
  let stranger: Made;
  let files: { authority: string; ct: string[]; mr: string[]; old: string[] };
  const destinations: Storescp[] = [];
  const sockets: Socket[] = [];

  before(async () => {
    const rsa = { keyType: 'rsa' } as const;
    authority = await madeCertificate('hospital', { ...rsa, isAuthority: true });
    stranger = await madeCertificate('elsewhere', { ...rsa, isAuthority: true });
    files = {
      authority: fileOf('authority.pem', authority.certificate),
      ct: filesOf('ct', await madeCertificate('ct', { ...rsa, by: authority })),
      mr: filesOf('mr', await madeCertificate('mr', { ...rsa, by: stranger })),
      old: filesOf('old', await madeCertificate('old', { ...rsa, by: authority, validForMs: -60_000 })),
    };
    server = await startServer({ env: { DICOMKEEP_DIMSE_TLS: 'true', DICOMKEEP_UNKNOWN_CALLERS: 'all' } });
    admin = await WebClient.signIn(server);
    expect((await scu('storescu', ANONYMOUS, writeFile(folder, instance))).status).to.equal(0);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const destination of destinations.splice(0)) await destination.stop();
  });
  after(async () => {
    await server.stop();
    removeFolder(server.dataDir);
    removeFolder(folder);
  });

  function fileOf(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** As DCMTK wants them named: key, certificate. */
  function filesOf(name: string, made: Made): string[] {
    return [fileOf(`${name}.key`, made.privateKey), fileOf(`${name}.pem`, made.certificate)];
  }

  function scu(program: string, options: readonly string[], ...rest: readonly string[]) {
    const place = ['-aec', 'DICOMKEEP', '127.0.0.1', String(server.tlsPort)];
    return run(program, [...options, '-v', ...place, ...rest]);
  }

  const isAnswered = async (...options: string[]) => (await scu('echoscu', options)).status === 0;

  async function change(tls: object): Promise<void> {
    const { settings } = (await admin.get('/api/settings')).body;
    const next = { ...settings, tls: { ...settings.tls, ...tls } };
    const { status, body } = await admin.put('/api/settings', next);
    expect(status, body?.detail).to.equal(200);
  }

  async function trust(...made: Made[]): Promise<void> {
    const certificates = made.map(({ certificate }) => certificate).join('\n');
    expect((await admin.post('/api/trusted-certificates', { certificates })).status).to.equal(200);
  }

  async function trustNobody(): Promise<void> {
    const { items } = (await admin.get('/api/trusted-certificates')).body;
    for (const { sha256Fingerprint } of items) {
      expect((await admin.delete(`/api/trusted-certificates/${sha256Fingerprint}`)).status).to.equal(204);
    }
  }

  /** A destination that speaks TLS, as a peer of ours. */
  async function destination(name: string, options: readonly string[]): Promise<Storescp> {
    mkdirSync(join(folder, name));
    const started = await startStorescp(join(folder, name), options);
    destinations.push(started);
    const peer = { aeTitle: name, host: '127.0.0.1', port: started.port, useTls: true };
    expect((await admin.post('/api/peers', peer)).status).to.equal(201);
    return started;
  }

  /** DCMTK's movescu itself speaks no TLS. */
  const moveTo = (name: string) => {
    const keys = ['-k', 'QueryRetrieveLevel=STUDY', '-k', studyKey()];
    const place = ['-aec', 'DICOMKEEP', '127.0.0.1', String(server.port)];
    return run('movescu', ['-v', '-S', '-aem', name, ...keys, ...place]);
  };
  const studyKey = () => `StudyInstanceUID=${instance.studyInstanceUid}`;

  for (const profile of ['bcp195', 'modified-bcp195']) {
    it(`stores and finds by TLS 1.2 and 1.3 with the profile ${profile}, and refuses weak suites`, async () => {
      await change({ profile });

      const { status, output } = await scu('storescu', ANONYMOUS, writeFile(folder, instance));
      expect(status, output).to.equal(0);
      const found = await scu('findscu', ANONYMOUS, '-S', '-k', 'QueryRetrieveLevel=STUDY', '-k', studyKey());
      expect(found.output).to.contain(instance.studyInstanceUid);
      for (const option of GOOD) expect(await isAnswered(...ANONYMOUS, option), option).to.equal(true);
      for (const option of RETIRED) expect(await isAnswered(...ANONYMOUS, option), option).to.equal(false);
      for (const [version, isGood] of [
        ['-tls1_3', true],
        ['-tls1_2', true],
        ['-tls1_1', false],
        ['-tls1', false],
      ] as const) {
        const place = ['-connect', `127.0.0.1:${server.tlsPort}`, '-cipher', 'DEFAULT@SECLEVEL=0'];
        const tried = await run('sh', ['-c', `openssl s_client ${place.join(' ')} ${version} </dev/null`]);
        expect(/Cipher is (?!\(NONE\))/.test(tried.output), `${version} ${tried.output}`).to.equal(isGood);
      }
    });
  }

  it('requires certificates of callers: refuses none, an unknown one and an expired one, and says so', async () => {
    await trust(authority);
    await change({ clientCertificates: 'required' });
    const known = ['+tls', ...files.ct, '-ic'];

    const { status, output } = await scu('storescu', known, writeFile(folder, instance));
    expect(status, output).to.equal(0);
    expect(await isAnswered(...ANONYMOUS)).to.equal(false);
    expect(await isAnswered('+tls', ...files.mr, '-ic')).to.equal(false);
    expect(await isAnswered('+tls', ...files.old, '-ic')).to.equal(false);

    await until('the log tells', () => server.log().includes('CN=old has expired'));
    expect(server.log()).to.contain('no certificate was shown');
    expect(server.log()).to.contain('CN=mr was signed by nobody who is trusted');
    await trust(stranger);
    expect(await isAnswered('+tls', ...files.mr, '-ic'), 'trusted while the server runs').to.equal(true);
    const words = async () =>
      (await admin.get('/api/events?limit=200')).body.items
        .map(({ words }: { words: string }) => words)
        .join();
    await until('an event tells', async () => (await words()).includes('CN=mr was signed by nobody'));
    await change({ clientCertificates: 'not-asked' });
    await trustNobody();
    expect(await isAnswered(...ANONYMOUS)).to.equal(true);
  });

  it('shows a new certificate from the next call on', async () => {
    const replacement = await madeCertificate('archive', { keyType: 'rsa', by: authority });
    const verifying = ['+tla', '+cf', files.authority];
    expect(await isAnswered(...verifying), 'self-signed').to.equal(false);

    const { certificate, privateKey } = replacement;
    expect((await admin.put('/api/certificate', { certificate, privateKey })).status).to.equal(200);

    expect(await isAnswered(...verifying)).to.equal(true);
    expect((await admin.delete('/api/certificate')).status).to.equal(200);
    expect(await isAnswered(...verifying)).to.equal(false);
  });

  it('moves to a destination that speaks TLS and wants our certificate, bit for bit', async () => {
    const own = fileOf(
      'own.pem',
      certificateIn(readFileSync(join(server.dataDir, 'tls/server.pem'), 'utf8')),
    );
    const wanting = await destination('WANTING', ['+tls', ...files.ct, '+cf', own, '+xa']);

    const { status, output } = await moveTo('WANTING');

    expect(status, output).to.equal(0);
    expect(sumsOf(wanting.folder)).to.deep.equal(sumsOfAll([instance]));
    const [key, certificate] = files.ct.map((file) => readFileSync(file));
    const tls = { key, cert: certificate, rejectUnauthorized: false };
    const client = await DimseClient.connect({ port: server.tlsPort ?? 0, tls });
    const study = { QueryRetrieveLevel: 'STUDY', StudyInstanceUID: instance.studyInstanceUid ?? '' };
    const moved = await client.move('STUDY', identifierOf(study), 'WANTING');
    expect(moved, 'asked for by TLS, too').to.deep.include({ status: 0 });
    await client.release();
  });

  it('sends by TLS only to whom it can verify, where peers are verified, and tells of the others', async () => {
    await trust(authority);
    await change({ verifyPeers: true });
    const known = await destination('KNOWN', ['+tls', ...files.ct, '-ic', '+xa']);
    const unknown = await destination('UNKNOWN', ['+tls', ...files.mr, '-ic', '+xa']);

    expect((await moveTo('KNOWN')).status).to.equal(0);
    await moveTo('UNKNOWN');

    expect(sumsOf(known.folder)).to.deep.equal(sumsOfAll([instance]));
    expect(sumsOf(unknown.folder)).to.deep.equal([]);
    const called = { aeTitle: 'UNKNOWN', host: '127.0.0.1', port: unknown.port, useTls: true };
    const { body } = await admin.post('/api/echo', called);
    expect(body).to.include({ outcome: 'tls-failed', isOk: false });
    expect(body.words).to.contain('the certificate of CN=mr was signed by nobody who is trusted');
    const byCommand = await server.run('peer', 'echo', 'UNKNOWN');
    expect(byCommand.stderr).to.contain('CN=mr was signed by nobody who is trusted');
    await change({ verifyPeers: false });
    await trustNobody();
    expect((await moveTo('UNKNOWN')).status).to.equal(0);
    expect(sumsOf(unknown.folder)).to.deep.equal(sumsOfAll([instance]));
  });

  it('tells in words of a call without TLS on the port for it, and of one by TLS on the other', async () => {
    expect(await isAnswered()).to.equal(false);
    const plain = ['-aec', 'DICOMKEEP', '127.0.0.1', String(server.port)];
    expect((await run('echoscu', [...ANONYMOUS, ...plain])).status).to.not.equal(0);

    await until('the log tells', () => server.log().includes('the caller speaks TLS'));
    expect(server.log()).to.contain('the caller does not speak TLS: it may be set to call without');
  });

  it('serves others while 200 handshakes stall, and closes those in time', async () => {
    const stalled = Array.from({ length: 200 }, () => connect(server.tlsPort ?? 0, '127.0.0.1'));
    sockets.push(...stalled);
    for (const socket of stalled) socket.on('error', () => undefined).resume();
    await Promise.all(stalled.map((socket) => once(socket, 'connect')));
    stalled[0]?.write('\x16\x03\x01');

    const startedAt = performance.now();
    expect(await isAnswered(...ANONYMOUS)).to.equal(true);
    expect(performance.now() - startedAt).to.be.lessThan(
      Math.min(atMost(3000), netLimits.tlsHandshakeTimeoutMs),
    );

    await wait(netLimits.tlsHandshakeTimeoutMs);
    await until('all are closed', () => stalled.every(({ destroyed }) => destroyed));
    expect(await isAnswered(...ANONYMOUS)).to.equal(true);
  });
});

function certificateIn(text: string): string {
  return /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.exec(text)?.[0] ?? '';
}
