import { Worker } from 'node:worker_threads';
import { Problem } from '../lib/problem.ts';
import { storageProblem } from './incoming-file.ts';
import type { ShortRead, ShortReadEnds, ShortReadFailure } from './short-files-thread.ts';

/** Bytes of a file that were read whole. */
export interface ShortFile {
  bytes: Buffer;
  /** To be called when nobody reads them any more. */
  release(): void;
}

/**
 * Sizes of the buffers, bytes; what is longer than the last is not short. And how many there are of each, in all 24 MB: one piece of memory that lives as long as
 * the thread, for what threads share is not counted by the collector of either, and what is let go of may stay for minutes.
 */
const BUFFERS = [
  { bytes: 64 * 1024, count: 64 },
  { bytes: 256 * 1024, count: 32 },
  { bytes: 768 * 1024, count: 16 },
] as const;
const SIZE_MAX = Math.max(...BUFFERS.map(({ bytes }) => bytes));
/** A read that takes longer was not one of the page cache, milliseconds; then for so long nothing is read here. */
const SLOW_MS = 8;
const REST_MS = 500;
/** So many short files are read the other way before the thread begins: it takes some memory, and some 50 ms of processor time. */
const BEGIN_AFTER_FILES = 8;
/** The thread ends when so long nothing was to be read, milliseconds. */
const IDLE_MS = 60_000;

interface Awaiting {
  read: ShortRead;
  memory: SharedMemory;
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
  /** Of this thread. */
  #memory: SharedMemory | undefined;
  #isUp = false;
  /** That were not read here, since there was a thread last. */
  #passed = 0;
  #restsUntil = -Infinity;
  #idle: NodeJS.Timeout | undefined;
  /** Not handed over yet. */
  #asked: Awaiting[] = [];
  /** Handed over, in the order in which their ends will come. */
  #reading: Awaiting[] = [];

  /** Whether this is the way to read so much of a file, at this moment: the thread begins when there have been some. */
  canRead(sizeBytes: number): boolean {
    if (sizeBytes < 1 || sizeBytes > SIZE_MAX) return false;
    if (this.#thread === undefined && ++this.#passed > BEGIN_AFTER_FILES) this.#begin();
    return this.#isUp && performance.now() >= this.#restsUntil && this.#memory?.hasRoom(sizeBytes) === true;
  }

  /**
   * @param sizeBytes a number for which `canRead` has just said yes
   * @throws Problem 'not-found', also where the file is shorter than it should be; 'volume-offline'
   */
  read(path: string, offset: number, sizeBytes: number): Promise<ShortFile> {
    return new Promise((resolve, reject) => {
      const memory = this.#memory;
      const at = memory?.take(sizeBytes);
      if (memory === undefined || at === undefined) throw new Error('no room to read a short file into');
      // Behind the promises of this turn: what stands before the reading, such as the instance that is sent now, goes first.
      if (this.#asked.length === 0) process.nextTick(() => this.#handOver());
      this.#asked.push({ read: [path, offset, sizeBytes, at], memory, resolve, reject });
    });
  }

  /** Ends the thread; reads under way fail. */
  async close(): Promise<void> {
    this.#isUp = false;
    await this.#thread?.terminate();
  }

  #begin(): void {
    this.#passed = 0;
    const begun = newThread();
    if (begun === undefined) return;
    const { thread, memory } = begun;
    this.#thread = thread;
    this.#memory = memory;
    thread.unref();
    thread.on('online', () => {
      this.#isUp = true;
    });
    thread.on('message', (ends: ShortReadEnds) => this.#ended(ends));
    thread.on('error', (error) => this.#lost(thread, error));
    thread.on('exit', () => this.#lost(thread, new Error('the reading thread has ended')));
    this.#watchIdle();
  }

  #handOver(): void {
    const asked = this.#asked;
    this.#asked = [];
    if (this.#thread === undefined || !this.#isUp) {
      for (const { reject } of asked) reject(storageProblem(new Error('the reading thread has ended')));
      return;
    }
    this.#reading.push(...asked);
    this.#thread.postMessage(asked.map(({ read }) => read));
  }

  #ended({ count, slowestMs, failures }: ShortReadEnds): void {
    if (slowestMs > SLOW_MS) this.#restsUntil = performance.now() + REST_MS;
    const failed = new Map(failures.map((failure) => [failure.index, failure]));
    for (const [index, { read, memory, resolve, reject }] of this.#reading.splice(0, count).entries()) {
      const failure = failed.get(index);
      if (failure === undefined) {
        resolve(fileIn(memory, read));
        continue;
      }
      const [path, , , at] = read;
      memory.give(at);
      reject(problemOf(failure, path));
    }
    this.#idle?.refresh();
  }

  /** Whoever waits hears of it, and the next read begins another thread. */
  #lost(thread: Worker, error: Error): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#memory = undefined;
    this.#isUp = false;
    clearTimeout(this.#idle);
    for (const { reject } of this.#reading.splice(0)) reject(storageProblem(error));
  }

  #watchIdle(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#reading.length > 0 || this.#asked.length > 0) this.#watchIdle();
      else void this.close();
    }, IDLE_MS).unref();
  }
}

/** Undefined where the system has no room for one more, or for its memory: files are read without it then, and it is tried again after as many. */
function newThread(): { thread: Worker; memory: SharedMemory } | undefined {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  try {
    const memory = new SharedMemory();
    const thread = new Worker(new URL(`./short-files-thread.${extension}`, import.meta.url), {
      workerData: memory.buffer,
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 32 },
    });
    return { thread, memory };
  } catch {
    return undefined;
  }
}

function fileIn(memory: SharedMemory, [, , sizeBytes, at]: ShortRead): ShortFile {
  let isReleased = false;
  const release = () => {
    // A buffer given back twice would be read into twice at a time.
    if (!isReleased) memory.give(at);
    isReleased = true;
  };
  return { bytes: Buffer.from(memory.buffer, at, sizeBytes), release };
}

/** The buffers that one thread reads into, by where they begin. The kernel gives memory to those alone that are used. */
class SharedMemory {
  readonly buffer = new SharedArrayBuffer(BUFFERS.reduce((sum, { bytes, count }) => sum + bytes * count, 0));
  readonly #rooms: { bytes: number; begins: number; ends: number; free: number[] }[] = [];

  constructor() {
    let begins = 0;
    for (const { bytes, count } of BUFFERS) {
      const first = begins;
      begins += bytes * count;
      // The first one is taken first.
      const free = Array.from({ length: count }, (_, index) => first + bytes * (count - 1 - index));
      this.#rooms.push({ bytes, begins: first, ends: begins, free });
    }
  }

  hasRoom(sizeBytes: number): boolean {
    return (this.#roomFor(sizeBytes)?.free.length ?? 0) > 0;
  }

  take(sizeBytes: number): number | undefined {
    return this.#roomFor(sizeBytes)?.free.pop();
  }

  give(at: number): void {
    this.#rooms.find(({ begins, ends }) => at >= begins && at < ends)?.free.push(at);
  }

  #roomFor(sizeBytes: number) {
    return this.#rooms.find(({ bytes }) => bytes >= sizeBytes);
  }
}

function problemOf({ code, message }: ShortReadFailure, path: string): Problem {
  if (code === 'ENOENT') return new Problem('not-found', `no file ${path}`);
  if (code === 'TOO_SHORT') return new Problem('not-found', message);
  return storageProblem(Object.assign(new Error(message), { code }));
}
