import { mkdirSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname, parse } from 'node:path';
import { Writable } from 'node:stream';

export interface RotatingFileOptions {
  /** Where the newest lines are; the folder is made when it is missing. */
  readonly path: string;
  /** A file that would become longer is put aside and a new one begun; one line is never cut. */
  readonly bytesMax: number;
  /** Files kept, the newest among them. */
  readonly filesMax: number;
}

const FILE_MODE = 0o640;
const RETRY_MS = 1000;

/**
 * A stream of lines, a whole one with each `write`. A full file `x.log` becomes `x1.log`, that one `x2.log`, and so on. The stream
 * never fails: what cannot be written, on a full disk say, is tried again every second, and whoever writes looks at `writableLength`.
 */
export class RotatingFile extends Writable {
  readonly #options: RotatingFileOptions;
  #file: { handle: FileHandle; size: number } | undefined;

  /** @throws Error when the folder cannot be made */
  constructor(options: RotatingFileOptions) {
    super();
    this.#options = options;
    mkdirSync(dirname(options.path), { recursive: true });
  }

  override _write(line: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#append([line]).then(() => done(), done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#append(chunks.map(({ chunk }) => chunk)).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#close().then(() => done(), done);
  }

  async #append(lines: Buffer[]): Promise<void> {
    for (let next = 0; next < lines.length; ) {
      const room = this.#options.bytesMax - (await patiently(() => this.#opened())).size;
      const count = countWithin(lines.slice(next), room);
      if (count === 0) await patiently(() => this.#putAside());
      // A line that is too long for any file has one of its own.
      const end = next + Math.max(1, count);
      await this.#write(Buffer.concat(lines.slice(next, end)));
      next = end;
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      written += await patiently(async () => {
        const file = await this.#opened();
        // A disk that is nearly full takes a part.
        const { bytesWritten } = await file.handle.write(bytes, written);
        file.size += bytesWritten;
        return bytesWritten;
      });
    }
  }

  async #opened(): Promise<{ handle: FileHandle; size: number }> {
    if (this.#file === undefined) {
      const handle = await open(this.#options.path, 'a', FILE_MODE);
      this.#file = { handle, size: (await handle.stat()).size };
    }
    return this.#file;
  }

  /** Can be done again where it ended half-way. An empty file stays. */
  async #putAside(): Promise<void> {
    if (this.#file?.size === 0) return;
    await this.#close();
    for (let older = this.#options.filesMax - 1; older > 0; older--) {
      await rename(this.#pathOf(older - 1), this.#pathOf(older)).catch(unlessMissing);
    }
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close().catch(() => undefined);
  }

  #pathOf(age: number): string {
    const { dir, name, ext } = parse(this.#options.path);
    return `${dir}/${name}${age === 0 ? '' : age}${ext}`;
  }
}

/** How many lines from the first one on have no more than `bytes` together. */
function countWithin(lines: Buffer[], bytes: number): number {
  let room = bytes;
  const beyond = lines.findIndex((line) => {
    room -= line.length;
    return room < 0;
  });
  return beyond < 0 ? lines.length : beyond;
}

async function patiently<T>(step: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await step();
    } catch {
      // Does not keep a process alive that has nothing else to do.
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
    }
  }
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
