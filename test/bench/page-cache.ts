import { accessSync, constants, writeFileSync } from 'node:fs';
import { runProgram } from './processes.ts';

const dropCaches = '/proc/sys/vm/drop_caches';

/** Words when the page cache of this machine cannot be emptied; undefined when it can. */
export function missingColdCache(): string | undefined {
  try {
    accessSync(dropCaches, constants.W_OK);
    return undefined;
  } catch {
    return `only root may write to ${dropCaches}`;
  }
}

/** Whatever else writes to the same machine is waited for as well, milliseconds. */
const syncTimeoutMs = 600_000;

/** Resolves when nothing that was written is on its way to the disk: nobody who is measured next pays for it. */
export async function settleDisk(): Promise<void> {
  await runProgram('sync', [], undefined, syncTimeoutMs);
}

/** Empties the page cache, and that of folders and inodes, of the whole machine; what the disk or a host below it remembers stays. */
export async function emptyPageCache(): Promise<void> {
  await settleDisk();
  writeFileSync(dropCaches, '3');
}

/** Reads the files once, so that they are in the page cache as far as it reaches. @param paths folders or files */
export async function warmPageCache(paths: readonly string[]): Promise<void> {
  await runProgram('sh', ['-c', 'tar cf - "$@" | cat > /dev/null', 'sh', ...paths]);
}
