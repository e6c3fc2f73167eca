import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSet } from '../../src/dicom/data-set.ts';
import type { Encoding } from '../../src/dicom/data-set-decoder.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { corpusFolder } from '../helpers/corpus.ts';

export const ENCODINGS = {
  implicit: { encoding: 'implicit', bigEndian: false },
  explicit: { encoding: 'explicit', bigEndian: false },
  'big-endian': { encoding: 'explicit', bigEndian: true },
} as const satisfies Record<string, Encoding>;

/** Data sets made here, and, where the corpus is, small ones of it that were made to be hard. */
export function dataSetSeeds(encoding: Encoding): Buffer[] {
  const made = [
    header().encode(encoding),
    nested(6).encode(encoding),
    Buffer.concat([undefinedLengths(encoding), header().encode(encoding)]),
    Buffer.concat([header().encode(encoding), encapsulated(encoding)]),
  ];
  return [...made, ...hardFiles()];
}

/** A header with text of several character sets, numbers of every size, and a sequence. */
export function header(): DataSet {
  const dataSet = new DataSet();
  dataSet.setText(tags.SpecificCharacterSet, ['', 'ISO 2022 IR 87']);
  dataSet.setText(tags.SOPClassUID, '1.2.840.10008.5.1.4.1.1.7');
  dataSet.setText(tags.SOPInstanceUID, '1.2.3.4');
  dataSet.setText(tags.StudyDate, '20260102');
  dataSet.setText(tags.Modality, 'OT');
  dataSet.setText(tags.PatientName, 'Yamada^Tarou=山田^太郎');
  dataSet.setText(tags.PatientID, 'P-1');
  dataSet.setText(tags.StudyInstanceUID, '1.2.3');
  dataSet.setText(tags.SeriesInstanceUID, '1.2.3.1');
  dataSet.setNumbers(tags.Rows, [512]);
  dataSet.setNumbers(tags.RecommendedDisplayFrameRateInFloat, [0.5]);
  dataSet.set({ tag: 0x00091001, vr: 'UN', bytes: Buffer.from([1, 2, 3, 4]) });
  dataSet.setItems(tags.RequestAttributesSequence, [item('A'), item('B')]);
  return dataSet;
}

function item(id: string): DataSet {
  const dataSet = new DataSet();
  dataSet.setText(tags.ScheduledProcedureStepID, id);
  return dataSet;
}

function nested(depth: number): DataSet {
  const dataSet = item(String(depth));
  if (depth > 0) dataSet.setItems(tags.ReferencedStudySequence, [nested(depth - 1)]);
  return dataSet;
}

/** A sequence, an item and a UN that delimiters end. */
function undefinedLengths(encoding: Encoding): Buffer {
  const explicit = encoding.encoding === 'explicit';
  const sequence = (vr: string, inside: Buffer, order: Encoding) =>
    Buffer.concat([
      head(0x00081140, explicit ? vr : '', 0xffffffff, encoding),
      head(0xfffee000, '', 0xffffffff, order),
      inside,
      head(0xfffee00d, '', 0, order),
      head(0xfffee0dd, '', 0, order),
    ]);
  const asUn = explicit
    ? sequence('UN', item('C').encode(ENCODINGS.implicit), ENCODINGS.implicit)
    : Buffer.alloc(0);
  return Buffer.concat([sequence('SQ', item('D').encode(encoding), encoding), asUn]);
}

/** Pixel Data in fragments — PS3.5 §A.4. */
function encapsulated(encoding: Encoding): Buffer {
  return Buffer.concat([
    head(tags.PixelData, encoding.encoding === 'explicit' ? 'OB' : '', 0xffffffff, encoding),
    head(0xfffee000, '', 0, encoding),
    head(0xfffee000, '', 4, encoding),
    Buffer.from([0xff, 0xd8, 0xff, 0xd9]),
    head(0xfffee0dd, '', 0, encoding),
  ]);
}

/** @param vr of a 4-byte length, or '' for a head without one */
function head(tag: number, vr: string, length: number, { bigEndian }: Encoding): Buffer {
  const bytes = Buffer.alloc(vr === '' ? 8 : 12);
  const u16 = (value: number, at: number) =>
    bigEndian ? bytes.writeUInt16BE(value, at) : bytes.writeUInt16LE(value, at);
  u16(tag >>> 16, 0);
  u16(tag & 0xffff, 2);
  bytes.write(vr, 4, 'latin1');
  if (bigEndian) bytes.writeUInt32BE(length, bytes.length - 4);
  else bytes.writeUInt32LE(length, bytes.length - 4);
  return bytes;
}

const HARD_BYTES_MAX = 4096;

let hard: Buffer[] | undefined;

function hardFiles(): Buffer[] {
  hard ??= readHardFiles();
  return hard;
}

function readHardFiles(): Buffer[] {
  const manifest = join(corpusFolder, 'manifest.json');
  if (!existsSync(manifest)) return [];
  const entries = JSON.parse(readFileSync(manifest, 'utf8')) as {
    path: string;
    dataset_offset: number | null;
  }[];
  return entries
    .filter(({ path }) => path.startsWith('broken/'))
    .map(({ path, dataset_offset: offset }) => {
      const bytes = readFileSync(join(corpusFolder, path));
      return Buffer.from(bytes.subarray(offset ?? 0, (offset ?? 0) + HARD_BYTES_MAX));
    });
}
