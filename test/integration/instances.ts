import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { explicitVrLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';

/** A CT image made for a test, in Explicit VR Little Endian. */
export interface TestInstance {
  sopClassUid: string;
  sopInstanceUid: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
  transferSyntaxUid: string;
  dataSet: Buffer;
  /** Of the data set. */
  sha256: string;
}

export interface InstancePlace {
  study: number;
  series: number;
  number: number;
}

/** Organisation of every UID that tests make. */
const ROOT = '1.2.826.0.1.3680043.10.999';

/** Bytes from which pixel data are cut; images differ by where. */
const NOISE = randomBytes(8 * 1024 * 1024);

export function studyUidOf(study: number): string {
  return `${ROOT}.${study}`;
}

export function seriesUidOf(study: number, series: number): string {
  return `${ROOT}.${study}.${series}`;
}

/**
 * @param sizeBytes of the pixel data; the data set has some hundred more
 * @param texts attributes that differ from the usual, by keyword
 */
export function ctInstance(
  { study, series, number }: InstancePlace,
  sizeBytes: number,
  texts: Partial<Record<keyof typeof tags, string>> = {},
): TestInstance {
  const dataSet = new DataSet();
  const sopInstanceUid = `${seriesUidOf(study, series)}.${number}`;
  const values = {
    SOPClassUID: uids.CTImageStorage,
    SOPInstanceUID: sopInstanceUid,
    StudyDate: '20261121',
    StudyTime: '120000',
    AccessionNumber: `A${study}`,
    Modality: 'CT',
    StudyDescription: `Study ${study}`,
    SeriesDescription: `Series ${series}`,
    PatientName: `Test^Patient ${study}`,
    PatientID: `P${study}`,
    StudyInstanceUID: studyUidOf(study),
    SeriesInstanceUID: seriesUidOf(study, series),
    SeriesNumber: String(series),
    InstanceNumber: String(number),
    ...texts,
  };
  for (const [keyword, value] of Object.entries(values))
    dataSet.setText(tags[keyword as keyof typeof tags], value);
  dataSet.setNumbers(tags.BitsAllocated, [16]);
  const evenBytes = sizeBytes + (sizeBytes % 2);
  const start = Math.floor(Math.random() * Math.max(0, NOISE.length - evenBytes));
  const fits = evenBytes <= NOISE.length;
  const bytes = fits ? NOISE.subarray(start, start + evenBytes) : Buffer.alloc(evenBytes, NOISE);
  dataSet.set({ tag: tags.PixelData, vr: 'OW', bytes });
  return asInstance(dataSet);
}

/** Takes identifiers and hash from a data set that is complete. */
export function asInstance(dataSet: DataSet): TestInstance {
  const bytes = dataSet.encode(explicitVrLittleEndian);
  return {
    sopClassUid: dataSet.uid(tags.SOPClassUID) ?? '',
    sopInstanceUid: dataSet.uid(tags.SOPInstanceUID) ?? '',
    studyInstanceUid: dataSet.uid(tags.StudyInstanceUID) ?? '',
    seriesInstanceUid: dataSet.uid(tags.SeriesInstanceUID) ?? '',
    transferSyntaxUid: uids.ExplicitVRLittleEndian,
    dataSet: bytes,
    sha256: sha256Of(bytes),
  };
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 of the data set of a file by the recipe of storage/FORMAT.md: skip 144 bytes and the group length. */
export function dataSetSha256Of(path: string): string {
  const bytes = readFileSync(path);
  return sha256Of(bytes.subarray(144 + bytes.readUInt32LE(140)));
}

/** Path of each filed instance of a volume by SOP Instance UID; fails for one that lies there twice. */
export function filedPaths(volumeDir: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const week of readdirSync(volumeDir).filter((name) => /^\d{4}-W\d{2}$/.test(name))) {
    for (const entry of readdirSync(join(volumeDir, week), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const uid = entry.name.replace(/\.dcm$/, '');
      if (paths.has(uid)) throw new Error(`${uid} lies there twice`);
      paths.set(uid, join(entry.parentPath, entry.name));
    }
  }
  return paths;
}

/** Names of the files in a folder of the volume, and below it; none where it is not there. */
export function filesIn(volumeDir: string, folder: string): string[] {
  const path = join(volumeDir, folder);
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
