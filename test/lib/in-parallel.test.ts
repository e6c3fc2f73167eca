import { expect } from 'chai';
import { inParallel } from '../../src/lib/in-parallel.ts';

/** Resolves when `open` is called with its key. */
class Gates {
  readonly begun: number[] = [];
  #open = new Map<number, () => void>();

  async pass(key: number): Promise<void> {
    this.begun.push(key);
    await new Promise<void>((resolve) => this.#open.set(key, resolve));
  }

  async open(key: number): Promise<void> {
    this.#open.get(key)?.();
    await turn();
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('inParallel', () => {
  it('begins the next item when any one ends, and gives the results in the order of the items', async () => {
    const gates = new Gates();
    const results = inParallel([1, 2, 3, 4], 2, async (item) => {
      await gates.pass(item);
      return item * 10;
    });

    expect(gates.begun).to.deep.equal([1, 2]);
    await gates.open(2);
    expect(gates.begun).to.deep.equal([1, 2, 3]);
    await gates.open(3);
    await gates.open(4);
    await gates.open(1);

    expect(await results).to.deep.equal([10, 20, 30, 40]);
  });

  it('begins no other where one fails, and rejects when those under way have ended', async () => {
    const gates = new Gates();
    let isOver = false;
    const results = inParallel([1, 2, 3], 2, async (item) => {
      await gates.pass(item);
      if (item === 2) throw new Error('2 fails');
    }).finally(() => {
      isOver = true;
    });
    results.catch(() => undefined);

    await gates.open(2);
    expect(isOver).to.equal(false);
    await gates.open(1);

    expect(await results.catch((error: unknown) => String(error))).to.equal('Error: 2 fails');
    expect(gates.begun).to.deep.equal([1, 2]);
  });

  it('has nothing to do for no items', async () => {
    expect(await inParallel([], 8, () => Promise.reject(new Error('called')))).to.deep.equal([]);
  });
});
