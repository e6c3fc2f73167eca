import { randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { messageOf, Problem } from '../lib/problem.ts';
import { syncFolder } from './folders.ts';

export const MARKER_NAME = 'dicomkeep-volume.json';
const FORMAT_VERSION = 1;
/** How long one look at marker and free space holds good, milliseconds. */
const CHECK_INTERVAL_MS = 250;

export interface VolumeOptions {
  /** Free bytes that are never used for instances: below this we answer A700H. */
  reserveBytes: number;
  /** The id that the marker must have; undefined where none is known yet. */
  expectedId: string | undefined;
}

/** A folder that holds instances, and is known to be really there — storage/FORMAT.md, DESIGN promises 6 and 7. */
export class Volume {
  readonly path: string;
  /** Free bytes that are never used for instances; may be changed at any time. */
  reserveBytes: number;
  #id: string | undefined;
  #checkedAt = -Infinity;
  #freeBytes = 0;
  #totalBytes = 0;
  #problem: Problem | undefined;
  #checking: Promise<void> | undefined;

  constructor(path: string, options: VolumeOptions) {
    this.path = path;
    this.reserveBytes = options.reserveBytes;
    this.#id = options.expectedId;
  }

  /**
   * Makes a new volume of a folder that is new or empty; does nothing where a marker stands already.
   * @throws Problem 'volume-offline' where the folder holds other things and no marker
   */
  static async create(path: string): Promise<void> {
    await fs.mkdir(path, { recursive: true });
    if ((await readMarker(path)) === undefined) await createMarker(path);
  }

  /** The marker's id; undefined while it was never seen. */
  get id(): string | undefined {
    return this.#id;
  }

  /** The path without symbolic links, by which one volume is the same for two servers; as it was given where nothing is there. */
  async realPath(): Promise<string> {
    return await fs.realpath(this.path).catch(() => this.path);
  }

  /** Free bytes above the reserve, as of the last look. */
  get usableBytes(): number {
    return this.#freeBytes - this.reserveBytes;
  }

  /** Bytes of its file system, free and in all, as of the last look; undefined where it could not be asked. */
  get space(): { freeBytes: number; totalBytes: number } | undefined {
    if (this.#totalBytes === 0) return undefined;
    return { freeBytes: this.#freeBytes, totalBytes: this.#totalBytes };
  }

  /**
   * Answers from the last look while that is fresh, so that it costs nothing per instance.
   * @param bytes about to be written
   * @throws Problem 'volume-offline' or 'storage-full'
   */
  async assertWritable(bytes = 0): Promise<void> {
    await this.assertOnline();
    const isFull = bytes > this.#freeBytes;
    if (isFull || bytes > this.usableBytes) {
      const words = isFull ? 'disk full' : `disk reserve of ${this.reserveBytes} bytes reached`;
      throw new Problem('storage-full', words);
    }
    this.#freeBytes -= bytes;
  }

  /** @throws Problem 'volume-offline' */
  async assertOnline(): Promise<void> {
    if (performance.now() - this.#checkedAt > CHECK_INTERVAL_MS) {
      this.#checking ??= this.#check().finally(() => {
        this.#checking = undefined;
      });
      await this.#checking;
    }
    if (this.#problem !== undefined) throw this.#problem;
  }

  /** Looks now. @throws Problem 'volume-offline' */
  async recheck(): Promise<void> {
    await this.#checking;
    this.#checkedAt = -Infinity;
    await this.assertOnline();
  }

  async #check(): Promise<void> {
    let problem: Problem | undefined;
    this.#totalBytes = 0;
    try {
      const id = await readMarker(this.path);
      if (id === undefined) problem = offline(`volume marker missing in ${this.path}: not mounted?`);
      else if (this.#id !== undefined && id !== this.#id) problem = offline(`${this.path} is another volume`);
      else this.#id = id;
      const space = await fs.statfs(this.path);
      this.#freeBytes = space.bavail * space.bsize;
      this.#totalBytes = space.blocks * space.bsize;
    } catch (error) {
      problem = error instanceof Problem ? error : offline(`volume not readable: ${messageOf(error)}`);
    }
    this.#problem = problem;
    this.#checkedAt = performance.now();
  }
}

async function readMarker(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await fs.readFile(join(path, MARKER_NAME), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const marker = JSON.parse(text) as { format?: unknown; id?: unknown };
    if (marker.format === FORMAT_VERSION && typeof marker.id === 'string') return marker.id;
  } catch {
    // No JSON: the same words as for a marker of another kind.
  }
  throw offline(`${MARKER_NAME} is not of format ${FORMAT_VERSION}`);
}

/** What ext4 and Synology's DSM put into a folder of their own accord. */
const OF_THE_FILE_SYSTEM = ['lost+found', '@eaDir', '#recycle', '#snapshot'];

async function createMarker(path: string): Promise<void> {
  const names = await fs.readdir(path);
  if (names.some((name) => !name.startsWith('.') && !OF_THE_FILE_SYSTEM.includes(name))) {
    throw offline(`${path} is not empty and has no ${MARKER_NAME}: not mounted, or not a volume of ours`);
  }
  const marker = { format: FORMAT_VERSION, id: randomUUID(), createdAt: new Date().toISOString() };
  // Written beside and renamed, so that a power cut leaves no half marker.
  const draft = join(path, `.${MARKER_NAME}`);
  await fs.writeFile(draft, `${JSON.stringify(marker, undefined, 2)}\n`, { flush: true });
  await fs.rename(draft, join(path, MARKER_NAME));
  await syncFolder(path);
}

function offline(words: string): Problem {
  return new Problem('volume-offline', words);
}
