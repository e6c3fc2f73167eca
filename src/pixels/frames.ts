import type { DataSet } from '../dicom/data-set.ts';
import type { BulkElement } from '../dicom/data-set-scanner.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { swapWords } from '../dicom/element.ts';
import { type TransferSyntax, transferSyntaxOf } from '../dicom/transfer-syntax.ts';
import { Problem } from '../lib/problem.ts';
import { type DataSetSource, inflatedSource, readBytes } from './data-set-source.ts';
import { type ExtendedOffsets, Fragments } from './fragments.ts';
import { type InstanceHead, readHead } from './instance-head.ts';
import { frameBitsOf, type PixelModule, pixelModuleOf } from './pixel-module.ts';
import { withoutPicture } from './without-picture.ts';

/** One frame as it is stored. */
export interface StoredFrame {
  /** Native samples, little endian, the frame's first bit in the lowest of the first byte; or one compressed stream. */
  bytes: Buffer;
  isCompressed: boolean;
}

/** The frames of an instance, read one at a time: the rest of the file is passed over. */
export class Frames {
  readonly module: PixelModule;
  /** Everything that stands before the pixels. */
  readonly dataSet: DataSet;
  readonly transferSyntax: TransferSyntax;
  readonly #source: DataSetSource;
  readonly #pixelData: BulkElement;

  private constructor(source: DataSetSource, transferSyntax: TransferSyntax, head: InstanceHead) {
    this.dataSet = head.dataSet;
    this.module = pixelModuleOf(head.dataSet, head.pixelData.tag);
    this.transferSyntax = transferSyntax;
    this.#source = source;
    this.#pixelData = head.pixelData;
  }

  /** @throws Problem 'not-renderable' where the instance has no pixels, or 'unreadable-data-set' */
  static async open(stored: DataSetSource, transferSyntaxUid: string, sopClassUid: string): Promise<Frames> {
    const transferSyntax = transferSyntaxOf(transferSyntaxUid);
    if (transferSyntax === undefined) {
      throw new Problem('not-renderable', `transfer syntax ${transferSyntaxUid} is none that we know`);
    }
    const source = transferSyntax.deflated ? inflatedSource(stored) : stored;
    const head = await readHead(source, transferSyntax);
    if (head === undefined) throw withoutPicture(sopClassUid, transferSyntax);
    if (head.pixelData.length === 0) throw new Problem('not-renderable', 'Pixel Data is empty');
    return new Frames(source, transferSyntax, head);
  }

  /**
   * @param index from 0
   * @throws Problem 'not-found' beyond Number of Frames, 'not-renderable' where the frame is not there whole
   */
  async read(index: number): Promise<StoredFrame> {
    const { numberOfFrames } = this.module;
    if (index < 0 || index >= numberOfFrames) {
      throw new Problem('not-found', `no frame ${index + 1}: the instance has ${numberOfFrames}`);
    }
    // What Pixel Data is made of tells whether it is encapsulated; the transfer syntax is wrong at times.
    if (this.#pixelData.length !== undefined) {
      return { bytes: await this.#native(index, this.#pixelData.length), isCompressed: false };
    }
    const { valuePosition } = this.#pixelData;
    const extended = extendedOffsetsOf(this.dataSet);
    const fragments = new Fragments(this.#source, valuePosition, numberOfFrames, extended);
    return { bytes: await fragments.frame(index), isCompressed: true };
  }

  async #native(index: number, length: number): Promise<Buffer> {
    const frameBits = frameBitsOf(this.module);
    const startBit = index * frameBits;
    const end = Math.ceil((startBit + frameBits) / 8);
    if (end > length) {
      throw new Problem(
        'not-renderable',
        `Pixel Data has ${length} bytes, and frame ${index + 1} would end at byte ${end}`,
      );
    }
    const wordBytes = this.#wordBytes();
    const from = Math.floor(startBit / 8);
    const alignedFrom = from - (from % wordBytes);
    // Of Pixel Data with an odd length the last word is not whole, and stays as it is.
    const alignedEnd = Math.min(length, Math.ceil(end / wordBytes) * wordBytes);
    const { valuePosition } = this.#pixelData;
    const words = await readBytes(this.#source, valuePosition + alignedFrom, alignedEnd - alignedFrom);
    const littleEndian = wordBytes === 1 ? words : swapWords(words, wordBytes);
    const bytes = littleEndian.subarray(from - alignedFrom, end - alignedFrom);
    return startBit % 8 === 0 ? bytes : shiftedDown(bytes, startBit % 8, frameBits);
  }

  /**
   * What Explicit VR Big Endian turned round. Samples of more than 16 bits are turned as wholes: PS3.5 §A.3 has it so for OL and OV, and those who write them
   * as OW do it too.
   */
  #wordBytes(): 1 | 2 | 4 | 8 {
    if (!this.transferSyntax.bigEndian) return 1;
    switch (this.module.bitsAllocated) {
      case 16:
        return 2;
      case 32:
        return 4;
      case 64:
        return 8;
      default:
        return this.#pixelData.vr === 'OW' ? 2 : 1;
    }
  }
}

/** A frame of single bits need not begin with a byte — PS3.5 §8.1.1. */
function shiftedDown(bytes: Buffer, shift: number, frameBits: number): Buffer {
  const shifted = Buffer.alloc(Math.ceil(frameBits / 8));
  for (let at = 0; at < shifted.length; at++) {
    shifted[at] = ((bytes[at] ?? 0) >> shift) | ((bytes[at + 1] ?? 0) << (8 - shift));
  }
  return shifted;
}

/** Undefined where there is no such table, or half of it. */
export function extendedOffsetsOf(dataSet: DataSet): ExtendedOffsets | undefined {
  const offsets = dataSet.get(tags.ExtendedOffsetTable);
  const lengths = dataSet.get(tags.ExtendedOffsetTableLengths);
  if (offsets === undefined || lengths === undefined) return undefined;
  if (offsets.vr === 'SQ' || lengths.vr === 'SQ') return undefined;
  return { offsets: longs(offsets.bytes), lengths: longs(lengths.bytes) };
}

function longs(bytes: Buffer): number[] {
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, index) =>
    Number(bytes.readBigUInt64LE(index * 8)),
  );
}
