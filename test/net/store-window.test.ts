import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import type { Services } from '../../src/net/operations/operation.ts';
import { Outbound } from '../../src/net/outbound.ts';
import type { Certificates } from '../../src/services/certificates.ts';
import type { RetrieveRequest, StoreTarget } from '../../src/services/retrieve.ts';
import { TestAcceptor } from '../helpers/acceptor.ts';
import { DimseClient, identifierOf, queryRetrieveContexts } from '../helpers/dimse-client.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';
import { type SinkOptions, StoreSink } from '../helpers/store-sink.ts';
import { anonymousTlsClient } from '../helpers/tls.ts';

const { CTImageStorage: CT, ExplicitVRLittleEndian: EXPLICIT } = uids;
const PIECE_BYTES = 100_000;

/** Three pieces that name the instance, with time between them. */
function instance(name: number) {
  async function* pieces() {
    for (let count = 0; count < 3; count++) {
      await wait(2);
      yield Buffer.alloc(PIECE_BYTES, name);
    }
  }
  return {
    sopClassUid: CT,
    sopInstanceUid: `1.2.${name}`,
    transferSyntaxUid: EXPLICIT,
    pieces: pieces(),
    sizeBytes: 3 * PIECE_BYTES,
  };
}

/** Gives one after the other as soon as the target lets it. @returns the statuses */
async function storeAll(target: StoreTarget, names: readonly number[]): Promise<number[]> {
  const statuses: Promise<number>[] = [];
  for (const name of names) {
    await new Promise<void>((next) => {
      const status = target.store(instance(name), { next: () => next() });
      statuses.push(status);
      void status.then(
        () => next(),
        () => next(),
      );
    });
  }
  return await Promise.all(statuses);
}

/** Answers when the test says so. */
function holding() {
  const held: (() => void)[] = [];
  const answer = () => new Promise<number>((resolve) => held.push(() => resolve(0)));
  return { held, answer };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 1000 && !isSo(); attempt++) await wait(4);
  expect(isSo()).to.equal(true);
}

describe('The asynchronous operations window of a destination (PS3.7 Annex D.3.3.3)', () => {
  const sinks: StoreSink[] = [];

  afterEach(async () => {
    for (const sink of sinks.splice(0)) await sink.close();
  });

  function outboundOf(asynchronousOperations: number): Outbound {
    return new Outbound({
      callingAeTitle: () => 'DICOMKEEP',
      tls: anonymousTlsClient(),
      pduBytesMax: 131_072,
      artimTimeoutMs: 2000,
      associationIdleTimeoutMs: 60_000,
      connectTimeoutMs: 2000,
      responseTimeoutMs: 10_000,
      asynchronousOperations,
    });
  }

  function open(outbound: Outbound, port: number, takesWindow = true): Promise<StoreTarget> {
    const peer = { aeTitle: 'SINK', host: '127.0.0.1', port, useTls: false, preferredTransferSyntaxes: [] };
    return outbound.openStoreTarget(peer, [{ sopClassUid: CT, transferSyntaxUid: EXPLICIT }], {
      priority: 0,
      takesWindow,
    });
  }

  async function listen(options: SinkOptions): Promise<StoreSink> {
    const sink = await StoreSink.listen({ keepBytes: true, ...options });
    sinks.push(sink);
    return sink;
  }

  const proposed = (sink: StoreSink) =>
    sink.requests.map(({ userInformation }) => userInformation.asynchronousOperationsWindow);

  it('is proposed as it is configured, and not at all for one', async () => {
    const sink = await listen({});
    for (const operations of [8, 1]) await (await open(outboundOf(operations), sink.port)).close();

    expect(proposed(sink)).to.deep.equal([{ operationsInvoked: 8, operationsPerformed: 1 }, undefined]);
  });

  for (const [configured, granted, inFlight] of [
    [4, 3, 3],
    [3, 0, 3],
    [4, 1, 1],
    [1, 8, 1],
  ] as const) {
    it(`keeps ${inFlight} outstanding where ${configured} are configured and the destination has ${granted}`, async () => {
      const { held, answer } = holding();
      const sink = await listen({ operationsMax: granted, answer });
      const target = await open(outboundOf(configured), sink.port);

      const storing = storeAll(target, [1, 2, 3, 4, 5]);
      await until(() => held.length === inFlight);
      await wait(50);
      expect(held).to.have.lengthOf(inFlight);
      for (let answered = 0; answered < 5; answered++) {
        await until(() => held.length > answered);
        held[answered]?.();
      }

      expect(await storing).to.deep.equal([0, 0, 0, 0, 0]);
      await target.close();
      expect(sink.received.map(({ sopInstanceUid }) => sopInstanceUid)).to.deep.equal(
        [1, 2, 3, 4, 5].map((name) => `1.2.${name}`),
      );
      for (const [index, { dataSet }] of sink.received.entries())
        expect(dataSet.equals(Buffer.alloc(3 * PIECE_BYTES, index + 1))).to.equal(true);
    });
  }

  it('is not proposed to one of which nobody knows that it takes one', async () => {
    const sink = await listen({ operationsMax: 8 });
    await (await open(outboundOf(8), sink.port, false)).close();

    expect(proposed(sink)).to.deep.equal([undefined]);
  });
});

describe('C-STORE sub-operations of C-GET (PS3.4 §C.4.3)', () => {
  let acceptor: TestAcceptor;
  const clients: DimseClient[] = [];

  beforeEach(async () => {
    const retrieve = {
      /** Sends three instances, numbered by the study. */
      async *retrieve({ identifier, openTarget }: RetrieveRequest) {
        const study = Number(identifier.text(0x0020000d)?.split('.')[1]);
        const target = await openTarget([]);
        const statuses = await storeAll(
          target,
          [1, 2, 3].map((number) => study * 10 + number),
        );
        await target.close();
        const counters = { remaining: 0, completed: statuses.length, failed: 0, warning: 0 };
        return { status: 0, counters, failedUids: [], words: undefined };
      },
    } as unknown as Services['retrieve'];
    const certificates = {
      current: () => ({ certificate: '', privateKey: '' }),
      onChange: () => () => undefined,
    } as unknown as Certificates;
    const settings = { ...PLAIN_SETTINGS, unknownCallers: 'all' as const };
    acceptor = new TestAcceptor(certificates, settings, undefined, { services: { retrieve } });
    await acceptor.listeners.open({ ...acceptor.settings.current, dimsePort: 0 });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.destroy();
    await acceptor.close();
  });

  async function connect(
    operationsPerformed: number | undefined,
    answer: () => number | Promise<number>,
  ): Promise<DimseClient> {
    const client = await DimseClient.connect({
      port: acceptor.portOf('dimse'),
      contexts: [...queryRetrieveContexts, { abstractSyntax: CT, transferSyntaxes: [EXPLICIT] }],
      roles: [CT],
      answer,
      ...(operationsPerformed !== undefined && {
        userInformation: { asynchronousOperationsWindow: { operationsInvoked: 2, operationsPerformed } },
      }),
    });
    clients.push(client);
    return client;
  }
  const study = (number: number) =>
    identifierOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: `1.${number}` });

  for (const [performed, inFlight] of [
    [undefined, 1],
    [1, 1],
    [2, 2],
  ] as const) {
    it(`of two at once on an association go whole, and each to its own, ${inFlight} at a time where the caller performs ${performed ?? 'what it does not say'}`, async () => {
      const { held, answer } = holding();
      const client = await connect(performed, answer);

      const gets = Promise.all([client.get('STUDY', study(1)), client.get('STUDY', study(2))]);
      for (let answered = 0; answered < 6; answered++) {
        const outstanding = Math.min(inFlight, 6 - answered);
        await until(() => held.length === answered + outstanding);
        await wait(20);
        expect(held).to.have.lengthOf(answered + outstanding);
        held[answered]?.();
      }

      for (const { status, completed } of await gets) expect([status, completed]).to.deep.equal([0, 3]);
      const names = client.received.map(({ sopInstanceUid }) => Number(sopInstanceUid.split('.')[2]));
      expect(names.filter((name) => name < 20)).to.deep.equal([11, 12, 13]);
      expect(names.filter((name) => name > 20)).to.deep.equal([21, 22, 23]);
      for (const [index, { dataSet }] of client.received.entries())
        expect(dataSet.equals(Buffer.alloc(3 * PIECE_BYTES, names[index]))).to.equal(true);
    });
  }
});
