import { expect } from 'chai';
import { within } from '../../src/lib/within.ts';
import { atMost } from '../helpers/time-bounds.ts';

describe('within', () => {
  const late = () => new Error('too late');
  const outcomeOf = (work: Promise<unknown>) => work.then(String, String);

  it('gives what the work gives, or throws what it throws, in time', async () => {
    expect(await outcomeOf(within(1000, late, async () => 'done'))).to.equal('done');
    expect(await outcomeOf(within(1000, late, () => Promise.reject(new Error('own'))))).to.equal(
      'Error: own',
    );
  });

  it('throws what is told where the work takes longer', async () => {
    const startedAt = performance.now();

    expect(await outcomeOf(within(20, late, () => new Promise(() => undefined)))).to.equal('Error: too late');

    expect(performance.now() - startedAt).to.be.within(15, atMost(500));
  });
});
