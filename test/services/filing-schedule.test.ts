import { expect } from 'chai';
import { FilingSchedule } from '../../src/services/filing-schedule.ts';
import { serviceLimits } from '../../src/services/limits.ts';

const { filingQuietMs, filingDelayMaxMs, filingInstancesMax, filingBehindQueryMs } = serviceLimits;
const { queriesGoOnMs, transactionInstances } = serviceLimits;

describe('FilingSchedule', () => {
  let schedule: FilingSchedule;

  beforeEach(() => {
    schedule = new FilingSchedule(10);
  });

  function add(instances: number, nowMs: number): void {
    for (let count = 0; count < instances; count++) schedule.add(nowMs);
  }

  it('has nothing to do while there is nothing', () => {
    expect(schedule.indexingDueInMs(1000)).to.equal(Infinity);
    expect(schedule.isPlacingDue()).to.equal(false);
  });

  it('waits until nothing has come for a moment, then files all of it', () => {
    add(2, 1000);
    add(1, 1100);

    expect(schedule.indexingDueInMs(1100)).to.equal(filingQuietMs);
    expect(schedule.indexingDueInMs(1100 + filingQuietMs)).to.equal(0);
    schedule.indexed(2);
    expect(schedule.isPlacingDue(), 'the third is not indexed').to.equal(false);
    schedule.indexed(1);
    expect(schedule.isPlacingDue()).to.equal(true);
    schedule.filed(3);
    expect(schedule.isPlacingDue()).to.equal(false);
    expect(schedule.indexingDueInMs(5000)).to.equal(Infinity);
  });

  it('waits no longer than its bound while senders never rest, the same for those that come next', () => {
    const dueAt: number[] = [];
    for (let nowMs = 0; nowMs < 3 * filingDelayMaxMs; nowMs += 50) {
      add(1, nowMs);
      if (schedule.indexingDueInMs(nowMs) > 0) continue;
      dueAt.push(nowMs);
      schedule.indexed(schedule.counts.added - schedule.counts.indexed);
    }

    expect(dueAt).to.deep.equal([filingDelayMaxMs, 2 * filingDelayMaxMs + 50]);
  });

  it('files at once when they are many, and says so to whoever adds them', () => {
    add(filingInstancesMax - 1, 0);
    expect(schedule.indexingDueInMs(0)).to.equal(filingQuietMs);

    expect(schedule.add(0)).to.equal(true);
    expect(schedule.indexingDueInMs(0)).to.equal(0);
  });

  it('indexes for a query what was there, and leaves its files for later', () => {
    add(5, 1000);
    schedule.indexAll(1000);
    add(2, 1010);

    expect(schedule.indexingDueInMs(1010)).to.equal(0);
    schedule.indexed(5);

    expect(schedule.isPlacingDue()).to.equal(false);
    expect(schedule.indexingDueInMs(1010), 'the time of the others is as it was').to.equal(filingQuietMs);
    expect(schedule.indexingDueInMs(1010 + filingQuietMs)).to.equal(0);
    schedule.indexed(2);
    expect(schedule.isPlacingDue()).to.equal(true);
  });

  it('makes rows ready for the next query as instances come, while queries go on, and leaves their files for later', () => {
    schedule.indexAll(1000);
    add(transactionInstances - 1, 1100);
    expect(schedule.indexingDueInMs(1100)).to.equal(filingQuietMs);

    expect(schedule.add(1110)).to.equal(true);
    expect(schedule.indexingDueInMs(1110)).to.equal(0);
    schedule.indexed(transactionInstances);
    expect(schedule.isPlacingDue()).to.equal(false);
    expect(schedule.add(1120), 'the next are not enough yet').to.equal(false);
    expect(schedule.indexingDueInMs(1120)).to.equal(filingQuietMs);

    schedule.fileAll();
    schedule.indexed(1);
    schedule.filed(transactionInstances + 1);
    const later = 1000 + queriesGoOnMs;
    add(2 * transactionInstances, later);
    expect(schedule.indexingDueInMs(later)).to.equal(filingQuietMs);
  });

  it('places what was made ready for queries as soon as what they asked for, though none comes any more and senders never rest', () => {
    schedule.indexAll(1000);
    add(transactionInstances, 1100);
    schedule.indexed(transactionInstances);

    for (let nowMs = 1110; nowMs < 1100 + filingBehindQueryMs; nowMs += 10) {
      schedule.add(nowMs);
      schedule.indexingDueInMs(nowMs);
      expect(schedule.isPlacingDue(), `at ${nowMs}`).to.equal(false);
    }
    schedule.indexingDueInMs(1100 + filingBehindQueryMs);
    schedule.indexed(schedule.counts.added - schedule.counts.indexed);

    expect(schedule.isPlacingDue()).to.equal(true);
  });

  it('places what queries have had indexed when its time has come, though nothing is left to be indexed', () => {
    add(5, 1000);
    schedule.indexAll(1000);
    schedule.indexed(5);

    expect(schedule.indexingDueInMs(1000)).to.equal(filingQuietMs);
    expect(schedule.indexingDueInMs(1000 + filingQuietMs)).to.equal(Infinity);
    expect(schedule.isPlacingDue()).to.equal(true);
  });

  it('lets no file be later than its bound behind its row while senders and queries never rest', () => {
    const dueAt: number[] = [];
    for (let nowMs = 0; nowMs < 3 * filingBehindQueryMs; nowMs += 50) {
      add(1, nowMs);
      schedule.indexAll(nowMs);
      schedule.indexingDueInMs(nowMs);
      schedule.indexed(1);
      if (!schedule.isPlacingDue()) continue;
      dueAt.push(nowMs);
      schedule.filed(schedule.counts.indexed - schedule.counts.filed);
    }

    expect(dueAt).to.deep.equal([filingBehindQueryMs, 2 * filingBehindQueryMs + 50]);
  });

  it('places many at once, while the next are being indexed', () => {
    add(30, 0);
    schedule.fileAll();

    schedule.indexed(9);
    expect(schedule.isPlacingDue()).to.equal(false);
    schedule.indexed(1);
    expect(schedule.isPlacingDue()).to.equal(true);
    schedule.filed(10);
    expect(schedule.isPlacingDue()).to.equal(false);
  });

  it('places what was due though more and more becomes due before it is indexed', () => {
    const filed: number[] = [];
    add(2, 0);
    for (let nowMs = 0; nowMs < 9; nowMs++) {
      add(1, nowMs);
      schedule.fileAll();
      schedule.indexed(1);
      if (!schedule.isPlacingDue()) continue;
      const instances = schedule.counts.indexed - schedule.counts.filed;
      schedule.filed(instances);
      filed.push(instances);
    }

    expect(filed).to.deep.equal([3, 2, 2, 2]);
  });

  it('files what an earlier run has left at once, and all that was added before it was known', () => {
    add(1, 0);
    schedule.prepend(2);

    expect(schedule.counts.added).to.equal(3);
    expect(schedule.indexingDueInMs(0)).to.equal(0);
    schedule.indexed(3);
    expect(schedule.isPlacingDue()).to.equal(true);
  });
});
