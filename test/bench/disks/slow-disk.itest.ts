import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeSlowDisk, missingSlowDisk, type SlowDisk } from './slow-disk.ts';

const flushMs = 20;

/** Syncs `rounds` times, each time `atOnce` files together, and prints how long that took without the first sync, which waits for nothing to be loaded. */
const script = `
  const [folder, atOnce, rounds] = [process.argv[1], Number(process.argv[2]), Number(process.argv[3])];
  const fs = require('node:fs');
  const files = Array.from({ length: atOnce }, (_, index) => fs.openSync(folder + '/' + process.pid + '.' + index, 'w'));
  const syncOf = (fd) => new Promise((resolve, reject) => fs.fdatasync(fd, (error) => (error ? reject(error) : resolve())));
  const sync = () => Promise.all(files.map(syncOf));
  (async () => {
    await sync();
    const start = performance.now();
    for (let round = 0; round < rounds; round++) await sync();
    console.log(performance.now() - start);
  })();
`;

describe('Simulated hard disk', function () {
  this.timeout(300_000);
  let directory: string;
  let disk: SlowDisk;

  before(function () {
    if (missingSlowDisk() !== undefined) this.skip();
  });

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'slow-disk-'));
    disk = await makeSlowDisk(directory, { minMs: flushMs, maxMs: flushMs });
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const syncing = (atOnce: number, rounds: number, env: object = disk.env): Promise<number> =>
    new Promise((resolve, reject) => {
      const args = ['-e', script, directory, String(atOnce), String(rounds)];
      const child = spawn(process.execPath, args, {
        env: { ...process.env, UV_THREADPOOL_SIZE: '16', ...env },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (bytes: Buffer) => {
        output += bytes;
      });
      child.on('exit', (code) => (code === 0 ? resolve(Number(output)) : reject(new Error(`exit ${code}`))));
    });

  it('takes one flush for each of several syncs that follow one another', async () => {
    const ms = await syncing(1, 10);

    expect(disk.counts()).to.deep.equal({ syncs: 11, flushes: 11 });
    expect(ms).to.be.at.least(10 * flushMs);
  });

  it('takes one or two flushes for many syncs at once: what came before a flush began is covered by it', async () => {
    const ms = await syncing(12, 5);

    const { syncs, flushes } = disk.counts();
    expect(syncs).to.equal(72);
    expect(flushes).to.be.within(6, 20);
    expect(ms).to.be.at.least(5 * flushMs);
  });

  it('is one disk for all processes that write to it', async () => {
    await Promise.all([1, 2, 3, 4].map(() => syncing(1, 10)));

    const { syncs, flushes } = disk.counts();
    expect(syncs).to.equal(44);
    expect(flushes).to.be.below(40);
  });

  it('keeps a process from starting whose disk is not there', async () => {
    const env = { ...disk.env, BENCH_SLOW_DISK: join(directory, 'absent') };

    const outcome = await syncing(1, 1, env).then(
      () => 'ran',
      () => 'did not run',
    );

    expect(outcome).to.equal('did not run');
  });
});
