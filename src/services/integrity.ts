import type { Catalog, StoredInstance } from '../catalog/catalog.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { conflictPaths, filedByWeek } from '../storage/filed-instances.ts';
import type { InstanceFileHead } from '../storage/instance-file.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import { InstanceReader, noInstanceFile, readFileHead } from '../storage/instance-reader.ts';
import { InlineHash, type StreamHash } from './hashing.ts';

export interface VerifyOptions {
  catalog: Catalog;
  files: InstanceFiles;
  volumePath: string;
  done(count: number): void;
  /** Something is wrong with a file. */
  found(path: string, reason: string): void;
  /** FILING_WAIT_MS where it is left out. */
  filingWaitMs?: number;
}

export interface VerifyResult {
  instances: number;
  bytes: number;
  /** Files that are missing, damaged, or not in the catalogue. */
  findings: number;
}

/** Where a server runs beside, rows are there before their files: so long none of those may come until they are said to be missing, milliseconds. */
const FILING_WAIT_MS = 5000;
const FILING_LOOK_MS = 500;
/** Instances waited for; more are missing at once. */
const AWAITED_MAX = 50_000;
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
  const awaited: AwaitedInstance[] = [];
  const verify = async (path: string, work: Promise<{ bytes: number }>, filed?: StoredInstance) => {
    const check = work
      .then(({ bytes }) => {
        result.bytes += bytes;
      })
      .catch((error: unknown) => {
        if (filed !== undefined && isMissing(error) && awaited.length < AWAITED_MAX) {
          awaited.push({ path, sizeBytes: filed.sizeBytes, sha256: filed.sha256 });
          return;
        }
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
    await verify(path, verifyInstance(path, instance), instance);
  }
  for (const path of await conflictPaths(volumePath)) await verify(path, verifyConflict(path));
  await Promise.all(running);
  await verifyAwaited(awaited, options, result);
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
  { hash = new InlineHash(), signal }: { hash?: StreamHash; signal?: AbortSignal } = {},
): Promise<{ bytes: number }> {
  const { head, reader } = await InstanceReader.openWithHead(path);
  try {
    if (head === undefined) throw noInstanceFile();
    assertSame(head, instance);
    for await (const piece of reader.pieces()) {
      if (signal?.aborted === true) throw new Problem('cancelled', 'cancelled');
      hash.update(piece);
      await hash.release();
    }
  } catch (error) {
    hash.abandon();
    throw error;
  } finally {
    await reader.close();
  }
  if ((await hash.digest()) !== instance.sha256)
    throw new Problem('unreadable-data-set', 'SHA-256 of the data set differs');
  return { bytes: instance.sizeBytes };
}

function assertSame(
  { proof, dataSetBytes }: InstanceFileHead,
  { sizeBytes, sha256 }: Pick<StoredInstance, 'sizeBytes' | 'sha256'>,
): void {
  if (dataSetBytes !== sizeBytes) {
    const words = `data set of ${dataSetBytes} bytes, ${sizeBytes} in the catalogue`;
    throw new Problem('unreadable-data-set', words);
  }
  if (proof?.sha256 !== sha256)
    throw new Problem('unreadable-data-set', 'the proof in the file is not that of the catalogue');
}

/** An instance whose row was there and its file was not. */
interface AwaitedInstance {
  path: string;
  sizeBytes: number;
  sha256: string;
}

/** Looks again and again, as long as files come. */
async function verifyAwaited(
  awaited: readonly AwaitedInstance[],
  options: VerifyOptions,
  result: VerifyResult,
): Promise<void> {
  const { filingWaitMs = FILING_WAIT_MS } = options;
  let rest = awaited;
  let waitedMs = 0;
  while (rest.length > 0) {
    const isLast = waitedMs >= filingWaitMs;
    const missing: AwaitedInstance[] = [];
    for (const instance of rest) {
      const { path } = instance;
      try {
        result.bytes += (await verifyInstance(path, instance)).bytes;
      } catch (error) {
        if (isMissing(error) && !isLast) {
          missing.push(instance);
          continue;
        }
        result.findings += 1;
        options.found(path, messageOf(error));
      }
    }
    if (missing.length < rest.length) waitedMs = 0;
    rest = missing;
    if (rest.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, FILING_LOOK_MS));
    waitedMs += FILING_LOOK_MS;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Problem && error.code === 'not-found';
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
