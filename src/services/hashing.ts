import { createHash, type Hash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { HashAnswer, HashRequest, SharedRange } from './hash-thread.ts';

/** SHA-256 of bytes that come piece by piece. */
export interface StreamHash {
  /** The bytes must stay as they are until a `release` that was called later has resolved. */
  update(bytes: Buffer): void;
  /** Resolves when no bytes given so far are needed any more; undefined where that is so already. Never rejects. */
  release(): Promise<void> | undefined;
  /** @returns lower-case hex; the end of this hash */
  digest(): string | Promise<string>;
  /** For a hash that nobody wants any more. */
  abandon(): void;
}

/** Hashes where it stands. */
export class InlineHash implements StreamHash {
  readonly #hash: Hash = createHash('sha256');

  update(bytes: Buffer): void {
    this.#hash.update(bytes);
  }

  release(): undefined {
    return undefined;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }

  abandon(): void {
    // Nothing is held.
  }
}

/** For bytes whose hash nobody asks for; its digest is empty. */
export class NoHash implements StreamHash {
  update(): void {
    // Nothing is made of them.
  }

  release(): undefined {
    return undefined;
  }

  digest(): string {
    return '';
  }

  abandon(): void {
    // Nothing is held.
  }
}

/** What is shorter is hashed where it stands, as it comes: to tell another thread and to hear from it would take longer than it saves. */
const THREAD_BYTES_MIN = 768 * 1024;
/** Bytes that are given to the thread at a time. */
const POSTED_BYTES_MIN = 192 * 1024;

/**
 * Hashes in a thread of its own, so that SHA-256 runs beside the network and not before it: on a NAS without SHA instructions it is by far the
 * slowest part of receiving. The bytes are not copied, they lie in memory that both threads see.
 */
export class Hasher {
  #thread: HashThread | undefined;

  begin(): StreamHash {
    return new ThreadedHash(() => this.#running());
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.#thread?.close();
  }

  #running(): HashThread {
    if (this.#thread === undefined || this.#thread.isEnded) this.#thread = new HashThread();
    return this.#thread;
  }
}

interface Awaiting {
  id: number;
  resolve(digest: string | undefined): void;
  reject(error: Error): void;
}

class HashThread {
  readonly #worker: Worker;
  /** In the order of the requests, which is that of the answers. */
  #awaiting: Awaiting[] = [];
  #lastId = 0;
  isEnded = false;

  constructor() {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./hash-thread.${extension}`, import.meta.url), {
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
    });
    this.#worker.unref();
    this.#worker.on('message', ({ digest }: HashAnswer) => this.#awaiting.shift()?.resolve(digest));
    this.#worker.on('error', (error) => this.#ended(error));
    this.#worker.on('exit', () => this.#ended(new Error('the hashing thread has ended')));
  }

  newId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  send(request: HashRequest): void {
    this.#worker.postMessage(request);
  }

  ask(request: HashRequest): Promise<string | undefined> {
    if (this.isEnded) return Promise.reject(new Error('the hashing thread has ended'));
    return new Promise((resolve, reject) => {
      this.#awaiting.push({ id: request.id, resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ended(error: Error): void {
    this.isEnded = true;
    for (const { reject } of this.#awaiting.splice(0)) reject(error);
  }
}

/** Hashes where it stands until there is too much of it, or its bytes cannot be kept; then the thread begins anew, and goes on. */
class ThreadedHash implements StreamHash {
  #inline: Hash | undefined = createHash('sha256');
  readonly #threadOf: () => HashThread;
  #thread: HashThread | undefined;
  #id = 0;
  #pieces: Buffer[] = [];
  #gatheredBytes = 0;
  /** Whether the thread may still read what it was given. */
  #isThreadBehind = false;

  constructor(threadOf: () => HashThread) {
    this.#threadOf = threadOf;
  }

  update(bytes: Buffer): void {
    this.#inline?.update(bytes);
    this.#pieces.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes >= (this.#inline === undefined ? POSTED_BYTES_MIN : THREAD_BYTES_MIN))
      this.#post();
  }

  release(): Promise<void> | undefined {
    if (this.#pieces.length === 0 && !this.#isThreadBehind) return undefined;
    const { thread, request } = this.#next('done');
    this.#isThreadBehind = false;
    return thread.ask(request).then(
      () => undefined,
      () => undefined, // A thread that has ended reads no more.
    );
  }

  digest(): string | Promise<string> {
    if (this.#inline !== undefined) return this.#inline.digest('hex');
    const { thread, request } = this.#next('digest');
    return thread.ask(request).then((digest) => digest ?? '');
  }

  abandon(): void {
    this.#thread?.send({ id: this.#id, ranges: [], isAbandoned: true });
    this.#pieces = [];
  }

  #post(): void {
    const { thread, request } = this.#next(undefined);
    this.#isThreadBehind = true;
    thread.send(request);
  }

  #next(answer: HashRequest['answer']): { thread: HashThread; request: HashRequest } {
    this.#inline = undefined;
    const thread = this.#thread ?? this.#threadOf();
    if (this.#thread === undefined) this.#id = thread.newId();
    this.#thread = thread;
    const ranges = this.#pieces.map(sharedRange);
    this.#pieces = [];
    this.#gatheredBytes = 0;
    return { thread, request: { id: this.#id, ranges, answer } };
  }
}

/** Bytes that do not lie in shared memory, as those of a TLS connection, are copied there. */
function sharedRange(bytes: Buffer): SharedRange {
  const buffer: ArrayBuffer | SharedArrayBuffer = bytes.buffer;
  if (buffer instanceof SharedArrayBuffer) return [buffer, bytes.byteOffset, bytes.length];
  const copy = new SharedArrayBuffer(bytes.length);
  Buffer.from(copy).set(bytes);
  return [copy, 0, bytes.length];
}
