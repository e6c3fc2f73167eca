import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Problem } from '../../src/lib/problem.ts';
import { netLimits } from '../../src/net/limits.ts';
import type { Certificates } from '../../src/services/certificates.ts';
import { TestAcceptor } from '../helpers/acceptor.ts';
import { type Answer, DimseClient } from '../helpers/dimse-client.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';
import { uids } from '../ul/fixtures.ts';
import { FakeStorage } from './fake-storage.ts';

const NO_CERTIFICATES = {
  current: () => ({ certificate: '', privateKey: '' }),
  onChange: () => () => undefined,
} as unknown as Certificates;

describe('Asynchronous operations (PS3.7 Annex D.3.3.3)', () => {
  let storage: FakeStorage;
  let acceptor: TestAcceptor;
  let port: number;
  let clients: DimseClient[];

  beforeEach(async () => {
    storage = new FakeStorage();
    storage.isQuick = false;
    clients = [];
    const settings = { tls: { ...PLAIN_SETTINGS.tls, isEnabled: false } };
    acceptor = new TestAcceptor(NO_CERTIFICATES, settings, undefined, {
      services: { storage: storage.service },
    });
    await acceptor.listeners.open(acceptor.settings.current);
    port = acceptor.portOf('dimse');
  });
  afterEach(async () => {
    for (const client of clients) client.socket.destroy();
    await acceptor.close();
  });

  async function connect(operationsInvoked?: number, operationsPerformed = 3): Promise<DimseClient> {
    const client = await DimseClient.connect({
      port,
      contexts: [
        { abstractSyntax: uids.verification, transferSyntaxes: [uids.implicitLittle] },
        { abstractSyntax: uids.ctImageStorage, transferSyntaxes: [uids.explicitLittle] },
      ],
      ...(operationsInvoked !== undefined && {
        userInformation: { asynchronousOperationsWindow: { operationsInvoked, operationsPerformed } },
      }),
    });
    clients.push(client);
    return client;
  }

  /** Sends C-STOREs one behind the other without waiting for answers; notes the order in which those come. */
  async function pipeline(client: DimseClient, count: number) {
    const order: number[] = [];
    const answers: Promise<Answer>[] = [];
    for (let number = 1; number <= count; number++) {
      await new Promise<void>((onSent) => {
        const dataSet = Buffer.alloc(2000 + number * 2, number);
        const answer = client.store(uids.ctImageStorage, `1.2.${number}`, uids.explicitLittle, dataSet, {
          onSent,
        });
        answers.push(answer);
        void answer.then(
          () => order.push(number),
          () => undefined,
        );
      });
    }
    return { order, answers };
  }
  const until = async (isSo: () => boolean) => {
    for (let attempt = 0; attempt < 500 && !isSo(); attempt++) await wait(4);
    expect(isSo()).to.equal(true);
  };

  for (const [asked, answered] of [
    [4, 4],
    [8, 8],
    [50, 8],
    [0, 8],
    [1, 1],
  ] as const) {
    it(`answers a window of ${asked} with ${answered}, where 8 are configured`, async () => {
      const client = await connect(asked, asked);

      expect(client.accepted?.userInformation.asynchronousOperationsWindow).to.deep.equal({
        operationsInvoked: answered,
        operationsPerformed: answered,
      });
    });
  }

  it('answers no window where none is proposed: one operation at a time', async () => {
    const client = await connect();

    expect(client.accepted?.userInformation).to.not.have.property('asynchronousOperationsWindow');
  });

  it('takes the next C-STORE-RQ before the last is answered, and answers each as it becomes durable', async () => {
    const client = await connect(8);
    const { order, answers } = await pipeline(client, 8);
    await until(() => storage.received.length === 8);
    expect(order).to.deep.equal([]);

    for (const number of [3, 8, 1, 2, 7, 6, 5, 4]) {
      const before = order.length;
      storage.received[number - 1]?.accept();
      await until(() => order.length > before);
    }

    expect(order).to.deep.equal([3, 8, 1, 2, 7, 6, 5, 4]);
    expect((await Promise.all(answers)).map(({ status }) => status)).to.deep.equal(Array(8).fill(0));
    for (const [index, { sopInstanceUid, dataSet }] of storage.received.entries()) {
      expect(sopInstanceUid).to.equal(`1.2.${index + 1}`);
      expect(dataSet.equals(Buffer.alloc(2002 + index * 2, index + 1)), sopInstanceUid).to.equal(true);
    }
  });

  it('answers a C-ECHO between C-STOREs that are under way', async () => {
    const client = await connect(8);
    const { answers } = await pipeline(client, 3);

    expect((await client.echo()).status).to.equal(0);

    for (const one of storage.received) one.accept();
    await Promise.all(answers);
  });

  it('refuses one of several and accepts the others', async () => {
    const client = await connect(8);
    const { answers } = await pipeline(client, 4);
    await until(() => storage.received.length === 4);

    for (const [index, one] of storage.received.entries()) {
      if (index === 1) one.refuse(new Problem('storage-full', 'no space'));
      else one.accept();
    }

    expect((await Promise.all(answers)).map(({ status }) => status)).to.deep.equal([0, 0xa700, 0, 0]);
  });

  it(`is liberal with who sends more than was agreed, up to ${netLimits.operationsMax}, and answers others with 0213H`, async () => {
    const client = await connect();
    const { answers } = await pipeline(client, netLimits.operationsMax + 2);
    await until(() => storage.received.length === netLimits.operationsMax);

    const refused = await Promise.all(answers.slice(-2));
    for (const one of storage.received) one.accept();

    expect(refused.map(({ status }) => status)).to.deep.equal([0x0213, 0x0213]);
    const taken = await Promise.all(answers.slice(0, netLimits.operationsMax));
    expect(taken.map(({ status }) => status)).to.deep.equal(Array(netLimits.operationsMax).fill(0));
  });

  it('answers nothing that becomes durable after the association has ended', async () => {
    const client = await connect(8);
    const { answers } = await pipeline(client, 2);
    await until(() => storage.received.length === 2);
    client.socket.destroy();
    await until(() => acceptor.acceptor.associations === 0);

    for (const one of storage.received) one.accept();

    const ends = await Promise.allSettled(answers);
    expect(ends.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    expect(acceptor.log.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
  });
});
