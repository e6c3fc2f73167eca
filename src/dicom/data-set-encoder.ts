import type { DataSet } from './data-set.ts';
import type { Encoding } from './data-set-decoder.ts';
import {
  type Element,
  ITEM,
  SEQUENCE_DELIMITATION,
  swapWords,
  UNDEFINED_LENGTH,
  type ValueElement,
} from './element.ts';
import { vrTraits } from './vr.ts';

/** Longest value of a VR whose length has 16 bits, even — PS3.5 §7.1.2. */
const SHORT_LENGTH_MAX = 0xfffe;
const DELIMITER_BYTES = 8;

/**
 * Encodes a data set: elements in the order of their tags, sequences and items with their lengths, values padded to an even length
 * (PS3.5 §7.1, §7.5, §6.2). Group lengths are left out: retired, and they would no longer be true.
 */
export function encodeDataSet(dataSet: DataSet, encoding: Encoding): Buffer {
  const writer = new ElementWriter(Buffer.alloc(sizeOfDataSet(dataSet, encoding)), encoding);
  writer.dataSet(dataSet);
  return writer.bytes;
}

/** Writes one element after the other into bytes that are as long as they all need. */
class ElementWriter {
  readonly bytes: Buffer;
  readonly #encoding: Encoding;
  #position = 0;

  constructor(bytes: Buffer, encoding: Encoding) {
    this.bytes = bytes;
    this.#encoding = encoding;
  }

  dataSet(dataSet: DataSet): void {
    for (const element of dataSet.elements()) {
      if (isGroupLength(element)) continue;
      if (element.vr === 'SQ') this.#sequence(element.tag, element.items);
      else this.#value(element);
    }
  }

  #sequence(tag: number, items: readonly DataSet[]): void {
    this.#header(tag, 'SQ', sizeOfItems(items, this.#encoding));
    for (const item of items) {
      this.#tag(ITEM);
      this.#u32(sizeOfDataSet(item, this.#encoding));
      this.dataSet(item);
    }
  }

  #value(element: ValueElement): void {
    if (element.isEncapsulated === true) {
      this.#header(element.tag, element.vr, UNDEFINED_LENGTH);
      this.#position += element.bytes.copy(this.bytes, this.#position);
      this.#tag(SEQUENCE_DELIMITATION);
      this.#u32(0);
      return;
    }
    const { wordBytes, padding } = vrTraits[element.vr];
    const vr = encodedVr(element, this.#encoding);
    const isSwapped = this.#encoding.bigEndian && wordBytes > 1 && vr === element.vr;
    const value = isSwapped ? swapWords(element.bytes, wordBytes) : element.bytes;
    this.#header(element.tag, vr, evenLength(value));
    this.#position += value.copy(this.bytes, this.#position);
    if (value.length % 2 === 1) this.#position = this.bytes.writeUInt8(padding, this.#position);
  }

  #header(tag: number, vr: Element['vr'], length: number): void {
    this.#tag(tag);
    if (this.#encoding.encoding === 'implicit') {
      this.#u32(length);
      return;
    }
    this.#position += this.bytes.write(vr, this.#position, 'latin1');
    if (vrTraits[vr].longLength) {
      this.#u16(0);
      this.#u32(length);
    } else {
      this.#u16(length);
    }
  }

  #tag(tag: number): void {
    this.#u16(tag >>> 16);
    this.#u16(tag & 0xffff);
  }

  #u16(value: number): void {
    this.#position = this.#encoding.bigEndian
      ? this.bytes.writeUInt16BE(value, this.#position)
      : this.bytes.writeUInt16LE(value, this.#position);
  }

  #u32(value: number): void {
    this.#position = this.#encoding.bigEndian
      ? this.bytes.writeUInt32BE(value, this.#position)
      : this.bytes.writeUInt32LE(value, this.#position);
  }
}

function sizeOfDataSet(dataSet: DataSet, encoding: Encoding): number {
  let size = 0;
  for (const element of dataSet.elements()) {
    if (!isGroupLength(element)) size += sizeOfElement(element, encoding);
  }
  return size;
}

function sizeOfElement(element: Element, encoding: Encoding): number {
  const vr = encodedVr(element, encoding);
  const isLong = encoding.encoding === 'explicit' && vrTraits[vr].longLength;
  return (isLong ? 12 : 8) + sizeOfValue(element, encoding);
}

function sizeOfValue(element: Element, encoding: Encoding): number {
  if (element.vr === 'SQ') return sizeOfItems(element.items, encoding);
  return element.isEncapsulated === true ? element.bytes.length + DELIMITER_BYTES : evenLength(element.bytes);
}

function sizeOfItems(items: readonly DataSet[], encoding: Encoding): number {
  return items.reduce((size, item) => size + 8 + sizeOfDataSet(item, encoding), 0);
}

/** UN, which is always little endian, for a value too long for the 16-bit length of its VR — PS3.5 §6.2.2. */
function encodedVr(element: Element, { encoding }: Encoding): Element['vr'] {
  if (element.vr === 'SQ' || encoding === 'implicit' || vrTraits[element.vr].longLength) return element.vr;
  return element.bytes.length > SHORT_LENGTH_MAX ? 'UN' : element.vr;
}

function evenLength({ length }: Buffer): number {
  return length + (length % 2);
}

function isGroupLength({ tag }: Element): boolean {
  return (tag & 0xffff) === 0;
}
