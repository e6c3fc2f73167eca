import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { nowMs } from '../measure.ts';
import { BlockingSocket } from '../wire/blocking-socket.ts';
import type { Control } from './control.ts';

/** Sends files one by one with blocking calls, each after the byte that answers the one before: what a protocol with one request outstanding can reach here. */
export interface SendFilesJob {
  kind: 'send-files';
  port: number;
  paths: readonly string[];
}

export interface SendFilesResult {
  startMs: number;
}

export async function sendFiles(job: SendFilesJob, { go }: Control): Promise<SendFilesResult> {
  const socket = await BlockingSocket.connect(job.port);
  let buffer = Buffer.allocUnsafeSlow(1024 * 1024);
  await go();
  const startMs = nowMs();
  for (const path of job.paths) {
    const fd = openSync(path, 'r');
    const { size } = fstatSync(fd);
    if (size + 4 > buffer.length) buffer = Buffer.allocUnsafeSlow(size + 4);
    buffer.writeUInt32LE(size, 0);
    for (let read = 0; read < size; ) read += readSync(fd, buffer, 4 + read, size - read, read);
    closeSync(fd);
    socket.write(buffer.subarray(0, 4 + size));
    socket.take(1);
  }
  socket.write(Buffer.alloc(4));
  socket.close();
  return { startMs };
}
