import { Worker } from 'node:worker_threads';
import { messageOf, Problem } from '../lib/problem.ts';

export interface ThreadLimits {
  /** Threads at a time. */
  readonly threadsMax: number;
  /** Tasks that wait for their turn. */
  readonly queueMax: number;
  /** From the beginning of a task to its end, milliseconds. */
  readonly taskTimeoutMs: number;
  /** By how much the process may grow meanwhile, bytes for each thread there may be, and how often it is looked at, milliseconds. */
  readonly growthBytesMax: number;
  readonly growthLookMs: number;
  /** How long a thread stays when there is nothing to do, milliseconds. */
  readonly idleMs: number;
}

/** What a thread answers: one message for each that it gets. */
export interface ThreadAnswer {
  /** The thread should be ended: a decoder has failed in it, or holds much memory. */
  isSpent: boolean;
}

interface Task<Request, Answer> {
  request: Request;
  transfer: readonly ArrayBuffer[];
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/** It took more time or memory than it may, and would do so again. */
export class TooCostly extends Problem {
  constructor(words: string, options?: ErrorOptions) {
    super('not-renderable', words, options);
  }
}

export interface ThreadsOptions {
  /** What runs in a thread. */
  program: URL;
  limits: ThreadLimits;
  /** What a task makes, for the words of refusals. */
  product: 'picture' | 'frame';
}

/**
 * Work on streams from strangers, in threads that begin with the first task and end when there was nothing to do for a while. A hostile stream can keep a
 * decoder busy for minutes, make it take all memory or break it for good, so a thread that takes too long or too much, or in which a decoder has failed, is
 * thrown away. Tasks begin in the order in which they came.
 */
export class Threads<Request, Answer extends ThreadAnswer> {
  readonly #options: ThreadsOptions;
  readonly #queue: Task<Request, Answer>[] = [];
  readonly #threads: readonly ExpendableThread<Request, Answer>[];
  #isClosed = false;

  constructor(options: ThreadsOptions) {
    this.#options = options;
    const next = () => this.#next();
    this.#threads = Array.from(
      { length: options.limits.threadsMax },
      () => new ExpendableThread(options, next),
    );
  }

  /**
   * @param transfer buffers of the request that are the thread's from now on
   * @throws TooCostly; Problem 'backlog-full' where too many wait already or no thread can be had, 'cancelled' at the end
   */
  run(request: Request, transfer: readonly ArrayBuffer[] = []): Promise<Answer> {
    const { product, limits } = this.#options;
    if (this.#isClosed) return Promise.reject(closed());
    if (this.#queue.length >= limits.queueMax) {
      const words = `${this.#queue.length} ${product}s wait to be made already`;
      return Promise.reject(new Problem('backlog-full', words));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, transfer, resolve, reject });
      this.#next();
    });
  }

  /** Ends the threads; what waits is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#queue.splice(0)) reject(closed());
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #next(): void {
    for (const thread of this.#threads) {
      if (this.#isClosed || thread.isBusy) continue;
      const task = this.#queue.shift();
      if (task === undefined) return;
      thread.run(task);
    }
  }
}

/** One thread at a time, and one task at a time. */
class ExpendableThread<Request, Answer extends ThreadAnswer> {
  readonly #options: ThreadsOptions;
  readonly #onFree: () => void;
  #current: Task<Request, Answer> | undefined;
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #growthTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: ThreadsOptions, onFree: () => void) {
    this.#options = options;
    this.#onFree = onFree;
  }

  get isBusy(): boolean {
    return this.#current !== undefined;
  }

  run(task: Task<Request, Answer>): void {
    this.#current = task;
    clearTimeout(this.#timer);
    try {
      this.#worker ??= this.#newWorker();
    } catch (error) {
      const words = `no thread can be had for the ${this.#options.product}: ${messageOf(error)}`;
      // Not from within `run`: who asked first is told first.
      queueMicrotask(() => this.#fail(new Problem('backlog-full', words)));
      return;
    }
    this.#worker.ref();
    this.#worker.postMessage(task.request, [...task.transfer]);
    this.#watch();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#settle()?.reject(closed());
    await this.#discard();
  }

  /** Gives the thread up where it takes too long, or too much memory. */
  #watch(): void {
    const { product, limits } = this.#options;
    const { taskTimeoutMs, growthLookMs } = limits;
    // Nobody can tell which of them it was that grew.
    const growthBytesMax = limits.growthBytesMax * limits.threadsMax;
    this.#timer = setTimeout(
      () => this.#fail(new TooCostly(`the ${product} was not there after ${taskTimeoutMs} ms`)),
      taskTimeoutMs,
    );
    const before = process.memoryUsage.rss();
    this.#growthTimer = setInterval(() => {
      if (process.memoryUsage.rss() - before > growthBytesMax) this.#fail(this.#tooMuchMemory());
    }, growthLookMs);
  }

  #newWorker(): Worker {
    const worker = new Worker(this.#options.program, {
      resourceLimits: { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 256 },
    });
    // A worker that was thrown away may still have something to say.
    const ifCurrent = (act: () => void) => worker === this.#worker && act();
    worker.on('message', (answer: Answer) => ifCurrent(() => this.#answer(answer)));
    worker.on('error', (error) => ifCurrent(() => this.#fail(this.#asProblem(error))));
    worker.on('exit', () =>
      ifCurrent(() => this.#fail(new Error(`the thread of the ${this.#options.product}s has ended`))),
    );
    return worker;
  }

  #answer(answer: Answer): void {
    const task = this.#settle();
    if (answer.isSpent) void this.#discard();
    task?.resolve(answer);
    this.#free();
  }

  /** The thread is of no use any more. */
  #fail(error: Error): void {
    void this.#discard();
    this.#settle()?.reject(error);
    this.#free();
  }

  #free(): void {
    if (this.#isClosed) return;
    this.#onFree();
    if (this.isBusy || this.#worker === undefined) return;
    this.#worker.unref();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#discard(), this.#options.limits.idleMs).unref();
  }

  #settle(): Task<Request, Answer> | undefined {
    clearTimeout(this.#timer);
    clearInterval(this.#growthTimer);
    const task = this.#current;
    this.#current = undefined;
    return task;
  }

  async #discard(): Promise<void> {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  /** An instance may be larger than what its thread is allowed. */
  #asProblem(error: Error & { code?: unknown }): Error {
    return error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? this.#tooMuchMemory({ cause: error }) : error;
  }

  #tooMuchMemory(options?: ErrorOptions): TooCostly {
    return new TooCostly(`the ${this.#options.product} takes more memory than it may`, options);
  }
}

function closed(): Problem {
  return new Problem('cancelled', 'the archive is being stopped');
}
