import type { Catalog, StoredInstance } from '../catalog/catalog.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { conflictPaths, filedByWeek } from '../storage/filed-instances.ts';
import { readFileHead } from '../storage/instance-file.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import { InstanceReader } from '../storage/instance-reader.ts';
import { InlineHash, type StreamHash } from './hashing.ts';

export interface VerifyOptions {
  catalog: Catalog;
  files: InstanceFiles;
  volumePath: string;
  done(count: number): void;
  /** Something is wrong with a file. */
  found(path: string, reason: string): void;
}

export interface VerifyResult {
  instances: number;
  bytes: number;
  /** Files that are missing, damaged, or not in the catalogue. */
  findings: number;
}

/** How long a rename may take after its row was committed, milliseconds. */
const RENAME_WAIT_MS = 1000;
/** Files hashed at once: reading of one goes on while another is hashed. */
const FILES_AT_ONCE = 2;

/**
 * Reads every file of the catalogue, and every conflicting version, and compares length and SHA-256 with the catalogue and with what the file says of itself; then looks for files that the
 * catalogue does not know. Changes nothing.
 */
export async function verifyVolume(options: VerifyOptions): Promise<VerifyResult> {
  const { catalog, files, volumePath } = options;
  const result: VerifyResult = { instances: 0, bytes: 0, findings: 0 };
  const running = new Set<Promise<void>>();
  const verify = async (path: string, work: Promise<{ bytes: number }>) => {
    const check = work
      .then(({ bytes }) => {
        result.bytes += bytes;
      })
      .catch((error: unknown) => {
        result.findings += 1;
        options.found(path, messageOf(error));
      })
      .finally(() => {
        running.delete(check);
        result.instances += 1;
        options.done(1);
      });
    running.add(check);
    if (running.size >= FILES_AT_ONCE) await Promise.race(running);
  };
  for await (const instance of catalog.instances.all()) {
    const path = files.pathOf(instance);
    await verify(path, verifyFiled(path, instance));
  }
  for (const path of await conflictPaths(volumePath)) await verify(path, verifyConflict(path));
  await Promise.all(running);
  for await (const { paths } of filedByWeek(volumePath)) await findUnknown(paths, options, result);
  return result;
}

/**
 * Reads a file and compares it with what it should be.
 * @param options a `hash` of its own, and what ends it early
 * @throws Problem in words; 'not-found' where there is none, 'cancelled'
 */
export async function verifyInstance(
  path: string,
  instance: Pick<StoredInstance, 'sizeBytes' | 'sha256'>,
  options: { hash?: StreamHash; signal?: AbortSignal } = {},
): Promise<{ bytes: number }> {
  const { proof, dataSetOffset, dataSetBytes } = await readFileHead(path);
  if (dataSetBytes !== instance.sizeBytes) {
    throw new Problem(
      'unreadable-data-set',
      `data set of ${dataSetBytes} bytes, ${instance.sizeBytes} in the catalogue`,
    );
  }
  if (proof?.sha256 !== instance.sha256) {
    throw new Problem('unreadable-data-set', 'the proof in the file is not that of the catalogue');
  }
  const hash = options.hash ?? new InlineHash();
  const reader = await InstanceReader.open(path, dataSetOffset, dataSetBytes);
  try {
    for await (const piece of reader.pieces()) {
      if (options.signal?.aborted === true) throw new Problem('cancelled', 'cancelled');
      hash.update(piece);
      await hash.release();
    }
  } catch (error) {
    hash.abandon();
    throw error;
  }
  if ((await hash.digest()) !== instance.sha256)
    throw new Problem('unreadable-data-set', 'SHA-256 of the data set differs');
  return { bytes: dataSetBytes };
}

/** The row of an instance is there a moment before its file is, where a server runs meanwhile. */
async function verifyFiled(path: string, instance: StoredInstance): Promise<{ bytes: number }> {
  try {
    return await verifyInstance(path, instance);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'not-found') throw error;
  }
  await new Promise((resolve) => setTimeout(resolve, RENAME_WAIT_MS));
  return verifyInstance(path, instance);
}

/** Another version of an instance is named by its hash. */
async function verifyConflict(path: string): Promise<{ bytes: number }> {
  const { dataSetBytes } = await readFileHead(path);
  return verifyInstance(path, { sizeBytes: dataSetBytes, sha256: nameOf(path) });
}

const BATCH = 500;

async function findUnknown(
  paths: readonly string[],
  options: VerifyOptions,
  result: VerifyResult,
): Promise<void> {
  for (let at = 0; at < paths.length; at += BATCH) {
    const byUid = new Map(paths.slice(at, at + BATCH).map((path) => [nameOf(path), path]));
    const known = await options.catalog.instances.arrivalsOf([...byUid.keys()]);
    for (const [uid, path] of byUid) {
      if (known.has(uid)) continue;
      result.findings += 1;
      options.found(path, 'not in the catalogue');
    }
  }
}

/** A file's name, which is its instance's UID or its hash. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1, -'.dcm'.length);
}
