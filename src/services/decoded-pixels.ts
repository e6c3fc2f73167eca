import type { DataSet } from '../dicom/data-set.ts';
import { formatTag } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import type { ValueElement } from '../dicom/element.ts';
import { Problem } from '../lib/problem.ts';
import { type DataSetSource, memorySource } from '../pixels/data-set-source.ts';
import type { DecodedFrame } from '../pixels/decode.ts';
import { type ExtendedOffsets, type FragmentPlan, Fragments, joined } from '../pixels/fragments.ts';
import { frameBitsOf, type PixelModule, pixelModuleOf } from '../pixels/pixel-module.ts';
import { describeDecoded } from './decoded-attributes.ts';
import { FramePacker } from './decoded-packing.ts';
import { serviceLimits } from './limits.ts';

/** Decodes a frame; FrameDecoder does it in threads. */
export interface Decoder {
  /**
   * @param stream its memory is gone afterwards
   * @throws Problem 'not-renderable', 'backlog-full', 'cancelled'
   */
  decode(stream: Buffer, module: PixelModule, transferSyntaxUid: string): Promise<DecodedFrame>;
}

export interface CompressedPixelsOptions {
  source: DataSetSource;
  /** Where the first item is. */
  start: number;
  module: PixelModule;
  extended: ExtendedOffsets | undefined;
  transferSyntaxUid: string;
  decoder: Decoder;
}

/** Encapsulated Pixel Data, decoded frame by frame. */
export class CompressedPixels {
  readonly #options: CompressedPixelsOptions;
  readonly #plan: FragmentPlan;

  /** @throws Problem 'not-renderable' where not every frame is there */
  static async open(options: CompressedPixelsOptions): Promise<CompressedPixels> {
    const { source, start, module, extended } = options;
    const plan = await new Fragments(source, start, module.numberOfFrames, extended).plan();
    return new CompressedPixels(options, plan);
  }

  private constructor(options: CompressedPixelsOptions, plan: FragmentPlan) {
    this.#options = options;
    this.#plan = plan;
  }

  /** Where Pixel Data ends in its source. */
  get end(): number {
    return this.#plan.end;
  }

  /** @param index from 0 */
  async decode(index: number): Promise<DecodedFrame> {
    const { source, module, transferSyntaxUid, decoder } = this.#options;
    const stream = await joined(source, this.#plan.frames[index] ?? []);
    return await decoder.decode(stream, module, transferSyntaxUid);
  }

  /**
   * Frames in their order, some being decoded ahead.
   * @param first the first one, begun before
   * @throws Problem 'not-renderable', also where a frame comes out otherwise than the first: the data set can describe one kind only
   */
  async *frames(first: Promise<DecodedFrame>, aheadMax: number): AsyncGenerator<Buffer, void, undefined> {
    const { numberOfFrames } = this.#options.module;
    const expected = (await first).module;
    const ahead = [first];
    for (let next = 1; ahead.length > 0; ) {
      for (; ahead.length <= aheadMax && next < numberOfFrames; next++) {
        const decoding = this.decode(next);
        decoding.catch(() => undefined); // seen when its turn comes
        ahead.push(decoding);
      }
      const frame = await ahead.shift();
      if (frame === undefined) return;
      const { photometricInterpretation, isPlanar } = frame.module;
      if (photometricInterpretation !== expected.photometricInterpretation || isPlanar !== expected.isPlanar)
        throw new Problem(
          'not-renderable',
          `frames of ${photometricInterpretation} and of others in one instance`,
        );
      yield frame.bytes;
    }
  }
}

/** Bytes of native Pixel Data, even. */
export function nativeBytesOf(module: PixelModule): number {
  const bytes = Math.ceil((frameBitsOf(module) * module.numberOfFrames) / 8);
  return bytes + (bytes % 2);
}

/**
 * Decodes the Pixel Data of items, such as icons: PS3.5 §A.4 lets it be encapsulated in a compressed transfer syntax, and there alone.
 * @throws Problem 'not-renderable'
 */
export async function decodeItems(
  dataSet: DataSet,
  transferSyntaxUid: string,
  decoder: Decoder,
): Promise<void> {
  let bytes = 0;
  for (const item of itemsOf(dataSet)) {
    const element = encapsulatedOf(item);
    if (element === undefined) continue;
    const stored = pixelModuleOf(item, tags.PixelData);
    bytes += nativeBytesOf(stored);
    if (bytes > serviceLimits.convertedHeadBytesMax) {
      throw new Problem(
        'not-renderable',
        `more than ${serviceLimits.convertedHeadBytesMax} bytes of pixels in items`,
      );
    }
    const source = memorySource(Buffer.concat([element.bytes, DELIMITER]));
    const options = { source, start: 0, module: stored, extended: undefined, transferSyntaxUid, decoder };
    const pixels = await CompressedPixels.open(options);
    const first = pixels.decode(0);
    const { module } = await first;
    const packer = new FramePacker(frameBitsOf(module));
    const pieces: Buffer[] = [];
    for await (const frame of pixels.frames(first, 0)) pieces.push(packer.add(frame));
    pieces.push(packer.end());
    describeDecoded(item, stored, module);
    item.set({ tag: tags.PixelData, vr: nativeVrOf(module), bytes: Buffer.concat(pieces) });
  }
}

/** @throws Problem 'not-renderable' where something else than Pixel Data is in fragments: nobody knows what they hold */
function encapsulatedOf(item: DataSet): ValueElement | undefined {
  let pixelData: ValueElement | undefined;
  for (const element of item.elements()) {
    if (element.vr === 'SQ' || element.isEncapsulated !== true) continue;
    if (element.tag !== tags.PixelData)
      throw new Problem('not-renderable', `${formatTag(element.tag)} of an item is encapsulated`);
    pixelData = element;
  }
  return pixelData;
}

/** PS3.5 §A.1, §A.2: OW for samples of more than a byte. */
export function nativeVrOf({ bitsAllocated }: PixelModule): 'OB' | 'OW' {
  return bitsAllocated <= 8 ? 'OB' : 'OW';
}

/** Sequence Delimitation Item. */
const DELIMITER = Buffer.from('feffdde000000000', 'hex');

/** Those of all depths. */
function* itemsOf(dataSet: DataSet): Generator<DataSet, void, undefined> {
  for (const element of dataSet.elements()) {
    if (element.vr !== 'SQ') continue;
    for (const item of element.items) {
      yield item;
      yield* itemsOf(item);
    }
  }
}
