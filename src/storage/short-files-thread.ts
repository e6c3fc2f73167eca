import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

/** What is to be read of a file, and where to. */
export interface ShortRead {
  path: string;
  /** In the file, bytes. */
  offset: number;
  sizeBytes: number;
  /** At least as long. */
  into: SharedArrayBuffer;
}

/** How a read has ended, in the order of the reads. */
export interface ShortReadEnd {
  /** Undefined where all bytes are there. */
  failure: { code: string | undefined; message: string } | undefined;
  tookMs: number;
}

/** What was read is told of after so long at the latest, milliseconds: one file on a disk that seeks keeps no other waiting. */
const TELL_MS = 1;

parentPort?.on('message', (reads: readonly ShortRead[]) => {
  let ends: ShortReadEnd[] = [];
  let toldAt = performance.now();
  for (const read of reads) {
    const startedAt = performance.now();
    const failure = failureOf(read);
    const endedAt = performance.now();
    ends.push({ failure, tookMs: endedAt - startedAt });
    if (endedAt - toldAt < TELL_MS) continue;
    parentPort?.postMessage(ends);
    ends = [];
    toldAt = endedAt;
  }
  if (ends.length > 0) parentPort?.postMessage(ends);
});

function failureOf({ path, offset, sizeBytes, into }: ShortRead): ShortReadEnd['failure'] {
  try {
    const fd = openSync(path, 'r');
    try {
      const bytes = new Uint8Array(into, 0, sizeBytes);
      let filled = 0;
      while (filled < sizeBytes) {
        const count = readSync(fd, bytes, filled, sizeBytes - filled, offset + filled);
        if (count === 0) return { code: 'TOO_SHORT', message: 'the file is shorter than its data set' };
        filled += count;
      }
      return undefined;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { code, message };
  }
}
