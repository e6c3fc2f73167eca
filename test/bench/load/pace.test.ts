import { expect } from 'chai';
import { Pace } from './pace.ts';

describe('Pace of the load', () => {
  it('has the first due after its phase and each other one interval later, however long one took', () => {
    const pace = new Pace(1000, 100, 30);

    const waits = [1000, 1035, 1190].map((timeMs) => pace.next(timeMs));

    expect(waits).to.deep.equal([30, 95, 40]);
  });

  it('makes up for what is overdue without a pause, and tells how late it is', () => {
    const pace = new Pace(0, 10, 0);

    const waits = [35, 36, 37, 38].map((timeMs) => [pace.next(timeMs), pace.behindMs]);

    expect(waits).to.deep.equal([
      [0, 35],
      [0, 26],
      [0, 17],
      [0, 8],
    ]);
  });
});
