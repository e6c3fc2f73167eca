import { existsSync, mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The folder that the processes of one test run share; a process that is alone has one of its own. */
export const SHARED_FOLDER = 'DICOMKEEP_TEST_FOLDER';
const WAIT_TIMEOUT_MS = 600_000;

let own: string | undefined;

/**
 * What takes long to make and is the same for all tests of a run. Only one process makes it; the others wait.
 * @param make fills the folder, which is not there yet
 * @returns the folder, in which nobody changes anything
 */
export async function madeOnce(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(process.env[SHARED_FOLDER] ?? ownFolder(), name);
  const begun = `${folder}.begun`;
  const deadline = performance.now() + WAIT_TIMEOUT_MS;
  while (!existsSync(folder)) {
    if (!isOurs(begun)) {
      if (performance.now() > deadline) throw new Error(`${folder} does not come`);
      await sleep(100);
      continue;
    }
    const unfinished = `${folder}.new`;
    try {
      await make(unfinished);
      renameSync(unfinished, folder);
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      rmdirSync(begun); // another one may try
      throw error;
    }
  }
  return folder;
}

function isOurs(begun: string): boolean {
  try {
    mkdirSync(begun);
    return true;
  } catch {
    return false;
  }
}

function ownFolder(): string {
  if (own === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'dicomkeep-once-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    own = made;
  }
  return own;
}
