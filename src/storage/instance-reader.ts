import { closeSync, fstatSync, open, read } from 'node:fs';
import { FILE_META_BYTES_MAX } from '../dicom/file-meta.ts';
import { Problem } from '../lib/problem.ts';
import { giveBuffer, POOLED_BYTES_MAX, takeBuffer } from './buffer-pool.ts';
import { storageProblem } from './incoming-file.ts';
import { headOf, type InstanceFileHead } from './instance-file.ts';

/** An instance file that is open. */
export interface OpenedInstance {
  /** Undefined where nothing stands in its place: the instance was never accepted. */
  head: InstanceFileHead | undefined;
  /** Of the data set; to be closed where its pieces are not taken. */
  reader: InstanceReader;
}

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
    this.#next = this.#readNext();
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
    return new InstanceReader(await openFile(path), offset, sizeBytes, pieceBytes);
  }

  /**
   * Opens a file of which nothing is known; a short one is opened once and read once, with all that it says of itself.
   * @param pieceBytes largest piece, FILE_META_BYTES_MAX to POOLED_BYTES_MAX
   * @throws Problem 'unreadable-data-set' for a file that is none of ours, 'not-found', 'volume-offline'
   */
  static async openWithHead(path: string, pieceBytes = POOLED_BYTES_MAX): Promise<OpenedInstance> {
    const fd = await openFile(path);
    const reader = new InstanceReader(fd, 0, sizeOf(fd), pieceBytes);
    try {
      return { head: await reader.#takeHead(), reader };
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /**
   * Gives the data set piece by piece; a piece is the caller's until the next one is asked for.
   * @param isAhead false where the first piece may well be enough: no other is read before it is asked for
   * @throws Problem 'volume-offline', and 'not-found' where the file is shorter than it should be
   */
  async *pieces(isAhead = true): AsyncGenerator<Buffer, void, undefined> {
    let last: Buffer | undefined;
    try {
      while (this.#next !== undefined) {
        const piece = await this.#next;
        last = piece;
        this.#next = isAhead ? this.#readOn() : undefined;
        yield piece;
        giveBuffer(wholeOf(piece));
        last = undefined;
        if (!isAhead) this.#next = this.#readOn();
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

  /** The first piece is that of the data set from here on. */
  async #takeHead(): Promise<InstanceFileHead | undefined> {
    const start = await this.#next;
    if (start === undefined) return undefined;
    const head = headOf(start, this.#end);
    if (head !== undefined) this.#next = Promise.resolve(start.subarray(head.dataSetOffset));
    return head;
  }

  /** Undefined at the end of the data set. */
  #readOn(): Promise<Buffer> | undefined {
    return this.#position < this.#end ? this.#readNext() : undefined;
  }

  #readNext(): Promise<Buffer> {
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

/**
 * Reads the File Meta Information of an instance file.
 * @throws Problem 'unreadable-data-set' for a file that is none of ours, 'not-found', 'volume-offline'
 */
export async function readFileHead(path: string): Promise<InstanceFileHead> {
  const { head, reader } = await InstanceReader.openWithHead(path, FILE_META_BYTES_MAX);
  await reader.close();
  if (head === undefined) throw noInstanceFile();
  return head;
}

/** What is to be said of a file without a head where one is needed. */
export function noInstanceFile(): Problem {
  return new Problem('unreadable-data-set', 'no DICOM Part 10 file');
}

function openFile(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, 'r', (error, fd) => {
      if (error === null) resolve(fd);
      else if (error.code === 'ENOENT') reject(new Problem('not-found', `no file ${path}`));
      else reject(storageProblem(error));
    });
  });
}

/** Of a file that has been opened the kernel knows it: not worth a turn in the thread pool. Bytes. */
function sizeOf(fd: number): number {
  try {
    return fstatSync(fd).size;
  } catch (error) {
    closeSync(fd);
    throw storageProblem(error);
  }
}

/** The pooled buffer that a piece lies in. */
function wholeOf(piece: Buffer): Buffer {
  return Buffer.from(piece.buffer);
}
