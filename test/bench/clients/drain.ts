import { type AddressInfo, createServer } from 'node:net';
import { nowMs } from '../measure.ts';
import { BlockingSocket } from '../wire/blocking-socket.ts';
import type { Control } from './control.ts';

/** Reads and discards what comes over one connection: what `tar` and the like send to. */
export interface DrainJob {
  kind: 'drain';
  /** So many bytes are the first file. */
  firstBytes: number;
  /** Answer each unit that is as long as a 4-byte number before it says with one byte: a protocol that sends one file at a time. */
  answers: boolean;
}

export interface DrainResult {
  bytes: number;
  /** When the first file was there, and when the last byte was. */
  firstMs: number;
  endMs: number;
}

const pieceBytes = 256 * 1024;

export function drain(job: DrainJob, { announce }: Control): Promise<DrainResult> {
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      server.close();
      const connection = new BlockingSocket(socket);
      try {
        resolve(job.answers ? answerAll(connection) : discardAll(connection, job.firstBytes));
      } catch (error) {
        reject(error);
      }
      connection.close();
    });
    server.listen(0, '127.0.0.1', () => announce((server.address() as AddressInfo).port));
  });
}

function discardAll(connection: BlockingSocket, firstBytes: number): DrainResult {
  const buffer = Buffer.allocUnsafeSlow(pieceBytes);
  const result = { bytes: 0, firstMs: 0, endMs: 0 };
  for (;;) {
    const readBytes = connection.readInto(buffer, 0, buffer.length);
    if (readBytes === 0) return result;
    result.bytes += readBytes;
    result.endMs = nowMs();
    if (result.firstMs === 0 && result.bytes >= firstBytes) result.firstMs = result.endMs;
  }
}

/** A length of 0 ends it. */
function answerAll(connection: BlockingSocket): DrainResult {
  const answer = Buffer.from([0]);
  const result = { bytes: 0, firstMs: 0, endMs: 0 };
  for (;;) {
    let leftBytes = connection.take(4).readUInt32LE(0);
    if (leftBytes === 0) return result;
    result.bytes += leftBytes;
    while (leftBytes > 0) leftBytes -= connection.take(Math.min(leftBytes, pieceBytes)).length;
    connection.write(answer);
    result.endMs = nowMs();
    if (result.firstMs === 0) result.firstMs = result.endMs;
  }
}
