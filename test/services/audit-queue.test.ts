import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { AuditQueue } from '../../src/services/audit-queue.ts';
import { keptLog } from '../helpers/admin-parts.ts';

describe('Audit messages on their way to the disk', () => {
  function queueing() {
    const log = keptLog();
    const disk = { text: '', writes: 0, isFull: false, told: 0, lost: [] as number[] };
    const queue = new AuditQueue({
      async append(lines) {
        await sleep(1);
        disk.writes += 1;
        if (disk.isFull) throw new Error('ENOSPC: no space left on device');
        disk.text += lines;
      },
      written: () => {
        disk.told += 1;
      },
      lost: (count) => disk.lost.push(count),
      log,
    });
    return { queue, disk, log };
  }

  it('are written in their order, many at a time', async () => {
    const { queue, disk } = queueing();
    const lines = Array.from({ length: 5000 }, (_, index) => `line ${index}`);

    for (const line of lines) queue.add(line);
    await queue.drain();

    expect(disk.text).to.equal(`${lines.join('\n')}\n`);
    expect(disk.writes).to.be.below(5);
    expect(disk.told).to.equal(disk.writes);
  });

  it('wait while the disk is full, which is told once, and go on when it is not', async () => {
    const { queue, disk, log } = queueing();
    disk.isFull = true;

    queue.add('one');
    await sleep(30);
    queue.add('two');
    await sleep(600);
    disk.isFull = false;
    for (let tries = 0; tries < 1000 && log.lines.length < 2; tries++) await sleep(10);

    expect(disk.text).to.equal('one\ntwo\n');
    expect(log.lines.map(({ level, message }) => [level, message])).to.deep.equal([
      ['error', 'the audit trail cannot be written'],
      ['info', 'the audit trail is written again'],
    ]);
    expect(disk.lost).to.deep.equal([]);
  });

  it('that are too many are lost, the newest, and counted', async () => {
    const { queue, disk } = queueing();
    disk.isFull = true;

    for (let count = 0; count < 20_100; count++) queue.add(`line ${count}`);
    await queue.drain();
    disk.isFull = false;
    queue.add('too late for a queue that is full');
    await queue.drain();

    expect(disk.lost).to.deep.equal([101]);
    expect(disk.text.split('\n')).to.have.lengthOf(20_001);
  });

  it('that are too long together are lost, too', async () => {
    const { queue, disk } = queueing();
    disk.isFull = true;

    for (let count = 0; count < 40; count++) queue.add('x'.repeat(1024 * 1024));
    disk.isFull = false;
    await queue.drain();

    expect(disk.lost).to.deep.equal([8]);
  });

  it('are written at once whenever they come, also in the moment in which all of those before have been', async () => {
    const stuck: number[] = [];
    for (let depth = 0; depth < 10; depth++) {
      let text = '';
      const queue = new AuditQueue({
        async append(lines) {
          if (text === '') {
            let later = Promise.resolve();
            for (let step = 0; step < depth; step++) later = later.then(() => undefined);
            void later.then(() => queue.add('two'));
          }
          text += lines;
        },
        written: () => undefined,
        lost: () => undefined,
        log: keptLog(),
      });

      queue.add('one');
      await sleep(5);

      if (text !== 'one\ntwo\n') stuck.push(depth);
    }
    expect(stuck).to.deep.equal([]);
  });

  it('that cannot be written at the end are told in the log', async () => {
    const { queue, disk, log } = queueing();
    disk.isFull = true;

    queue.add('one');
    await queue.drain();

    expect(log.lines.at(-1)).to.deep.include({
      level: 'error',
      message: 'audit messages lost',
      fields: { messages: 1 },
    });
  });
});
