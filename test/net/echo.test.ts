import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { EchoScu } from '../../src/net/echo.ts';
import { Certificates } from '../../src/services/certificates.ts';
import { adviceFor, ECHO_OUTCOMES, type EchoPeer, type EchoResult } from '../../src/services/echo.ts';
import { TestAcceptor } from '../helpers/acceptor.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { anonymousTlsClient } from '../helpers/tls.ts';
import { memoryLog } from '../services/fixtures.ts';

describe('EchoScu (PS3.4 Annex A)', () => {
  let folder: string;
  let certificates: Certificates;
  let acceptor: TestAcceptor;
  const servers: Server[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-echo-'));
    certificates = await Certificates.open({ file: join(folder, 'server.pem'), log: memoryLog() });
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    acceptor = new TestAcceptor(certificates);
    await acceptor.listeners.open(acceptor.settings.current);
  });
  afterEach(async () => {
    await acceptor.close();
    for (const server of servers.splice(0)) server.close();
  });

  async function run(peer: Partial<EchoPeer>): Promise<EchoResult> {
    const echo = new EchoScu({
      callingAeTitle: () => 'OURS',
      tls: anonymousTlsClient(),
      pduBytesMax: 131_072,
      connectTimeoutMs: 400,
      responseTimeoutMs: 300,
    });
    return echo.run({
      aeTitle: 'DICOMKEEP',
      host: '127.0.0.1',
      port: acceptor.portOf('dimse'),
      useTls: false,
      ...peer,
    });
  }

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  for (const useTls of [false, true]) {
    it(`measures each step of an echo that is answered, ${useTls ? 'over TLS' : 'unencrypted'}`, async () => {
      const port = acceptor.portOf(useTls ? 'dimse-tls' : 'dimse');
      const result = await run({ port, useTls });

      expect(result).to.deep.include({ outcome: 'ok', isOk: true, advice: '', resolvedAddress: '127.0.0.1' });
      expect(result.words).to.match(new RegExp(`^DICOMKEEP at 127.0.0.1:${port} answered in \\d+ ms$`));
      for (const step of ['connectMs', 'associateMs', 'echoMs'] as const) {
        expect(result[step], step).to.be.within(0.001, 1000);
      }
      const opened = acceptor.observer.told.find(([method]) => method === 'associationOpened');
      expect(opened?.[1]).to.deep.nested.include({
        'party.callingAeTitle': 'OURS',
        'party.isTls': useTls,
        'party.isPeer': false,
        echoes: 1,
      });
    });
  }

  it('finds a name that has no address', async () => {
    const result = await run({ host: 'no-such-host.invalid' });

    expect(result).to.deep.include({
      outcome: 'name-not-found',
      isOk: false,
      resolvedAddress: null,
      connectMs: null,
    });
  });

  it('finds a port on which nobody listens, and that of a name with several addresses too', async () => {
    const port = await listen(createServer());
    await new Promise((resolve) => servers.pop()?.close(resolve));

    expect(await run({ port })).to.deep.include({
      outcome: 'connection-refused',
      resolvedAddress: '127.0.0.1',
    });
    const named = await run({ port, host: 'localhost' });
    expect(named.outcome).to.equal('connection-refused');
    expect(named.words).to.contain('ECONNREFUSED');
  });

  it('finds what accepts and says nothing, over TLS too', async () => {
    const port = await listen(createServer((socket) => void socket.on('error', () => undefined).resume()));

    const silent = await run({ port });
    expect(silent).to.include({ outcome: 'answer-timeout', associateMs: null });
    expect(silent.words).to.contain('no answer to the association request within 300 ms');
    expect(silent.connectMs).to.be.greaterThan(0);
    expect((await run({ port, useTls: true })).outcome).to.equal('tls-failed');
  });

  it('finds what is not DICOM: HTTP, a greeting, an end without a word', async () => {
    const http = await listen(createHttpServer());
    const greeting = await listen(
      createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-x\r\n')),
    );
    const closing = await listen(createServer((socket) => socket.on('error', () => undefined).destroy()));

    for (const port of [http, greeting, closing]) expect((await run({ port })).outcome).to.equal('not-dicom');
  });

  it('finds a port with TLS where none is expected, and the other way round', async () => {
    const plain = await run({ port: acceptor.portOf('dimse'), useTls: true });
    expect(plain.outcome).to.equal('tls-failed');
    expect(plain.advice).to.contain('switch TLS off');

    const encrypted = await run({ port: acceptor.portOf('dimse-tls') });
    expect(encrypted.outcome).to.be.oneOf(['tls-failed', 'not-dicom']);
    expect(encrypted.advice).to.contain('TLS');
  });

  it('finds AE titles that do not fit, theirs and ours', async () => {
    const called = await run({ aeTitle: 'OTHER' });
    expect(called).to.include({ outcome: 'rejected-called-ae-title' });
    expect(called.words).to.contain('called AE title not recognized');

    acceptor.settings.current = { ...acceptor.settings.current, unknownCallers: 'reject' };
    const calling = await run({});
    expect(calling).to.include({ outcome: 'rejected-calling-ae-title' });
    expect(calling.advice).to.contain('AE title OURS');
  });

  it('finds a peer that is full', async () => {
    acceptor.settings.current = { ...acceptor.settings.current, maximumAssociations: 0 };

    expect((await run({})).outcome).to.equal('rejected-other');
    expect(acceptor.observer.told.filter(([method]) => method === 'associationRejected')).to.deep.equal([
      [
        'associationRejected',
        {
          callingAeTitle: 'OURS',
          calledAeTitle: 'DICOMKEEP',
          address: '127.0.0.1',
          isPeer: false,
          isTls: false,
        },
        'limit-exceeded',
        'local limit exceeded',
      ],
    ]);
  });

  it('finds a peer that aborts', async () => {
    const abort = Buffer.from('07000000000400000000', 'hex');
    const port = await listen(
      createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.end(abort))),
    );

    expect((await run({ port })).outcome).to.equal('aborted');
  });

  it('tells the answer in time of a peer that hangs when the association is released', async () => {
    const port = await listen(
      createServer({ allowHalfOpen: true }, (socket) => {
        const behind = connect(acceptor.portOf('dimse'), '127.0.0.1');
        behind.on('error', () => undefined).on('data', (bytes) => socket.write(bytes));
        // A-RELEASE-RQ, and all that follows, is not passed on.
        let isReleased = false;
        socket
          .on('error', () => undefined)
          .on('data', (bytes) => {
            isReleased ||= bytes[0] === 5;
            if (!isReleased) behind.write(bytes);
          });
        socket.once('close', () => behind.destroy());
      }),
    );
    const startedAt = performance.now();

    expect((await run({ port })).outcome).to.equal('ok');

    expect(performance.now() - startedAt).to.be.within(900, atMost(1800));
  });

  it('has advice for every outcome but success', () => {
    const peer = { aeTitle: 'CT1', host: 'ct1.example', port: 104, useTls: false };
    for (const outcome of ECHO_OUTCOMES) {
      const advice = adviceFor(outcome, peer, 'OURS');
      if (outcome === 'ok') expect(advice).to.equal('');
      else expect(advice, outcome).to.match(/^[A-Zc].{30,}\.$/);
    }
  });
});
