import { DataSet } from '../dicom/data-set.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { scanLimits } from '../dicom/limits.ts';
import { explicitVrLittleEndian, type TransferSyntax, transferSyntaxOf } from '../dicom/transfer-syntax.ts';
import { Problem } from '../lib/problem.ts';
import { type DataSetSource, readBytes } from '../pixels/data-set-source.ts';
import type { DecodedFrame } from '../pixels/decode.ts';
import { extendedOffsetsOf } from '../pixels/frames.ts';
import { type InstanceHead, readHead } from '../pixels/instance-head.ts';
import { frameBitsOf, frameBytesOf, type PixelModule, pixelModuleOf } from '../pixels/pixel-module.ts';
import { describeDecoded, markLossy } from './decoded-attributes.ts';
import { FramePacker } from './decoded-packing.ts';
import { CompressedPixels, type Decoder, decodeItems, nativeBytesOf, nativeVrOf } from './decoded-pixels.ts';
import { serviceLimits } from './limits.ts';

/** Longest value of a defined length, even — PS3.5 §7.1.1. */
const LENGTH_MAX = 0xfffffffe;

interface DecodedParts {
  source: DataSetSource;
  head: InstanceHead;
  module: PixelModule;
  pixels: CompressedPixels;
  fromUid: string;
  to: TransferSyntax;
  decoder: Decoder;
}

/**
 * An instance with compressed frames as it is in an uncompressed transfer syntax — PS3.5 §8.2. Frames are decoded while those before them are sent; every
 * other element is copied. Never more than a few frames are in memory.
 */
export class DecodedInstance {
  readonly #parts: DecodedParts;
  #first: Promise<DecodedFrame> | undefined;

  /**
   * Reads what stands before the pixels, and finds these.
   * @returns undefined where there are no pixels, or native ones
   * @throws Problem 'not-renderable', 'unreadable-data-set', or that of the source
   */
  static async open(
    source: DataSetSource,
    fromUid: string,
    toUid: string,
    decoder: Decoder,
  ): Promise<DecodedInstance | undefined> {
    const to = transferSyntaxOf(toUid);
    if (to === undefined) throw new TypeError(`no transfer syntax ${toUid}`);
    const head = await readHead(source, explicitVrLittleEndian);
    if (head === undefined || head.pixelData.length !== undefined) return undefined;
    const { dataSet, pixelData } = head;
    if (pixelData.tag !== tags.PixelData)
      throw new Problem('not-renderable', 'Float Pixel Data is encapsulated');
    const module = pixelModuleOf(dataSet, pixelData.tag);
    if (nativeBytesOf(module) > LENGTH_MAX)
      throw new Problem('not-renderable', 'decoded, Pixel Data is more than 4 GB, which no length can say');
    const start = pixelData.valuePosition;
    const extended = extendedOffsetsOf(dataSet);
    const options = { source, start, module, extended, transferSyntaxUid: fromUid, decoder };
    const pixels = await CompressedPixels.open(options);
    return new DecodedInstance({ source, head, module, pixels, fromUid, to, decoder });
  }

  private constructor(parts: DecodedParts) {
    this.#parts = parts;
    // Small frames are decoded before their turn comes; of large ones only those that are sent are in memory.
    if (frameBytesOf(parts.module) <= serviceLimits.decodedAheadBytesMax) void this.#begin();
  }

  /**
   * Decodes the first frame and the icons: whoever goes on from here has every reason to believe that the rest comes too.
   * @throws Problem 'not-renderable', 'unreadable-data-set', 'backlog-full', 'cancelled', or that of the source
   */
  async prepare(): Promise<{ sizeBytes: number; pieces: AsyncIterable<Buffer> }> {
    const { source, head, module, pixels, fromUid, to, decoder } = this.#parts;
    const { dataSet } = head;
    const first = this.#begin();
    const decoded = (await first).module;
    const rest = await readRest(source, pixels.end);
    await decodeItems(dataSet, fromUid, decoder);
    await decodeItems(rest, fromUid, decoder);
    describeDecoded(dataSet, module, decoded);
    markLossy(dataSet, fromUid);
    // What was subsampled is larger than its data set said.
    const valueBytes = nativeBytesOf(decoded);
    if (valueBytes > LENGTH_MAX)
      throw new Problem('not-renderable', 'decoded, Pixel Data is more than 4 GB, which no length can say');
    const start = Buffer.concat([dataSet.encode(to), pixelDataHead(decoded, valueBytes, to)]);
    const end = rest.encode(to);
    const aheadMax = frameBytesOf(decoded) <= serviceLimits.decodedAheadBytesMax ? 2 : 1;
    async function* pieces() {
      yield* cut(start);
      const packer = new FramePacker(frameBitsOf(decoded));
      for await (const frame of pixels.frames(first, aheadMax)) yield* cut(packer.add(frame));
      yield* cut(packer.end());
      yield* cut(end);
    }
    return { sizeBytes: start.length + valueBytes + end.length, pieces: pieces() };
  }

  #begin(): Promise<DecodedFrame> {
    if (this.#first === undefined) {
      this.#first = this.#parts.pixels.decode(0);
      this.#first.catch(() => undefined); // seen in `prepare`
    }
    return this.#first;
  }
}

/** Tag, VR and length of Pixel Data — PS3.5 §7.1. */
function pixelDataHead(module: PixelModule, valueBytes: number, to: TransferSyntax): Buffer {
  const isExplicit = to.encoding === 'explicit';
  const head = Buffer.alloc(isExplicit ? 12 : 8);
  head.writeUInt16LE(tags.PixelData >>> 16, 0);
  head.writeUInt16LE(tags.PixelData & 0xffff, 2);
  if (isExplicit) head.write(nativeVrOf(module), 4, 'latin1');
  head.writeUInt32LE(valueBytes, isExplicit ? 8 : 4);
  return head;
}

/** What stands behind Pixel Data; it may be large, and is read when its turn comes. */
async function readRest(source: DataSetSource, from: number): Promise<DataSet> {
  const bytes = Math.max(0, source.sizeBytes - from);
  if (bytes > serviceLimits.convertedHeadBytesMax) {
    throw new Problem(
      'unreadable-data-set',
      `more than ${serviceLimits.convertedHeadBytesMax} bytes behind Pixel Data`,
    );
  }
  const limits = { depthMax: scanLimits.depthMax / 2, elementsMax: serviceLimits.convertedElementsMax };
  return DataSet.decode(await readBytes(source, from, bytes), explicitVrLittleEndian, limits);
}

/** So that whoever waits for a piece to be taken is not kept waiting for long. */
function* cut(bytes: Buffer): Generator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += serviceLimits.decodedPieceBytes)
    yield bytes.subarray(at, at + serviceLimits.decodedPieceBytes);
}
