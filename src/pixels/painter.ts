import { Problem } from '../lib/problem.ts';
import type { PictureAnswer, PictureRequest } from './decode-thread.ts';
import { pixelLimits } from './limits.ts';
import { Threads } from './threads.ts';

export interface PainterLimits {
  readonly pictureTimeoutMs: number;
  readonly growthBytesMax: number;
  readonly growthLookMs: number;
  readonly queueMax: number;
  readonly idleMs: number;
}

/** Makes pictures of frames, one after the other, in a thread that is thrown away where a stream has been too much for it. */
export class Painter {
  readonly #threads: Threads<PictureRequest, PictureAnswer>;

  /** @param program what runs in the thread */
  constructor(limits: PainterLimits = pixelLimits, program: URL = PROGRAM) {
    const { pictureTimeoutMs: taskTimeoutMs } = limits;
    this.#threads = new Threads({
      program,
      limits: { ...limits, taskTimeoutMs, threadsMax: 1 },
      product: 'picture',
    });
  }

  /**
   * @returns a PNG file
   * @throws TooCostly; Problem 'not-renderable', 'not-found', 'unreadable-data-set', 'volume-offline', or 'backlog-full' where too many wait already
   */
  async paint(request: PictureRequest): Promise<Buffer> {
    const answer = await this.#threads.run(request);
    if ('png' in answer) return Buffer.from(answer.png.buffer, answer.png.byteOffset, answer.png.length);
    if (answer.code === 'internal') throw new Error(answer.words);
    throw new Problem(answer.code, answer.words);
  }

  /** Ends the thread; what waits is refused. */
  close(): Promise<void> {
    return this.#threads.close();
  }
}

const PROGRAM = new URL(`./decode-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
