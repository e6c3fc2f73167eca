import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { type JobEvent, JobQueue } from '../../src/jobs/queue.ts';
import { SEND, sendHandler } from '../../src/jobs/send.ts';
import { Outbound } from '../../src/net/outbound.ts';
import { FrameDecoder } from '../../src/pixels/frame-decoder.ts';
import { RetrieveService } from '../../src/services/retrieve.ts';
import { Sending } from '../../src/services/sending.ts';
import { describeOnSqlite } from '../helpers/catalog-engines.ts';
import { corpusOrStandIns, sha256Of } from '../helpers/corpus.ts';
import { fileInstance } from '../helpers/filed.ts';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';
import { StoreSink } from '../helpers/store-sink.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { anonymousTlsClient } from '../helpers/tls.ts';
import { freePort, startStorescp, sumsOf } from '../interop/tools.ts';
import { ctDataSet, encoded, memoryLog, type TestVolume, testVolume } from '../services/fixtures.ts';

const ANNA = { name: 'anna', address: '192.0.2.1' };
const BERT = { name: 'bert', address: '192.0.2.2' };

describeOnSqlite('Jobs that send to a peer', (opened) => {
  let place: TestVolume;
  let queue: JobQueue;
  let events: JobEvent[];
  const sinks: StoreSink[] = [];

  beforeEach(async () => {
    place = await testVolume();
    events = [];
    const { catalog } = opened;
    const { files } = place;
    const log = memoryLog();
    const outbound = new Outbound({
      callingAeTitle: () => 'DICOMKEEP',
      tls: anonymousTlsClient(),
      pduBytesMax: 131_072,
      artimTimeoutMs: 2000,
      associationIdleTimeoutMs: 10_000,
      connectTimeoutMs: 2000,
      responseTimeoutMs: 5000,
    });
    const decoder = new FrameDecoder();
    const retrieve = new RetrieveService({
      catalog,
      files,
      decoder,
      filer: { settled: async () => undefined },
      log,
    });
    const sending = new Sending({
      peers: catalog.peers,
      retrieve,
      outbound,
      files,
      observer: { instancesTransferred: () => undefined },
    });
    queue = new JobQueue({
      jobs: catalog.jobs,
      owner: () => 'this server',
      handlers: new Map([[SEND, sendHandler(sending)]]),
      record: (event) => events.push(event),
      log,
      pollMs: 50,
      backOffMs: [300, 300, 300, 300],
    });
    queue.start();
  });
  afterEach(async () => {
    await queue.stop();
    for (const sink of sinks.splice(0)) await sink.close();
    await place.remove();
  });

  async function putStudy(count: number): Promise<string[]> {
    const hashes: string[] = [];
    for (let number = 1; number <= count; number++) {
      const dataSet = encoded(ctDataSet(1, number <= 2 ? 1 : 2, number));
      await fileInstance(
        { catalog: opened.catalog, files: place.files },
        dataSet,
        uids.ExplicitVRLittleEndian,
      );
      hashes.push(sha256Of(dataSet));
    }
    return hashes;
  }

  async function sink(port: number | undefined, answer: (count: number) => Promise<number | 'abort'>) {
    const listening = await StoreSink.listen({
      aeTitle: 'SINK',
      ...(port !== undefined && { port }),
      answer: (_instance, count) => answer(count),
    });
    sinks.push(listening);
    return listening;
  }

  const addPeer = (aeTitle: string, port: number) =>
    opened.catalog.peers.add({ aeTitle, host: '127.0.0.1', port });

  /** The job, once it has ended and that is recorded, which comes after it. */
  async function ended(id: number) {
    for (let tries = 0; tries < 3000; tries++) {
      const job = await queue.find(id);
      if (events.some(({ kind, fields }) => kind !== 'job-added' && fields['job'] === id)) return job;
      await wait(20);
    }
    throw new Error('the job does not end');
  }

  it('sends studies of the corpus to DCMTK, data sets byte for byte', async function () {
    this.timeout(300_000);
    const folder = temporaryFolder('storescp');
    // All transfer syntaxes, compressed ones too; a name for each instance that is its UID.
    const storescp = await startStorescp(folder, ['+xa', '-uf', '-aet', 'STORESCP']);
    try {
      await addPeer('STORESCP', storescp.port);
      const files = corpusOrStandIns().filter(({ expect: fate, eitherOk }) => fate === 'store' && !eitherOk);
      const studies = [...new Set(files.map(({ studyInstanceUid }) => studyInstanceUid))].slice(0, 12);
      const wanted = new Map<string, string>();
      for (const file of files.filter(({ studyInstanceUid }) => studies.includes(studyInstanceUid))) {
        if (wanted.has(file.sopInstance)) continue;
        const { sopInstanceUid } = await fileInstance(
          { catalog: opened.catalog, files: place.files },
          file.dataSet(),
          file.transferSyntax,
        );
        wanted.set(sopInstanceUid, `${sopInstanceUid} ${file.transferSyntax} ${file.sha256}`);
      }

      for (const study of studies) {
        const { id } = await queue.add(SEND, { studyInstanceUid: study ?? '', peer: 'STORESCP' }, ANNA);
        const job = await ended(id);
        expect(job.state, `${study}: ${job.words}`).to.equal('done');
      }

      expect(sumsOf(folder)).to.deep.equal([...wanted.values()].sort());
    } finally {
      await storescp.stop();
      removeFolder(folder);
    }
  });

  it('sends one series, and says so', async () => {
    const hashes = await putStudy(3);
    const { port, received } = await sink(undefined, async () => 0);
    await addPeer('SINK', port);

    const subject = { studyInstanceUid: '1.2.1', seriesInstanceUid: '1.2.1.1', peer: 'SINK' };
    const { id } = await queue.add(SEND, subject, ANNA);
    const job = await ended(id);

    expect(job.progress).to.deep.equal({ done: 2, failed: 0, total: 2 });
    expect(received.map(({ sha256 }) => sha256)).to.deep.equal(hashes.slice(0, 2));
    expect(received[0]?.originator).to.equal(undefined);
    expect(events.at(-1)).to.deep.include({
      kind: 'job-done',
      words: `Job ${id}, send series 1.2.1.1 to SINK: done`,
    });
  });

  it('fails in words where the peer refuses some', async () => {
    await putStudy(3);
    const { port } = await sink(undefined, async (count) => (count === 2 ? 0xa700 : 0));
    await addPeer('SINK', port);

    const job = await ended((await queue.add(SEND, { studyInstanceUid: '1.2.1', peer: 'SINK' }, ANNA)).id);

    expect(job).to.deep.include({
      state: 'failed',
      words: '1 of 3 instances were not sent; the first: the destination answered Out of resources (A700H)',
      progress: { done: 2, failed: 1, total: 3 },
    });
  });

  it('stops in the middle where it is cancelled', async function () {
    this.timeout(300_000);
    await putStudy(30);
    const destination = await sink(undefined, async () => {
      await wait(40);
      return 0;
    });
    await addPeer('SINK', destination.port);
    const { id } = await queue.add(SEND, { studyInstanceUid: '1.2.1', peer: 'SINK' }, ANNA);
    while (destination.received.length < 5) await wait(5);

    await queue.cancel(id, BERT);

    expect((await ended(id)).state).to.equal('cancelled');
    const count = destination.received.length;
    expect(count).to.be.within(5, 25);
    await wait(200);
    expect(destination.received).to.have.lengthOf(count);
    expect(events.at(-1)).to.deep.include({ kind: 'job-cancelled' });
  });

  it('leaves a peer that hangs within a second where it is cancelled', async () => {
    await putStudy(3);
    const destination = await sink(undefined, (count) =>
      count === 2 ? new Promise(() => undefined) : Promise.resolve(0),
    );
    await addPeer('SINK', destination.port);
    const { id } = await queue.add(SEND, { studyInstanceUid: '1.2.1', peer: 'SINK' }, ANNA);
    while (destination.received.length < 2) await wait(5);
    const cancelledAt = performance.now();

    await queue.cancel(id, BERT);

    const job = await ended(id);
    expect(performance.now() - cancelledAt).to.be.below(atMost(1000));
    expect(job).to.deep.include({ state: 'cancelled', progress: { done: 1, failed: 0, total: 3 } });
  });

  it('sends to a peer that dies in the middle, once it has come back', async function () {
    this.timeout(300_000);
    const hashes = await putStudy(10);
    const port = await freePort();
    const first = await sink(port, async (count) => (count === 4 ? 'abort' : 0));
    await addPeer('SINK', port);
    const { id } = await queue.add(SEND, { studyInstanceUid: '1.2.1', peer: 'SINK' }, ANNA);
    while (first.received.length < 4) await wait(5);
    await first.close();
    while ((await queue.find(id)).attempts < 2) await wait(20);
    const putOff = await queue.find(id);
    const second = await sink(port, async () => 0);

    const job = await ended(id);

    expect(putOff.state).not.to.equal('failed');
    expect(job).to.deep.include({ state: 'done', progress: { done: 10, failed: 0, total: 10 } });
    expect(second.received.map(({ sha256 }) => sha256)).to.deep.equal(hashes);
    expect(events.map(({ kind }) => kind)).to.deep.equal(['job-added', 'job-done']);
  });

  it('gives up with words where nothing ever listens', async function () {
    this.timeout(300_000);
    await putStudy(1);
    const port = await freePort();
    await addPeer('SINK', port);

    const job = await ended((await queue.add(SEND, { studyInstanceUid: '1.2.1', peer: 'SINK' }, ANNA)).id);

    expect(job).to.deep.include({ state: 'failed', attempts: 5 });
    expect(job.words).to.match(new RegExp(`SINK at 127\\.0\\.0\\.1:${port}`));
  });
});
