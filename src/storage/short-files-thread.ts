import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/** What is to be read of a file: its path, the offset in it and the number of bytes, and where in the shared memory they are to stand. */
export type ShortRead = readonly [path: string, offset: number, sizeBytes: number, at: number];

/** Of the reads that were told of last, in their order. */
export interface ShortReadFailure {
  index: number;
  code: string | undefined;
  message: string;
}

/** How as many reads as `count` have ended, in the order in which they were asked for. */
export interface ShortReadEnds {
  count: number;
  slowestMs: number;
  /** Of those of which not all bytes are there. */
  failures: readonly ShortReadFailure[];
}

/** What was read is told of after so long at the latest, milliseconds: one file on a disk that seeks keeps no other waiting. */
const TELL_MS = 1;

parentPort?.on('message', (reads: readonly ShortRead[]) => {
  let [count, slowestMs] = [0, 0];
  let failures: ShortReadFailure[] = [];
  let toldAt = performance.now();
  let startedAt = toldAt;
  const tell = () => {
    parentPort?.postMessage({ count, slowestMs, failures } satisfies ShortReadEnds);
    [count, slowestMs, failures] = [0, 0, []];
    toldAt = startedAt;
  };
  for (const read of reads) {
    const failure = failureOf(read);
    if (failure !== undefined) failures.push({ index: count, ...failure });
    count += 1;
    const endedAt = performance.now();
    slowestMs = Math.max(slowestMs, endedAt - startedAt);
    startedAt = endedAt;
    if (endedAt - toldAt >= TELL_MS) tell();
  }
  if (count > 0) tell();
});

function failureOf([path, offset, sizeBytes, at]: ShortRead): Omit<ShortReadFailure, 'index'> | undefined {
  try {
    const fd = openSync(path, 'r');
    try {
      const bytes = new Uint8Array(workerData as SharedArrayBuffer, at, sizeBytes);
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
