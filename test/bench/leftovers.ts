import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from './processes.ts';

/** What the largest measurement writes, with room to spare. */
const freeBytesMin = 12e9;
/** How long ext4 without a journal remembers a deleted inode, milliseconds. */
const recentlyDeletedMs = 36_000;

let count = 0;
/** By the folder, and so by the disk, that they are in. */
const leftIn = new Map<string, string[]>();

/**
 * A new folder for one measurement. Folders of earlier ones are left where they are until the disk needs the room, or the run ends: ext4 looks for new
 * inodes past all that were deleted in the last half minute, which would cost whoever is measured next a fifth of its CPU time.
 */
export async function freshDirectory(baseDirectory: string, name: string): Promise<string> {
  const { bavail, bsize } = await statfs(baseDirectory);
  const left = leftIn.get(baseDirectory) ?? [];
  leftIn.set(baseDirectory, left);
  if (bavail * bsize < freeBytesMin && left.length > 0) {
    await runProgram('rm', ['-rf', ...left.splice(0)]);
    await sleep(recentlyDeletedMs);
  }
  count += 1;
  const directory = join(baseDirectory, `${name}-${count}`);
  left.push(directory);
  return directory;
}
