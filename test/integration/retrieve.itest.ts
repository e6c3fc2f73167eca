import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { openCatalog } from '../../src/catalog/catalog.ts';
import {
  DimseClient,
  identifierOf,
  type MoveResult,
  StoreSink,
  type SuboperationCounts,
} from '../helpers/dimse-client.ts';
import { freePort } from '../helpers/free-port.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { connectTo, foundIn, OPEN_TO_ALL, store, until, wholeStudy, writeSiteFile } from './archive.ts';
import { ctInstance, seriesUidOf, studyUidOf, type TestInstance } from './instances.ts';

/** How long a destination may take. */
const RESPONSE_TIMEOUT_MS = 3000;
const SMALL_STUDY = 1;
const LARGE_STUDY = 2;
const SMALL = Array.from({ length: 24 }, (_, index) =>
  ctInstance({ study: SMALL_STUDY, series: (index % 2) + 1, number: index + 1 }, 20_000),
);
/** More than the buffers of two sockets hold. */
const LARGE = Array.from({ length: 8 }, (_, index) =>
  ctInstance({ study: LARGE_STUDY, series: 1, number: index + 1 }, 4_000_000),
);

describe('Retrieving (PS3.4 §C.4.2, §C.4.3)', function () {
  this.timeout(300_000);
  let dataDir = '';
  let server: TestServer | undefined;
  const sinks: StoreSink[] = [];

  before(async () => {
    dataDir = temporaryFolder('retrieve');
    const DICOMKEEP_CONFIG = writeSiteFile(dataDir, {
      dimse: { responseTimeoutMs: RESPONSE_TIMEOUT_MS, connectTimeoutMs: 1000 },
    });
    server = await startServer({ dataDir, env: { ...OPEN_TO_ALL, DICOMKEEP_CONFIG } });
    const client = await connect();
    for (const instance of [...SMALL, ...LARGE]) expect((await store(client, instance)).status).to.equal(0);
    await client.release();
  });
  afterEach(async () => {
    for (const sink of sinks.splice(0)) await sink.close();
  });
  after(async () => {
    await server?.kill();
    removeFolder(dataDir);
  });

  it('sends a study byte for byte, and says who asked for it', async () => {
    const sink = await sinkAt('SINK');
    const client = await connect('WORKSTATION');

    const result = await client.move('STUDY', wholeStudy(SMALL_STUDY), 'SINK');
    const messageId = client.lastMessageId;
    await client.release();

    expectCounts(result, { status: 0, completed: SMALL.length, failed: 0, warning: 0 });
    expect(result.remaining, 'remaining, which stands in Pending and Cancel alone').to.equal(undefined);
    expect(sink.received.map(({ sha256 }) => sha256)).to.have.members(SMALL.map(({ sha256 }) => sha256));
    for (const { originator } of sink.received) {
      expect(originator).to.deep.equal({ aeTitle: 'WORKSTATION', messageId });
    }
  });

  for (const [calling, window, inFlight] of [
    ['SINK', true, 4],
    ['SINK', false, 1],
    ['WORKSTATION', true, 1],
  ] as const) {
    it(`has ${inFlight} unanswered at SINK, which would take four, where ${calling} asks ${window ? 'with' : 'without'} a window, and all come byte for byte`, async () => {
      let unanswered = 0;
      let unansweredMax = 0;
      const sink = await sinkAt('SINK', {
        operationsMax: 4,
        answer: async () => {
          unanswered += 1;
          unansweredMax = Math.max(unansweredMax, unanswered);
          await sleep(20);
          unanswered -= 1;
          return 0;
        },
      });
      const client = await DimseClient.connect({
        port: server?.port ?? 0,
        calling,
        ...(window && {
          userInformation: { asynchronousOperationsWindow: { operationsInvoked: 1, operationsPerformed: 8 } },
        }),
      });

      const result = await client.move('STUDY', wholeStudy(SMALL_STUDY), 'SINK');
      const received = sink.received.map(({ sha256 }) => sha256);
      await client.release();

      expectCounts(result, { status: 0, completed: SMALL.length, failed: 0, warning: 0 });
      expect(unansweredMax).to.equal(inFlight);
      expect(received).to.have.members(SMALL.map(({ sha256 }) => sha256));
    });
  }

  it('sends it byte for byte every time, also when the thread that reads short files has begun', async () => {
    const sink = await sinkAt('SINK');
    const client = await connect('WORKSTATION');

    for (let times = 1; times <= 6; times++) {
      const result = await client.move('STUDY', wholeStudy(SMALL_STUDY), 'SINK');
      expectCounts(result, { status: 0, completed: SMALL.length, failed: 0, warning: 0 });
      expect(sink.received.slice(-SMALL.length).map(({ sha256 }) => sha256)).to.have.members(
        SMALL.map(({ sha256 }) => sha256),
      );
      await sleep(200);
    }
    await client.release();
  });

  it('serves two C-MOVEs side by side: the fast one does not wait for the slow one', async () => {
    let isFastOver = false;
    const slowly = async () => {
      if (!isFastOver) await sleep(400);
      return 0;
    };
    await sinkAt('SLOW', { answer: slowly });
    await sinkAt('FAST');
    const [one, other] = [await connect(), await connect()];
    let isSlowOver = false;
    const slow = one.move('STUDY', wholeStudy(SMALL_STUDY), 'SLOW').finally(() => {
      isSlowOver = true;
    });
    await sleep(200);

    const fast = await other.move('STUDY', wholeStudy(SMALL_STUDY), 'FAST');
    isFastOver = true;

    expect(isSlowOver).to.equal(false);
    expectCounts(fast, { status: 0, completed: SMALL.length, failed: 0, warning: 0 });
    expectCounts(await slow, { status: 0, completed: SMALL.length, failed: 0, warning: 0 });
    await one.release();
    await other.release();
  });

  it('gives up a destination that reads no more, and nobody else notices', async () => {
    const stalled: StoreSink = await sinkAt('STALLED', {
      answer: (_, count) => {
        if (count === 2) stalled.stall();
        return 0;
      },
    });
    await sinkAt('FAST');
    const [one, other] = [await connect(), await connect()];
    const startedAt = performance.now();
    const move = one.move('STUDY', wholeStudy(LARGE_STUDY), 'STALLED');
    await until('two were sent', () => stalled.received.length === 2);

    const fast = await other.move('STUDY', wholeStudy(LARGE_STUDY), 'FAST');
    const fastTookMs = performance.now() - startedAt;
    const result = await move;
    const tookMs = performance.now() - startedAt;

    expectCounts(fast, { status: 0, completed: LARGE.length, failed: 0, warning: 0 });
    expect(fastTookMs, 'of the other C-MOVE').to.be.below(RESPONSE_TIMEOUT_MS * 3);
    expectCounts(result, { status: 0xb000, completed: 2, failed: LARGE.length - 2, warning: 0 });
    expect(result.failedUids).to.have.members(uidsOf(LARGE.slice(2)));
    expect(result.errorComment).to.match(/no answer to C-STORE within 3000 ms/);
    expect(tookMs, 'of the stalled one').to.be.below(RESPONSE_TIMEOUT_MS * 6);
    await one.release();
    await other.release();
  });

  it('says at least every second how far it is', async () => {
    await sinkAt('SLOW', { answer: (_, count) => sleep(200, count % 5 === 0 ? 0xb007 : 0) });
    const client = await connect();
    const times = [performance.now()];

    const result = await client.move('STUDY', wholeStudy(SMALL_STUDY), 'SLOW', () =>
      times.push(performance.now()),
    );
    times.push(performance.now());
    await client.release();

    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.max(...gaps), 'longest silence, milliseconds').to.be.below(atMost(1100));
    expect(result.pending).to.have.length.above(2);
    expectProgress(result.pending, SMALL.length);
    expectCounts(result, { status: 0xb000, completed: 20, failed: 0, warning: 4 });
  });

  it('answers B000 and names what the destination refused', async () => {
    const refused = SMALL[5]?.sopInstanceUid ?? '';
    await sinkAt('PICKY', { answer: ({ sopInstanceUid }) => (sopInstanceUid === refused ? 0xa700 : 0) });
    const client = await connect();

    const result = await client.move('STUDY', wholeStudy(SMALL_STUDY), 'PICKY');
    await client.release();

    expectCounts(result, { status: 0xb000, completed: SMALL.length - 1, failed: 1, warning: 0 });
    expect(result.failedUids).to.deep.equal([refused]);
    expect(result.errorComment).to.match(/the destination answered Out of resources/);
  });

  it('answers A702 where the destination refused all, and names them', async () => {
    await sinkAt('FULL', { answer: () => 0xa700 });
    const client = await connect();

    const result = await client.move('STUDY', wholeStudy(SMALL_STUDY), 'FULL');
    await client.release();

    expectCounts(result, { status: 0xa702, completed: 0, failed: SMALL.length, warning: 0 });
    expect(result.failedUids).to.have.members(uidsOf(SMALL));
  });

  it('counts what is left as failed when the destination aborts', async () => {
    await sinkAt('ABORTS', { answer: (_, count) => (count > 3 ? 'abort' : 0) });
    const client = await connect();

    const result = await client.move('STUDY', wholeStudy(SMALL_STUDY), 'ABORTS');
    await client.release();

    expectCounts(result, { status: 0xb000, completed: 3, failed: SMALL.length - 3, warning: 0 });
    expect(result.failedUids).to.have.lengthOf(SMALL.length - 3);
  });

  it('answers A801 for a destination that is no peer', async () => {
    await expectRefused('NOBODY', 0xa801, /NOBODY is no peer/);
  });

  it('answers A702 for a destination that is down', async () => {
    await addPeer('DOWN', await freePort());
    await expectRefused('DOWN', 0xa702, /DOWN at 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
  });

  it('answers A702 for a destination that rejects the association', async () => {
    const sink = await StoreSink.listen({ aeTitle: 'OTHERNAME' });
    sinks.push(sink);
    await addPeer('REJECTS', sink.port);
    await expectRefused('REJECTS', 0xa702, /rejected the association/);
  });

  it('answers A900 for a retrieve of no study in particular', async () => {
    await sinkAt('SINK');
    const client = await connect();
    const identifier = identifierOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '' });

    const move = await client.move('STUDY', identifier, 'SINK');
    const get = await client.get('STUDY', identifier);
    await client.release();

    for (const result of [move, get]) {
      expect(result.status.toString(16)).to.equal('a900');
      expect(result.errorComment).to.match(/no Study Instance UID/);
    }
  });

  it('answers 0000 where nothing matches, without asking the destination', async () => {
    const sink = await sinkAt('SINK');
    const client = await connect();

    const result = await client.move('STUDY', wholeStudy(999), 'SINK');
    await client.release();

    expectCounts(result, { status: 0, completed: 0, failed: 0, warning: 0 });
    expect(sink.requests).to.deep.equal([]);
  });

  it('ends with FE00 and all counters on C-CANCEL in mid-move', async () => {
    const sink = await sinkAt('SLOW', { answer: () => sleep(100, 0) });
    const client = await connect();
    const move = client.move('STUDY', wholeStudy(SMALL_STUDY), 'SLOW');
    await until('three were sent', () => sink.received.length >= 3);
    const cancelledAt = performance.now();
    client.cancel();

    const result = await move;

    expect(performance.now() - cancelledAt).to.be.below(atMost(1000));
    expect(result.status.toString(16)).to.equal('fe00');
    expect(result.completed).to.equal(sink.received.length);
    expect(result.failed).to.equal(0);
    expect(result.remaining).to.equal(SMALL.length - sink.received.length);
    expect(result.remaining).to.be.above(0);
    expect((await client.echo()).status, 'the association lives').to.equal(0);
    await client.release();
  });

  it('ends with FE00 on C-CANCEL where the destination hangs, without waiting for its time-out', async () => {
    const sink = await sinkAt('HANGS', { answer: () => new Promise(() => undefined) });
    const client = await connect();
    const move = client.move('STUDY', wholeStudy(SMALL_STUDY), 'HANGS');
    await until('one was sent', () => sink.received.length === 1);
    const cancelledAt = performance.now();
    client.cancel();

    const result = await move;

    expect(performance.now() - cancelledAt).to.be.below(RESPONSE_TIMEOUT_MS - 100);
    expect(result.status.toString(16)).to.equal('fe00');
    expect(result).to.include({ completed: 0, failed: 0, remaining: SMALL.length });
    expect((await client.echo()).status, 'the association lives').to.equal(0);
    await client.release();
  });

  it('ends a move whose caller has gone', async () => {
    const sink = await sinkAt('SLOW', { answer: () => sleep(100, 0) });
    const client = await connect();
    const move = client.move('STUDY', wholeStudy(SMALL_STUDY), 'SLOW').catch(() => 'aborted');
    await until('three were sent', () => sink.received.length >= 3);
    await client.abort();
    expect(await move).to.equal('aborted');
    let count = -1;
    await until('no more come', async () => {
      const isQuiet = sink.received.length === count;
      count = sink.received.length;
      if (!isQuiet) await sleep(500);
      return isQuiet;
    });

    expect(count).to.be.below(SMALL.length);
  });

  it('finds and sends by C-GET what was stored just now, every time', async () => {
    const [sender, workstation] = [await connect('MODALITY'), await connect()];
    for (let number = 1; number <= 100; number++) {
      const instance = ctInstance({ study: 3, series: 1, number }, 1000 + number * 1000);
      expect((await store(sender, instance)).status).to.equal(0);

      const found = number % 2 === 0 ? await foundIn(workstation, 3, 1) : [instance.sopInstanceUid];
      const { status, received } = await workstation.get('STUDY', oneInstance(3, 1, instance));

      expect(found).to.include(instance.sopInstanceUid);
      expect(status).to.equal(0);
      expect(received.map(({ sha256 }) => sha256)).to.deep.equal([instance.sha256]);
    }
    await sender.release();
    await workstation.release();
  });

  it('sends studies that are growing without a failure, and all of them that was acknowledged before', async () => {
    const acknowledged = new Map<number, string[]>();
    const over = new AbortController();
    let study = 100;
    // New studies all the time, so that many an instance is asked for between its row and its file.
    const sending = [1, 2, 3].map(async (series) => {
      const sender = await connect('MODALITY');
      for (let number = 1; !over.signal.aborted; number++) {
        const present = study;
        const instance = ctInstance({ study: present, series, number }, 5000);
        expect((await store(sender, instance)).status).to.equal(0);
        acknowledged.set(present, [...(acknowledged.get(present) ?? []), instance.sha256]);
      }
      await sender.release();
    });
    const asking = [1, 2, 3].map(async () => {
      const workstation = await connect();
      while (!over.signal.aborted) {
        const before = acknowledged.get(study) ?? [];

        const result = await workstation.get('STUDY', wholeStudy(study));

        expect(result.failedUids, result.errorComment).to.deep.equal([]);
        expect(result.status).to.equal(0);
        expect(result.received.map(({ sha256 }) => sha256)).to.include.members(before);
      }
      await workstation.release();
    });
    for (; study < 160; study++) await sleep(60);
    over.abort();
    await Promise.all([...sending, ...asking]);
  });

  function connect(calling?: string) {
    return connectTo({ port: server?.port ?? 0 }, calling);
  }

  async function sinkAt(
    aeTitle: string,
    options: Parameters<typeof StoreSink.listen>[0] = {},
  ): Promise<StoreSink> {
    const sink = await StoreSink.listen({ ...options, aeTitle });
    sinks.push(sink);
    await addPeer(aeTitle, sink.port);
    return sink;
  }

  /** As `dicomkeep peer add` does, beside the server that runs. */
  async function addPeer(aeTitle: string, port: number): Promise<void> {
    const catalog = await openCatalog({ url: `sqlite:${join(dataDir, 'catalog.sqlite')}` });
    try {
      const rights = { mayEcho: true, mayStore: true, mayFind: true, mayRetrieve: true, matchAddress: false };
      if ((await catalog.peers.findByAeTitle(aeTitle)) !== undefined) await catalog.peers.remove(aeTitle);
      await catalog.peers.add({ aeTitle, host: '127.0.0.1', port, ...rights });
    } finally {
      await catalog.close();
    }
  }

  async function expectRefused(destination: string, status: number, words: RegExp): Promise<void> {
    const client = await connect();
    const result = await client.move('STUDY', wholeStudy(SMALL_STUDY), destination);

    expect(result.status.toString(16)).to.equal(status.toString(16));
    expect(result.errorComment).to.match(words);
    expect(result.pending).to.deep.equal([]);
    expect((await client.echo()).status, 'the association lives').to.equal(0);
    await client.release();
  }
});

function oneInstance(study: number, series: number, { sopInstanceUid }: TestInstance) {
  return identifierOf({
    QueryRetrieveLevel: 'IMAGE',
    StudyInstanceUID: studyUidOf(study),
    SeriesInstanceUID: seriesUidOf(study, series),
    SOPInstanceUID: sopInstanceUid,
  });
}

function uidsOf(instances: readonly TestInstance[]): string[] {
  return instances.map(({ sopInstanceUid }) => sopInstanceUid);
}

function expectCounts(
  { status, completed, failed, warning }: MoveResult,
  expected: { status: number; completed: number; failed: number; warning: number },
): void {
  const { status: expectedStatus, ...counts } = expected;
  expect({ status: status.toString(16), completed, failed, warning }).to.deep.equal({
    status: expectedStatus.toString(16),
    ...counts,
  });
}

/** The counters of each response sum up to all, and none but the remaining ones goes back. */
function expectProgress(pending: readonly SuboperationCounts[], total: number): void {
  let last = 0;
  for (const { remaining = 0, completed = 0, failed = 0, warning = 0 } of pending) {
    expect(remaining + completed + failed + warning).to.equal(total);
    expect(completed + failed + warning).to.be.at.least(last);
    last = completed + failed + warning;
  }
}
