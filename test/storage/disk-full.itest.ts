import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Incoming } from '../../src/storage/incoming.ts';
import { Volume } from '../../src/storage/volume.ts';
import { refusalOf } from './problems.ts';

const SIZE_BYTES = 8 * 1024 * 1024;
/** Longer than a look at the free space holds good. */
const STALE_MS = 300;
const HEADER = Buffer.alloc(700, 'h');

describe('Incoming on a file system that is full', function () {
  this.timeout(300_000);
  let folder = '';
  let isMounted = false;

  before(function () {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-full-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_BYTES}`, 'tmpfs', folder]);
    isMounted = mounted.status === 0;
    if (!isMounted) this.skip(); // needs root
  });
  after(() => {
    if (isMounted) spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('refuses what does not fit, leaves nothing of it, and takes what fits again', async () => {
    const path = join(folder, 'volume');
    mkdirSync(path);
    await Volume.create(path);
    const volume = new Volume(path, { reserveBytes: 0, expectedId: undefined });
    const incoming = new Incoming(volume, { preopenedFiles: 4, rollingSyncBytes: 1024 * 1024 });
    const free = () => {
      const { bavail, bsize } = statfsSync(path);
      return bavail * bsize;
    };
    const before = free();

    // Four senders at once, of which each alone is too large, one by writes on the way and one by its commit.
    const sizes = [9_000_000, 5_000_000, 8_000_000, 4_000_000];
    const refusals = await Promise.all(
      sizes.map(async (bytes) => {
        const file = await incoming.begin();
        file.reserveHeader(HEADER.length);
        for (let at = 0; at < bytes; at += 100_000) {
          file.write(Buffer.alloc(100_000, 1));
          if (bytes > 5_000_000) await file.release();
        }
        return refusalOf(file.commit(HEADER));
      }),
    );

    expect(refusals[0]).to.match(/^storage-full: /);
    for (const refusal of refusals) expect(refusal).to.match(/^(none$|storage-full: )/);
    await wait(STALE_MS);
    const file = await incoming.begin();
    file.reserveHeader(HEADER.length);
    file.write(Buffer.alloc(1_000_000, 2));
    await file.commit(HEADER);
    await incoming.close();

    const accepted = refusals.map((refusal, index) =>
      refusal === 'none' ? (sizes[index] ?? 0) + HEADER.length : 0,
    );
    const kept = accepted.reduce((sum, bytes) => sum + bytes, 0) + 1_000_000;
    expect(before - free(), 'bytes of what was accepted, and no more').to.be.lessThan(kept + 100_000);
  });
});
