import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { contextsFor, Outbound } from '../../src/net/outbound.ts';
import { StoreSink } from '../helpers/store-sink.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { anonymousTlsClient } from '../helpers/tls.ts';
import { refusalOf } from '../storage/problems.ts';

const { CTImageStorage: CT, MRImageStorage: MR, ExplicitVRLittleEndian: EXPLICIT } = uids;
const {
  ImplicitVRLittleEndian: IMPLICIT,
  JPEGBaseline8Bit: JPEG,
  JPEG2000Lossless: J2K,
  MPEG2MPML: FILM,
} = uids;

/** `class syntax` of each context, in the order in which they are proposed. */
function proposed(
  needs: [sopClassUid: string, transferSyntaxUid: string][],
  preferred: string[] = [],
): string[] {
  const contexts = contextsFor(
    needs.map(([sopClassUid, transferSyntaxUid]) => ({ sopClassUid, transferSyntaxUid })),
    preferred,
  );
  expect(contexts.map(({ id }) => id)).to.deep.equal(contexts.map((_, index) => index * 2 + 1));
  return contexts.map(
    ({ abstractSyntax, transferSyntaxes }) => `${abstractSyntax} ${transferSyntaxes.join()}`,
  );
}

describe('contextsFor', () => {
  it('proposes what is stored as it is stored, then for each class what it can be converted or decoded into', () => {
    expect(
      proposed([
        [CT, EXPLICIT],
        [CT, JPEG],
        [MR, IMPLICIT],
        [CT, IMPLICIT],
      ]),
    ).to.deep.equal([
      `${CT} ${EXPLICIT}`,
      `${CT} ${JPEG}`,
      `${MR} ${IMPLICIT}`,
      `${CT} ${IMPLICIT}`,
      `${MR} ${EXPLICIT}`,
    ]);
    expect(
      proposed([
        [CT, JPEG],
        [CT, J2K],
        [MR, FILM],
      ]),
    ).to.deep.equal([`${CT} ${JPEG}`, `${CT} ${J2K}`, `${MR} ${FILM}`, `${CT} ${EXPLICIT},${IMPLICIT}`]);
  });

  it('proposes first what the destination prefers, as far as it can be had', () => {
    expect(
      proposed(
        [
          [CT, EXPLICIT],
          [CT, JPEG],
        ],
        [J2K, JPEG, IMPLICIT],
      ),
    ).to.deep.equal([`${CT} ${IMPLICIT}`, `${CT} ${JPEG}`, `${CT} ${EXPLICIT}`]);
  });

  it('leaves out conversions where there are more than 128 (PS3.8 §9.3.2.2)', () => {
    const needs = Array.from({ length: 100 }, (_, index): [string, string] => [`1.2.${index}`, EXPLICIT]);

    const all = proposed(needs);

    expect(all).to.have.lengthOf(128);
    expect(all.slice(0, 100)).to.deep.equal(needs.map((need) => need.join(' ')));
  });
});

describe('A destination that hangs', () => {
  let cancelling: AbortController;
  let cancelledAt: number;
  const sinks: StoreSink[] = [];
  const servers: Server[] = [];
  const sockets: Socket[] = [];

  // Longer than any test takes: nothing but the signal ends what hangs.
  const outbound = new Outbound({
    callingAeTitle: () => 'DICOMKEEP',
    tls: anonymousTlsClient(),
    pduBytesMax: 131_072,
    artimTimeoutMs: 60_000,
    associationIdleTimeoutMs: 60_000,
    connectTimeoutMs: 60_000,
    responseTimeoutMs: 60_000,
  });
  const needs = [{ sopClassUid: CT, transferSyntaxUid: EXPLICIT }];

  beforeEach(() => {
    cancelling = new AbortController();
  });
  afterEach(async () => {
    for (const sink of sinks.splice(0)) await sink.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  function open(port: number, useTls = false) {
    const peer = { aeTitle: 'SINK', host: '127.0.0.1', port, useTls, preferredTransferSyntaxes: [] };
    return outbound.openStoreTarget(peer, needs, { priority: 0, signal: cancelling.signal });
  }

  async function sinkThat(answer: (count: number) => Promise<number>): Promise<StoreSink> {
    const sink = await StoreSink.listen({ answer: (_instance, count) => answer(count) });
    sinks.push(sink);
    return sink;
  }

  /** The port of one who takes connections and says nothing. */
  async function silentPort(): Promise<number> {
    const server = createServer((socket) => sockets.push(socket));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  function cancel(): void {
    cancelledAt = performance.now();
    cancelling.abort();
  }

  /** Far less than the time-outs. */
  const expectSoon = () => expect(performance.now() - cancelledAt).to.be.below(atMost(1000));

  function instance(sizeBytes: number) {
    const pieceBytes = Math.min(sizeBytes, 1_000_000);
    async function* pieces() {
      for (let sent = 0; sent < sizeBytes; sent += pieceBytes) yield Buffer.alloc(pieceBytes);
    }
    return {
      sopClassUid: CT,
      sopInstanceUid: '1.2.3',
      transferSyntaxUid: EXPLICIT,
      pieces: pieces(),
      sizeBytes,
    };
  }

  it('is left at once where it does not answer the association request, in the clear or by TLS', async () => {
    for (const useTls of [false, true]) {
      cancelling = new AbortController();
      const opening = refusalOf(open(await silentPort(), useTls));
      await wait(50);

      cancel();

      expect(await opening).to.equal('cancelled: cancelled');
      expectSoon();
    }
  });

  it('is not even called where nobody wants it any more', async () => {
    const port = await silentPort();
    cancel();

    expect(await refusalOf(open(port))).to.equal('cancelled: cancelled');
    await wait(20);
    expect(sockets).to.deep.equal([]);
  });

  it('is left within a second where it does not answer a C-STORE', async () => {
    const sink = await sinkThat(() => new Promise(() => undefined));
    const target = await open(sink.port);
    const storing = refusalOf(target.store(instance(1000)));
    while (sink.received.length === 0) await wait(5);

    cancel();

    expect(await storing).to.equal('cancelled: cancelled');
    await target.close();
    expectSoon();
    expect(await refusalOf(target.store(instance(1000)))).to.equal('cancelled: cancelled');
  });

  it('is left within a second where it reads no more', async () => {
    const sink = await sinkThat(async () => 0);
    const target = await open(sink.port);
    await target.store(instance(1000));
    sink.stall();
    const storing = refusalOf(target.store(instance(50_000_000)));
    await wait(100);

    cancel();

    expect(await storing).to.equal('cancelled: cancelled');
    await target.close();
    expectSoon();
  });

  it('is left within a second where it does not answer the release', async () => {
    const sink = await sinkThat(async () => 0);
    const target = await open(sink.port);
    sink.stall();

    cancel();
    await target.close();

    expectSoon();
  });

  it('is not cut off where it answers the last C-STORE soon, and the association is released', async () => {
    const sink = await sinkThat(() => wait(50, 0));
    const target = await open(sink.port);
    const storing = target.store(instance(1000));
    while (sink.received.length === 0) await wait(5);

    cancel();

    expect(await storing).to.equal(0);
    await target.close();
    expect(performance.now() - cancelledAt).to.be.below(atMost(450));
  });
});
