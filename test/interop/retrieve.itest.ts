import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import {
  contextsFor,
  DimseClient,
  identifierOf,
  queryRetrieveContexts,
  StoreSink,
  type SuboperationCounts,
} from '../helpers/dimse-client.ts';
import type { StoreAnswer } from '../helpers/received-instance.ts';
import { removeFolder, startServer, type TestServer } from '../helpers/server.ts';
import { settle } from '../helpers/settle.ts';
import { makeInstance, type StandIn } from '../helpers/stand-ins.ts';
import { atMost } from '../helpers/time-bounds.ts';

const COUNT = 5;
const STUDY = identifierOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '2.25.70' });
const LARGE_STUDY = identifierOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '2.25.71' });

describe('A retrieve (PS3.4 §C.4.2, §C.4.3)', () => {
  const instances = inOneStudy('2.25.70', COUNT, 0);
  /** Large enough that the buffers of a connection do not hold it. */
  const large = inOneStudy('2.25.71', 2, 32 * 1024 * 1024);
  const sinks: StoreSink[] = [];
  let server: TestServer;
  let client: DimseClient;
  before(async () => {
    server = await startServer({ env: { DICOMKEEP_UNKNOWN_CALLERS: 'all' } });
    const sender = await DimseClient.connect({ port: server.port, contexts: contextsFor(instances) });
    for (const { sopClass, sopInstance, transferSyntax, dataSet } of [...instances, ...large]) {
      expect((await sender.store(sopClass, sopInstance, transferSyntax, dataSet())).status).to.equal(0x0000);
    }
    await sender.release();
    await settle(server);
  });
  after(async () => {
    await server.stop();
    removeFolder(server.dataDir);
  });
  beforeEach(async () => {
    client = await DimseClient.connect({ port: server.port });
  });
  afterEach(async () => {
    await client.release();
    for (const sink of sinks.splice(0)) await sink.close();
  });

  /** A destination that answers so, and is a peer under this AE title. */
  async function destination(aeTitle: string, answer: (count: number) => StoreAnswer): Promise<StoreSink> {
    const sink = await StoreSink.listen({ aeTitle, answer: (_, count) => answer(count) });
    sinks.push(sink);
    await server.run('peer', 'add', aeTitle, '127.0.0.1', String(sink.port));
    return sink;
  }

  it('names its originator in every sub-operation', async () => {
    const sink = await destination('GOOD', () => 0x0000);

    const result = await client.move('STUDY', STUDY, 'GOOD');

    expect(result).to.include({ status: 0x0000, completed: COUNT, failed: 0, warning: 0 });
    expect(sink.received.map(({ originator }) => originator)).to.deep.equal(
      new Array(COUNT).fill({ aeTitle: 'TESTSCU', messageId: 1 }),
    );
  });

  it('ends with B000H, the counts and the UIDs where some sub-operations fail', async () => {
    const sink = await destination(
      'SOMEFAIL',
      (count) => [0x0000, 0xa700, 0xb000, 0x0000, 0xc000][count - 1] ?? 0,
    );

    const result = await client.move('STUDY', STUDY, 'SOMEFAIL');

    const failed = [sink.received[1], sink.received[4]].map((one) => one?.sopInstanceUid);
    expect(result).to.include({ status: 0xb000, completed: 2, failed: 2, warning: 1 });
    expect(result.failedUids).to.deep.equal(failed);
    expect(result.errorComment).to.match(/the destination answered Out of resources \(A700H\)/);
  });

  it('ends with A702H where all of them fail', async () => {
    await destination('ALLFAIL', () => 0xa700);

    const result = await client.move('STUDY', STUDY, 'ALLFAIL');

    expect(result).to.include({ status: 0xa702, completed: 0, failed: COUNT });
    expect(result.failedUids.sort()).to.deep.equal(instances.map(({ sopInstance }) => sopInstance).sort());
  });

  it('counts what is left as failed where the destination aborts', async () => {
    await destination('ABORTS', (count) => (count === 2 ? 'abort' : 0x0000));

    const result = await client.move('STUDY', STUDY, 'ABORTS');

    expect(result).to.include({ status: 0xb000, completed: 1, failed: COUNT - 1 });
    expect(result.errorComment).to.match(/aborted/);
  });

  it('says at least every second how far it is, and ends with FE00H when it is cancelled', async () => {
    await destination('SLOW', () => new Promise((resolve) => setTimeout(resolve, 400, 0x0000)));

    const result = await client.move('STUDY', STUDY, 'SLOW', () => client.cancel());

    const [pending] = result.pending;
    expect(sum(pending)).to.equal(COUNT);
    expect(pending?.completed).to.be.at.least(1);
    expect(result.status).to.equal(0xfe00);
    expect(result.remaining).to.be.at.least(1);
    expect(sum(result)).to.equal(COUNT);
  });

  it('is not held up by another one whose destination hangs', async () => {
    const stalled = await destination('STALLED', () => new Promise(() => undefined));
    await destination('QUICK', () => 0x0000);
    const other = await DimseClient.connect({ port: server.port });
    const hanging = other.move('STUDY', LARGE_STUDY, 'STALLED');
    while (stalled.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));

    const startedAt = performance.now();
    const result = await client.move('STUDY', LARGE_STUDY, 'QUICK');

    expect(result).to.include({ status: 0x0000, completed: 2 });
    expect(performance.now() - startedAt).to.be.below(atMost(3_000));
    await stalled.close();
    sinks.splice(sinks.indexOf(stalled), 1);
    expect(await hanging).to.include({ status: 0xa702, failed: 2 });
    await other.release();
  });

  it('by C-GET takes the answers of the caller for what they are', async () => {
    let count = 0;
    const getter = await DimseClient.connect({
      port: server.port,
      contexts: [...queryRetrieveContexts, ...contextsFor(instances)],
      roles: [uids.SecondaryCaptureImageStorage],
      answer: () => (++count === 3 ? 0xa700 : 0x0000),
    });

    const result = await getter.get('STUDY', STUDY);

    expect(result).to.include({ status: 0xb000, completed: COUNT - 1, failed: 1 });
    expect(result.failedUids).to.deep.equal([result.received[2]?.sopInstanceUid]);
    await getter.release();
  });

  it('by C-GET without a context for the class fails in words', async () => {
    const result = await client.get('STUDY', STUDY);

    expect(result).to.include({ status: 0xa702, failed: COUNT });
    expect(result.errorComment).to.match(/does not take this SOP class/);
  });

  it('of what is not there ends with success and nothing', async () => {
    await destination('GOOD', () => 0x0000);
    const nothing = identifierOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '2.25.999' });

    const result = await client.move('STUDY', nothing, 'GOOD');

    expect(result).to.include({ status: 0x0000, completed: 0, failed: 0 });
  });
});

function sum(counts: SuboperationCounts | undefined): number {
  const { remaining, completed, failed, warning } = counts ?? {};
  return (remaining ?? 0) + (completed ?? 0) + (failed ?? 0) + (warning ?? 0);
}

/** @param moreBytes of a private element, for instances that are large */
function inOneStudy(studyUid: string, count: number, moreBytes: number): StandIn[] {
  return Array.from({ length: count }, (_, index) => {
    const head = Buffer.from('09001010554e0000', 'hex');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(moreBytes);
    return makeInstance({
      path: studyUid,
      ...(moreBytes > 0 && { insert: Buffer.concat([head, length, Buffer.alloc(moreBytes, index)]) }),
      with: {
        StudyInstanceUID: studyUid,
        SeriesInstanceUID: `${studyUid}.1`,
        SOPInstanceUID: `${studyUid}.1.${index}`,
        PatientID: studyUid,
      },
    });
  });
}
