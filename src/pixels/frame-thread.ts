import { parentPort } from 'node:worker_threads';
import { messageOf, Problem, type ProblemCode } from '../lib/problem.ts';
import { DecoderFailure, decompressed } from './decode.ts';
import { pixelLimits } from './limits.ts';
import type { PixelModule } from './pixel-module.ts';
import type { ThreadAnswer } from './threads.ts';

/** One compressed frame. */
export interface FrameRequest {
  /** Transferred. */
  bytes: Uint8Array;
  /** What the data set says of it. */
  module: PixelModule;
  transferSyntaxUid: string;
}

export type FrameAnswer = (
  | {
      /** Native samples, transferred; laid out as `module` says. */
      bytes: Uint8Array;
      module: PixelModule;
    }
  /** A refusal; with the code 'internal' a bug, and `words` is its stack. */
  | { code: ProblemCode; words: string }
) &
  ThreadAnswer;

parentPort?.on('message', async (request: FrameRequest) => {
  const answer = await answerTo(request);
  parentPort?.postMessage(answer, 'bytes' in answer ? [answer.bytes.buffer as ArrayBuffer] : []);
});

async function answerTo({ bytes, module, transferSyntaxUid }: FrameRequest): Promise<FrameAnswer> {
  try {
    const stream = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const frame = await decompressed(stream, module, transferSyntaxUid);
    const isSpent = frame.bytes.length > pixelLimits.frameBytesKept;
    return { bytes: transferable(frame.bytes), module: frame.module, isSpent };
  } catch (error) {
    if (error instanceof Problem) {
      return { code: error.code, words: error.message, isSpent: error instanceof DecoderFailure };
    }
    const words = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
    return { code: 'internal', words, isSpent: true };
  }
}

/** What shares its memory with others, as small buffers do, cannot be given away. */
function transferable(bytes: Buffer): Uint8Array {
  const isAlone = bytes.byteLength === bytes.buffer.byteLength;
  return isAlone ? bytes : new Uint8Array(bytes);
}
