import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { messageOf, Problem } from '../lib/problem.ts';
import { InstanceReader } from '../storage/instance-reader.ts';
import { pixelLimits } from './limits.ts';

/** The bytes of a data set, wherever they lie. */
export interface DataSetSource {
  /** Infinity where only reading on tells. */
  readonly sizeBytes: number;
  /**
   * The bytes from offset `from` up to `to`, or to the end of the data set; a piece is the caller's until the next one is asked for.
   * @throws Problem
   */
  pieces(from: number, to: number): AsyncIterable<Buffer>;
}

/** The data set of an instance file, which begins at `offset` of it. */
export function fileSource(path: string, offset: number, sizeBytes: number): DataSetSource {
  return {
    sizeBytes,
    async *pieces(from, to) {
      const end = Math.min(to, sizeBytes);
      if (from >= end) return;
      const reader = await InstanceReader.open(path, offset + from, end - from, pixelLimits.pieceBytes);
      yield* reader.pieces();
    },
  };
}

/** Bytes in memory; the pieces are views of them. */
export function memorySource(bytes: Buffer): DataSetSource {
  return {
    sizeBytes: bytes.length,
    async *pieces(from, to) {
      if (from < bytes.length) yield bytes.subarray(from, Math.min(to, bytes.length));
    },
  };
}

/** What a deflated data set holds — PS3.5 §A.5. Each reading begins at its beginning. */
export function inflatedSource(deflated: DataSetSource): DataSetSource {
  return {
    sizeBytes: Infinity,
    async *pieces(from, to) {
      let offset = 0;
      for await (const piece of inflated(deflated.pieces(0, Infinity))) {
        const start = Math.max(0, from - offset);
        const end = Math.min(piece.length, to - offset);
        offset += piece.length;
        if (start < end) yield piece.subarray(start, end);
        if (offset >= to) return;
        if (offset > pixelLimits.inflatedBytesMax) {
          throw new Problem(
            'not-renderable',
            `the data set inflates to more than ${pixelLimits.inflatedBytesMax} bytes`,
          );
        }
      }
    },
  };
}

/**
 * Exactly these bytes, our own copy.
 * @throws Problem 'not-renderable' where the data set ends before
 */
export async function readBytes(source: DataSetSource, from: number, bytes: number): Promise<Buffer> {
  if (bytes > pixelLimits.frameBytesMax) {
    throw new Problem(
      'not-renderable',
      `${bytes} bytes of one frame are more than ${pixelLimits.frameBytesMax}`,
    );
  }
  const end = from + bytes;
  if (end > source.sizeBytes) throw cutShort(end, source.sizeBytes);
  // Grown as it comes where the length of the data set is not known: a frame may be announced and not be there.
  const pieces: Buffer[] = [];
  let taken = 0;
  for await (const piece of source.pieces(from, end)) {
    pieces.push(Buffer.from(piece));
    taken += piece.length;
  }
  if (taken < bytes) throw cutShort(end, from + taken);
  return Buffer.concat(pieces, bytes);
}

/**
 * What a raw deflate stream holds — RFC 1951. How much that is, is for the caller to watch.
 * @param deflated pieces that are ours until the next one is asked for
 * @throws Problem 'not-renderable'
 */
export async function* inflated(deflated: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const inflate = createInflateRaw();
  const feeding = pipeline(copies(deflated), inflate);
  // Whoever reads from `inflate` sees the failure.
  feeding.catch(() => undefined);
  try {
    for await (const piece of inflate) yield piece as Buffer;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('not-renderable', `deflated data set: ${messageOf(error)}`, { cause: error });
  } finally {
    inflate.destroy();
  }
}

/** A stream keeps what it is given for a while, and a piece is ours only until the next one. */
async function* copies(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

function cutShort(due: number, there: number): Problem {
  return new Problem(
    'not-renderable',
    `the data set ends at byte ${there}, and the frame would end at byte ${due}`,
  );
}
