import type { StoredInstance } from '../catalog/catalog.ts';
import { explicitVrLittleEndian, transferSyntaxOf } from '../dicom/transfer-syntax.ts';
import { Problem } from '../lib/problem.ts';
import { fileSource } from '../pixels/data-set-source.ts';
import { InstanceReader } from '../storage/instance-reader.ts';
import type { ShortFile, ShortFiles } from '../storage/short-files.ts';
import { CONVERSION_TARGETS, converted, isConvertible } from './conversion.ts';
import { DecodedInstance } from './decoded-instance.ts';
import type { Decoder } from './decoded-pixels.ts';

/** The data set of an instance in a transfer syntax that its destination takes. */
export interface Pieces {
  /** A piece may be used again when the next one is asked for. */
  pieces: AsyncIterable<Buffer>;
  /** Bytes of all pieces; undefined where that is not known beforehand. */
  sizeBytes: number | undefined;
}

/** An instance that is about to be sent. */
export interface Sendable {
  readonly transferSyntaxUid: string;
  /** @throws Problem where it is known by now that it cannot be sent to its end */
  prepare(): Promise<Pieces>;
  close(): Promise<void>;
}

/**
 * Transfer syntaxes in which an instance can be sent: what the destination prefers where it can be had, then the stored one, then those into which it can be
 * converted.
 * @throws Problem 'peer-unreachable' where it takes none
 */
export function chooseSyntax(
  stored: string,
  accepted: readonly string[],
  preferred: readonly string[] = [],
): string {
  if (accepted.length === 0)
    throw new Problem('peer-unreachable', 'the destination does not take this SOP class');
  const convertible = isConvertible(stored) ? CONVERSION_TARGETS : [];
  const wanted = [...preferred.filter((uid) => uid === stored || convertible.includes(uid)), stored];
  const target = [...wanted, ...convertible].find((uid) => accepted.includes(uid));
  if (target === undefined) {
    throw new Problem('peer-unreachable', `the destination does not take transfer syntax ${stored}`);
  }
  return target;
}

/** What sending an instance takes. */
export interface SendableMeans {
  decoder: Decoder;
  shortFiles: ShortFiles;
}

/**
 * @param to one of those that `chooseSyntax` gives
 * @throws Problem 'not-found', 'volume-offline', 'unreadable-data-set', 'not-renderable'
 */
export async function openSendable(
  path: string,
  instance: StoredInstance,
  to: string,
  { decoder, shortFiles }: SendableMeans,
): Promise<Sendable> {
  const { dataSetOffset, sizeBytes, transferSyntaxUid: from } = instance;
  if (to === from && shortFiles.canRead(sizeBytes)) {
    const file = await shortFiles.read(path, dataSetOffset, sizeBytes).catch(unlessMissing);
    if (file !== undefined) {
      const prepare = async () => ({ pieces: onePiece(file), sizeBytes });
      return { transferSyntaxUid: to, prepare, close: async () => file.release() };
    }
  }
  const isEncapsulated = to !== from && transferSyntaxOf(from)?.encapsulated === true;
  if (isEncapsulated) {
    const source = fileSource(path, dataSetOffset, sizeBytes);
    const decoded = await DecodedInstance.open(source, from, to, decoder);
    if (decoded !== undefined)
      return { transferSyntaxUid: to, prepare: () => decoded.prepare(), close: async () => undefined };
  }
  const reader = await InstanceReader.open(path, dataSetOffset, sizeBytes);
  // Where nothing is encapsulated after all, the data set is one of Explicit VR Little Endian — PS3.5 §A.4.
  const nativeUid = isEncapsulated ? explicitVrLittleEndian.uid : from;
  const isAsItLies = nativeUid === to;
  const prepare = async () => ({
    pieces: isAsItLies ? reader.pieces() : converted(reader.pieces(), nativeUid, to),
    sizeBytes: isAsItLies ? sizeBytes : undefined,
  });
  return { transferSyntaxUid: to, prepare, close: () => reader.close() };
}

/** Where its thread has ended meanwhile, the file may well be read the other way. @throws Problem 'not-found' */
function unlessMissing(error: unknown): undefined {
  if (error instanceof Problem && error.code === 'not-found') throw error;
}

/** Its buffer is given back as soon as the piece was taken. */
async function* onePiece({ bytes, release }: ShortFile): AsyncGenerator<Buffer, void, undefined> {
  yield bytes;
  release();
}
