import { randomBytes } from 'node:crypto';
import { promises as fs } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder, syncFolder } from './folders.ts';

/** Read and written by us alone. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** A draft of this age was left behind by a power cut, milliseconds. */
const DRAFT_MS = 60_000;
const DRAFT_BYTES = 6;

/**
 * Puts a small file in the place of the one before, as a whole: whoever reads sees the old one or the new one, and after a power cut so does
 * the next start. Durable when it resolves.
 * @param path its folder is made where it is missing, for us alone
 */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  for (const changed of await makeFolder(folder, FOLDER_MODE)) await syncFolder(changed);
  const draft = join(folder, `.${basename(path)}.${randomBytes(DRAFT_BYTES).toString('hex')}`);
  try {
    await fs.writeFile(draft, text, { mode: FILE_MODE, flag: 'wx', flush: true });
    await fs.rename(draft, path);
  } catch (error) {
    await fs.rm(draft, { force: true });
    throw error;
  }
  await syncFolder(folder);
  await removeOldDrafts(path).catch(() => undefined);
}

/** They hold what is secret, too. */
async function removeOldDrafts(path: string): Promise<void> {
  const folder = dirname(path);
  const beginning = `.${basename(path)}.`;
  for (const name of await fs.readdir(folder)) {
    if (!name.startsWith(beginning) || name.length !== beginning.length + 2 * DRAFT_BYTES) continue;
    const draft = join(folder, name);
    const { mtimeMs } = await fs.stat(draft);
    if (Date.now() - mtimeMs > DRAFT_MS) await fs.rm(draft, { force: true });
  }
}

/**
 * @param bytesMax a longer file is none of ours
 * @returns undefined where there is no such file
 * @throws Error where it cannot be read, or is too long
 */
export async function readSecretFile(path: string, bytesMax: number): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await fs.open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    if (size > bytesMax) throw new Error(`${path} has ${size} bytes, more than ${bytesMax}`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

/** Moves a file that cannot be used out of the way: it may hold what exists nowhere else. @returns where it is now */
export async function setSecretFileAside(path: string): Promise<string> {
  // Two in one millisecond: the second must not replace the first.
  const aside = `${path}.unusable-${Date.now()}-${randomBytes(4).toString('hex')}`;
  await fs.rename(path, aside);
  await syncFolder(dirname(path));
  return aside;
}
