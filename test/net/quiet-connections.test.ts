import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { netLimits } from '../../src/net/limits.ts';
import type { Certificates } from '../../src/services/certificates.ts';
import { TestAcceptor } from '../helpers/acceptor.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';
import { A_RELEASE_RQ, hex, uids } from '../ul/fixtures.ts';
import { APPLICATION_CONTEXT, contextItem, pduOf, rawRequest, userInformation } from '../ul/raw-request.ts';
import { FakeStorage } from './fake-storage.ts';
import { COMMAND, echoPdu, LAST, pData, pdv, storeRequest } from './pdata.ts';
import { RawPeer } from './raw-peer.ts';

const NO_CERTIFICATES = {
  current: () => ({ certificate: '', privateKey: '' }),
  onChange: () => () => undefined,
} as unknown as Certificates;

const ARTIM_MS = 250;
const IDLE_MS = 300;
/** What a busy machine may add. */
const SLACK_MS = 15_000;

const REQUEST = rawRequest({
  items: [APPLICATION_CONTEXT, contextItem(1), contextItem(3, uids.ctImageStorage), userInformation()],
});
const A_ABORT = 'A-ABORT 0 0';

describe('A connection on which nothing comes (PS3.8 §9.1.5, §9.2)', function () {
  this.timeout(60_000);
  let storage: FakeStorage;
  let acceptor: TestAcceptor;
  let port: number;
  const peers: RawPeer[] = [];

  before(async () => {
    storage = new FakeStorage();
    const settings = { tls: { ...PLAIN_SETTINGS.tls, isEnabled: false } };
    acceptor = new TestAcceptor(NO_CERTIFICATES, settings, undefined, {
      services: { storage: storage.service },
      artimTimeoutMs: ARTIM_MS,
      associationIdleTimeoutMs: IDLE_MS,
    });
    await acceptor.listeners.open(acceptor.settings.current);
    port = acceptor.portOf('dimse');
  });
  after(() => acceptor.close());
  afterEach(() => {
    for (const peer of peers.splice(0)) peer.destroy();
  });

  async function connected(...bytes: Buffer[]): Promise<RawPeer> {
    const peer = await RawPeer.connect(port);
    peers.push(peer);
    if (bytes.length > 0) peer.send(...bytes);
    return peer;
  }
  async function associated(): Promise<RawPeer> {
    const peer = await RawPeer.associate(port, REQUEST);
    peers.push(peer);
    return peer;
  }
  /** Sends a byte every few milliseconds while the connection is open. */
  async function drip(peer: RawPeer, bytes: Buffer): Promise<void> {
    for (const byte of bytes) {
      if (peer.isClosed) return;
      peer.socket.write(Buffer.from([byte]));
      await wait(20);
    }
  }

  const first: [what: string, bytes: Buffer][] = [
    ['no byte comes', Buffer.alloc(0)],
    ['half the header of a PDU comes', REQUEST.subarray(0, 3)],
    ['half an A-ASSOCIATE-RQ comes', REQUEST.subarray(0, REQUEST.length / 2)],
    ['a P-DATA-TF begins', hex('04 00 00010000')],
  ];
  for (const [what, bytes] of first) {
    it(`is closed by ARTIM where ${what} (Sta2)`, async () => {
      const peer = await connected(bytes);

      expect(await peer.closed()).to.be.within(ARTIM_MS - 50, ARTIM_MS + SLACK_MS);
    });
  }

  it('is closed by ARTIM from its beginning, though an A-ASSOCIATE-RQ drips in byte by byte (Sta2)', async () => {
    const startedAt = performance.now();
    const peer = await connected();
    void drip(peer, REQUEST);

    await peer.closed();

    expect(performance.now() - startedAt).to.be.within(ARTIM_MS - 50, ARTIM_MS + SLACK_MS);
    expect(peer.answers).to.equal('');
  });

  it('is closed by ARTIM after an A-ASSOCIATE-RJ, though bytes go on to come (Sta13)', async () => {
    const peer = await connected(rawRequest({ called: 'PACS' }));
    await peer.until((answers) => answers === 'A-ASSOCIATE-RJ 1 1 7');
    void drip(peer, Buffer.alloc(1000));

    expect(await peer.closed()).to.be.within(ARTIM_MS - 50, ARTIM_MS + SLACK_MS);
  });

  it('is closed by ARTIM after an A-ABORT of ours, though bytes go on to come (Sta13)', async () => {
    const peer = await associated();
    peer.send(pduOf(0x0b, Buffer.alloc(0)));
    await peer.until((answers) => answers.endsWith('A-ABORT 2 1'));
    void drip(peer, REQUEST);

    expect(await peer.closed()).to.be.within(ARTIM_MS - 50, ARTIM_MS + SLACK_MS);
  });

  it('is closed by ARTIM after an A-RELEASE-RP (Sta13)', async () => {
    const peer = await associated();
    peer.send(A_RELEASE_RQ);
    await peer.until((answers) => answers.endsWith('A-RELEASE-RP'));

    expect(await peer.closed()).to.be.within(ARTIM_MS - 50, ARTIM_MS + SLACK_MS);
  });

  const withinCommand = pData(pdv(1, COMMAND, Buffer.alloc(4)));
  const withinDataSet = pData(pdv(3, COMMAND | LAST, storeRequest(1)), pdv(3, 0, Buffer.alloc(100)));
  const idle: [what: string, bytes: Buffer][] = [
    ['between messages', Buffer.alloc(0)],
    ['within the header of a PDU', hex('04 00 00')],
    ['within a PDU', hex('04 00 00001000 00000100 01 03 00')],
    ['within a command set', withinCommand],
    ['before the data set of a command', pData(pdv(3, COMMAND | LAST, storeRequest(1)))],
    ['within a data set', withinDataSet],
  ];
  for (const [what, bytes] of idle) {
    it(`is aborted, then closed by ARTIM, where it rests ${what} (Sta6)`, async () => {
      const peer = await associated();
      if (bytes.length > 0) peer.send(bytes);

      const tookMs = await peer.closed();

      expect(peer.answers).to.equal(`A-ASSOCIATE-AC, ${A_ABORT}`);
      expect(tookMs).to.be.within(IDLE_MS + ARTIM_MS - 100, IDLE_MS + ARTIM_MS + SLACK_MS);
    });
  }

  it('is aborted where a PDU drips in byte by byte and does not end (Sta6)', async () => {
    const peer = await associated();
    void drip(peer, Buffer.concat([hex('04 00 00001000 00000ffc 01 03'), Buffer.alloc(1000)]));

    const tookMs = await peer.closed();

    expect(peer.answers).to.equal(`A-ASSOCIATE-AC, ${A_ABORT}`);
    expect(tookMs).to.be.within(IDLE_MS - 50, IDLE_MS + ARTIM_MS + SLACK_MS);
    expect(acceptor.log.lines.map(({ fields }) => fields?.['reason'])).to.include('a PDU that does not end');
  });

  it('lives on while PDUs end, however slowly they come (Sta6)', async () => {
    const peer = await associated();

    for (let id = 1; id <= 6; id++) {
      await wait(IDLE_MS / 2);
      peer.send(echoPdu(id));
    }
    await peer.until((answers) => answers.split('P-DATA-TF').length === 7);
    peer.send(A_RELEASE_RQ);

    await peer.until((answers) => answers.endsWith('A-RELEASE-RP'));
  });

  it('is closed where a caller never reads its answers: no more is read from it, and the write ends', async () => {
    const peer = await associated();
    peer.socket.removeAllListeners('data');
    peer.socket.pause();
    const burst = Buffer.concat(Array.from({ length: 1000 }, (_, index) => echoPdu(index + 1)));
    let sentBytes = 0;
    const go = (socket: Socket) => {
      while (socket.write(burst)) sentBytes += burst.length;
      sentBytes += burst.length;
      socket.once('drain', () => go(socket));
    };
    go(peer.socket);
    const startedAt = performance.now();
    // As a paused socket does not tell that it was closed, the acceptor's own count has to.
    while (acceptor.acceptor.associations > 0 && performance.now() - startedAt < 15_000) await wait(20);

    expect(acceptor.acceptor.associations).to.equal(0);
    expect(performance.now() - startedAt).to.be.below(
      IDLE_MS + ARTIM_MS + netLimits.lingerTimeoutMs + 4 * SLACK_MS,
    );
    // What the kernel holds on both ways, and no flood: the caller had to stop.
    expect(sentBytes).to.be.below(64 * 1024 * 1024);
  });

  it('is closed where a caller goes on sending, a little at a time, and never reads', async () => {
    const peer = await associated();
    peer.socket.removeAllListeners('data');
    peer.socket.pause();
    // Answers enough that the kernel takes no more of them.
    const burst = Buffer.concat(Array.from({ length: 1000 }, (_, index) => echoPdu(index + 1)));
    let isFull = false;
    for (let count = 0; count < 400 && !isFull; count++) {
      isFull = !(await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), 100);
        peer.socket.write(burst, () => {
          clearTimeout(timer);
          resolve(true);
        });
      }));
    }
    expect(isFull, 'the acceptor reads no more').to.equal(true);
    const startedAt = performance.now();
    while (acceptor.acceptor.associations > 0 && performance.now() - startedAt < 10_000) {
      peer.socket.write(echoPdu(1));
      await wait(IDLE_MS / 4);
    }

    expect(acceptor.acceptor.associations).to.equal(0);
  });

  it('does not keep others out, though there are many of them', async () => {
    const quiet: Socket[] = Array.from({ length: 9 }, () => connect({ port, host: '127.0.0.1' }));
    await wait(30);

    const peer = await associated();
    peer.send(echoPdu(1));

    await peer.until((answers) => answers.endsWith('P-DATA-TF'));
    for (const socket of quiet) socket.destroy();
  });
});
