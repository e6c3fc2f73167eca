import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { uids } from '../../src/dicom/uids.ts';
import { standIns } from './stand-ins.ts';

/** What identifies an instance, as a tool that is not ours reads it; names in UTF-8. */
export interface Identifiers {
  patientName: string | undefined;
  patientId: string | undefined;
  studyInstanceUid: string | undefined;
  seriesInstanceUid: string | undefined;
  studyDate: string | undefined;
  modality: string | undefined;
}

/** One data set to send, and what is to become of it. */
export interface CorpusFile extends Identifiers {
  /** By which messages name it. */
  path: string;
  expect: 'store' | 'reject';
  /** To store it and to refuse it are both right. */
  eitherOk: boolean;
  why: string;
  sopClass: string;
  sopInstance: string;
  transferSyntax: string;
  /** SHA-256 of the data set, lower-case hex. */
  sha256: string;
  dataSet(): Buffer;
}

/** What the manifest of the corpus says of a file; null for what it does not have. */
interface ManifestEntry {
  path: string;
  expect: 'store' | 'reject';
  either_ok?: boolean;
  why?: string;
  SOPClassUID: string | null;
  SOPInstanceUID: string | null;
  TransferSyntaxUID: string | null;
  StudyInstanceUID: string | null;
  SeriesInstanceUID: string | null;
  PatientName: string | null;
  PatientID: string | null;
  StudyDate: string | null;
  Modality: string | null;
  dataset_offset: number | null;
  dataset_sha256: string | null;
}

/** Where the corpus is looked for. */
export const corpusFolder =
  process.env['DICOMKEEP_CORPUS'] ?? join(import.meta.dirname, '../../../shared/corpus');

/** Files of the corpus; undefined where there is none on this machine. */
export const corpus: readonly CorpusFile[] | undefined = readCorpus();

/** The corpus, or made-up instances of the same kinds where it is absent, which is said on the console. */
export function corpusOrStandIns(): readonly CorpusFile[] {
  if (corpus !== undefined) return corpus;
  console.log(`    (no corpus at ${corpusFolder}: instances made by the tests take its place)`);
  return standIns().map((standIn) => ({ ...standIn, sha256: sha256Of(standIn.dataSet()) }));
}

/** Parts files so that no part has the same instance twice; the first part has every instance. */
export function roundsOf(files: readonly CorpusFile[]): CorpusFile[][] {
  const rounds: CorpusFile[][] = [];
  const counts = new Map<string, number>();
  for (const file of files) {
    const count = counts.get(file.sopInstance) ?? 0;
    counts.set(file.sopInstance, count + 1);
    const round = rounds[count] ?? [];
    rounds[count] = round;
    round.push(file);
  }
  return rounds;
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readCorpus(): CorpusFile[] | undefined {
  const manifest = join(corpusFolder, 'manifest.json');
  if (!existsSync(manifest)) return undefined;
  return (JSON.parse(readFileSync(manifest, 'utf8')) as ManifestEntry[]).map(toFile);
}

/** A file that tells nothing of itself is sent as if it were a data set, under UIDs made up for it. */
function toFile(entry: ManifestEntry, index: number): CorpusFile {
  const bytesOf = () => readFileSync(join(corpusFolder, entry.path)).subarray(entry.dataset_offset ?? 0);
  return {
    path: entry.path,
    expect: entry.expect,
    eitherOk: entry.either_ok ?? false,
    why: entry.why ?? '',
    sopClass: entry.SOPClassUID ?? uids.SecondaryCaptureImageStorage,
    sopInstance: entry.SOPInstanceUID ?? `2.25.9999.${index}`,
    transferSyntax: entry.TransferSyntaxUID ?? uids.ImplicitVRLittleEndian,
    sha256: entry.dataset_sha256 ?? sha256Of(bytesOf()),
    dataSet: bytesOf,
    patientName: entry.PatientName ?? undefined,
    patientId: entry.PatientID ?? undefined,
    studyInstanceUid: entry.StudyInstanceUID ?? undefined,
    seriesInstanceUid: entry.SeriesInstanceUID ?? undefined,
    studyDate: entry.StudyDate ?? undefined,
    modality: entry.Modality ?? undefined,
  };
}
