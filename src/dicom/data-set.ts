import { decodeBinaryNumbers, encodeBinaryNumbers } from './binary-numbers.ts';
import { decodeText, decodeValues, encodeText, parseCharacterSets } from './character-set.ts';
import { DataSetDecoder, type DataSetLimits, type Encoding } from './data-set-decoder.ts';
import { encodeDataSet } from './data-set-encoder.ts';
import { formatTag, vrOf } from './dictionary/dictionary.ts';
import { tags } from './dictionary/tags.ts';
import type { Element } from './element.ts';
import { dataSetLimits } from './limits.ts';
import { withoutPadding } from './padding.ts';
import { type Vr, vrTraits } from './vr.ts';

/**
 * A small data set in memory: an identifier, an answer, an item; never an image. An absent, an empty and a valued element are three
 * things: `has` tells the first, `isEmpty` the second. PS3.5 §7.
 */
export class DataSet {
  #elements = new Map<number, Element>();
  /** Whether the map is in the order of the tags: data sets are mostly read and built that way, and written more than once. */
  #isInOrder = true;
  #lastTag = -1;
  /** Whose item this is: it has the Specific Character Set where the item has none of its own. */
  #parent: DataSet | undefined;
  #characterSets: readonly string[] | undefined;

  /**
   * Reads a data set; its elements hold views of `bytes`, which must stay as they are. A deflated one is inflated before.
   * @throws Problem 'unreadable-data-set' with the tag and the offset
   */
  static decode(bytes: Buffer, encoding: Encoding, limits: DataSetLimits = dataSetLimits): DataSet {
    return new DataSetDecoder(bytes, limits, () => new DataSet()).decode(encoding);
  }

  /** Elements in the order of their tags, sequences and items with explicit lengths, group lengths left out. */
  encode(encoding: Encoding): Buffer {
    return encodeDataSet(this, encoding);
  }

  has(tag: number): boolean {
    return this.#elements.has(tag);
  }

  /** Whether the element is there and has no value: universal matching in a query, type 2 in an answer. */
  isEmpty(tag: number): boolean {
    const element = this.#elements.get(tag);
    if (element === undefined) return false;
    return element.vr === 'SQ' ? element.items.length === 0 : element.bytes.length === 0;
  }

  get(tag: number): Element | undefined {
    return this.#elements.get(tag);
  }

  tagsInOrder(): number[] {
    return Array.from(this.elements(), ({ tag }) => tag);
  }

  /** In the order of their tags. */
  elements(): Iterable<Element> {
    if (!this.#isInOrder) {
      this.#elements = new Map([...this.#elements].sort(([a], [b]) => a - b));
      this.#isInOrder = true;
    }
    return this.#elements.values();
  }

  /** Specific Character Set (0008,0005), of the data set around where this is an item without one — PS3.3 §C.12.1.1.2. */
  get characterSets(): readonly string[] {
    if (!this.has(tags.SpecificCharacterSet)) return this.#parent?.characterSets ?? NO_CHARACTER_SETS;
    this.#characterSets ??= parseCharacterSets(this.texts(tags.SpecificCharacterSet));
    return this.#characterSets;
  }

  /** First value as text without padding; empty for an element without value, undefined for none at all. */
  text(tag: number): string | undefined {
    return this.has(tag) ? (this.texts(tag)[0] ?? '') : undefined;
  }

  /** All values as text without padding; none for an empty or absent element. Numbers of binary VRs in decimal. */
  texts(tag: number): string[] {
    const element = this.#elements.get(tag);
    if (element === undefined || element.vr === 'SQ' || element.bytes.length === 0) return [];
    const { kind, multiValued } = vrTraits[element.vr];
    if (kind === 'binary') return decodeBinaryNumbers(element.vr, element.bytes).map(String);
    const characterSets = kind === 'localText' ? this.characterSets : NO_CHARACTER_SETS;
    if (!multiValued && kind !== 'bytes')
      return [withoutPadding(decodeText(element.bytes, element.vr, characterSets))];
    // Bytes of an unknown VR: whoever asks for text knows better.
    const vr = kind === 'bytes' ? 'LO' : element.vr;
    return decodeValues(element.bytes, vr, characterSets).map((value) => withoutPadding(value).trimStart());
  }

  /** First value as a number; undefined where there is none, or text that is no number. */
  number(tag: number): number | undefined {
    return this.numbers(tag)[0];
  }

  /** Values of a binary VR, or of IS and DS; undefined in place of text that is no number. */
  numbers(tag: number): (number | undefined)[] {
    return this.texts(tag).map((text) => {
      const value = Number(text);
      return text === '' || Number.isNaN(value) ? undefined : value;
    });
  }

  /** First value of a UI without its padding; undefined where there is none. */
  uid(tag: number): string | undefined {
    return this.uids(tag)[0];
  }

  uids(tag: number): string[] {
    return this.texts(tag).filter((uid) => uid !== '');
  }

  /** Items of a sequence; none for an empty or absent one. */
  items(tag: number): readonly DataSet[] {
    const element = this.#elements.get(tag);
    return element?.vr === 'SQ' ? element.items : [];
  }

  set(element: Element): void {
    if (element.tag <= this.#lastTag && !this.#elements.has(element.tag)) this.#isInOrder = false;
    this.#lastTag = Math.max(this.#lastTag, element.tag);
    this.#elements.set(element.tag, element);
    if (element.tag === tags.SpecificCharacterSet) this.#characterSets = undefined;
    if (element.vr !== 'SQ') return;
    for (const item of element.items) item.#parent = this;
  }

  delete(tag: number): void {
    this.#elements.delete(tag);
  }

  /** An element without a value. */
  setEmpty(tag: number, vr: Vr = vrOf(tag)): void {
    this.set(vr === 'SQ' ? { tag, vr, items: [] } : { tag, vr, bytes: NO_BYTES });
  }

  /**
   * Sets text, in the Specific Character Set of the data set, which must have been set before; numbers of binary VRs from decimal.
   * @param value several values become one, parted by backslashes
   * @returns false where the text does not fit the character set; nothing has changed then
   */
  setText(tag: number, value: string | readonly string[], vr: Vr = vrOf(tag)): boolean {
    const values = typeof value === 'string' ? [value] : value;
    if (vr === 'SQ') throw new TypeError(`${formatTag(tag)} is a sequence`);
    if (vrTraits[vr].kind === 'binary') {
      this.setNumbers(tag, values.map(Number), vr);
      return true;
    }
    const bytes = encodeText(values.join('\\'), vr, this.characterSets);
    if (bytes === undefined) return false;
    this.set({ tag, vr, bytes });
    return true;
  }

  /** @throws RangeError where a number does not fit a binary VR */
  setNumbers(tag: number, values: readonly (number | bigint)[], vr: Vr = vrOf(tag)): void {
    if (vr === 'SQ') throw new TypeError(`${formatTag(tag)} is a sequence`);
    const isBinary = vrTraits[vr].kind === 'binary';
    const bytes = isBinary
      ? encodeBinaryNumbers(vr, values)
      : Buffer.from(values.map(String).join('\\'), 'latin1');
    this.set({ tag, vr, bytes });
  }

  /** The items are this data set's from now on: an item can be in one data set only. */
  setItems(tag: number, items: readonly DataSet[]): void {
    this.set({ tag, vr: 'SQ', items });
  }
}

const NO_CHARACTER_SETS: readonly string[] = [];
const NO_BYTES = Buffer.alloc(0);
