import type { Encoding } from '../dicom/data-set-decoder.ts';
import { vrOf } from '../dicom/dictionary/dictionary.ts';
import { ITEM, ITEM_DELIMITATION, SEQUENCE_DELIMITATION, UNDEFINED_LENGTH } from '../dicom/element.ts';
import { isPlaceholderVr, isVr, type Vr, vrTraits } from '../dicom/vr.ts';

/** A data set, an item, or the items of a sequence, and where it ends. */
export interface Span {
  encoding: Encoding;
  /** Offset; Infinity where only a delimiter or the end of the bytes ends it. */
  end: number;
  isDelimited: boolean;
}

export interface WalkedElement {
  tag: number;
  vr: Vr;
  /** Bytes; undefined for fragments, as of encapsulated Pixel Data. */
  length: number | undefined;
  /** What of the value is there, a view; empty for a sequence. */
  value: Buffer;
  /** Of a sequence: where its items are, which have to be walked next. */
  items: Span | undefined;
}

/** What is in a UN of undefined length is Implicit VR Little Endian — PS3.5 §6.2.2, note 2. */
const INSIDE_UN: Encoding = { encoding: 'implicit', bigEndian: false };

/**
 * Steps through the elements of a data set of which only the beginning is there — PS3.5 §7. Never throws: where the bytes end or say
 * nonsense, the walk is over. Whoever decodes whole data sets uses `DataSet`.
 */
export class ElementWalk {
  readonly #bytes: Buffer;
  #position = 0;
  #isOver = false;
  #isCut: boolean;

  /** @param isWhole whether nothing follows */
  constructor(bytes: Buffer, isWhole: boolean) {
    this.#bytes = bytes;
    this.#isCut = !isWhole;
  }

  /** Whether there is something that was not or cannot be walked. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Ends the walk. */
  stop(isCut: boolean): void {
    this.#isOver = true;
    this.#isCut = isCut;
  }

  /** The next element of a data set or item; undefined at its end. */
  next(span: Span): WalkedElement | undefined {
    for (;;) {
      const header = this.#header(span);
      if (header === undefined) return undefined;
      const { tag, length } = header;
      if (tag === ITEM_DELIMITATION && span.isDelimited) return undefined;
      if (tag === ITEM || (span.isDelimited && tag === SEQUENCE_DELIMITATION)) {
        this.stop(true);
        return undefined;
      }
      // Delimiters that end nothing, and zeros behind the last element: modalities write both.
      const isStray = tag === ITEM_DELIMITATION || tag === SEQUENCE_DELIMITATION;
      if (!isStray && !(tag === 0 && length === 0)) return this.#element(header, span);
    }
  }

  /** The next item of a sequence; undefined at its end. */
  nextItem(items: Span): Span | undefined {
    const header = this.#header(items);
    if (header === undefined) return undefined;
    if (header.tag === SEQUENCE_DELIMITATION && items.isDelimited) return undefined;
    const isDelimited = header.length === UNDEFINED_LENGTH;
    const end = isDelimited ? items.end : this.#position + header.length;
    if (header.tag !== ITEM || end > items.end) {
      this.stop(true);
      return undefined;
    }
    return { encoding: items.encoding, end, isDelimited };
  }

  #element(header: { tag: number; vr: Vr; length: number }, span: Span): WalkedElement | undefined {
    const { tag, vr, length } = header;
    const isDelimited = length === UNDEFINED_LENGTH;
    const end = isDelimited ? span.end : this.#position + length;
    if (end > span.end) {
      this.stop(true);
      return undefined;
    }
    if (vr === 'SQ' || (isDelimited && (vr === 'UN' || vrTraits[vr].kind !== 'bytes'))) {
      const encoding = vr === 'UN' ? INSIDE_UN : span.encoding;
      return { tag, vr: 'SQ', length, value: NO_BYTES, items: { encoding, end, isDelimited } };
    }
    if (isDelimited) {
      this.#skipFragments({ encoding: span.encoding, end, isDelimited });
      return { tag, vr, length: undefined, value: NO_BYTES, items: undefined };
    }
    const value = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return { tag, vr, length, value, items: undefined };
  }

  /** PS3.5 §A.4: items with lengths, then a sequence delimiter. */
  #skipFragments(fragments: Span): void {
    for (;;) {
      const item = this.nextItem(fragments);
      if (item === undefined) return;
      if (item.isDelimited) this.stop(true);
      else this.#position = item.end;
    }
  }

  #header({ encoding, end }: Span): { tag: number; vr: Vr; length: number } | undefined {
    const start = this.#position;
    if (this.#isOver || start >= end) return undefined;
    const left = Math.min(end, this.#bytes.length) - start;
    if (left < 8) {
      this.stop(this.#isCut || left !== 0 || end !== Infinity);
      return undefined;
    }
    const { bigEndian } = encoding;
    const tag = ((this.#u16(start, bigEndian) << 16) | this.#u16(start + 2, bigEndian)) >>> 0;
    const vrCode = this.#bytes.readUInt16BE(start + 4);
    const mayHaveVr = encoding.encoding === 'explicit' && tag >>> 16 !== 0xfffe;
    this.#position = start + 8;
    if (mayHaveVr && isPlaceholderVr(vrCode))
      return { tag, vr: vrOf(tag), length: this.#u16(start + 6, bigEndian) };
    const characters = this.#bytes.toString('latin1', start + 4, start + 6);
    if (!mayHaveVr || !/^[A-Z]{2}$/.test(characters))
      return { tag, vr: vrOf(tag), length: this.#u32(start + 4, bigEndian) };
    // A VR that PS3.5 does not have yet is long: §6.2.2.
    const vr = isVr(characters) ? characters : 'UN';
    if (!vrTraits[vr].longLength) return { tag, vr, length: this.#u16(start + 6, bigEndian) };
    if (left < 12) {
      this.stop(true);
      return undefined;
    }
    this.#position = start + 12;
    return { tag, vr, length: this.#u32(start + 8, bigEndian) };
  }

  #u16(offset: number, bigEndian: boolean): number {
    return bigEndian ? this.#bytes.readUInt16BE(offset) : this.#bytes.readUInt16LE(offset);
  }

  #u32(offset: number, bigEndian: boolean): number {
    return bigEndian ? this.#bytes.readUInt32BE(offset) : this.#bytes.readUInt32LE(offset);
  }
}

const NO_BYTES = Buffer.alloc(0);
