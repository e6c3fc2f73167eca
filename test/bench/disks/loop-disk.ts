import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../processes.ts';
import { programPath } from '../servers/server.ts';

export type FileSystemName = 'ext4' | 'btrfs' | 'btrfs-ssd';

/** Largest that the image of a disk may grow, bytes: it is sparse, and gone after its measurement. */
const diskBytes = 8 * 2 ** 30;

interface Maker {
  /** As the kernel names it. */
  type: 'ext4' | 'btrfs';
  command: string;
  args: readonly string[];
  /** Of `mount`. */
  options?: string;
  package: string;
}

const btrfs: Maker = { type: 'btrfs', command: 'mkfs.btrfs', args: ['-q'], package: 'btrfs-progs' };

/** How each is made: all metadata now, so that nothing is initialised while the disk is measured. */
const makers: { [name in FileSystemName]: Maker } = {
  ext4: {
    type: 'ext4',
    command: 'mkfs.ext4',
    args: ['-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0'],
    package: 'e2fsprogs',
  },
  btrfs,
  // As it mounts itself where the disk does not say that it rotates, which a virtual one may.
  'btrfs-ssd': { ...btrfs, options: 'ssd' },
};

const mounted = new Set<string>();

/** @returns words when this machine or this user cannot have such a disk */
export function missingLoopDisk(name: FileSystemName): string | undefined {
  const { type, command, package: debianPackage } = makers[name];
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'loop devices need Linux, and root';
  if (!existsSync('/dev/loop-control')) return 'this machine has no loop devices';
  if (programPath(command) === undefined)
    return `${command} is not installed (Debian package ${debianPackage})`;
  for (const program of ['losetup', 'mount', 'umount']) {
    if (programPath(program) === undefined) return `${program} is not installed (Debian package mount)`;
  }
  const known = readFileSync('/proc/filesystems', 'latin1').split(/\s+/);
  if (!known.includes(type) && !hasModule(type)) return `this kernel has no ${type}`;
  return undefined;
}

/** Lets `work` have a new, empty file system on a loop device; unmounts and removes it whatever happens. */
export async function withLoopDisk<T>(
  name: FileSystemName,
  directory: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const base = join(directory, `disk-${process.hrtime.bigint()}`);
  const folder = join(base, 'mnt');
  const image = join(base, 'image');
  await mkdir(folder, { recursive: true });
  try {
    await makeImage(image, name);
    await mountImage(image, folder, name);
    return await work(folder);
  } finally {
    unmount(folder);
    await rm(base, { recursive: true, force: true });
  }
}

async function makeImage(image: string, name: FileSystemName): Promise<void> {
  const file = await open(image, 'wx');
  await file.truncate(diskBytes);
  await file.close();
  const { command, args } = makers[name];
  await runProgram(programPath(command) ?? command, [...args, image]);
}

/** Direct: what is written to the disk is not kept in the page cache a second time, as a file. */
async function mountImage(image: string, folder: string, name: FileSystemName): Promise<void> {
  const losetup = programPath('losetup') ?? 'losetup';
  const device = (await runProgram(losetup, ['--find', '--show', '--direct-io=on', image])).trim();
  try {
    watchExit();
    mounted.add(folder);
    const { type, options } = makers[name];
    const optionArgs = options === undefined ? [] : ['-o', options];
    await runProgram(programPath('mount') ?? 'mount', ['-t', type, ...optionArgs, device, folder]);
  } finally {
    // From here on the kernel frees the device with its last user: there is nothing left to undo but the mount.
    await runProgram(losetup, ['--detach', device]);
  }
}

/** At once for all that look, and in truth when the last process that has a file open there is gone. */
function unmount(folder: string): void {
  if (!mounted.delete(folder)) return;
  const plain = spawnSync(programPath('umount') ?? 'umount', [folder]);
  if (plain.status !== 0) spawnSync(programPath('umount') ?? 'umount', ['--lazy', folder]);
}

let isWatching = false;

/** Goes before all other listeners: one of them removes the folder in which the disk is mounted. */
function watchExit(): void {
  if (isWatching) return;
  isWatching = true;
  process.prependListener('exit', () => {
    for (const folder of mounted) {
      unmount(folder);
      rmSync(join(folder, '..'), { recursive: true, force: true });
    }
  });
}

function hasModule(name: string): boolean {
  return spawnSync(programPath('modprobe') ?? 'modprobe', ['--dry-run', name]).status === 0;
}
