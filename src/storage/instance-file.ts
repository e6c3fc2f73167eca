import { promises as fs } from 'node:fs';
import {
  dataSetOffsetOf,
  decodeFileMeta,
  FILE_META_BYTES_MAX,
  FILE_META_HEAD_BYTES,
  type FileMeta,
  type Proof,
} from '../dicom/file-meta.ts';
import { Problem } from '../lib/problem.ts';
import { storageProblem } from './incoming-file.ts';

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
 * Reads the File Meta Information of an instance file.
 * @throws Problem 'unreadable-data-set' for a file that is none of ours, 'not-found', 'volume-offline'
 */
export async function readFileHead(path: string): Promise<InstanceFileHead> {
  const { bytes, fileBytes } = await readStart(path);
  const dataSetOffset = dataSetOffsetOf(bytes);
  if (dataSetOffset > bytes.length)
    throw new Problem('unreadable-data-set', 'File Meta Information cut short');
  const { meta, proof } = decodeFileMeta(bytes.subarray(0, dataSetOffset));
  return { meta, proof, dataSetOffset, dataSetBytes: fileBytes - dataSetOffset };
}

/**
 * Whether nothing stands where the File Meta Information belongs: that is written last, so the instance was never accepted.
 * @throws Problem 'not-found' or 'volume-offline'
 */
export async function isWithoutHead(path: string): Promise<boolean> {
  const { bytes } = await readStart(path);
  return bytes.subarray(0, FILE_META_HEAD_BYTES).every((byte) => byte === 0);
}

async function readStart(path: string): Promise<{ bytes: Buffer; fileBytes: number }> {
  let file: fs.FileHandle | undefined;
  try {
    file = await fs.open(path, 'r');
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, FILE_META_BYTES_MAX)), {
      position: 0,
    });
    return { bytes: buffer.subarray(0, bytesRead), fileBytes: size };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Problem('not-found', `no file ${path}`);
    throw storageProblem(error);
  } finally {
    await file?.close();
  }
}
