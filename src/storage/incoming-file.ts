import { close, closeSync, fdatasync, ftruncate, unlink, write, writev, writevSync } from 'node:fs';
import { messageOf, Problem } from '../lib/problem.ts';

/** libuv splits a writev above 1024 pieces (IOV_MAX); we gather fewer. */
const PIECES_MAX = 512;
/**
 * Pieces are handed to the file system from so many bytes on, so that writing runs while more arrives: early for an image of usual size, of which little shall
 * be left to write at its end, and in larger pieces for one of hundreds of megabytes.
 */
const FIRST_WRITE_BYTES_MIN = 192 * 1024;
const WRITE_BYTES_MIN = 1024 * 1024;

/** What a file that is being received asks of where it lies. */
export interface IncomingPlace {
  /** Before so many bytes are written. @throws Problem where they may not be */
  assertWritable(bytes: number): Promise<void>;
  /** Whether no other instance is being received. */
  isAlone(): boolean;
  /** The file is committed or discarded. */
  over(): void;
}

/**
 * An instance file that is being received — storage/FORMAT.md. Pieces are gathered and written in few large calls; errors are kept until
 * `commit` and make everything in between a no-op, because a data set has to be read to its end before it can be refused.
 */
export class IncomingFile {
  /** File name in `incoming/`. */
  readonly name: string;
  readonly path: string;
  readonly #fd: number;
  readonly #rollingSyncBytes: number;
  readonly #place: IncomingPlace;
  #headerBytes = 0;
  #pieces: Buffer[] = [];
  #gatheredBytes = 0;
  /** File offset behind what was given to the file system. */
  #offset = 0;
  #unsyncedBytes = 0;
  #writing: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #failure: Problem | undefined;
  /** The file is committed or discarded, and closed. */
  #isOver = false;

  constructor(name: string, path: string, fd: number, rollingSyncBytes: number, place: IncomingPlace) {
    this.name = name;
    this.path = path;
    this.#fd = fd;
    this.#rollingSyncBytes = rollingSyncBytes;
    this.#place = place;
  }

  /** Leaves room for the header that `commit` will write; before the first `write`. */
  reserveHeader(bytes: number): void {
    this.#headerBytes = bytes;
    this.#offset = bytes;
  }

  /** Takes a piece; its bytes must stay as they are until a `release` that began later has resolved. */
  write(bytes: Buffer): void {
    if (this.#failure !== undefined || bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#gatheredBytes += bytes.length;
    const bytesMin = this.#offset < WRITE_BYTES_MIN ? FIRST_WRITE_BYTES_MIN : WRITE_BYTES_MIN;
    if (this.#gatheredBytes >= bytesMin || this.#pieces.length >= PIECES_MAX) this.#startWriting();
  }

  /** Resolves when no piece given so far is needed any more; undefined where that is so already. Never rejects. */
  release(): Promise<void> | undefined {
    if (this.#pieces.length > 0) this.#startWriting();
    return this.#writing;
  }

  /** Says that no more pieces come: of a larger instance the rest is written while its proof is being made. */
  expectCommit(): void {
    const isLarge = this.#offset > this.#headerBytes || this.#gatheredBytes >= FIRST_WRITE_BYTES_MIN;
    if (isLarge && this.#pieces.length > 0) this.#startWriting();
  }

  /**
   * Writes what is left and the header, and syncs: one sync, however the writes fell. The instance is accepted when this resolves.
   * @throws Problem 'storage-full' or 'volume-offline'; the file is gone by then
   */
  async commit(header: Buffer): Promise<void> {
    try {
      await this.#settleWrites();
      await this.#finish(header);
      await this.#syncing;
      if (this.#failure !== undefined) throw this.#failure;
      await this.#sync();
    } catch (error) {
      await this.discard();
      throw storageProblem(error);
    }
    this.#isOver = true;
    this.#place.over();
    // Behind the answer, and not through the thread pool: closing a synced file does not wait for the disk.
    setImmediate(() => closeSync(this.#fd));
  }

  /** Removes the file; never rejects. A file that cannot be removed is without proof and goes at the next start. */
  async discard(): Promise<void> {
    // Once: the number of a closed descriptor may be that of another file already.
    if (this.#isOver) return;
    this.#isOver = true;
    this.#place.over();
    this.#failure ??= new Problem('internal', 'discarded');
    this.#pieces = [];
    await this.#settleWrites().catch(() => undefined);
    await this.#syncing?.catch(() => undefined);
    await new Promise<void>((resolve) => unlink(this.path, () => resolve()));
    // Given back at once even where something still holds the file open.
    await new Promise<void>((resolve) => ftruncate(this.#fd, 0, () => close(this.#fd, () => resolve())));
  }

  /** What is left, and the header; in one call where nothing was written before. */
  async #finish(header: Buffer): Promise<void> {
    if (this.#offset === this.#headerBytes) {
      this.#offset = 0;
      // The page cache takes a small instance in less time than the thread pool is told of it; with several senders it is the event loop's time that counts.
      const isAtOnce = this.#gatheredBytes < FIRST_WRITE_BYTES_MIN && this.#place.isAlone();
      const pieces = [header, ...this.#takePieces()];
      if (isAtOnce) await this.#writeAtOnce(pieces);
      else await this.#writeAll(pieces);
    } else {
      await Promise.all([this.#writeAll(this.#takePieces()), this.#writeHeader(header)]);
    }
  }

  #takePieces(): Buffer[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#gatheredBytes = 0;
    return pieces;
  }

  /** One write at a time: a piece that arrives meanwhile waits for its end. */
  #startWriting(): void {
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined;
    });
  }

  async #drain(): Promise<void> {
    while (this.#pieces.length > 0) {
      const pieces = this.#takePieces();
      try {
        if (this.#failure === undefined) await this.#writeAll(pieces);
      } catch (error) {
        this.#failure ??= storageProblem(error);
      }
      this.#rollSync();
    }
  }

  async #settleWrites(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Large objects: dirty pages go to disk on the way, so that the last sync is short. */
  #rollSync(): void {
    if (this.#unsyncedBytes < this.#rollingSyncBytes || this.#syncing !== undefined) return;
    this.#unsyncedBytes = 0;
    this.#syncing = this.#sync()
      .catch((error: unknown) => {
        this.#failure ??= storageProblem(error);
      })
      .finally(() => {
        this.#syncing = undefined;
      });
  }

  async #writeAll(pieces: Buffer[]): Promise<void> {
    let rest = pieces;
    await this.#place.assertWritable(bytesOf(pieces));
    while (rest.length > 0) {
      const written = await this.#writeSome(rest.slice(0, PIECES_MAX * 2));
      this.#offset += written;
      this.#unsyncedBytes += written;
      rest = afterBytes(rest, written);
    }
  }

  async #writeAtOnce(pieces: Buffer[]): Promise<void> {
    await this.#place.assertWritable(bytesOf(pieces));
    for (let rest = pieces; rest.length > 0; ) {
      const written = writevSync(this.#fd, rest, this.#offset);
      if (written === 0) throw new Error('nothing was written');
      this.#offset += written;
      rest = afterBytes(rest, written);
    }
  }

  #writeSome(pieces: Buffer[]): Promise<number> {
    return new Promise((resolve, reject) => {
      writev(this.#fd, pieces, this.#offset, (error, written) => {
        if (error !== null) reject(error);
        else if (written === 0) reject(new Error('nothing was written'));
        else resolve(written);
      });
    });
  }

  #writeHeader(header: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      write(this.#fd, header, 0, header.length, 0, (error, written) => {
        if (error !== null) reject(error);
        else if (written !== header.length) reject(new Error('header cut short'));
        else resolve();
      });
    });
  }

  #sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#fd, (error) => (error === null ? resolve() : reject(error)));
    });
  }
}

function bytesOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** What is left of `pieces` behind the first `bytes`: a write may be short, on a full disk above all. */
function afterBytes(pieces: Buffer[], bytes: number): Buffer[] {
  let skip = bytes;
  for (const [index, piece] of pieces.entries()) {
    if (skip < piece.length)
      return skip === 0 ? pieces.slice(index) : [piece.subarray(skip), ...pieces.slice(index + 1)];
    skip -= piece.length;
  }
  return [];
}

/** What an error of the file system means to a sender. */
export function storageProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG')
    return new Problem('storage-full', 'disk full');
  return new Problem('volume-offline', `volume not writable: ${messageOf(error)}`, { cause: error });
}

/** Whether it is what `storageProblem` says of one file that the disk cannot read, as on bad sectors; others it may. */
export function isUnreadableFile(problem: Problem): boolean {
  const { code } = (problem.cause ?? {}) as NodeJS.ErrnoException;
  return code === 'EIO' || code === 'EISDIR';
}
