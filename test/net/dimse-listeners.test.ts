import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { EchoScu } from '../../src/net/echo.ts';
import { netLimits } from '../../src/net/limits.ts';
import { Certificates } from '../../src/services/certificates.ts';
import type { Settings } from '../../src/services/settings.ts';
import { TestAcceptor } from '../helpers/acceptor.ts';
import { DimseClient } from '../helpers/dimse-client.ts';
import { freePort } from '../helpers/free-port.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';
import { anonymousTlsClient } from '../helpers/tls.ts';
import { memoryLog } from '../services/fixtures.ts';
import { refusalOf } from '../storage/problems.ts';

describe('DimseListeners', () => {
  let folder: string;
  let certificates: Certificates;
  let acceptor: TestAcceptor;
  let settings: Settings;
  const others: Server[] = [];
  const sockets: Socket[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-listeners-'));
    certificates = await Certificates.open({ file: join(folder, 'server.pem'), log: memoryLog() });
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    acceptor = new TestAcceptor(certificates);
    settings = acceptor.settings.current;
    expect(await acceptor.listeners.open(settings)).to.deep.equal([]);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await acceptor.close();
    for (const server of others.splice(0)) server.close();
  });

  const echo = new EchoScu({
    callingAeTitle: () => 'OURS',
    tls: anonymousTlsClient(),
    pduBytesMax: 131_072,
  });

  async function outcomeOf(port: number, useTls = false): Promise<string> {
    return (await echo.run({ aeTitle: 'DICOMKEEP', host: '127.0.0.1', port, useTls })).outcome;
  }

  /** A port that somebody else has. */
  async function takenPort(): Promise<number> {
    const server = createServer();
    others.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  async function change(changes: Partial<Settings>): Promise<void> {
    settings = { ...settings, ...changes };
    (await acceptor.listeners.prepare(settings)).commit();
  }

  async function overTls(options: { maxVersion?: 'TLSv1.1' | 'TLSv1.2' } = {}): Promise<TLSSocket> {
    const port = acceptor.portOf('dimse-tls');
    const low =
      options.maxVersion === 'TLSv1.1'
        ? { minVersion: 'TLSv1.1' as const, ciphers: 'DEFAULT@SECLEVEL=0' }
        : {};
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...low, ...options });
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return socket;
  }

  it('answers on both ports', async () => {
    expect(acceptor.listeners.listening().map(({ service }) => service)).to.deep.equal([
      'dimse',
      'dimse-tls',
    ]);
    expect(await outcomeOf(acceptor.portOf('dimse'))).to.equal('ok');
    expect(await outcomeOf(acceptor.portOf('dimse-tls'), true)).to.equal('ok');
  });

  it('moves to another port, while associations that are open go on', async () => {
    const [oldPort, newPort] = [acceptor.portOf('dimse'), await freePort()];
    const client = await DimseClient.connect({ port: oldPort });

    await change({ dimsePort: newPort });

    expect(acceptor.portOf('dimse')).to.equal(newPort);
    expect(await outcomeOf(newPort)).to.equal('ok');
    expect(await outcomeOf(oldPort)).to.equal('connection-refused');
    expect(await client.echo()).to.include({ status: 0x0000 });
    await client.release();
  });

  it('stays where it is when the new port is taken, also where another port of the same change is free', async () => {
    const port = acceptor.portOf('dimse');
    const [taken, free] = [await takenPort(), await freePort()];

    const refusal = await refusalOf(
      acceptor.listeners.prepare({
        ...settings,
        dimsePort: free,
        tls: { ...PLAIN_SETTINGS.tls, isEnabled: true, port: taken },
      }),
    );

    expect(refusal).to.match(
      new RegExp(`^unusable-setting: cannot listen on 127.0.0.1 port ${taken}: .*EADDRINUSE`),
    );
    expect(await outcomeOf(port)).to.equal('ok');
    expect(await outcomeOf(free)).to.equal('connection-refused');
  });

  it('lets go of what was only tried, with the connections that came meanwhile', async () => {
    const free = await freePort();
    const prepared = await acceptor.listeners.prepare({ ...settings, dimsePort: free });
    const socket = connect(free, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');

    prepared.abort();

    await once(socket, 'close');
    expect(await outcomeOf(free)).to.equal('connection-refused');
    expect(acceptor.portOf('dimse')).to.not.equal(free);
  });

  it('stay closed, whoever would open them or is about to', async () => {
    const prepared = await acceptor.listeners.prepare({ ...settings, dimsePort: await freePort() });

    acceptor.listeners.close();
    prepared.commit();
    expect(acceptor.listeners.listening()).to.deep.equal([]);

    expect(await acceptor.listeners.open(settings)).to.deep.equal([]);
    expect(acceptor.listeners.listening()).to.deep.equal([]);
  });

  it('exchanges its two ports', async () => {
    const [plain, encrypted] = [acceptor.portOf('dimse'), acceptor.portOf('dimse-tls')];

    await change({ dimsePort: encrypted, tls: { ...PLAIN_SETTINGS.tls, isEnabled: true, port: plain } });

    expect(await outcomeOf(encrypted)).to.equal('ok');
    expect(await outcomeOf(plain, true)).to.equal('ok');
  });

  it('switches TLS off and on', async () => {
    const port = acceptor.portOf('dimse-tls');

    await change({ tls: { ...PLAIN_SETTINGS.tls, isEnabled: false, port: 0 } });
    expect(await outcomeOf(port, true)).to.equal('connection-refused');
    expect(acceptor.listeners.listening()).to.have.lengthOf(1);

    await change({ tls: { ...PLAIN_SETTINGS.tls, isEnabled: true, port } });
    expect(await outcomeOf(port, true)).to.equal('ok');
  });

  it('opens what it can, refuses nothing else for it, and opens the rest when it can be had', async () => {
    const taken = await takenPort();
    await acceptor.close();
    acceptor = new TestAcceptor(certificates, {
      tls: { ...PLAIN_SETTINGS.tls, isEnabled: true, port: taken },
    });
    settings = acceptor.settings.current;

    const [problem] = await acceptor.listeners.open(settings);
    expect(problem?.path).to.equal('tls.port');
    expect(await outcomeOf(acceptor.portOf('dimse'))).to.equal('ok');
    const port = acceptor.portOf('dimse');
    await change({ maximumAssociations: 20 });
    expect(acceptor.portOf('dimse'), 'the same port').to.equal(port);

    await new Promise((resolve) => others.pop()?.close(resolve));
    expect(await acceptor.listeners.open(settings)).to.deep.equal([]);
    expect(await outcomeOf(taken, true)).to.equal('ok');
  });

  it('shows a new certificate to the next caller, and keeps the associations of the one before', async () => {
    const before = await overTls();
    const fingerprint = (socket: TLSSocket) => socket.getPeerCertificate().fingerprint256;
    expect(fingerprint(before)).to.equal(certificates.describe().sha256Fingerprint);

    await certificates.reset();

    const after = await overTls();
    expect(fingerprint(after)).to.equal(certificates.describe().sha256Fingerprint);
    expect(fingerprint(after)).to.not.equal(fingerprint(before));
    expect(before.destroyed).to.equal(false);
  });

  it('speaks TLS 1.2, and nothing older', async () => {
    expect((await overTls({ maxVersion: 'TLSv1.2' })).getProtocol()).to.equal('TLSv1.2');
    expect(
      await overTls({ maxVersion: 'TLSv1.1' }).then(
        () => 'connected',
        () => 'refused',
      ),
    ).to.equal('refused');
    await wait(20);
    expect(acceptor.log.lines.at(-1)).to.deep.include({ level: 'warn', message: 'TLS handshake failed' });
  });

  it('tells of handshakes that fail, with address and reason, and not of who says nothing', async () => {
    const port = acceptor.portOf('dimse-tls');
    const says = async (bytes: string, isReset = false) => {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.write(bytes);
      await wait(50);
      if (isReset) socket.resetAndDestroy();
      else socket.destroy();
      await wait(50);
    };

    await says('GET / HTTP/1.0\r\n\r\n');
    await says('\x16\x03\x01\x02\x00');
    await says('\x16\x03\x01\x02\x00', true);
    await says('');
    await says('', true);

    const reasons = ['the caller speaks HTTP', ...Array(4).fill('the caller closed the connection')];
    const logged = acceptor.log.lines.filter(({ message }) => message === 'TLS handshake failed');
    expect(logged.map(({ fields }) => fields['reason'])).to.deep.equal(reasons);
    for (const { fields } of logged) expect(fields['address']).to.match(/127\.0\.0\.1$/);
    expect(acceptor.handshakesFailed).to.deep.equal(
      reasons.slice(0, 3).map((reason) => [logged[0]?.fields['address'], `TLS handshake failed: ${reason}`]),
    );
    expect(await outcomeOf(port, true)).to.equal('ok');
  });

  it('bounds the handshakes that are under way, and who stalls keeps nobody out', async () => {
    const port = acceptor.portOf('dimse-tls');
    // As few as may be: those who stall take no place of an association either.
    await change({ maximumAssociations: 1 });
    const idle = Array.from({ length: netLimits.tlsHandshakesMax + 10 }, () => connect(port, '127.0.0.1'));
    sockets.push(...idle);
    for (const socket of idle) {
      socket.on('error', () => undefined);
      await once(socket, 'connect');
    }
    await wait(50);

    expect(await outcomeOf(port, true)).to.equal('ok');
    expect(acceptor.log.lines.map(({ fields }) => fields['reason'])).to.include('too many TLS handshakes');
    expect(acceptor.observer.told.map(([method]) => method)).to.include('connectionDropped');
    expect(idle.filter(({ destroyed }) => !destroyed)).to.have.lengthOf.at.most(netLimits.tlsHandshakesMax);
  });
});
