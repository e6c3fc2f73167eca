import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { readAhead } from '../../src/services/read-ahead.ts';

const SIZE = 10;

/** Numbers, with an account of what is open. */
class Account {
  readonly opened: number[] = [];
  readonly closed: number[] = [];
  mostAhead = 0;
  taken = 0;
  isReturned = false;

  async *items(count: number, failAt = Infinity): AsyncGenerator<number> {
    try {
      for (let item = 0; item < count; item++) {
        if (item === failAt) throw new Error('no more rows');
        yield item;
      }
    } finally {
      this.isReturned = true;
    }
  }

  open = async (item: number): Promise<number> => {
    this.opened.push(item);
    this.mostAhead = Math.max(this.mostAhead, this.opened.length - this.taken);
    await wait(item % 3);
    return item * 100;
  };

  close = async (opened: number): Promise<void> => {
    this.closed.push(opened / 100);
  };

  bounds = (count: number, bytes: number) => ({ count, refillAt: count >> 1, bytes, sizeOf: () => SIZE });
}

describe('readAhead', () => {
  it('gives every item in its order, and opens a few before their turn', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(12),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 60 }),
        async (total, count, bytes) => {
          const account = new Account();
          const seen: number[] = [];
          for await (const { item, opened } of readAhead(
            account.items(total),
            account.open,
            account.close,
            account.bounds(count, bytes),
          )) {
            account.taken += 1;
            expect(opened).to.equal(item * 100);
            seen.push(item);
          }

          expect(seen).to.deep.equal(Array.from({ length: total }, (_, index) => index));
          expect(account.mostAhead).to.be.at.most(Math.min(count, Math.max(1, Math.ceil(bytes / SIZE))));
          expect(account.closed, 'whoever takes it closes it').to.deep.equal([]);
          expect(account.isReturned).to.equal(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('opens two before it gives the first, and then several at once when few are left', async () => {
    const account = new Account();
    const openedBefore: number[] = [];
    const bounds = { ...account.bounds(8, 1000), refillAt: 2 };
    for await (const { item } of readAhead(account.items(30), account.open, account.close, bounds))
      openedBefore[item] = account.opened.length;

    expect(openedBefore.slice(0, 12)).to.deep.equal([2, 5, 5, 11, 11, 11, 11, 11, 11, 17, 17, 17]);
  });

  it('closes what was opened and not taken when the caller stops early', async () => {
    const account = new Account();
    for await (const { item } of readAhead(
      account.items(100),
      account.open,
      account.close,
      account.bounds(4, 1000),
    )) {
      if (item === 2) break;
    }

    expect([...account.closed].sort()).to.deep.equal(account.opened.filter((item) => item > 2));
    expect(account.closed).not.to.deep.equal([]);
    expect(account.isReturned).to.equal(true);
  });

  it('closes the others when one cannot be opened, in its turn', async () => {
    const account = new Account();
    const open = async (item: number) => {
      const opened = await account.open(item);
      if (item === 2) throw new Error('no such file');
      return opened;
    };
    const seen: number[] = [];
    let words = '';
    try {
      for await (const { item } of readAhead(
        account.items(100),
        open,
        account.close,
        account.bounds(4, 1000),
      ))
        seen.push(item);
    } catch (error) {
      words = String(error);
    }

    expect(seen).to.deep.equal([0, 1]);
    expect(words).to.equal('Error: no such file');
    expect([...account.closed].sort()).to.deep.equal(account.opened.filter((item) => item > 2));
    expect(account.isReturned).to.equal(true);
  });

  it('closes all when the items fail', async () => {
    const account = new Account();
    let words = '';
    try {
      for await (const _ of readAhead(
        account.items(100, 3),
        account.open,
        account.close,
        account.bounds(8, 1000),
      ))
        account.taken += 1;
    } catch (error) {
      words = String(error);
    }

    expect(words).to.equal('Error: no more rows');
    expect(account.closed.length + account.taken).to.equal(account.opened.length);
  });
});
