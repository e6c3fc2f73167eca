import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Problem } from '../../src/lib/problem.ts';
import { OutstandingStores } from '../../src/net/outstanding-stores.ts';
import type { StoreScu } from '../../src/net/store-scu.ts';
import { FakeDriver, operation, piecesOf, refusalOf, response, scuOn } from './fake-store-association.ts';

describe('C-STORE requests that are outstanding (PS3.7 Annex D.3.3.3)', () => {
  let driver: FakeDriver;
  let stores: OutstandingStores;
  let messageId: number;

  beforeEach(() => {
    driver = new FakeDriver();
    messageId = 0;
  });

  function newScu(responseTimeoutMs: number, operationsMax: number): StoreScu {
    const abort = (words: string) => driver.abort(words);
    stores = new OutstandingStores({ operationsMax, responseTimeoutMs, abort });
    return anotherScu();
  }

  /** Of another retrieve on the same association. */
  const anotherScu = () => scuOn(driver, stores, () => ++messageId);
  const sentCount = () => driver.dataSets.filter(({ isLast }) => isLast).length;

  it('sends whole data sets in turn where two retrieves share the association, and gives each its own answer', async () => {
    const scu = newScu(5000, 1);
    const other = anotherScu();
    driver.onSend = async () => {
      await wait(2);
      return true;
    };
    const statuses = Promise.all([
      scu.store(operation(piecesOf('a1', 'a2', 'a3'), 6)),
      other.store(operation(piecesOf('b1', 'b2', 'b3'), 6)),
      scu.store(operation(piecesOf('c1'), 2)),
    ]);
    for (const id of [1, 2, 3]) {
      while (sentCount() < id) await wait(1);
      await wait(10);
      expect(sentCount(), 'one at a time').to.equal(id);
      stores.respond(response(id, 0xb000 + id));
    }

    expect(await statuses).to.deep.equal([0xb001, 0xb002, 0xb003]);
    expect(driver.sent.map(({ isCommand, bytes }) => (isCommand ? '|' : bytes.toString()))).to.deep.equal([
      '|',
      'a1',
      'a2',
      'a3',
      '|',
      'b1',
      'b2',
      'b3',
      '|',
      'c1',
    ]);
  });

  /** As a retrieve does: the next one when that may be. */
  function storeAll(scu: StoreScu, count: number): Promise<number>[] {
    const statuses: Promise<number>[] = [];
    const another = () => {
      if (statuses.length === count) return;
      let isOver = false;
      const next = () => {
        if (!isOver) another();
        isOver = true;
      };
      const status = scu.store(operation(piecesOf('ab'), 2), { next });
      statuses.push(status);
      status.then(next, next);
    };
    another();
    return statuses;
  }

  it('sends as many as were agreed on, and another for each that is answered, in whatever order', async () => {
    const scu = newScu(5000, 3);
    const statuses = storeAll(scu, 6);
    await wait(10);
    expect(sentCount()).to.equal(3);

    for (const [id, sent] of [
      [2, 4],
      [4, 5],
      [1, 6],
      [3, 6],
      [6, 6],
      [5, 6],
    ] as const) {
      stores.respond(response(id, 0xb000 + id));
      await wait(5);
      expect(sentCount()).to.equal(sent);
    }

    expect(await Promise.all(statuses)).to.deep.equal([1, 2, 3, 4, 5, 6].map((id) => 0xb000 + id));
  });

  /** Notes when it is read, and when nobody wants the rest. */
  function watched() {
    const state = { isRead: false, isClosed: false };
    async function* pieces() {
      try {
        state.isRead = true;
        yield Buffer.from('ab');
      } finally {
        state.isClosed = true;
      }
    }
    return { state, operation: operation(pieces(), 2) };
  }

  it('makes the next one ready while the last waits for its answer, and sends it then', async () => {
    const scu = newScu(5000, 1);
    let nextCount = 0;
    const next = () => {
      nextCount += 1;
    };
    const first = scu.store(operation(piecesOf('ab'), 2), { next });
    await wait(10);
    expect([sentCount(), nextCount]).to.deep.equal([1, 1]);

    const other = watched();
    const second = scu.store(other.operation, { next });
    await wait(10);
    expect([sentCount(), nextCount, driver.sent.length]).to.deep.equal([1, 1, 2]);
    expect(other.state).to.deep.equal({ isRead: true, isClosed: false });

    stores.respond(response(1));
    await wait(10);
    expect([sentCount(), nextCount]).to.deep.equal([2, 2]);
    stores.respond(response(2, 0xb000));

    expect(await Promise.all([first, second])).to.deep.equal([0, 0xb000]);
    expect(other.state.isClosed).to.equal(true);
  });

  it('takes back what waits when it is cancelled, and nothing that is on its way', async () => {
    const scu = newScu(5000, 1);
    const controller = new AbortController();
    const { signal } = controller;
    const first = scu.store(operation(piecesOf('ab'), 2), { signal });
    const other = watched();
    const second = refusalOf(scu.store(other.operation, { signal }));
    const ofAnother = anotherScu().store(operation(piecesOf('cd'), 2), {});
    await wait(10);

    controller.abort();

    expect(await second).to.equal('cancelled: cancelled before it was sent');
    expect(other.state.isClosed).to.equal(true);
    stores.respond(response(1));
    await wait(10);
    stores.respond(response(3));
    expect(await Promise.all([first, ofAnother])).to.deep.equal([0, 0]);
    expect(driver.dataSets.map(({ bytes }) => bytes.toString())).to.deep.equal(['ab', 'cd']);
    expect(driver.aborts).to.deep.equal([]);
  });

  it('waits on where the peer answers one by one, however long all of them take', async () => {
    const scu = newScu(600, 4);
    const statuses = storeAll(scu, 4);

    for (const id of [1, 2, 3, 4]) {
      await wait(300);
      stores.respond(response(id));
    }

    expect(await Promise.all(statuses)).to.deep.equal([0, 0, 0, 0]);
    expect(driver.aborts).to.deep.equal([]);
  });

  it('aborts where the peer answers none in time, and all of them fail', async () => {
    const scu = newScu(300, 4);
    const statuses = storeAll(scu, 3);
    while (sentCount() < 3) await wait(2);
    stores.respond(response(2));

    expect(await Promise.all(statuses.map(refusalOf))).to.deep.equal([
      'peer-unreachable: no answer to C-STORE within 300 ms',
      'none',
      'peer-unreachable: no answer to C-STORE within 300 ms',
    ]);
    expect(driver.aborts).to.deep.equal(['no answer to C-STORE within 300 ms']);
  });

  it('hears the answers to those before, when a data set cannot be sent to its end, and aborts then', async () => {
    const scu = newScu(5000, 4);
    const first = scu.store(operation(piecesOf('ab'), 2));
    const broken = piecesOf('ab', new Problem('not-found', 'the file is shorter than its data set'));
    const refusal = refusalOf(scu.store(operation(broken, 100)));
    await wait(20);
    expect(driver.aborts).to.deep.equal([]);

    stores.respond(response(1));

    expect(await first).to.equal(0);
    expect(await refusal).to.equal('not-found: the file is shorter than its data set');
    expect(driver.aborts).to.deep.equal(['the file is shorter than its data set']);
    expect(scu.isAbandoned).to.equal(true);
  });

  it('fails all that is outstanding, and all that waits for its turn, when the association ends', async () => {
    const scu = newScu(5000, 2);
    const refusals = Promise.all([1, 2, 3].map(() => refusalOf(scu.store(operation(piecesOf('ab'), 2)))));
    await wait(10);
    expect(sentCount()).to.equal(2);

    stores.end(new Problem('cancelled', 'cancelled'));

    expect(await refusals).to.deep.equal(Array(3).fill('cancelled: cancelled'));
  });
});
