import { Worker } from 'node:worker_threads';
import { Problem } from '../lib/problem.ts';
import { storageProblem } from './incoming-file.ts';
import type { ShortRead, ShortReadEnd } from './short-files-thread.ts';

/** Bytes of a file that were read whole. */
export interface ShortFile {
  bytes: Buffer;
  /** To be called when nobody reads them any more. */
  release(): void;
}

/**
 * Sizes of the buffers, bytes; what is longer than the last is not short. And how many there are of each, in all 24 MB: they are kept while the thread
 * runs, for memory that threads share is not counted by the collector of either, and what is let go of may stay for minutes.
 */
const BUFFERS = [
  { bytes: 64 * 1024, countMax: 64 },
  { bytes: 256 * 1024, countMax: 32 },
  { bytes: 768 * 1024, countMax: 16 },
] as const;
/** A read that takes longer was not one of the page cache, milliseconds; then for so long nothing is read here. */
const SLOW_MS = 8;
const REST_MS = 500;
/** So many short files are read the other way before the thread begins: it takes some memory, and some 50 ms of processor time. */
const BEGIN_AFTER_FILES = 8;
/** The thread ends when so long nothing was to be read, milliseconds. */
const IDLE_MS = 60_000;

interface Awaiting {
  read: ShortRead;
  resolve(file: ShortFile): void;
  reject(problem: Problem): void;
}

/**
 * Reads short files whole, one after the other, in a thread of its own: all that are asked for in one turn of the event loop are handed over together. Opening,
 * reading and closing a file in the page cache takes less than handing each of these over to the thread pool and back does. For files that lie on a
 * disk that has to seek it is the wrong way, since the pool reads several at once; `canRead` says so then. The thread ends by itself.
 */
export class ShortFiles {
  #thread: Worker | undefined;
  #isUp = false;
  /** That were not read here, since there was a thread last. */
  #passed = 0;
  #restsUntil = -Infinity;
  #idle: NodeJS.Timeout | undefined;
  /** Not handed over yet. */
  #asked: Awaiting[] = [];
  /** Handed over, in the order in which their ends will come. */
  #reading: Awaiting[] = [];
  readonly #rooms = BUFFERS.map((buffers) => new Room(buffers));

  /** Whether this is the way to read so much of a file, at this moment: the thread begins when there have been some. */
  canRead(sizeBytes: number): boolean {
    const room = this.#roomFor(sizeBytes);
    if (sizeBytes < 1 || room === undefined) return false;
    if (this.#thread === undefined && ++this.#passed > BEGIN_AFTER_FILES) this.#begin();
    return this.#isUp && performance.now() >= this.#restsUntil && room.hasOne;
  }

  /**
   * @param sizeBytes a number for which `canRead` has just said yes
   * @throws Problem 'not-found', also where the file is shorter than it should be; 'volume-offline'
   */
  read(path: string, offset: number, sizeBytes: number): Promise<ShortFile> {
    return new Promise((resolve, reject) => {
      const into = this.#roomFor(sizeBytes)?.take() ?? new SharedArrayBuffer(sizeBytes);
      // Behind the promises of this turn: what stands before the reading, such as the instance that is sent now, goes first.
      if (this.#asked.length === 0) process.nextTick(() => this.#handOver());
      this.#asked.push({ read: { path, offset, sizeBytes, into }, resolve, reject });
    });
  }

  /** Ends the thread; reads under way fail. */
  async close(): Promise<void> {
    this.#isUp = false;
    await this.#thread?.terminate();
  }

  #begin(): void {
    this.#passed = 0;
    const thread = newThread();
    if (thread === undefined) return;
    this.#thread = thread;
    thread.unref();
    thread.on('online', () => {
      this.#isUp = true;
    });
    thread.on('message', (ends: readonly ShortReadEnd[]) => this.#ended(ends));
    thread.on('error', (error) => this.#lost(thread, error));
    thread.on('exit', () => this.#lost(thread, new Error('the reading thread has ended')));
    this.#watchIdle();
  }

  #handOver(): void {
    const asked = this.#asked;
    this.#asked = [];
    if (this.#thread === undefined || !this.#isUp) {
      for (const { read, reject } of asked) {
        this.#giveBuffer(read.into);
        reject(storageProblem(new Error('the reading thread has ended')));
      }
      return;
    }
    this.#reading.push(...asked);
    this.#thread.postMessage(asked.map(({ read }) => read));
  }

  #ended(ends: readonly ShortReadEnd[]): void {
    for (const { failure, tookMs } of ends) {
      if (tookMs > SLOW_MS) this.#restsUntil = performance.now() + REST_MS;
      const one = this.#reading.shift();
      if (one === undefined) return;
      const { path, sizeBytes, into } = one.read;
      if (failure === undefined) {
        one.resolve(this.#fileIn(into, sizeBytes));
        continue;
      }
      this.#giveBuffer(into);
      one.reject(problemOf(failure, path));
    }
    this.#idle?.refresh();
  }

  /** Whoever waits hears of it, and the next read begins another thread. */
  #lost(thread: Worker, error: Error): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#isUp = false;
    clearTimeout(this.#idle);
    // Their buffers are left to the collector: who knows whether they are written into still.
    for (const { read, reject } of this.#reading.splice(0)) {
      this.#roomFor(read.into.byteLength)?.forget();
      reject(storageProblem(error));
    }
    for (const room of this.#rooms) room.empty();
  }

  #watchIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#reading.length > 0 || this.#asked.length > 0) this.#watchIdle();
      else void this.close();
    }, IDLE_MS).unref();
  }

  #fileIn(buffer: SharedArrayBuffer, sizeBytes: number): ShortFile {
    let isReleased = false;
    const release = () => {
      // A buffer given back twice would be read into twice at a time.
      if (!isReleased) this.#giveBuffer(buffer);
      isReleased = true;
    };
    return { bytes: Buffer.from(buffer, 0, sizeBytes), release };
  }

  #giveBuffer(buffer: SharedArrayBuffer): void {
    this.#roomFor(buffer.byteLength)?.give(buffer);
  }

  #roomFor(sizeBytes: number): Room | undefined {
    return this.#rooms.find(({ bytes }) => bytes >= sizeBytes);
  }
}

/** Undefined where the system has no room for one more: files are read without it then, and it is tried again after as many. */
function newThread(): Worker | undefined {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  try {
    return new Worker(new URL(`./short-files-thread.${extension}`, import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 32 },
    });
  } catch {
    return undefined;
  }
}

/** Buffers of one size. */
class Room {
  readonly bytes: number;
  readonly #countMax: number;
  #count = 0;
  readonly #spares: SharedArrayBuffer[] = [];

  constructor({ bytes, countMax }: (typeof BUFFERS)[number]) {
    this.bytes = bytes;
    this.#countMax = countMax;
  }

  get hasOne(): boolean {
    return this.#spares.length > 0 || this.#count < this.#countMax;
  }

  take(): SharedArrayBuffer {
    const spare = this.#spares.pop();
    if (spare !== undefined) return spare;
    this.#count += 1;
    return new SharedArrayBuffer(this.bytes);
  }

  give(buffer: SharedArrayBuffer): void {
    this.#spares.push(buffer);
  }

  /** One that was taken does not come back. */
  forget(): void {
    this.#count -= 1;
  }

  /** Lets go of those that nobody has. */
  empty(): void {
    this.#count -= this.#spares.splice(0).length;
  }
}

function problemOf({ code, message }: NonNullable<ShortReadEnd['failure']>, path: string): Problem {
  if (code === 'ENOENT') return new Problem('not-found', `no file ${path}`);
  if (code === 'TOO_SHORT') return new Problem('not-found', message);
  return storageProblem(Object.assign(new Error(message), { code }));
}
