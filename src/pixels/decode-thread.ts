import { parentPort } from 'node:worker_threads';
import { messageOf, Problem, type ProblemCode } from '../lib/problem.ts';
import { fileSource } from './data-set-source.ts';
import { DecoderFailure, decodedFrame } from './decode.ts';
import { Frames } from './frames.ts';
import { pixelLimits } from './limits.ts';
import { frameBytesOf } from './pixel-module.ts';
import { renderedFrame } from './render.ts';
import type { ThreadAnswer } from './threads.ts';

/** Which picture of which file. */
export interface PictureRequest {
  /** Absolute. */
  path: string;
  /** Where the data set begins in the file, and its length, bytes. */
  dataSetOffset: number;
  sizeBytes: number;
  transferSyntaxUid: string;
  sopClassUid: string;
  /** From 1; the middle one where undefined. */
  frame: number | undefined;
  /** Pixels of the longer side at most. */
  sizeMax: number;
}

export type PictureAnswer = (
  | { png: Uint8Array }
  /** A refusal; with the code 'internal' a bug, and `words` is its stack. */
  | { code: ProblemCode; words: string }
) &
  ThreadAnswer;

parentPort?.on('message', async (request: PictureRequest) => {
  const answer = await answerTo(request);
  parentPort?.postMessage(answer);
});

async function answerTo(request: PictureRequest): Promise<PictureAnswer> {
  const { path, dataSetOffset, sizeBytes, transferSyntaxUid, sopClassUid, sizeMax } = request;
  try {
    const source = fileSource(path, dataSetOffset, sizeBytes);
    const frames = await Frames.open(source, transferSyntaxUid, sopClassUid);
    const index = request.frame === undefined ? frames.module.numberOfFrames >> 1 : request.frame - 1;
    const frame = await decodedFrame(frames, index);
    const png = renderedFrame(frame, frames.dataSet, index, sizeMax);
    return { png, isSpent: frameBytesOf(frame.module) > pixelLimits.frameBytesKept };
  } catch (error) {
    if (error instanceof Problem) {
      return { code: error.code, words: error.message, isSpent: error instanceof DecoderFailure };
    }
    const words = error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
    return { code: 'internal', words, isSpent: true };
  }
}
