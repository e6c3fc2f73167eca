import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';

/** A file system of a few megabytes, which is soon full. */
export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Undefined, with a line that says why, where this user may not mount. */
  static mount(megabytes: number): SmallDisk | undefined {
    const path = temporaryFolder('small-disk');
    try {
      const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'dicomkeep-test', path];
      execFileSync('mount', options, { stdio: ['ignore', 'ignore', 'pipe'] });
      return new SmallDisk(path);
    } catch (error) {
      removeFolder(path);
      console.log(
        `        skipped, since a tmpfs cannot be mounted: ${error instanceof Error ? error.message : error}`,
      );
      return undefined;
    }
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Takes all space, but for so much; `relieve` gives it back. Hidden, so that the disk still counts as empty. */
  fill(butBytes = 0): void {
    this.relieve();
    try {
      writeFileSync(this.#ballast, Buffer.alloc(Math.max(0, this.freeBytes - butBytes)));
    } catch (error) {
      // Somebody else was faster to take the rest.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  relieve(): void {
    rmSync(this.#ballast, { force: true });
  }

  /** Unmounts, if need be when the last file in it is closed. */
  unmount(): void {
    execFileSync('umount', ['--lazy', this.path]);
    removeFolder(this.path);
  }

  get #ballast(): string {
    return join(this.path, '.ballast');
  }
}
