import { Problem } from '../lib/problem.ts';
import { withoutPadding } from './padding.ts';

/** Implementation Class UID — PS3.7 §D.3.3.2; in files and in associations. */
export const IMPLEMENTATION_CLASS_UID = '2.25.121272109960556561316015386627365942721';
/** Implementation Version Name, at most 16 characters — PS3.7 §D.3.3.2. */
export const IMPLEMENTATION_VERSION_NAME = 'DICOMKEEP_1';
/** Who defines the Private Information (0002,0102) of our files. */
export const PRIVATE_INFORMATION_CREATOR_UID = '2.25.53148543602695902689898661693267353286';

/** Bytes of the proof; see storage/FORMAT.md. */
const PROOF_BYTES = 256;
const PREAMBLE_BYTES = 128;
/** Preamble, `DICM` and the group length element: what tells how long the rest of the File Meta Information is. */
export const FILE_META_HEAD_BYTES = PREAMBLE_BYTES + 4 + 12;
/** Preamble and File Meta Information above this are none of ours. */
export const FILE_META_BYTES_MAX = 4096;

/** What a file says of itself — storage/FORMAT.md. */
export interface Proof {
  /** Length of the data set in bytes. */
  sizeBytes: number;
  /** SHA-256 of the data set, lower-case hex. */
  sha256: string;
  /** Milliseconds since 1970. */
  arrivedAt: number;
  sourceAeTitle: string;
  /** Network address of the caller. */
  sourceAddress: string;
}

/** The identifying elements of the File Meta Information — PS3.10 §7.1. */
export interface FileMeta {
  sopClassUid: string;
  sopInstanceUid: string;
  transferSyntaxUid: string;
  sourceAeTitle: string;
}

/** Preamble, `DICM` and File Meta Information, with zeros where the proof will be: its last bytes. */
export function encodeFileMeta(meta: FileMeta): Buffer {
  const elements = [
    element(0x0001, 'OB', Buffer.from([0, 1])),
    element(0x0002, 'UI', padded(meta.sopClassUid, 0)),
    element(0x0003, 'UI', padded(meta.sopInstanceUid, 0)),
    element(0x0010, 'UI', padded(meta.transferSyntaxUid, 0)),
    element(0x0012, 'UI', padded(IMPLEMENTATION_CLASS_UID, 0)),
    element(0x0013, 'SH', padded(IMPLEMENTATION_VERSION_NAME, 0x20)),
    element(0x0016, 'AE', padded(meta.sourceAeTitle, 0x20)),
    element(0x0100, 'UI', padded(PRIVATE_INFORMATION_CREATOR_UID, 0)),
    element(0x0102, 'OB', Buffer.alloc(PROOF_BYTES)),
  ];
  const length = elements.reduce((sum, bytes) => sum + bytes.length, 0);
  const groupLength = Buffer.alloc(4);
  groupLength.writeUInt32LE(length);
  const prefix = Buffer.alloc(PREAMBLE_BYTES + 4);
  prefix.write('DICM', PREAMBLE_BYTES, 'latin1');
  return Buffer.concat([prefix, element(0x0000, 'UL', groupLength), ...elements]);
}

/** Fills in the proof at the end of `fileMeta`, which `encodeFileMeta` made. */
export function writeProof(fileMeta: Buffer, proof: Proof): void {
  const text = [
    'dicomkeep 1',
    `length ${proof.sizeBytes}`,
    `sha256 ${proof.sha256}`,
    `arrived ${new Date(proof.arrivedAt).toISOString()}`,
    `caller ${printableAeTitle(proof.sourceAeTitle)}`,
    `address ${printable(proof.sourceAddress, 45)}`,
    '',
  ].join('\n');
  fileMeta.write(text.padEnd(PROOF_BYTES), fileMeta.length - PROOF_BYTES, 'latin1');
}

/**
 * Bytes from the start of the file to the data set.
 * @param head the first FILE_META_HEAD_BYTES of a file
 * @throws Problem 'unreadable-data-set' where this is no Part 10 file that we wrote
 */
export function dataSetOffsetOf(head: Buffer): number {
  const isPart10 =
    head.length >= FILE_META_HEAD_BYTES && head.toString('latin1', PREAMBLE_BYTES, 132) === 'DICM';
  if (!isPart10 || head.readUInt32LE(132) !== 0x00000002) {
    throw new Problem('unreadable-data-set', 'no DICOM Part 10 file');
  }
  const offset = FILE_META_HEAD_BYTES + head.readUInt32LE(140);
  if (offset > FILE_META_BYTES_MAX)
    throw new Problem('unreadable-data-set', 'File Meta Information too long');
  return offset;
}

/**
 * Reads what `encodeFileMeta` wrote.
 * @param bytes the file up to its data set
 * @returns no proof where the file was never completed
 * @throws Problem 'unreadable-data-set'
 */
export function decodeFileMeta(bytes: Buffer): { meta: FileMeta; proof: Proof | undefined } {
  const values = new Map<number, Buffer>();
  let at = PREAMBLE_BYTES + 4;
  while (at + 8 <= bytes.length) {
    const isLong = bytes.toString('latin1', at + 4, at + 6) === 'OB';
    const head = isLong ? 12 : 8;
    if (at + head > bytes.length) break;
    const length = isLong ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6);
    if (at + head + length > bytes.length)
      throw new Problem('unreadable-data-set', 'File Meta Information cut short');
    values.set(bytes.readUInt16LE(at + 2), bytes.subarray(at + head, at + head + length));
    at += head + length;
  }
  const text = (number: number) => {
    const value = values.get(number)?.toString('latin1') ?? '';
    return withoutPadding(value);
  };
  const meta = {
    sopClassUid: text(0x0002),
    sopInstanceUid: text(0x0003),
    transferSyntaxUid: text(0x0010),
    sourceAeTitle: text(0x0016),
  };
  const isOurs = text(0x0100) === PRIVATE_INFORMATION_CREATOR_UID;
  return { meta, proof: isOurs ? parseProof(values.get(0x0102)) : undefined };
}

const PROOF =
  /^dicomkeep 1\nlength (\d{1,15})\nsha256 ([0-9a-f]{64})\narrived (\S{24})\ncaller (.*)\naddress (.*)\n *$/;

function parseProof(bytes: Buffer | undefined): Proof | undefined {
  const match = PROOF.exec(bytes?.toString('latin1') ?? '');
  if (match === null) return undefined;
  const [, length = '', sha256 = '', arrived = '', sourceAeTitle = '', sourceAddress = ''] = match;
  const arrivedAt = Date.parse(arrived);
  if (Number.isNaN(arrivedAt)) return undefined;
  return { sizeBytes: Number(length), sha256, arrivedAt, sourceAeTitle, sourceAddress };
}

/** An AE title as it stands in a proof. */
export function printableAeTitle(aeTitle: string): string {
  return printable(aeTitle, 16);
}

/** One line of printable ASCII, so that nothing a caller sends can look like another line. */
function printable(text: string, charsMax: number): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, charsMax);
}

function element(number: number, vr: string, value: Buffer): Buffer {
  const head = Buffer.alloc(vr === 'OB' ? 12 : 8);
  head.writeUInt16LE(0x0002, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4, 'latin1');
  if (vr === 'OB') head.writeUInt32LE(value.length, 8);
  else head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}

function padded(text: string, padding: number): Buffer {
  const bytes = Buffer.alloc(text.length + (text.length % 2), padding);
  bytes.write(text, 0, 'latin1');
  return bytes;
}
