import { inParallel } from '../lib/in-parallel.ts';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { isUnreadableFile } from '../storage/incoming-file.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import { InstanceReader } from '../storage/instance-reader.ts';
import type { AcceptedInstance } from './filing-batch.ts';
import { NoHash } from './hashing.ts';
import { DataSetInspector, type Inspection, type InstanceHeader } from './inspection.ts';
import { serviceLimits } from './limits.ts';

export interface RecoveryOptions {
  files: InstanceFiles;
  keptTags: ReadonlySet<number>;
  log: Log;
  /** Ends it before all is read. */
  signal?: AbortSignal;
}

/**
 * Reads what a crash has left in `incoming/` — storage/FORMAT.md, Recovery: what proves itself whole was accepted, and is to be filed; what has no proof
 * was never acknowledged, and goes; what has one and is not whole is set aside.
 * Several at once: while one is hashed, others come from the disk.
 * @param names of files in `incoming/`, in the order in which they were made
 * @returns in the order of arrival
 * @throws Problem 'volume-offline', or 'cancelled' by the signal; whatever was done may be done again
 */
export async function recover(
  names: readonly string[],
  options: RecoveryOptions,
): Promise<AcceptedInstance[]> {
  const { files, log, signal } = options;
  const counts = { accepted: 0, neverAcknowledged: 0 };
  const found = await inParallel(names, serviceLimits.recoveredAtOnce, async (name) => {
    if (signal?.aborted === true) throw new Problem('cancelled', 'recovery goes on at the next start');
    const path = files.incomingPathOf(name);
    try {
      const accepted = await examine(name, path, options.keptTags);
      if (accepted === undefined) {
        await files.remove([path]);
        counts.neverAcknowledged += 1;
        return undefined;
      }
      counts.accepted += 1;
      const isKept = counts.accepted <= serviceLimits.headersInMemoryMax;
      return isKept ? accepted : { ...accepted, header: undefined };
    } catch (error) {
      // Where the whole disk is failing, it cannot be set aside either, and that is to be tried again.
      if (error instanceof Problem && error.code === 'volume-offline' && !isUnreadableFile(error))
        throw error;
      log.error('damaged file set aside', { file: name, reason: messageOf(error) });
      await files.move([{ from: path, to: files.damagedPathOf(name) }]);
      return undefined;
    }
  });
  if (names.length > 0) log.info('recovered', { ...counts, files: names.length });
  const accepted = found.filter((one) => one !== undefined);
  return accepted.sort((a, b) => a.proof.arrivedAt - b.proof.arrivedAt);
}

/** Undefined for a file without proof. @throws Problem for one that is damaged */
async function examine(
  name: string,
  path: string,
  keptTags: ReadonlySet<number>,
): Promise<AcceptedInstance | undefined> {
  const { head, reader } = await InstanceReader.openWithHead(path);
  try {
    if (head === undefined) return undefined;
    const { meta, proof, dataSetOffset, dataSetBytes } = head;
    if (proof === undefined) throw new Problem('unreadable-data-set', 'the proof is not readable');
    const { transferSyntaxUid } = meta;
    if (dataSetBytes !== proof.sizeBytes) {
      throw new Problem('unreadable-data-set', `${dataSetBytes} bytes, not ${proof.sizeBytes} as proven`);
    }
    const { sha256, identity, header } = await inspect(reader, transferSyntaxUid, keptTags);
    if (sha256 !== proof.sha256) throw new Problem('unreadable-data-set', 'SHA-256 not as proven');
    return { name, dataSetOffset, transferSyntaxUid, identity, proof, header };
  } finally {
    await reader.close();
  }
}

async function inspect(
  reader: InstanceReader,
  transferSyntaxUid: string,
  keptTags: ReadonlySet<number>,
): Promise<Inspection> {
  const inspector = new DataSetInspector(transferSyntaxUid, keptTags);
  for await (const piece of reader.pieces()) {
    inspector.write(piece);
    await inspector.settle();
  }
  return inspector.end();
}

/**
 * Reads from the file of an instance what the catalogue wants of it, up to Pixel Data.
 * @throws Problem 'unreadable-data-set', 'not-found', 'volume-offline'
 */
export async function readHeader(
  path: string,
  instance: { dataSetOffset: number; sizeBytes: number; transferSyntaxUid: string },
  keptTags: ReadonlySet<number>,
): Promise<InstanceHeader> {
  const inspector = new DataSetInspector(instance.transferSyntaxUid, keptTags, new NoHash());
  const { dataSetOffset, sizeBytes } = instance;
  const reader = await InstanceReader.open(path, dataSetOffset, sizeBytes, serviceLimits.headerPieceBytes);
  for await (const piece of reader.pieces(false)) {
    inspector.write(piece);
    await inspector.settle();
    const header = inspector.headerBeforePixelData;
    if (header !== undefined) {
      inspector.destroy();
      return header;
    }
  }
  return (await inspector.end()).header;
}
