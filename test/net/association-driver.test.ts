import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { encodeMessage, type Message } from '../../src/dimse/message.ts';
import { responseTo } from '../../src/dimse/response.ts';
import {
  AssociationDriver,
  type DataSetConsumer,
  type DriverEvents,
} from '../../src/net/association-driver.ts';
import { netLimits } from '../../src/net/limits.ts';
import { Listener } from '../../src/net/listener.ts';
import { readByEvents, readInto } from '../../src/net/socket-reader.ts';
import { Association, type Indication } from '../../src/ul/association.ts';
import { negotiate } from '../../src/ul/negotiation.ts';
import { aAssociateRq } from '../../src/ul/pdu/a-associate-rq.ts';
import { aReleaseRq } from '../../src/ul/pdu/a-release-rq.ts';
import { framePdvs } from '../../src/ul/pdv-framing.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { memoryLog } from '../services/fixtures.ts';
import { A_ASSOCIATE_RQ_VALUE, uids } from '../ul/fixtures.ts';

const ARTIM_MS = 150;
const PDU_BYTES_MAX = 16_384;
const A_ABORT = 7;

const RQ = aAssociateRq.encode({
  ...A_ASSOCIATE_RQ_VALUE,
  presentationContexts: [
    { id: 1, abstractSyntax: uids.ctImageStorage, transferSyntaxes: [uids.explicitLittle] },
  ],
});
const RELEASE_RQ = aReleaseRq.encode({ type: 'A-RELEASE-RQ' });

function storeRequest(messageId: number): Buffer {
  return encodeMessage({
    type: 'C-STORE-RQ',
    affectedSopClassUid: uids.ctImageStorage,
    affectedSopInstanceUid: `1.2.${messageId}`,
    messageId,
    priority: 0,
    hasDataSet: true,
  });
}

/** The PDUs of a C-STORE-RQ with its data set. */
function stored(messageId: number, dataSet: Buffer): Buffer {
  const pdvs = [
    { contextId: 1, isCommand: true, isLast: true, bytes: storeRequest(messageId) },
    { contextId: 1, isCommand: false, isLast: true, bytes: dataSet },
  ];
  return Buffer.concat(framePdvs(pdvs, PDU_BYTES_MAX));
}

/** Message control headers of PDVs in P-DATA-TF PDUs, and their first byte — PS3.8 §9.3.5, Annex E.2. */
function pdvHeadersOf(bytes: Buffer): string[] {
  const headers: string[] = [];
  for (let pdu = 0; pdu < bytes.length; pdu += 6 + bytes.readUInt32BE(pdu + 2)) {
    const end = pdu + 6 + bytes.readUInt32BE(pdu + 2);
    for (let pdv = pdu + 6; pdv < end; pdv += 4 + bytes.readUInt32BE(pdv))
      headers.push(bytes.toString('hex', pdv + 5, pdv + 7));
  }
  return headers;
}

/** Takes a data set and looks at its bytes as late as it may: when it lets go of them. */
class SlowConsumer implements DataSetConsumer {
  readonly taken: Buffer[] = [];
  #views: Buffer[] = [];
  readonly #delayMs: () => number;
  #releasing: Promise<void> | undefined;
  aborts = 0;
  readonly #whole: (bytes: Buffer) => void;

  constructor(delayMs: () => number, whole: (bytes: Buffer) => void) {
    this.#delayMs = delayMs;
    this.#whole = whole;
  }

  write(bytes: Buffer): void {
    this.#views.push(bytes);
  }

  release(): Promise<void> | undefined {
    if (this.#releasing === undefined && this.#views.length === 0) return undefined;
    this.#releasing ??= this.#take().finally(() => {
      this.#releasing = undefined;
    });
    // What came after that began needs another.
    return this.#releasing.then(() => this.release());
  }

  async #take(): Promise<void> {
    const views = this.#views;
    this.#views = [];
    await wait(this.#delayMs());
    this.taken.push(...views.map((view) => Buffer.from(view)));
  }

  end(): void {
    void Promise.resolve(this.release()).then(() => this.#whole(Buffer.concat(this.taken)));
  }

  abort(): void {
    this.aborts += 1;
    this.#views = [];
  }
}

/** What happened on one association of ours. */
class Session implements DriverEvents {
  readonly driver: AssociationDriver;
  readonly indications: string[] = [];
  readonly messages: Message[] = [];
  readonly consumers: SlowConsumer[] = [];
  readonly dataSets: Buffer[] = [];
  closes = 0;
  readonly #options: HostOptions;

  constructor(options: HostOptions) {
    this.#options = options;
    this.driver = new AssociationDriver(new Association('acceptor', { pduBytesMax: PDU_BYTES_MAX }), this, {
      artimTimeoutMs: ARTIM_MS,
      idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
    });
  }

  indicate(primitive: Indication): void {
    this.indications.push(primitive.type);
    if (primitive.type === 'A-RELEASE indication') this.driver.submit({ type: 'A-RELEASE response' });
    if (primitive.type !== 'A-ASSOCIATE indication' || this.#options.isMute) return;
    const negotiated = negotiate(primitive.request, {
      calledAeTitles: new Set(['DICOMKEEP']),
      maximumLength: PDU_BYTES_MAX,
      implementationClassUid: '1.2.3',
      implementationVersionName: 'TEST',
      acceptTransferSyntax: (_, proposed) => proposed[0],
    });
    if ('accept' in negotiated) this.driver.submit({ type: 'A-ASSOCIATE accept', accept: negotiated.accept });
  }

  message(contextId: number, message: Message): DataSetConsumer | undefined {
    this.messages.push(message);
    if (this.#options.isBroken) throw new TypeError('a bug of ours');
    if (message.type !== 'C-STORE-RQ') return undefined;
    const consumer = new SlowConsumer(this.#options.delayMs ?? (() => 0), (bytes) => {
      this.dataSets.push(bytes);
      this.driver.send(contextId, responseTo(message, { status: 0 }));
    });
    this.consumers.push(consumer);
    return consumer;
  }

  closed(): void {
    this.closes += 1;
  }
}

interface HostOptions {
  delayMs?: () => number;
  idleTimeoutMs?: number;
  /** Does not answer the association request. */
  isMute?: boolean;
  /** Throws at every message. */
  isBroken?: boolean;
}

for (const [way, readSocket] of [
  ['reused buffers', readInto],
  ['events', readByEvents],
] as const) {
  describe(`AssociationDriver on a socket read by ${way} (PS3.8 §9)`, function () {
    this.timeout(60_000);
    let listener: Listener;
    let port: number;
    let sessions: Session[];
    let options: HostOptions;
    const peers: Socket[] = [];

    before(async () => {
      listener = new Listener({
        host: '127.0.0.1',
        port: 0,
        connectionsMax: 100,
        log: memoryLog(),
        dropped: () => undefined,
      });
      await listener.listen();
      port = listener.port;
      listener.serve((socket) => {
        const session = new Session(options);
        sessions.push(session);
        session.driver.attach(readSocket(socket, session.driver));
      });
    });
    after(() => listener.close());
    beforeEach(() => {
      sessions = [];
      options = {};
    });
    afterEach(() => {
      for (const peer of peers.splice(0)) peer.destroy();
    });

    async function open(
      ...first: Buffer[]
    ): Promise<{ peer: Socket; received: () => Buffer; session: () => Session; ended: Promise<void> }> {
      const number = sessions.length;
      const peer = connect({ port, host: '127.0.0.1', noDelay: true });
      peers.push(peer);
      const pieces: Buffer[] = [];
      peer.on('data', (bytes: Buffer) => pieces.push(bytes)).on('error', () => undefined);
      const ended = new Promise<void>((resolve) => peer.once('close', () => resolve()));
      await new Promise((resolve) => peer.once('connect', resolve));
      for (const bytes of first) peer.write(bytes);
      while (sessions.length <= number) await wait(1);
      const session = sessions[number];
      if (session === undefined) throw new Error('no session');
      return { peer, received: () => Buffer.concat(pieces), session: () => session, ended };
    }

    const until = async (isSo: () => boolean) => {
      while (!isSo()) await wait(2);
    };

    it('takes data sets byte for byte, however the stream is cut and however slowly their bytes are let go of', async () => {
      const dataSets = [
        randomBytes(10),
        randomBytes(500_000),
        randomBytes(60_000),
        randomBytes(3_000_001),
        randomBytes(1_000_000),
      ];
      let random = 12_345;
      const next = (below: number) => {
        random = (random * 1_103_515_245 + 12_345) & 0x7fff_ffff;
        return random % below;
      };
      options = { delayMs: () => next(6) };
      const { peer, session, ended } = await open(RQ);
      await until(() => session().indications.length > 0);
      const stream = Buffer.concat([
        ...dataSets.map((dataSet, index) => stored(index + 1, dataSet)),
        RELEASE_RQ,
      ]);
      for (let at = 0; at < stream.length; ) {
        const bytes = next(3) === 0 ? 1 + next(50) : 1 + next(300_000);
        if (!peer.write(stream.subarray(at, at + bytes)))
          await new Promise((resolve) => peer.once('drain', resolve));
        if (next(8) === 0) await wait(1);
        at += bytes;
      }
      peer.end();
      await ended;
      await until(() => session().dataSets.length === dataSets.length);

      for (const [index, { taken }] of session().consumers.entries()) {
        expect(Buffer.concat(taken).equals(dataSets[index] ?? Buffer.alloc(0)), `data set ${index}`).to.equal(
          true,
        );
      }
      await until(() => session().closes > 0);
      expect(session().consumers.map(({ aborts }) => aborts)).to.deep.equal([0, 0, 0, 0, 0]);
      expect(session().indications).to.deep.equal(['A-ASSOCIATE indication', 'A-RELEASE indication']);
    });

    it('takes many small data sets, all in one write', async () => {
      const dataSets = Array.from({ length: 300 }, (_, index) => randomBytes(200 + index * 3));
      const { peer, session } = await open(RQ);
      await until(() => session().indications.length > 0);
      peer.write(Buffer.concat(dataSets.map((dataSet, index) => stored(index + 1, dataSet))));

      await until(() => session().dataSets.length === dataSets.length);

      for (const [index, { taken }] of session().consumers.entries()) {
        expect(Buffer.concat(taken).equals(dataSets[index] ?? Buffer.alloc(0)), `data set ${index}`).to.equal(
          true,
        );
      }
    });

    it('stops reading while nothing is let go of, so that the sender has to wait', async () => {
      let isStuck = true;
      options = { delayMs: () => (isStuck ? 300 : 0) };
      const { peer, session } = await open(RQ);
      await until(() => session().indications.length > 0);
      const dataSet = randomBytes(30_000_000);
      const stream = stored(1, dataSet);
      let sent = 0;
      peer.write(stream, () => {
        sent = stream.length;
      });
      await wait(200);

      expect(sent, 'the kernel has not taken all').to.equal(0);

      isStuck = false;
      await until(() => session().dataSets.length === 1);
      expect(Buffer.concat(session().consumers[0]?.taken ?? []).equals(dataSet)).to.equal(true);
    });

    it('aborts on bytes that are no PDU, before an association and within one, and closes', async () => {
      const { received, session, ended } = await open(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
      await ended;
      expect(received()[0]).to.equal(A_ABORT);
      await until(() => session().closes === 1);

      const other = await open(RQ);
      await until(() => other.session().indications.length > 0);
      other.peer.write(stored(1, Buffer.alloc(100)).subarray(0, 200));
      await until(() => other.session().consumers.length > 0);
      other.peer.write(randomBytes(1).fill(0xee));
      other.peer.write(Buffer.alloc(500, 0xee));
      await other.ended;
      await until(() => other.session().closes === 1);
      expect(other.session().consumers[0]?.aborts).to.equal(1);
      expect(other.session().indications).to.deep.equal(['A-ASSOCIATE indication', 'A-P-ABORT indication']);
    });

    it('aborts on a message that breaks PS3.7, and gives up its data set', async () => {
      const { peer, received, session, ended } = await open(RQ);
      await until(() => session().indications.length > 0);
      const command = { contextId: 1, isCommand: true, isLast: true, bytes: storeRequest(1) };
      peer.write(Buffer.concat(framePdvs([command, command], PDU_BYTES_MAX)));

      await ended;

      await until(() => session().closes === 1);
      expect(session().consumers[0]?.aborts).to.equal(1);
      expect(received().subarray(-10)[0]).to.equal(A_ABORT);
    });

    it('closes by ARTIM when no association is requested, or one but half', async () => {
      for (const bytes of [Buffer.alloc(0), RQ.subarray(0, 3), RQ.subarray(0, 100)]) {
        const startedAt = performance.now();
        const { session, ended } = await open(bytes);
        await ended;

        expect(performance.now() - startedAt).to.be.within(ARTIM_MS - 20, atMost(ARTIM_MS + 1500));
        await until(() => session().closes === 1);
      }
    });

    it('is closed once, and gives up what is not whole, wherever the peer goes away', async () => {
      const stream = Buffer.concat([RQ, stored(1, Buffer.alloc(40_000, 1)), RELEASE_RQ]);
      for (const length of [
        0,
        5,
        60,
        RQ.length,
        RQ.length + 3,
        RQ.length + 100,
        RQ.length + 20_000,
        stream.length - 12,
        stream.length,
      ]) {
        for (const way of ['end', 'destroy', 'reset'] as const) {
          const { peer, session } = await open(stream.subarray(0, RQ.length));
          if (length > RQ.length) await until(() => session().indications.length > 0);
          peer.write(stream.subarray(RQ.length, Math.max(RQ.length, length)));
          if (way === 'end') peer.end();
          else await wait(1);
          if (way === 'destroy') peer.destroy();
          if (way === 'reset') peer.resetAndDestroy();
          await until(() => session().closes > 0);
          await wait(1);

          expect(session().closes).to.equal(1);
          for (const consumer of session().consumers) {
            const isWhole = session().dataSets.length > 0 || Buffer.concat(consumer.taken).length === 40_000;
            expect(consumer.aborts, `${length} bytes, ${way}`).to.be.at.most(isWhole ? 0 : 1);
          }
        }
      }
    });

    it('survives any bytes, before an association and within one', async () => {
      const whole = Buffer.concat([RQ, stored(1, Buffer.alloc(300)), RELEASE_RQ]);
      const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
      await fc.assert(
        fc.asyncProperty(
          fc.array(change, { minLength: 1, maxLength: 4 }),
          fc.nat(whole.length),
          async (changes, cut) => {
            const bytes = Buffer.from(whole);
            for (const [at, value] of changes) bytes[at] = value;
            const { peer, session } = await open(bytes.subarray(0, cut));
            peer.end(bytes.subarray(cut));
            await until(() => session().closes > 0);
            expect(session().closes).to.equal(1);
          },
        ),
        { numRuns: 60 },
      );
      await wait(10);
      const { session } = await open(RQ);
      await until(() => session().indications.length > 0);
    });

    it('ends the association on which a bug of ours shows, and no other', async () => {
      const other = await open(RQ);
      options = { isBroken: true };
      const { peer, session, received, ended } = await open(RQ);
      await until(() => session().indications.length > 0);
      peer.write(stored(1, Buffer.alloc(100_000)));

      await ended;

      await until(() => session().closes === 1);
      expect(received().subarray(-10)[0]).to.equal(A_ABORT);
      expect(session().indications.at(-1)).to.equal('A-P-ABORT indication');
      other.peer.write(stored(1, Buffer.alloc(10)));
      await until(() => other.session().dataSets.length === 1);
    });

    it('aborts an association on which nothing happens', async () => {
      options = { idleTimeoutMs: 80 };
      const { session, received, ended } = await open(RQ);
      await ended;

      expect(received().subarray(-10)[0]).to.equal(A_ABORT);
      expect(session().indications).to.include('A-P-ABORT indication');
      await until(() => session().closes === 1);
    });

    it('aborts where nothing of what it sends is taken, though PDUs go on to come', async () => {
      options = { idleTimeoutMs: 200 };
      const { peer, session } = await open(RQ);
      await until(() => session().driver.isOpen);
      peer.removeAllListeners('data');
      peer.pause();
      const bytes = Buffer.alloc(32 * 1024 * 1024);
      const sent = session().driver.sendPdvs([{ contextId: 1, isCommand: false, isLast: true, bytes }]);
      const startedAt = performance.now();
      while (session().closes === 0 && performance.now() - startedAt < 10_000) {
        peer.write(stored(1, Buffer.alloc(10)));
        await wait(20);
      }

      expect(session().closes).to.equal(1);
      expect(session().indications.at(-1)).to.equal('A-P-ABORT indication');
      expect(await sent).to.equal(false);
    });

    it('sends no message within the data set of another, but after it', async () => {
      const { session, received } = await open(RQ);
      await until(() => session().driver.isOpen);
      const { driver } = session();
      await until(() => received().length > 0);
      const before = received().length;
      const echo = {
        type: 'C-ECHO-RSP',
        messageIdBeingRespondedTo: 9,
        status: 0,
        hasDataSet: false,
      } as const;
      const message = { ...echo, affectedSopClassUid: uids.verification };
      const pieces = [1, 2, 3].map((at) => ({
        contextId: 1,
        isCommand: false,
        isLast: at === 3,
        bytes: Buffer.alloc(10, at),
      }));
      const command = { contextId: 1, isCommand: true, isLast: true, bytes: storeRequest(1) };

      for (const [at, piece] of pieces.entries()) {
        await driver.sendPdvs(at === 0 ? [command, piece] : [piece]);
        if (piece.isLast) break;
        expect(driver.send(1, message)).to.equal(true);
      }
      await driver.drained();

      const response = { contextId: 1, isCommand: true, isLast: true, bytes: encodeMessage(message) };
      const expected = [command, ...pieces, response, response].flatMap((pdv) =>
        framePdvs([pdv], PDU_BYTES_MAX),
      );
      await until(() => received().length >= before + Buffer.concat(expected).length);
      expect(pdvHeadersOf(received().subarray(before))).to.deep.equal(pdvHeadersOf(Buffer.concat(expected)));
    });

    it('reads no more of a caller for whom too many messages wait', async () => {
      const { session } = await open(RQ);
      await until(() => session().driver.isOpen);
      const { driver } = session();
      const message = {
        type: 'C-ECHO-RSP',
        messageIdBeingRespondedTo: 9,
        status: 0,
        hasDataSet: false,
      } as const;
      const send = () => driver.send(1, { ...message, affectedSopClassUid: uids.verification });
      const piece = { contextId: 1, isCommand: false, isLast: false, bytes: Buffer.alloc(10) };
      await driver.sendPdvs([piece]);

      for (let count = 1; count < netLimits.waitingMessagesMax; count++) send();
      expect(driver.congestion()).to.equal(undefined);
      send();
      const waiting = driver.congestion();

      expect(waiting).to.be.instanceOf(Promise);
      await driver.sendPdvs([{ ...piece, isLast: true }]);
      await waiting;
      expect(driver.congestion()).to.equal(undefined);
    });

    it('aborts when asked to, twice too, in whatever state', async () => {
      options = { isMute: true };
      const mute = await open(RQ);
      await until(() => mute.session().indications.length > 0);
      mute.session().driver.abort('we stop');
      mute.session().driver.abort('we stop');
      await mute.ended;

      options = {};
      const established = await open(RQ);
      await until(() => established.session().driver.isOpen);
      established.session().driver.abort('we stop');
      await established.ended;
      established.session().driver.abort('we stop');
      expect(established.session().driver.isOpen).to.equal(false);
      expect(
        established
          .session()
          .driver.send(1, { type: 'C-ECHO-RSP', hasDataSet: false, messageIdBeingRespondedTo: 1, status: 0 }),
      ).to.equal(false);
      expect(await established.session().driver.sendPdvs([])).to.equal(false);
      await until(() => mute.session().closes === 1 && established.session().closes === 1);
    });
  });
}
