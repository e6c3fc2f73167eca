import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { Problem } from '../../src/lib/problem.ts';
import { Outbound, type StoreDestination } from '../../src/net/outbound.ts';
import { StoreSink } from '../helpers/store-sink.ts';
import { anonymousTlsClient } from '../helpers/tls.ts';
import { refusalOf } from '../storage/problems.ts';

const { CTImageStorage: CT, ExplicitVRLittleEndian: EXPLICIT } = uids;

describe('A destination of sub-operations whose association we had to abort (PS3.4 §C.4.2.3.1)', () => {
  const sinks: StoreSink[] = [];
  const outbound = new Outbound({
    callingAeTitle: () => 'DICOMKEEP',
    tls: anonymousTlsClient(),
    pduBytesMax: 131_072,
    artimTimeoutMs: 2_000,
    associationIdleTimeoutMs: 60_000,
    connectTimeoutMs: 2_000,
    responseTimeoutMs: 300,
  });
  afterEach(async () => {
    for (const sink of sinks.splice(0)) await sink.close();
  });

  async function open(takes?: (sopClassUid: string, transferSyntaxUid: string) => boolean) {
    const sink = await StoreSink.listen({ keepBytes: true, ...(takes && { takes }) });
    sinks.push(sink);
    const destination: StoreDestination = {
      aeTitle: 'SINK',
      host: '127.0.0.1',
      port: sink.port,
      useTls: false,
      preferredTransferSyntaxes: [],
    };
    const needs = [{ sopClassUid: CT, transferSyntaxUid: EXPLICIT }];
    return { sink, target: await outbound.openStoreTarget(destination, needs, { priority: 0 }) };
  }

  /** Pieces that end with a failure after so many, or after none. */
  function instance(sopInstanceUid: string, piecesMax: number, fails: boolean, delayMs = 0) {
    async function* pieces() {
      for (let count = 0; count < piecesMax; count++) {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        yield Buffer.alloc(100, count);
      }
      if (fails) throw new Problem('not-renderable', 'frame 3 is broken');
    }
    const sizeBytes = piecesMax * 100 + (fails ? 100 : 0);
    return { sopClassUid: CT, sopInstanceUid, transferSyntaxUid: EXPLICIT, pieces: pieces(), sizeBytes };
  }

  it('is called again, and gets the rest; of what was begun it keeps nothing', async () => {
    const { sink, target } = await open();

    await target.store(instance('1.1', 2, false));
    const refusal = await refusalOf(target.store(instance('1.2', 2, true)));
    const status = await target.store(instance('1.3', 2, false));
    await target.close();

    expect(refusal).to.equal('not-renderable: frame 3 is broken');
    expect(status).to.equal(0x0000);
    expect(sink.received.map(({ sopInstanceUid }) => sopInstanceUid)).to.deep.equal(['1.1', '1.3']);
    expect(sink.requests).to.have.lengthOf(2);
  });

  it('is not called again where nothing was sent yet of what failed', async () => {
    const { sink, target } = await open();

    const refusal = await refusalOf(target.store(instance('1.1', 0, true)));
    await target.store(instance('1.2', 1, false));
    await target.close();

    expect(refusal).to.equal('not-renderable: frame 3 is broken');
    expect(sink.requests).to.have.lengthOf(1);
  });

  it('that does not come back fails the rest in words', async () => {
    const { sink, target } = await open();

    const failing = refusalOf(target.store(instance('1.1', 2, true, 50)));
    await new Promise((resolve) => setTimeout(resolve, 60));
    sinks.splice(0);
    const closing = sink.close();
    await failing;
    await closing;

    expect(await refusalOf(target.store(instance('1.2', 1, false)))).to.match(/^peer-unreachable: /);
    await target.close();
  });

  it('that takes the class otherwise on the new association fails what was meant for the old one', async () => {
    let takes = true;
    const { target } = await open(() => takes);
    takes = false;

    await refusalOf(target.store(instance('1.1', 2, true)));

    expect(await refusalOf(target.store(instance('1.2', 1, false)))).to.match(/^peer-unreachable: /);
    await target.close();
  });

  it('is not blamed for the time that we take between two pieces', async () => {
    const { sink, target } = await open();

    const status = await target.store(instance('1.1', 2, false, 400));
    await target.close();

    expect(status).to.equal(0x0000);
    expect(sink.received).to.have.lengthOf(1);
  });
});
