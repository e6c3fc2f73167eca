import { expect } from 'chai';
import { connectSyslog, syslogFrame } from '../../src/net/syslog.ts';
import { TlsClient } from '../../src/net/tls-client.ts';
import type { RepositoryConnection } from '../../src/services/audit-sender.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';
import { SyslogReceiver } from '../helpers/syslog-receiver.ts';
import { type Made, madeCertificate } from '../helpers/tls-certificates.ts';
import { fixedCertificate, TestTrust } from '../helpers/tls-peer.ts';
import { until } from '../integration/archive.ts';

const ORIGIN = { hostName: 'nas', processId: 4711 };
const XML =
  '<AuditMessage><EventIdentification EventActionCode="E" EventDateTime="2026-11-22T03:41:33.123Z" EventOutcomeIndicator="0"/>ä日</AuditMessage>';

describe('A syslog message with an audit message (RFC 5424, PS3.15 §A.6)', () => {
  it('has its length in bytes before it, facility 10 and severity 5, and a byte order mark before UTF-8', () => {
    const frame = syslogFrame(XML, ORIGIN).toString();

    const message = `<85>1 2026-11-22T03:41:33.123Z nas dicomkeep 4711 DICOM+RFC3881 - \ufeff${XML}`;
    expect(frame).to.equal(`${Buffer.byteLength(message)} ${message}`);
  });

  it('has severity 4 where something failed', () => {
    const frame = syslogFrame(XML.replace('Indicator="0"', 'Indicator="8"'), ORIGIN).toString();

    expect(frame).to.match(/^\d+ <84>1 /);
  });

  it('has no host name that would break its header', () => {
    expect(syslogFrame(XML, { hostName: 'n a\ns-ü', processId: 1 }).toString()).to.include(
      'Z nas- dicomkeep 1 ',
    );
    expect(syslogFrame(XML, { hostName: '日本', processId: 1 }).toString()).to.include('Z - dicomkeep 1 ');
  });
});

describe('A connection to an audit repository (RFC 5425)', () => {
  let server: Made;
  let own: Made;
  let authority: Made;
  let receiver: SyslogReceiver | undefined;
  const connections: RepositoryConnection[] = [];

  before(async () => {
    authority = await madeCertificate('hospital', { isAuthority: true });
    server = await madeCertificate('repository', { by: authority, names: ['localhost'] });
    own = await madeCertificate('archive');
  });
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.destroy();
    await receiver?.kill();
    receiver = undefined;
  });

  async function listen(options = {}): Promise<SyslogReceiver> {
    receiver = await SyslogReceiver.listen({ cert: server.certificate, key: server.privateKey, ...options });
    return receiver;
  }

  async function connect(
    port: number,
    { host = '127.0.0.1', trusted = undefined as Made[] | undefined } = {},
  ) {
    const tls = new TlsClient({
      certificates: fixedCertificate(own),
      trusted: new TestTrust(...(trusted ?? [])),
      settings: { current: { tls: { ...PLAIN_SETTINGS.tls, verifyPeers: trusted !== undefined } } },
    });
    const connection = await connectSyslog({
      repository: { host, port },
      tls,
      origin: ORIGIN,
      signal: new AbortController().signal,
    });
    connections.push(connection);
    return connection;
  }

  const refusal = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: Error) => error.message,
    );

  it('takes messages, shows our certificate, and confirms when it has read them all', async () => {
    const { port, messages, clients } = await listen();
    const connection = await connect(port);
    const lines = Array.from({ length: 1000 }, (_, index) =>
      XML.replace('ä日', `ä日 ${index} ${'z'.repeat(index)}`),
    );

    await connection.send(lines.slice(0, 10));
    await connection.send(lines.slice(10));
    expect(await connection.finish()).to.equal(true);

    expect(messages.map(({ xml }) => xml)).to.deep.equal(lines);
    expect(messages[0]).to.deep.include({ priority: 85, messageId: 'DICOM+RFC3881', isMarked: true });
    expect(clients).to.deep.equal(['archive']);
  });

  it('is TLS 1.2 or later', async () => {
    const { port } = await listen({
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });

    expect(await refusal(connect(port))).to.be.a('string');
  });

  it('is made with a repository that a trusted certificate stands for, where others are to show such a one', async () => {
    const { port } = await listen();

    const connection = await connect(port, { host: 'localhost', trusted: [authority] });

    expect(await connection.finish()).to.equal(true);
  });

  it('is not made with another one then, and nothing is told to it', async () => {
    const stranger = await madeCertificate('stranger', { isAuthority: true });
    const { port, messages } = await listen();

    expect(await refusal(connect(port, { trusted: [stranger] }))).to.match(
      /certificate of CN=repository was signed by nobody/,
    );
    expect(messages).to.deep.equal([]);
  });

  it('says why there is none', async () => {
    const { port } = await listen();
    await receiver?.kill();
    receiver = undefined;

    expect(await refusal(connect(port))).to.include('ECONNREFUSED');
  });

  it('is lost, and confirms nothing, when the repository goes before we close it', async () => {
    const repository = await listen();
    const connection = await connect(repository.port);
    await connection.send([XML]);
    await until('nothing arrived', async () => repository.messages.length === 1);

    repository.cut();
    await until('not noticed', async () => (await refusal(connection.send([XML]))) !== undefined);

    expect(await refusal(connection.finish())).to.be.a('string');
  });

  it('is not confirmed by a repository that is killed before it has read everything', async () => {
    const repository = await listen();
    const connection = await connect(repository.port);
    await connection.send([XML]);

    const finished = refusal(connection.finish());
    repository.reset();

    expect(await finished).to.be.a('string');
  });
});
