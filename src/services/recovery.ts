import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { isWithoutHead, readFileHead } from '../storage/instance-file.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import { InstanceReader } from '../storage/instance-reader.ts';
import type { AcceptedInstance } from './filing-batch.ts';
import { DataSetInspector, type InstanceHeader } from './inspection.ts';
import { serviceLimits } from './limits.ts';

export interface RecoveryOptions {
  files: InstanceFiles;
  keptTags: ReadonlySet<number>;
  log: Log;
}

/**
 * Reads what a crash has left in `incoming/` — storage/FORMAT.md, Recovery: what proves itself whole was accepted, and is to be filed; what has no proof
 * was never acknowledged, and goes; what has one and is not whole is set aside.
 * @param names of files in `incoming/`, in the order in which they were made
 */
export async function recover(
  names: readonly string[],
  options: RecoveryOptions,
): Promise<AcceptedInstance[]> {
  const { files, log } = options;
  const accepted: AcceptedInstance[] = [];
  let removed = 0;
  for (const name of names) {
    const path = files.incomingPathOf(name);
    try {
      const found = await examine(name, path, options.keptTags);
      if (found === undefined) {
        await files.remove([path]);
        removed += 1;
      } else {
        const isKept = accepted.length < serviceLimits.headersInMemoryMax;
        accepted.push(isKept ? found : { ...found, header: undefined });
      }
    } catch (error) {
      if (error instanceof Problem && error.code === 'volume-offline') throw error;
      log.error('damaged file set aside', { file: name, reason: messageOf(error) });
      await files.move([{ from: path, to: files.damagedPathOf(name) }]);
    }
  }
  if (names.length > 0) {
    log.info('recovered', { accepted: accepted.length, neverAcknowledged: removed, files: names.length });
  }
  return accepted.sort((a, b) => a.proof.arrivedAt - b.proof.arrivedAt);
}

/** Undefined for a file without proof. @throws Problem for one that is damaged */
async function examine(
  name: string,
  path: string,
  keptTags: ReadonlySet<number>,
): Promise<AcceptedInstance | undefined> {
  if (await isWithoutHead(path)) return undefined;
  const { meta, proof, dataSetOffset, dataSetBytes } = await readFileHead(path);
  if (proof === undefined) throw new Problem('unreadable-data-set', 'the proof is not readable');
  const { transferSyntaxUid } = meta;
  if (dataSetBytes !== proof.sizeBytes) {
    throw new Problem('unreadable-data-set', `${dataSetBytes} bytes, not ${proof.sizeBytes} as proven`);
  }
  const inspector = new DataSetInspector(transferSyntaxUid, keptTags);
  const reader = await InstanceReader.open(path, dataSetOffset, dataSetBytes);
  for await (const piece of reader.pieces()) {
    inspector.write(piece);
    await inspector.settle();
  }
  const { sha256, identity, header } = await inspector.end();
  if (sha256 !== proof.sha256) throw new Problem('unreadable-data-set', 'SHA-256 not as proven');
  return { name, dataSetOffset, transferSyntaxUid, identity, proof, header };
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
  const inspector = new DataSetInspector(instance.transferSyntaxUid, keptTags);
  const { dataSetOffset, sizeBytes } = instance;
  const reader = await InstanceReader.open(path, dataSetOffset, sizeBytes, serviceLimits.headerPieceBytes);
  for await (const piece of reader.pieces()) {
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
