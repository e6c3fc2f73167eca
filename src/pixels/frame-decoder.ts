import { availableParallelism } from 'node:os';
import { Problem } from '../lib/problem.ts';
import type { DecodedFrame } from './decode.ts';
import type { FrameAnswer, FrameRequest } from './frame-thread.ts';
import { pixelLimits } from './limits.ts';
import type { PixelModule } from './pixel-module.ts';
import { type ThreadLimits, Threads } from './threads.ts';

/** Decodes frames in threads, so that nothing else waits for it. Who has few frames under way at a time gets a fair share: first come, first served. */
export class FrameDecoder {
  readonly #threads: Threads<FrameRequest, FrameAnswer>;

  constructor(limits: ThreadLimits = frameLimits(), program: URL = PROGRAM) {
    this.#threads = new Threads({ program, limits, product: 'frame' });
  }

  /**
   * @param stream the compressed frame; its memory is gone afterwards
   * @param module what the data set says of it
   * @throws TooCostly; Problem 'not-renderable', 'backlog-full', 'cancelled'
   */
  async decode(stream: Buffer, module: PixelModule, transferSyntaxUid: string): Promise<DecodedFrame> {
    const isAlone = stream.byteLength === stream.buffer.byteLength;
    const bytes = isAlone ? stream : new Uint8Array(stream);
    const answer = await this.#threads.run({ bytes, module, transferSyntaxUid }, [
      bytes.buffer as ArrayBuffer,
    ]);
    if ('code' in answer) {
      if (answer.code === 'internal') throw new Error(answer.words);
      throw new Problem(answer.code, answer.words);
    }
    const { buffer, byteOffset, byteLength } = answer.bytes;
    return { module: answer.module, bytes: Buffer.from(buffer, byteOffset, byteLength) };
  }

  /** Ends the threads; what waits is refused. */
  close(): Promise<void> {
    return this.#threads.close();
  }
}

/** One processor is left to the network, where there are several. */
function frameLimits(): ThreadLimits {
  return {
    ...pixelLimits,
    threadsMax: Math.min(pixelLimits.decodeThreadsMax, Math.max(1, availableParallelism() - 1)),
    queueMax: pixelLimits.decodeQueueMax,
    taskTimeoutMs: pixelLimits.decodeTimeoutMs,
  };
}

const PROGRAM = new URL(`./frame-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
