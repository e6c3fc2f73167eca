import { Problem } from '../lib/problem.ts';
import type { DataSet } from './data-set.ts';
import { formatTag, vrOf } from './dictionary/dictionary.ts';
import { ITEM, ITEM_DELIMITATION, SEQUENCE_DELIMITATION, swapWords, UNDEFINED_LENGTH } from './element.ts';
import type { dataSetLimits } from './limits.ts';
import type { TransferSyntax } from './transfer-syntax.ts';
import { isPlaceholderVr, type Vr, vrTraits } from './vr.ts';

/** How elements are encoded; a deflated data set is inflated before. */
export type Encoding = Pick<TransferSyntax, 'encoding' | 'bigEndian'>;

export type DataSetLimits = { readonly [Limit in keyof typeof dataSetLimits]: number } & {
  /** Values of all elements together, those of UI not counted, bytes. */
  readonly textBytesMax?: number;
};

interface Header {
  readonly tag: number;
  readonly vr: Vr;
  readonly length: number;
  /** Where the element begins, for messages. */
  readonly start: number;
}

/** VRs by their two characters as one number. */
const vrsByCode: ReadonlyMap<number, Vr> = new Map(
  (Object.keys(vrTraits) as Vr[]).map((vr) => [(vr.charCodeAt(0) << 8) | vr.charCodeAt(1), vr]),
);

/** PS3.5 §6.2.2, note 2: what is in a UN of undefined length, or of a known VR, is Implicit VR Little Endian. */
const INSIDE_UN: Encoding = { encoding: 'implicit', bigEndian: false };

/**
 * Reads a data set from bytes that lie in memory — PS3.5 §7. Elements hold views of `bytes`.
 *
 * Tolerated, because peers write it: elements out of order or twice (the last counts), values of odd length, an explicit element whose
 * VR is no letters (read as an implicit one, but for blanks and question marks).
 */
export class DataSetDecoder {
  readonly #bytes: Buffer;
  readonly #limits: DataSetLimits;
  readonly #newDataSet: () => DataSet;
  #position = 0;
  #elementCount = 0;
  #textBytes = 0;

  constructor(bytes: Buffer, limits: DataSetLimits, newDataSet: () => DataSet) {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#newDataSet = newDataSet;
  }

  /** @throws Problem 'unreadable-data-set' with the tag and the offset */
  decode(encoding: Encoding): DataSet {
    const dataSet = this.#newDataSet();
    while (this.#position < this.#bytes.length) {
      const header = this.#header(encoding, this.#bytes.length);
      this.#element(dataSet, header, encoding, this.#bytes.length, 0);
    }
    return dataSet;
  }

  /** `end` is that of what holds the element: nothing is read beyond. */
  #element(dataSet: DataSet, header: Header, encoding: Encoding, end: number, depth: number): void {
    const { tag, vr, length } = header;
    if (tag >>> 16 === 0xfffe) throw unreadable('delimiter where an element is due', header);
    const isSequence = vr === 'SQ' || (length === UNDEFINED_LENGTH && vrTraits[vr].kind !== 'bytes');
    if (isSequence || (vr === 'UN' && length === UNDEFINED_LENGTH)) {
      const inside = vr === 'UN' ? INSIDE_UN : encoding;
      dataSet.set({ tag, vr: 'SQ', items: this.#items(header, inside, end, depth + 1) });
      return;
    }
    if (length === UNDEFINED_LENGTH) {
      // Whoever reads a data set into memory has no use for its pixels; those of an icon are an element like others.
      if (depth === 0 || encoding.bigEndian)
        throw unreadable('fragments, as of encapsulated Pixel Data', header);
      dataSet.set({ tag, vr, bytes: this.#fragments(header, encoding, end), isEncapsulated: true });
      return;
    }
    if (length > end - this.#position) throw unreadable('longer than what holds it', header);
    if (vr !== 'UI') this.#countText(length);
    const value = this.#bytes.subarray(this.#position, this.#position + length);
    const wordBytes = vrTraits[vr].wordBytes;
    const bytes = encoding.bigEndian && wordBytes > 1 ? swapWords(value, wordBytes) : value;
    this.#position += length;
    dataSet.set({ tag, vr, bytes });
  }

  #countText(bytes: number): void {
    const { textBytesMax = Infinity } = this.#limits;
    this.#textBytes += bytes;
    if (this.#textBytes > textBytesMax)
      throw new Problem('unreadable-data-set', `values of more than ${textBytesMax} bytes`);
  }

  /** Passes over fragments up to their delimiter. */
  #fragments(element: Header, encoding: Encoding, end: number): Buffer {
    const start = this.#position;
    while (this.#position < end) {
      const header = this.#header(encoding, end);
      if (header.tag === SEQUENCE_DELIMITATION) return this.#bytes.subarray(start, header.start);
      if (header.tag !== ITEM || header.length === UNDEFINED_LENGTH)
        throw unreadable('no fragment, in encapsulated Pixel Data', header);
      if (header.length > end - this.#position) throw unreadable('longer than what holds it', header);
      this.#position += header.length;
    }
    throw unreadable('fragments without an end', element);
  }

  #items(sequence: Header, encoding: Encoding, outerEnd: number, depth: number): DataSet[] {
    if (depth > this.#limits.depthMax)
      throw unreadable(`nested more than ${this.#limits.depthMax} deep`, sequence);
    const end = this.#endOf(sequence, outerEnd);
    const items: DataSet[] = [];
    while (this.#position < end) {
      const header = this.#header(encoding, end);
      if (header.tag === SEQUENCE_DELIMITATION) {
        if (sequence.length === UNDEFINED_LENGTH) return items;
        throw unreadable('delimiter in a sequence of defined length', header);
      }
      if (header.tag !== ITEM) throw unreadable('no item, in a sequence', header);
      items.push(this.#item(header, encoding, end, depth));
    }
    if (sequence.length === UNDEFINED_LENGTH) throw unreadable('sequence without an end', sequence);
    return items;
  }

  #item(item: Header, encoding: Encoding, outerEnd: number, depth: number): DataSet {
    const end = this.#endOf(item, outerEnd);
    const dataSet = this.#newDataSet();
    while (this.#position < end) {
      const header = this.#header(encoding, end);
      if (header.tag === ITEM_DELIMITATION && item.length === UNDEFINED_LENGTH) return dataSet;
      this.#element(dataSet, header, encoding, end, depth);
    }
    if (item.length === UNDEFINED_LENGTH) throw unreadable('item without an end', item);
    return dataSet;
  }

  #endOf(header: Header, outerEnd: number): number {
    if (header.length === UNDEFINED_LENGTH) return outerEnd;
    const end = this.#position + header.length;
    if (end > outerEnd) throw unreadable('longer than what holds it', header);
    return end;
  }

  #header(encoding: Encoding, end: number): Header {
    const start = this.#position;
    if (end - start < 8) throw cut(start);
    const tag = ((this.#u16(start, encoding) << 16) | this.#u16(start + 2, encoding)) >>> 0;
    const isDelimiter = tag === ITEM_DELIMITATION || tag === SEQUENCE_DELIMITATION;
    if (isDelimiter && this.#u32(start + 4, encoding) !== 0) {
      throw new Problem('unreadable-data-set', `${formatTag(tag)} at byte ${start}: delimiter with a length`);
    }
    this.#elementCount += 1;
    if (this.#elementCount > this.#limits.elementsMax) {
      throw new Problem('unreadable-data-set', `more than ${this.#limits.elementsMax} elements`);
    }
    const vrCode = this.#bytes.readUInt16BE(start + 4);
    const mayHaveVr = encoding.encoding === 'explicit' && tag >>> 16 !== 0xfffe;
    const hasVr = mayHaveVr && isLetters(vrCode);
    if (mayHaveVr && isPlaceholderVr(vrCode)) {
      this.#position = start + 8;
      return { tag, vr: vrOf(tag), length: this.#u16(start + 6, encoding), start };
    }
    if (!hasVr) {
      this.#position = start + 8;
      return { tag, vr: vrOf(tag), length: this.#u32(start + 4, encoding), start };
    }
    // A VR that PS3.5 does not have yet is long: §6.2.2.
    const vr = vrsByCode.get(vrCode) ?? 'UN';
    if (!vrTraits[vr].longLength) {
      this.#position = start + 8;
      return { tag, vr, length: this.#u16(start + 6, encoding), start };
    }
    if (end - start < 12) throw cut(start);
    this.#position = start + 12;
    return { tag, vr, length: this.#u32(start + 8, encoding), start };
  }

  #u16(offset: number, { bigEndian }: Encoding): number {
    return bigEndian ? this.#bytes.readUInt16BE(offset) : this.#bytes.readUInt16LE(offset);
  }

  #u32(offset: number, { bigEndian }: Encoding): number {
    return bigEndian ? this.#bytes.readUInt32BE(offset) : this.#bytes.readUInt32LE(offset);
  }
}

/** Each byte A to Z. */
function isLetters(vrCode: number): boolean {
  const first = vrCode >>> 8;
  const second = vrCode & 0xff;
  return first >= 0x41 && first <= 0x5a && second >= 0x41 && second <= 0x5a;
}

function unreadable(words: string, { tag, start }: Header): Problem {
  return new Problem('unreadable-data-set', `${formatTag(tag)} at byte ${start}: ${words}`);
}

function cut(start: number): Problem {
  return new Problem('unreadable-data-set', `the data set is cut off within an element at byte ${start}`);
}
