import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { SetShape } from '../data-sets.ts';
import { encodeStoreMessage } from '../store-messages.ts';
import { pduBytesMax } from '../wire/association.ts';
import { BlockingSocket } from '../wire/blocking-socket.ts';
import type { Control } from './control.ts';
import { exchange, type StoreResult } from './store.ts';

/** Takes files of one size over TCP: each to a new file, fdatasync, one byte back. */
export interface RawServerJob {
  kind: 'raw-server';
  directory: string;
  sizeBytes: number;
  instances: number;
}

/** The other end: the same bytes in the same pieces as a C-STORE client would send. */
export interface RawStoreJob {
  kind: 'raw-store';
  port: number;
  set: SetShape;
  first: number;
  step: number;
}

/** Bytes of one C-STORE message of this set at the largest PDU: what the raw limit moves per instance. */
export function rawBytesOf(set: SetShape): number {
  return encodeStoreMessage(set, 1, pduBytesMax).segments.reduce((sum, segment) => sum + segment.length, 0);
}

/** Serves one connection, blocking, as a thread of a C program would; then it stays until `go`, to be measured. */
export function rawServer(job: RawServerJob, { announce, go }: Control): Promise<object> {
  return new Promise((resolve, reject) => {
    const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      server.close();
      try {
        serve(new BlockingSocket(socket), job);
      } catch (error) {
        reject(error);
      }
      resolve(go().then(() => ({})));
    });
    server.listen(0, '127.0.0.1', () => announce((server.address() as AddressInfo).port));
  });
}

function serve(connection: BlockingSocket, job: RawServerJob): void {
  const buffer = Buffer.allocUnsafeSlow(1024 * 1024);
  const acknowledgement = Buffer.from([0]);
  for (let index = 0; index < job.instances; index++) {
    const fd = openSync(join(job.directory, String(index)), 'wx');
    for (let left = job.sizeBytes; left > 0; ) {
      const readBytes = connection.readInto(buffer, 0, Math.min(left, buffer.length));
      if (readBytes === 0) throw new Error('the client closed the connection');
      for (let written = 0; written < readBytes; )
        written += writeSync(fd, buffer, written, readBytes - written);
      left -= readBytes;
    }
    fdatasyncSync(fd);
    closeSync(fd);
    connection.write(acknowledgement);
  }
  connection.close();
}

export async function rawStore(job: RawStoreJob, { go }: Control): Promise<StoreResult> {
  const socket = await BlockingSocket.connect(job.port);
  const message = encodeStoreMessage(job.set, 1, pduBytesMax);
  await go();
  const result = exchange(job, message, socket, () => {
    socket.take(1);
    return undefined;
  });
  socket.close();
  return result;
}
