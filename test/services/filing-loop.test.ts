import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Problem } from '../../src/lib/problem.ts';
import { FilingLoop } from '../../src/services/filing-loop.ts';

describe('FilingLoop', () => {
  let toDo: number;
  let attempts: number;
  let isBroken: boolean;
  let isStopping: boolean;
  let told: string[];
  let loop: FilingLoop;

  beforeEach(() => {
    [toDo, attempts, isBroken, isStopping, told] = [0, 0, false, false, []];
    loop = new FilingLoop({
      dueInMs: () => (toDo > 0 ? 0 : isStopping ? undefined : Infinity),
      run: async () => {
        attempts += 1;
        if (isBroken) throw new Problem('volume-offline', 'not mounted');
        toDo -= 1;
      },
      failed: ({ message }, isNew) => told.push(`${message} ${isNew}`),
      goesOn: () => told.push('goes on'),
      isStopping: () => isStopping,
    });
  });

  it('does what is due, sleeps until it is woken, and ends when all is done', async () => {
    toDo = 3;
    const running = loop.run();
    await wait(1);
    expect(toDo).to.equal(0);

    toDo = 1;
    isStopping = true;
    loop.wake();
    await running;

    expect(attempts).to.equal(4);
  });

  it('rests after a failure, whatever becomes due meanwhile, unless somebody waits', async () => {
    isBroken = true;
    toDo = 1;
    const running = loop.run();
    await wait(1);
    loop.wake();
    await wait(1);
    expect(attempts).to.equal(1);

    loop.hurry();
    await wait(1);
    expect(attempts).to.equal(2);
    expect(told).to.deep.equal(['not mounted true', 'not mounted false']);
    expect(loop.failure?.code).to.equal('volume-offline');

    isBroken = false;
    isStopping = true;
    loop.hurry();
    await running;
    expect(told.at(-1)).to.equal('goes on');
    expect(loop.failure).to.equal(undefined);
  });

  it('ends with a failure when it is to stop', async () => {
    isBroken = true;
    isStopping = true;
    toDo = 1;

    await loop.run();

    expect(attempts).to.equal(1);
  });
});
