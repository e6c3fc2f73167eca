import { Worker } from 'node:worker_threads';
import { messageOf, Problem } from '../lib/problem.ts';
import type { PictureAnswer, PictureRequest } from './decode-thread.ts';
import { pixelLimits } from './limits.ts';

interface Waiting {
  request: PictureRequest;
  resolve(png: Buffer): void;
  reject(error: unknown): void;
}

export interface PainterLimits {
  readonly pictureTimeoutMs: number;
  readonly growthBytesMax: number;
  readonly growthLookMs: number;
  readonly queueMax: number;
  readonly idleMs: number;
}

/** It took more time or memory than it may, and would do so again. */
export class PictureTooCostly extends Problem {
  constructor(words: string, options?: ErrorOptions) {
    super('not-renderable', words, options);
  }
}

/**
 * Makes pictures of frames, one after the other, in a thread that begins with the first and ends when there was nothing to do for a while. A hostile stream
 * can keep a decoder busy for minutes, make it take all memory or break it for good, so a thread that takes too long or too much, or in which a decoder has
 * failed, is thrown away.
 */
export class Painter {
  readonly #limits: PainterLimits;
  readonly #program: URL;
  readonly #queue: Waiting[] = [];
  #current: Waiting | undefined;
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #growthTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param program what runs in the thread */
  constructor(limits: PainterLimits = pixelLimits, program: URL = PROGRAM) {
    this.#limits = limits;
    this.#program = program;
  }

  /**
   * @returns a PNG file
   * @throws PictureTooCostly; Problem 'not-renderable', 'not-found', 'unreadable-data-set', 'volume-offline', or 'backlog-full' where too many wait already
   */
  paint(request: PictureRequest): Promise<Buffer> {
    if (this.#isClosed) return Promise.reject(closed());
    if (this.#queue.length >= this.#limits.queueMax) {
      return Promise.reject(
        new Problem('backlog-full', `${this.#queue.length} pictures wait to be made already`),
      );
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject });
      if (this.#current === undefined) this.#next();
    });
  }

  /** Ends the thread; what waits is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#queue.splice(0)) reject(closed());
    this.#settle()?.reject(closed());
    await this.#discard();
  }

  #next(): void {
    this.#current = this.#queue.shift();
    if (this.#current === undefined) {
      this.#worker?.unref();
      this.#startTimer(this.#limits.idleMs, () => void this.#discard()).unref();
      return;
    }
    try {
      this.#worker ??= this.#newWorker();
    } catch (error) {
      this.#fail(new Problem('backlog-full', `no thread can be had for the picture: ${messageOf(error)}`));
      return;
    }
    this.#worker.ref();
    this.#worker.postMessage(this.#current.request);
    this.#watch();
  }

  /** Gives the thread up where it takes too long, or too much memory. */
  #watch(): void {
    const { pictureTimeoutMs, growthBytesMax, growthLookMs } = this.#limits;
    this.#startTimer(pictureTimeoutMs, () =>
      this.#fail(new PictureTooCostly(`the picture was not there after ${pictureTimeoutMs} ms`)),
    );
    const before = process.memoryUsage.rss();
    this.#growthTimer = setInterval(() => {
      if (process.memoryUsage.rss() - before > growthBytesMax) this.#fail(tooMuchMemory());
    }, growthLookMs);
  }

  #newWorker(): Worker {
    const worker = new Worker(this.#program, {
      resourceLimits: { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 256 },
    });
    // A worker that was thrown away may still have something to say.
    const ifCurrent = (act: () => void) => worker === this.#worker && act();
    worker.on('message', (answer: PictureAnswer) => ifCurrent(() => this.#answer(answer)));
    worker.on('error', (error) => ifCurrent(() => this.#fail(asProblem(error))));
    worker.on('exit', () => ifCurrent(() => this.#fail(new Error('the thread of the pictures has ended'))));
    return worker;
  }

  #answer(answer: PictureAnswer): void {
    const waiting = this.#settle();
    if (answer.isSpent) void this.#discard();
    if ('png' in answer)
      waiting?.resolve(Buffer.from(answer.png.buffer, answer.png.byteOffset, answer.png.length));
    else if (answer.code === 'internal') waiting?.reject(new Error(answer.words));
    else waiting?.reject(new Problem(answer.code, answer.words));
    this.#next();
  }

  /** The thread is of no use any more. */
  #fail(error: Error): void {
    void this.#discard();
    this.#settle()?.reject(error);
    if (!this.#isClosed) this.#next();
  }

  #settle(): Waiting | undefined {
    clearTimeout(this.#timer);
    clearInterval(this.#growthTimer);
    const waiting = this.#current;
    this.#current = undefined;
    return waiting;
  }

  async #discard(): Promise<void> {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #startTimer(ms: number, act: () => void): NodeJS.Timeout {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, ms);
    return this.#timer;
  }
}

const PROGRAM = new URL(`./decode-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/** An instance may be larger than what its thread is allowed. */
function asProblem(error: Error & { code?: unknown }): Error {
  return error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuchMemory({ cause: error }) : error;
}

function tooMuchMemory(options?: ErrorOptions): PictureTooCostly {
  return new PictureTooCostly('the picture takes more memory than it may', options);
}

function closed(): Problem {
  return new Problem('cancelled', 'the archive is being stopped');
}
