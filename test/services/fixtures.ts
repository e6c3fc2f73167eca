import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { explicitVrLittleEndian, type TransferSyntax } from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import type { Log, LogFields } from '../../src/lib/log.ts';
import { headerTags } from '../../src/services/header-tags.ts';
import { Incoming } from '../../src/storage/incoming.ts';
import { InstanceFiles } from '../../src/storage/instance-files.ts';
import { Volume } from '../../src/storage/volume.ts';

export { headerTags };

export type Texts = Partial<Record<keyof typeof tags, string | string[]>>;

/** A data set of text attributes by keyword. */
export function dataSetOf(texts: Texts): DataSet {
  const dataSet = new DataSet();
  const { SpecificCharacterSet, ...others } = texts;
  if (SpecificCharacterSet !== undefined) dataSet.setText(tags.SpecificCharacterSet, SpecificCharacterSet);
  for (const [keyword, text] of Object.entries(others))
    dataSet.setText(tags[keyword as keyof typeof tags], text);
  return dataSet;
}

/** A small CT image, `1.2.<study>.<series>.<number>`. */
export function ctDataSet(study: number, series: number, number: number, texts: Texts = {}): DataSet {
  const dataSet = dataSetOf({
    SOPClassUID: uids.CTImageStorage,
    SOPInstanceUID: `1.2.${study}.${series}.${number}`,
    StudyDate: '20261121',
    Modality: 'CT',
    PatientName: `Doe^${study}`,
    PatientID: `P${study}`,
    StudyInstanceUID: `1.2.${study}`,
    SeriesInstanceUID: `1.2.${study}.${series}`,
    InstanceNumber: String(number),
    ...texts,
  });
  dataSet.setNumbers(tags.Rows, [16]);
  dataSet.setNumbers(tags.BitsAllocated, [16]);
  dataSet.set({ tag: tags.PixelData, vr: 'OW', bytes: Buffer.alloc(512, number) });
  return dataSet;
}

export function encoded(dataSet: DataSet, syntax: TransferSyntax = explicitVrLittleEndian): Buffer {
  return dataSet.encode(syntax);
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Cuts bytes at these places. */
export function piecesOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

export interface LogLine {
  level: 'error' | 'warn' | 'info' | 'debug';
  message: string;
  fields: LogFields;
}

/** A log that remembers. */
export function memoryLog(): Log & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: LogLine['level']) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields });
    };
  const log = { lines, error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  return {
    ...log,
    child: () => ({ ...log, child: () => memoryLog(), close: async () => undefined }),
    close: async () => undefined,
  };
}

export interface TestVolume {
  path: string;
  volume: Volume;
  files: InstanceFiles;
  incoming: Incoming;
  remove(): Promise<void>;
}

/** A new volume in a temporary folder. */
export async function testVolume(): Promise<TestVolume> {
  const folder = mkdtempSync(join(tmpdir(), 'dicomkeep-services-'));
  const path = join(folder, 'volume');
  await Volume.create(path);
  const volume = new Volume(path, { reserveBytes: 0, expectedId: undefined });
  const incoming = new Incoming(volume, { preopenedFiles: 2, rollingSyncBytes: 16 * 1024 * 1024 });
  return {
    path,
    volume,
    files: new InstanceFiles(path),
    incoming,
    async remove() {
      await incoming.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
