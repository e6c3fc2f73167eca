import { promises as fs } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, syncFolder } from './folders.ts';

export interface AuditFilesOptions {
  dir: string;
  /** A file that would become longer is put aside and a new one begun; one line is never cut. */
  fileBytesMax: number;
  /** Files kept, the newest among them. */
  filesMax: number;
}

/** A place between two lines. */
export interface AuditPosition {
  /** Number in the name of the file. */
  file: number;
  /** Bytes from its beginning. */
  offset: number;
}

export interface AuditLines {
  /** Whole lines, without their ends. */
  lines: string[];
  /** Behind the last of them. */
  next: AuditPosition;
  /** Whether the file that was asked for is gone, so that lines are missing before these. */
  isGap: boolean;
}

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const FILE_NAME = /^audit-(\d{8})\.xml$/;
const TAIL_BYTES = 65_536;
const NEW_LINE = 0x0a;

/**
 * The audit trail on disk: one XML document a line, in files whose numbers go up — audit-00000001.xml and so on. Nothing is written twice, and
 * nothing renamed, so a place in it stays what it is. For one writer.
 */
export class AuditFiles {
  readonly #options: AuditFilesOptions;
  #current: { number: number; handle: FileHandle } | undefined;
  /** Only one opens a file, or cuts it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: AuditFilesOptions) {
    this.#options = options;
  }

  /**
   * Hands whole lines to the operating system; they are synced when their file is put aside or closed.
   * @param lines each with its end
   * @throws Error where that fails, and nothing of them is there then, as far as the disk allows
   */
  append(lines: string): Promise<void> {
    return this.#inTurn(async () => {
      const bytes = Buffer.from(lines);
      const { handle } = await this.#fileFor(bytes.length);
      const { size } = await handle.stat();
      try {
        await handle.appendFile(bytes);
      } catch (error) {
        // A disk that is full has taken a part.
        await handle.truncate(size).catch(() => undefined);
        throw error;
      }
    });
  }

  /** Behind the last line. */
  end(): Promise<AuditPosition> {
    return this.#inTurn(async () => {
      const { number, handle } = await this.#opened();
      return { file: number, offset: (await handle.stat()).size };
    });
  }

  /**
   * The next lines, as many as there are and fit into `bytesMax`, one at least; none at the end. A position that is nowhere is taken as the next one there is.
   */
  async read(from: AuditPosition, bytesMax: number): Promise<AuditLines> {
    const numbers = await this.#numbers();
    const file = numbers.find((number) => number >= from.file);
    if (file === undefined) return { lines: [], next: from, isGap: false };
    const isGap = file !== from.file;
    const offset = isGap ? 0 : from.offset;
    const found = await this.#readLines(file, offset, bytesMax);
    const next = { file, offset: found.offset };
    if (found.lines.length > 0) return { lines: found.lines, next, isGap };
    const following = numbers.find((number) => number > file);
    if (following === undefined) return { lines: [], next, isGap };
    const { lines, next: end } = await this.read({ file: following, offset: 0 }, bytesMax);
    return { lines, next: end, isGap };
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return;
    try {
      await current.handle.datasync();
    } finally {
      await current.handle.close();
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #fileFor(bytes: number) {
    const current = await this.#opened();
    const { size } = await current.handle.stat();
    if (size === 0 || size + bytes <= this.#options.fileBytesMax) return current;
    await this.close();
    const next = await this.#open(current.number + 1);
    this.#current = next;
    await this.#removeOld();
    return next;
  }

  async #opened() {
    let first = 1;
    if (this.#current !== undefined && (await this.#current.handle.stat()).nlink === 0) {
      // Whoever has removed the file has not removed what comes from now on; its number stays what it was.
      first = this.#current.number + 1;
      await this.close();
    }
    if (this.#current === undefined) {
      for (const changed of await makeFolder(this.#options.dir, FOLDER_MODE)) await syncFolder(changed);
      this.#current = await this.#open(Math.max(first, (await this.#numbers()).at(-1) ?? 1));
      await cutTornLine(this.#current.handle);
    }
    return this.#current;
  }

  async #open(number: number) {
    return { number, handle: await fs.open(this.#pathOf(number), 'a+', FILE_MODE) };
  }

  async #removeOld(): Promise<void> {
    const numbers = await this.#numbers();
    for (const number of numbers.slice(0, -this.#options.filesMax)) await fs.rm(this.#pathOf(number));
    await syncFolder(this.#options.dir);
  }

  /** Of the files there are, from the oldest to the newest. */
  async #numbers(): Promise<number[]> {
    const names = await fs.readdir(this.#options.dir);
    return names
      .flatMap((name) => FILE_NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  async #readLines(number: number, offset: number, bytesMax: number) {
    const handle = await fs.open(this.#pathOf(number), 'r');
    try {
      const { size } = await handle.stat();
      for (let length = bytesMax; ; length *= 2) {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
        const end = buffer.subarray(0, bytesRead).lastIndexOf(NEW_LINE) + 1;
        // A line that is longer than what was asked for is read whole; one without an end is being written.
        if (end === 0 && offset + bytesRead < size) continue;
        const lines = buffer.toString('utf8', 0, end).split('\n').slice(0, -1);
        return { lines, offset: offset + end };
      }
    } finally {
      await handle.close();
    }
  }

  #pathOf(number: number): string {
    return join(this.#options.dir, `audit-${String(number).padStart(8, '0')}.xml`);
  }
}

/** What a power cut has left of a last line is no document. */
async function cutTornLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - TAIL_BYTES);
    const { buffer } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
    const at = buffer.lastIndexOf(NEW_LINE);
    if (at >= 0) {
      if (start + at + 1 < size) await handle.truncate(start + at + 1);
      return;
    }
    end = start;
  }
  if (size > 0) await handle.truncate(0);
}
