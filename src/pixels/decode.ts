import { inflateRawSync } from 'node:zlib';
import type { Context, NativeCodecs } from 'dcmjs-codecs';
import { uids } from '../dicom/uids.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import type { Frames, StoredFrame } from './frames.ts';
import { jpeg2000LayoutOf } from './jpeg-2000-layout.ts';
import { pixelLimits } from './limits.ts';
import { frameBytesOf, type PixelModule } from './pixel-module.ts';
import { type Stream, streamOf } from './stream.ts';

/** A frame of native samples, and how they are laid out now: what was compressed may differ from what its data set says. */
export interface DecodedFrame {
  readonly module: PixelModule;
  /** Little endian, nothing padded. */
  readonly bytes: Buffer;
}

/** A decoder failed: its memory is in no known state, and the thread that it runs in has to be ended. */
export class DecoderFailure extends Problem {}

/** Transfer syntaxes in which a stream is not a frame but a film. */
const VIDEO = /^1\.2\.840\.10008\.1\.2\.4\.10[0-8](\.1)?$/;

/** Decoders by what the stream is. */
const DECODERS = {
  jpeg: 'decodeJpeg',
  'jpeg-ls': 'decodeJpegLs',
  'jpeg-2000': 'decodeJpeg2000',
  htj2k: 'decodeHtJpeg2000',
  'jpeg-xl': 'decodeJpegXl',
  rle: 'decodeRle',
} as const;

/**
 * Reads and decodes a frame. Runs for seconds on some hostile streams, so never in the main thread.
 * @param index from 0
 * @throws Problem 'not-renderable', 'not-found'; DecoderFailure
 */
export async function decodedFrame(frames: Frames, index: number): Promise<DecodedFrame> {
  const { uid, name } = frames.transferSyntax;
  if (VIDEO.test(uid)) throw new Problem('not-renderable', `a video (${name}) has no picture here`);
  const frame = await frames.read(index);
  if (!frame.isCompressed) return { module: frames.module, bytes: frame.bytes };
  return decompressed(frame, frames.module, uid);
}

async function decompressed(
  { bytes }: StoredFrame,
  module: PixelModule,
  transferSyntaxUid: string,
): Promise<DecodedFrame> {
  switch (transferSyntaxUid) {
    case uids.EncapsulatedUncompressedExplicitVRLittleEndian:
      return whole(bytes, module);
    case uids.DeflatedImageFrameCompression:
      return whole(inflatedFrame(bytes, frameBytesOf(module)), module);
    case uids.RLELossless:
      return run('rle', bytes, module);
    default: {
      const stream = streamOf(bytes);
      if (stream === undefined) {
        throw new Problem('not-renderable', 'the frame begins as no compressed stream that we know');
      }
      assertSameSize(stream, module);
      const codeStream = bytes.subarray(stream.offset);
      if (stream.codec === 'jpeg-2000' || stream.codec === 'htj2k') assertFewParts(codeStream);
      return run(stream.codec, codeStream, module, stream);
    }
  }
}

/** What a stream announces is what its decoder takes memory for, so it has to be what the data set says, which is bounded. */
function assertSameSize({ codec, size }: Stream, { rows, columns, samplesPerPixel }: PixelModule): void {
  const { samples = samplesPerPixel } = size;
  if (size.rows === rows && size.columns === columns && samples === samplesPerPixel) return;
  throw new Problem(
    'not-renderable',
    `the ${codec} stream has ${size.columns} × ${size.rows} × ${samples} samples, the data set says ${columns} × ${rows} × ${samplesPerPixel}`,
  );
}

/** Hundreds of bytes can say that they are millions of parts, for each of which a decoder takes memory. */
function assertFewParts(codeStream: Buffer): void {
  const { tiles, precincts, codeBlocks, packetsOfTile } = jpeg2000LayoutOf(codeStream);
  for (const [count, countMax, words] of [
    [tiles, pixelLimits.jpeg2000TilesMax, 'tiles'],
    [precincts, pixelLimits.jpeg2000PrecinctsMax, 'precincts'],
    [codeBlocks, pixelLimits.jpeg2000CodeBlocksMax, 'code blocks'],
    [packetsOfTile, pixelLimits.jpeg2000PacketsOfTileMax, 'packets in a tile'],
  ] as const) {
    if (count > countMax) {
      throw new Problem('not-renderable', `the frame has ${count} ${words}, more than ${countMax}`);
    }
  }
}

async function run(
  codec: keyof typeof DECODERS,
  bytes: Buffer,
  module: PixelModule,
  stream?: Stream,
): Promise<DecodedFrame> {
  const { Context, NativeCodecs } = await codecs();
  const context = new Context({
    width: module.columns,
    height: module.rows,
    bitsAllocated: module.bitsAllocated,
    bitsStored: module.bitsStored,
    samplesPerPixel: module.samplesPerPixel,
    pixelRepresentation: module.isSigned ? 1 : 0,
    planarConfiguration: module.isPlanar ? 1 : 0,
    photometricInterpretation: module.photometricInterpretation,
    encodedBuffer: bytes,
  });
  let decoded: Context;
  try {
    decoded = NativeCodecs[DECODERS[codec]](context);
  } catch (error) {
    throw new DecoderFailure('not-renderable', `the ${codec} stream cannot be decoded: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const { buffer, byteOffset, byteLength } = decoded.getDecodedBuffer() ?? new Uint8Array();
  return whole(Buffer.from(buffer, byteOffset, byteLength), {
    ...module,
    photometricInterpretation: photometricAfter(module.photometricInterpretation, stream),
    isPlanar: decoded.getPlanarConfiguration() === 1 && module.samplesPerPixel > 1,
  });
}

/** PS3.3 §C.7.6.3.1.2: what is subsampled, or transformed within JPEG 2000, is so in the stream alone. */
function photometricAfter(photometricInterpretation: string, stream: Stream | undefined): string {
  if (stream?.isYbr === true && photometricInterpretation === 'RGB') return 'YBR_FULL';
  switch (photometricInterpretation) {
    case 'YBR_FULL_422':
    case 'YBR_PARTIAL_422':
    case 'YBR_PARTIAL_420':
      return 'YBR_FULL';
    case 'YBR_ICT':
    case 'YBR_RCT':
    case 'XYB':
      return 'RGB';
    default:
      return photometricInterpretation;
  }
}

function whole(bytes: Buffer, module: PixelModule): DecodedFrame {
  const due = frameBytesOf(module);
  // An odd frame is padded.
  if (bytes.length !== due && bytes.length !== due + (due % 2)) {
    throw new DecoderFailure('not-renderable', `the frame decodes to ${bytes.length} bytes, ${due} are due`);
  }
  return { module, bytes: bytes.subarray(0, due) };
}

function inflatedFrame(bytes: Buffer, bytesMax: number): Buffer {
  try {
    return inflateRawSync(bytes, { maxOutputLength: bytesMax + 1 });
  } catch (error) {
    throw new Problem('not-renderable', `the deflated frame cannot be inflated: ${messageOf(error)}`);
  }
}

interface Codecs {
  Context: typeof Context;
  NativeCodecs: typeof NativeCodecs;
}
let loaded: Promise<Codecs> | undefined;

/** Loaded when the first compressed frame comes: 15 MB that most instances do without. */
function codecs(): Promise<Codecs> {
  loaded ??= import('dcmjs-codecs').then(async ({ default: module }) => {
    module.log.setLevel('silent'); // decoders write to the console
    await module.NativeCodecs.initializeAsync();
    return module;
  });
  return loaded;
}
