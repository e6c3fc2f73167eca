import {
  dataSetOffsetOf,
  decodeFileMeta,
  FILE_META_HEAD_BYTES,
  type FileMeta,
  type Proof,
} from '../dicom/file-meta.ts';
import { Problem } from '../lib/problem.ts';

/** What an instance file says of itself before its data set. */
export interface InstanceFileHead {
  meta: FileMeta;
  /** Undefined where the file was never completed. */
  proof: Proof | undefined;
  dataSetOffset: number;
  /** From there to the end of the file, bytes. */
  dataSetBytes: number;
}

/**
 * What an instance file says of itself.
 * @param start its first bytes: FILE_META_BYTES_MAX, or all that it has
 * @returns undefined where nothing stands in its place: that is written last, so the instance was never accepted
 * @throws Problem 'unreadable-data-set' for a file that is none of ours
 */
export function headOf(start: Buffer, fileBytes: number): InstanceFileHead | undefined {
  if (start.subarray(0, FILE_META_HEAD_BYTES).every((byte) => byte === 0)) return undefined;
  const dataSetOffset = dataSetOffsetOf(start);
  if (dataSetOffset > start.length)
    throw new Problem('unreadable-data-set', 'File Meta Information cut short');
  const { meta, proof } = decodeFileMeta(start.subarray(0, dataSetOffset));
  return { meta, proof, dataSetOffset, dataSetBytes: fileBytes - dataSetOffset };
}
