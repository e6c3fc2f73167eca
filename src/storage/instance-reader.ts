import { closeSync, open, read } from 'node:fs';
import { Problem } from '../lib/problem.ts';
import { giveBuffer, POOLED_BYTES_MAX, takeBuffer } from './buffer-pool.ts';
import { storageProblem } from './incoming-file.ts';

/** The data set of an instance file, read ahead by one piece: the next one is on its way while the last is being sent. */
export class InstanceReader {
  readonly #fd: number;
  readonly #end: number;
  readonly #pieceBytes: number;
  #position: number;
  #next: Promise<Buffer> | undefined;
  #isClosed = false;

  private constructor(fd: number, offset: number, sizeBytes: number, pieceBytes: number) {
    this.#fd = fd;
    this.#pieceBytes = pieceBytes;
    this.#position = offset;
    this.#end = offset + sizeBytes;
    this.#next = this.#readOn();
  }

  /**
   * Opens a file and begins to read.
   * @param offset where the data set begins
   * @param sizeBytes of the data set
   * @param pieceBytes largest piece, at most POOLED_BYTES_MAX
   * @throws Problem 'not-found' or 'volume-offline'
   */
  static async open(
    path: string,
    offset: number,
    sizeBytes: number,
    pieceBytes = POOLED_BYTES_MAX,
  ): Promise<InstanceReader> {
    const fd = await new Promise<number>((resolve, reject) => {
      open(path, 'r', (error, opened) => {
        if (error === null) resolve(opened);
        else
          reject(
            error.code === 'ENOENT' ? new Problem('not-found', `no file ${path}`) : storageProblem(error),
          );
      });
    });
    return new InstanceReader(fd, offset, sizeBytes, pieceBytes);
  }

  /**
   * Gives the data set piece by piece; a piece is the caller's until the next one is asked for.
   * @throws Problem 'volume-offline', and 'not-found' where the file is shorter than it should be
   */
  async *pieces(): AsyncGenerator<Buffer, void, undefined> {
    let last: Buffer | undefined;
    try {
      while (this.#next !== undefined) {
        const piece = await this.#next;
        last = piece;
        this.#next = this.#position < this.#end ? this.#readOn() : undefined;
        yield piece;
        giveBuffer(wholeOf(piece));
        last = undefined;
      }
    } finally {
      if (last !== undefined) giveBuffer(wholeOf(last));
      await this.close();
    }
  }

  /** Ends reading; what was not taken is dropped. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const unread = this.#next;
    this.#next = undefined;
    // A read under way writes into its buffer still.
    const piece = await unread?.catch(() => undefined);
    if (piece !== undefined) giveBuffer(wholeOf(piece));
    closeSync(this.#fd); // not worth a turn in the thread pool: nothing was written
  }

  #readOn(): Promise<Buffer> {
    const bytes = Math.min(this.#pieceBytes, this.#end - this.#position);
    const buffer = takeBuffer(bytes);
    const position = this.#position;
    this.#position += bytes;
    const reading = this.#readInto(buffer, bytes, position);
    // Whoever asks for the piece sees the failure; nobody may.
    reading.catch(() => undefined);
    return reading;
  }

  async #readInto(buffer: Buffer, bytes: number, position: number): Promise<Buffer> {
    let filled = 0;
    while (filled < bytes) {
      const count = await new Promise<number>((resolve, reject) => {
        read(this.#fd, buffer, filled, bytes - filled, position + filled, (error, bytesRead) => {
          if (error === null) resolve(bytesRead);
          else reject(storageProblem(error));
        });
      });
      if (count === 0) throw new Problem('not-found', 'the file is shorter than its data set');
      filled += count;
    }
    return buffer.subarray(0, bytes);
  }
}

/** The pooled buffer that a piece is the beginning of. */
function wholeOf(piece: Buffer): Buffer {
  return Buffer.from(piece.buffer, piece.byteOffset, piece.buffer.byteLength - piece.byteOffset);
}
