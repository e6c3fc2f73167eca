import { DataSet } from '../dicom/data-set.ts';
import { type BulkElement, DataSetScanner } from '../dicom/data-set-scanner.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { swapWords } from '../dicom/element.ts';
import { scanLimits } from '../dicom/limits.ts';
import { type TransferSyntax, transferSyntaxOf } from '../dicom/transfer-syntax.ts';
import { uids } from '../dicom/uids.ts';
import { isVr, vrTraits } from '../dicom/vr.ts';
import { Problem } from '../lib/problem.ts';
import { inflated } from '../pixels/data-set-source.ts';
import { isDecodable } from '../pixels/decode.ts';
import { serviceLimits } from './limits.ts';

/** Transfer syntaxes into which a data set is converted, the preferred one first. */
export const CONVERSION_TARGETS: readonly string[] = [
  uids.ExplicitVRLittleEndian,
  uids.ImplicitVRLittleEndian,
];

/** Those whose Pixel Data is as it will be, but for its byte order. */
const SOURCES: ReadonlySet<string> = new Set([
  ...CONVERSION_TARGETS,
  uids.ExplicitVRBigEndian,
  uids.DeflatedExplicitVRLittleEndian,
]);

/** Whether data sets of this transfer syntax can be converted without loss, their frames being decoded where they are compressed. */
export function isConvertible(transferSyntaxUid: string): boolean {
  return SOURCES.has(transferSyntaxUid) || isDecodable(transferSyntaxUid);
}

/**
 * The same data set, whose Pixel Data is native, in another transfer syntax — PS3.5 §A.1 to §A.3, §A.5. Values stay as they are, but for their byte order; the
 * value of Pixel Data streams through.
 * @param pieces of a data set in `fromUid`; each is used before the next is asked for
 * @throws Problem 'unreadable-data-set'
 */
export async function* converted(
  pieces: AsyncIterable<Buffer>,
  fromUid: string,
  toUid: string,
): AsyncGenerator<Buffer, void, undefined> {
  const from = knownSyntax(fromUid);
  const to = knownSyntax(toUid);
  const native = from.deflated ? boundedInflated(pieces) : pieces;
  const scanner = new DataSetScanner(from, new Set());
  const small: Buffer[] = [];
  let smallBytes = 0;
  let value: BulkValue | undefined;
  let nextOffset = 0;
  for await (const piece of native) {
    const offset = nextOffset;
    nextOffset += piece.length;
    if (value === undefined) scanner.write(piece);
    let rest = piece;
    if (value === undefined && scanner.bulk !== undefined) {
      const headEnd = Math.max(0, scanner.bulk.position - offset);
      const valueStart = Math.max(0, scanner.bulk.valuePosition - offset);
      const head = Buffer.concat([...small.splice(0), piece.subarray(0, headEnd)]).subarray(
        0,
        scanner.bulk.position,
      );
      smallBytes = 0;
      const dataSet = decode(head, from);
      value = new BulkValue(scanner.bulk, from, dataSet.number(tags.BitsAllocated));
      yield dataSet.encode(to);
      yield bulkHead(scanner.bulk, from, to, dataSet);
      rest = piece.subarray(valueStart);
    }
    if (value !== undefined) {
      const { taken, bytes } = value.take(rest);
      if (bytes.length > 0) yield bytes;
      rest = rest.subarray(taken);
    }
    smallBytes += rest.length;
    if (smallBytes > serviceLimits.convertedHeadBytesMax) {
      throw new Problem(
        'unreadable-data-set',
        `more than ${serviceLimits.convertedHeadBytesMax} bytes beside Pixel Data`,
      );
    }
    small.push(Buffer.from(rest));
  }
  if (value !== undefined && !value.isWhole) throw new Problem('unreadable-data-set', 'Pixel Data cut short');
  if (smallBytes > 0) yield decode(Buffer.concat(small), from).encode(to);
}

async function* boundedInflated(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  for await (const piece of inflated(pieces)) {
    bytes += piece.length;
    if (bytes > serviceLimits.inflatedBytesMax) {
      throw new Problem(
        'unreadable-data-set',
        `the data set inflates to more than ${serviceLimits.inflatedBytesMax} bytes`,
      );
    }
    yield piece;
  }
}

/** The value of Pixel Data, made little endian on its way. */
class BulkValue {
  readonly #wordBytes: 1 | 2 | 4 | 8;
  #left: number;
  #carry: Buffer = Buffer.alloc(0);
  /** What makes a value of odd length even, as all others are made — PS3.5 §7.1.1; cameras write such. */
  #padding: Buffer;

  constructor(bulk: BulkElement, from: TransferSyntax, bitsAllocated: number | undefined) {
    if (bulk.length === undefined)
      throw new Problem('unreadable-data-set', 'encapsulated Pixel Data cannot be converted');
    if (isVr(bulk.vr) && !vrTraits[bulk.vr].longLength) {
      throw new Problem('unreadable-data-set', `Pixel Data of VR ${bulk.vr} cannot be converted`);
    }
    this.#left = bulk.length;
    this.#padding = Buffer.alloc(bulk.length % 2);
    this.#wordBytes = from.bigEndian ? wordBytesOf(bulk.vr, bitsAllocated) : 1;
  }

  get isWhole(): boolean {
    return this.#left === 0;
  }

  /** Takes what belongs to the value from the beginning of `bytes`. */
  take(bytes: Buffer): { taken: number; bytes: Buffer } {
    const mine = bytes.subarray(0, Math.min(this.#left, bytes.length));
    this.#left -= mine.length;
    const isPaddingDue = this.#left === 0 && this.#padding.length > 0;
    if (this.#wordBytes === 1 && !isPaddingDue) return { taken: mine.length, bytes: mine };
    const all = Buffer.concat([this.#carry, mine, ...(isPaddingDue ? [this.#padding] : [])]);
    if (isPaddingDue) this.#padding = Buffer.alloc(0);
    const whole = this.#left === 0 ? all.length : all.length - (all.length % this.#wordBytes);
    this.#carry = Buffer.from(all.subarray(whole));
    return { taken: mine.length, bytes: swapWords(all.subarray(0, whole), this.#wordBytes) };
  }
}

/** Samples of more than 16 bits are turned as wholes: PS3.5 §A.3 has it so for OL and OV, and those who write them as OW do it too. */
function wordBytesOf(vr: string, bitsAllocated: number | undefined): 1 | 2 | 4 | 8 {
  switch (vr) {
    case 'OW':
      return bitsAllocated === 32 ? 4 : 2;
    case 'OF':
    case 'OL':
      return 4;
    case 'OD':
    case 'OV':
      return 8;
    default:
      return 1;
  }
}

/** Tag, VR and length of Pixel Data; from Implicit VR its VR is OW, or OB for samples of a byte — PS3.5 §A.2. */
function bulkHead(bulk: BulkElement, from: TransferSyntax, to: TransferSyntax, dataSet: DataSet): Buffer {
  const isExplicit = to.encoding === 'explicit';
  const head = Buffer.alloc(isExplicit ? 12 : 8);
  head.writeUInt16LE(bulk.tag >>> 16, 0);
  head.writeUInt16LE(bulk.tag & 0xffff, 2);
  if (isExplicit) {
    const isBytes = (dataSet.number(tags.BitsAllocated) ?? 16) <= 8;
    const native = bulk.tag === tags.PixelData && isBytes ? 'OB' : bulk.vr;
    head.write(from.encoding === 'implicit' ? native : bulk.vr, 4, 'latin1');
  }
  const length = bulk.length ?? 0;
  head.writeUInt32LE(length + (length % 2), isExplicit ? 8 : 4);
  return head;
}

function decode(bytes: Buffer, from: TransferSyntax): DataSet {
  // As deep as what we store: a sequence and its item are two of the scanner's containers.
  const limits = { depthMax: scanLimits.depthMax / 2, elementsMax: serviceLimits.convertedElementsMax };
  const dataSet = DataSet.decode(bytes, from, limits);
  assertNative(dataSet);
  if (from.encoding === 'implicit' && dataSet.number(tags.PixelRepresentation) === 1) markSigned(dataSet);
  return dataSet;
}

/** Fragments in an item belong to a compressed transfer syntax — PS3.5 §A.4. */
function assertNative(dataSet: DataSet): void {
  for (const element of dataSet.elements()) {
    if (element.vr === 'SQ') for (const item of element.items) assertNative(item);
    else if (element.isEncapsulated === true)
      throw new Problem('unreadable-data-set', 'encapsulated Pixel Data of an item cannot be converted');
  }
}

/** Attributes that are US or SS by Pixel Representation (0028,0103): Implicit VR does not say which — PS3.6 Table 6-1. */
const US_OR_SS: readonly number[] = [
  tags.SmallestValidPixelValue,
  tags.LargestValidPixelValue,
  tags.SmallestImagePixelValue,
  tags.LargestImagePixelValue,
  tags.SmallestPixelValueInSeries,
  tags.LargestPixelValueInSeries,
  tags.SmallestImagePixelValueInPlane,
  tags.LargestImagePixelValueInPlane,
  tags.PixelPaddingValue,
  tags.PixelPaddingRangeLimit,
  tags.GrayLookupTableDescriptor,
  tags.RedPaletteColorLookupTableDescriptor,
  tags.GreenPaletteColorLookupTableDescriptor,
  tags.BluePaletteColorLookupTableDescriptor,
  tags.LUTDescriptor,
  tags.RealWorldValueFirstValueMapped,
  tags.RealWorldValueLastValueMapped,
  tags.HistogramFirstBinValue,
  tags.HistogramLastBinValue,
  tags.MappedPixelValue,
];

function markSigned(dataSet: DataSet): void {
  for (const tag of US_OR_SS) {
    const element = dataSet.get(tag);
    if (element !== undefined && element.vr !== 'SQ') dataSet.set({ tag, vr: 'SS', bytes: element.bytes });
  }
  for (const element of dataSet.elements()) {
    if (element.vr === 'SQ') for (const item of element.items) markSigned(item);
  }
}

function knownSyntax(uid: string): TransferSyntax {
  const syntax = transferSyntaxOf(uid);
  if (syntax === undefined || !SOURCES.has(uid)) {
    throw new Problem('unreadable-data-set', `transfer syntax ${uid} cannot be converted`);
  }
  return syntax;
}
