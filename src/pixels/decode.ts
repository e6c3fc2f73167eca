import { inflateRawSync } from 'node:zlib';
import type { Context, NativeCodecs } from 'dcmjs-codecs';
import { uids } from '../dicom/uids.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import type { Frames } from './frames.ts';
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

/** Transfer syntaxes of encapsulated frames that can be decoded — PS3.5 §A.4. Of JPEG, what is neither hierarchical nor arithmetically coded. */
const DECODABLE: ReadonlySet<string> = new Set([
  uids.EncapsulatedUncompressedExplicitVRLittleEndian,
  uids.DeflatedImageFrameCompression,
  uids.RLELossless,
  uids.JPEGBaseline8Bit,
  uids.JPEGExtended12Bit,
  uids.JPEGSpectralSelectionNonHierarchical68,
  uids.JPEGFullProgressionNonHierarchical1012,
  uids.JPEGLossless,
  uids.JPEGLosslessSV1,
  uids.JPEGLSLossless,
  uids.JPEGLSNearLossless,
  uids.JPEG2000Lossless,
  uids.JPEG2000,
  uids.HTJ2KLossless,
  uids.HTJ2KLosslessRPCL,
  uids.HTJ2K,
  uids.JPEGXLLossless,
  uids.JPEGXLJPEGRecompression,
  uids.JPEGXL,
]);

/** Whether frames in this transfer syntax can be decoded; one stream or the other may still be broken. */
export function isDecodable(transferSyntaxUid: string): boolean {
  return DECODABLE.has(transferSyntaxUid);
}

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
  return decompressed(frame.bytes, frames.module, uid, true);
}

/**
 * Decodes one frame, exactly: samples are those that the decoder gives, never converted to other colours.
 * @param mayBeCut half a frame is better than none, for people to look at and not to measure
 * @throws Problem 'not-renderable'; DecoderFailure
 */
export async function decompressed(
  bytes: Buffer,
  module: PixelModule,
  transferSyntaxUid: string,
  mayBeCut = false,
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
      if (!mayBeCut) assertWhole(stream);
      assertSameSize(stream, module);
      const codeStream = bytes.subarray(stream.offset);
      if (stream.codec === 'jpeg-2000' || stream.codec === 'htj2k') assertFewParts(codeStream);
      return run(stream.codec, codeStream, module, stream);
    }
  }
}

/** Decoders of JPEG and HTJ2K fill up what is missing at the end without a word. */
function assertWhole({ codec, isEnded }: Stream): void {
  if (isEnded === false && (codec === 'jpeg' || codec === 'htj2k'))
    throw new Problem('not-renderable', `the ${codec} stream is cut short: it has no end`);
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
  const bitsAllocated = decodedBitsOf(module, stream);
  const { Context, NativeCodecs } = await codecs();
  const context = new Context({
    width: module.columns,
    height: module.rows,
    bitsAllocated,
    bitsStored: Math.min(bitsAllocated, module.bitsStored),
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
  if (codec === 'jpeg-xl') assertRgb(module);
  const { buffer, byteOffset, byteLength } = decoded.getDecodedBuffer() ?? new Uint8Array();
  const frame = whole(Buffer.from(buffer, byteOffset, byteLength), {
    ...module,
    bitsAllocated,
    photometricInterpretation: photometricAfter(module.photometricInterpretation, stream),
    isPlanar: decoded.getPlanarConfiguration() === 1 && module.samplesPerPixel > 1,
  });
  return bitsAllocated === module.bitsAllocated ? frame : inWords(frame);
}

/**
 * In how many bits a decoder gives samples: as their precision in the stream needs, whatever Bits Allocated says. What it is told otherwise it takes for granted.
 * @throws Problem 'not-renderable' where Bits Allocated has no room for them
 */
function decodedBitsOf(
  { bitsAllocated, bitsStored, isSigned }: PixelModule,
  stream: Stream | undefined,
): number {
  if (stream?.bits === undefined) return bitsAllocated;
  const bits = [8, 16].find((one) => one >= (stream.bits ?? 0)) ?? 32;
  // Bytes make 16-bit samples without loss where it is known what the other bits are.
  const isWidened = bits === 8 && bitsAllocated === 16 && (!isSigned || bitsStored <= 8);
  if (bits === bitsAllocated || isWidened) return bits;
  throw new Problem(
    'not-renderable',
    `the ${stream.codec} stream has samples of ${stream.bits} bits, and Bits Allocated is ${bitsAllocated}`,
  );
}

function inWords({ module, bytes }: DecodedFrame): DecodedFrame {
  const words = module.isSigned ? new Int16Array(new Int8Array(bytes)) : new Uint16Array(bytes);
  return { module: { ...module, bitsAllocated: 16 }, bytes: Buffer.from(words.buffer) };
}

/** A decoder of JPEG XL gives colours as RGB whatever they were when they were compressed: then the data set would be wrong about them. */
function assertRgb({ samplesPerPixel, photometricInterpretation }: PixelModule): void {
  if (samplesPerPixel === 1 || ['RGB', 'XYB'].includes(photometricInterpretation)) return;
  throw new Problem(
    'not-renderable',
    `JPEG XL of ${photometricInterpretation}: the colours of its samples are not known`,
  );
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
