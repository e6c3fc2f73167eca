import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiskName } from '../options.ts';
import { missingLoopDisk, withLoopDisk } from './loop-disk.ts';
import { hardDisk, makeSlowDisk, missingSlowDisk, onSlowDisk } from './slow-disk.ts';

/** Something to write to; each measurement gets one that is new. */
export interface Disk {
  name: DiskName;
  /** How many associations at once are to be compared; undefined for those that were asked for. */
  associations: readonly number[] | undefined;
  /** Words when it cannot be had on this machine. */
  missing(): string | undefined;
  /** @param directory on the real disk @param work gets a folder on this one */
  lend<T>(directory: string, work: (folder: string) => Promise<T>): Promise<T>;
}

/** In the order in which they are measured. */
export const disks: readonly Disk[] = [
  ...(['ext4', 'btrfs', 'btrfs-ssd'] as const).map((name) => ({
    name,
    associations: undefined,
    missing: () => missingLoopDisk(name),
    lend: <T>(directory: string, work: (folder: string) => Promise<T>) => withLoopDisk(name, directory, work),
  })),
  { name: 'hard-disk', associations: [1, 8], missing: missingSlowDisk, lend: lendSlowDisk },
];

let slowDiskCount = 0;

/** The files stay behind, as those of the ingest benchmark do: see leftovers.ts. */
async function lendSlowDisk<T>(directory: string, work: (folder: string) => Promise<T>): Promise<T> {
  slowDiskCount += 1;
  const machinery = join(directory, `hard-disk-${slowDiskCount}`);
  await mkdir(machinery);
  const disk = await makeSlowDisk(machinery, hardDisk);
  return onSlowDisk(disk, () => work(directory));
}
