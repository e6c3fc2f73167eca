import { constants, deflateRawSync } from 'node:zlib';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { explicitVrLittleEndian, implicitVrLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';

const MEGABYTE = 1024 * 1024;

/** The elements without which nothing is stored. */
export function identifying(sopInstanceUid: string): DataSet {
  const dataSet = new DataSet();
  dataSet.setText(tags.SOPClassUID, uids.SecondaryCaptureImageStorage);
  dataSet.setText(tags.SOPInstanceUID, sopInstanceUid);
  dataSet.setText(tags.StudyInstanceUID, '1.2.3.4');
  dataSet.setText(tags.SeriesInstanceUID, '1.2.3.4.5');
  dataSet.setText(tags.Modality, 'OT');
  return dataSet;
}

/** A deflated data set of some kilobytes for each megabyte of zeros in its Pixel Data — PS3.5 §A.5. */
export function deflateBomb(sopInstanceUid: string, megabytes: number): Buffer {
  const pixelData = element(tags.PixelData, 'OB', megabytes * MEGABYTE);
  const head = Buffer.concat([identifying(sopInstanceUid).encode(explicitVrLittleEndian), pixelData]);
  // Each piece ends on a byte, and refers to nothing before it.
  const flushed = { finishFlush: constants.Z_FULL_FLUSH, level: 9 };
  const zeros = deflateRawSync(Buffer.alloc(MEGABYTE), flushed);
  const end = deflateRawSync(Buffer.alloc(0));
  return Buffer.concat([deflateRawSync(head, flushed), ...Array<Buffer>(megabytes).fill(zeros), end]);
}

/** Sequences within sequences, of undefined or of defined length, in Explicit VR Little Endian. */
export function nested(depth: number, isDefined: boolean): Buffer {
  if (!isDefined) {
    const open = Buffer.concat([element(tags.ReferencedStudySequence, 'SQ', 0xffffffff), item(0xffffffff)]);
    return Buffer.concat(Array<Buffer>(depth).fill(open));
  }
  let bytes: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) {
    const inside = Buffer.concat([item(bytes.length), bytes]);
    bytes = Buffer.concat([element(tags.ReferencedStudySequence, 'SQ', inside.length), inside]);
  }
  return bytes;
}

/** A megabyte of elements without a value, in Implicit VR Little Endian. */
export function emptyElements(): Buffer {
  const head = Buffer.from([0x09, 0, 0x10, 0, 0, 0, 0, 0]);
  return Buffer.alloc(MEGABYTE, head);
}

/** An identifier of so many different keys, in Implicit VR Little Endian. */
export function manyKeys(count: number): Buffer {
  const identifier = new DataSet();
  identifier.setText(tags.QueryRetrieveLevel, 'STUDY');
  identifier.setEmpty(tags.StudyInstanceUID);
  for (let index = 0; index < count; index++) {
    const tag = ((0x0009 + 2 * (index >>> 12)) << 16) | (0x1000 + (index & 0xfff));
    identifier.setEmpty(tag >>> 0, 'LO');
  }
  return identifier.encode(implicitVrLittleEndian);
}

/** What lengths can say that is not so, in Explicit VR Little Endian; each stands behind what identifies an instance. */
export const LYING_LENGTHS: Readonly<Record<string, Buffer>> = {
  'an element longer than the data set': element(0x00091001, 'UN', 0x10000000),
  'an element of 4 GB but two bytes': element(0x00091001, 'OB', 0xfffffffe),
  'an element whose length is negative as a signed number': element(0x00091001, 'UN', 0x80000000),
  'text of undefined length': element(0x00091001, 'UT', 0xffffffff),
  'an item longer than its sequence': Buffer.concat([
    element(0x00081110, 'SQ', 16),
    item(64),
    Buffer.alloc(8),
  ]),
  'an item that ends within an element of it': Buffer.concat([
    element(0x00081110, 'SQ', 20),
    item(12),
    element(0x00080050, 'SH', 40),
    Buffer.alloc(4),
  ]),
  'an item of 4 GB but two bytes': Buffer.concat([element(0x00081110, 'SQ', 0xffffffff), item(0xfffffffe)]),
  'a sequence that ends within an item': Buffer.concat([element(0x00081110, 'SQ', 4), item(0)]),
  'a fragment of undefined length': Buffer.concat([
    element(tags.PixelData, 'OB', 0xffffffff),
    item(0xffffffff),
  ]),
  'a fragment of 4 GB but two bytes': Buffer.concat([
    element(tags.PixelData, 'OB', 0xffffffff),
    item(0xfffffffe),
  ]),
  'a delimiter with a length': Buffer.concat([
    element(0x00081110, 'SQ', 0xffffffff),
    element(0xfffee0dd, '', 0xffff),
  ]),
  'the beginning of an element, and no more': Buffer.from([9, 0, 0x10]),
};

function item(length: number): Buffer {
  return element(0xfffee000, '', length);
}

/** The head of an element; with a VR of two letters, or none. */
export function element(tag: number, vr: string, length: number): Buffer {
  const isLong = /^(OB|OW|SQ|UN|UT)$/.test(vr);
  const head = Buffer.alloc(isLong ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  if (vr === '' || isLong) head.writeUInt32LE(length, head.length - 4);
  else head.writeUInt16LE(length, 6);
  return head;
}
