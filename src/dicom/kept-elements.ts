import { scanLimits } from './limits.ts';

/** A top-level element that was kept, as it stood in the stream. */
export interface KeptElement {
  tag: number;
  /** Header and value, in the encoding of the stream; our own copy. */
  bytes: Buffer;
  /** Where the value begins in `bytes`. */
  valueOffset: number;
}

/** Room for the kept elements of most instances. */
const STORE_BYTES = 3072;
/** The longest head of an element, bytes. */
const HEAD_BYTES_MAX = 12;

/** Where a kept element lies in the store. */
interface KeptRange {
  tag: number;
  start: number;
  end: number;
  valueOffset: number;
}

/**
 * The elements that a scanner keeps of a data set, copied out of the stream piece by piece, within bounds. They lie one behind the other in one buffer for an
 * instance, for sixty small ones would cost more than the scan.
 */
export class KeptElements {
  readonly #ranges = new Map<number, KeptRange>();
  readonly #dropped = new Set<number>();
  #store = Buffer.allocUnsafe(STORE_BYTES);
  #storeBytes = 0;
  /** The element that is being kept. */
  #open: KeptRange | undefined;

  /** Whether an element is being kept. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Tags that were not kept: the value too large, or the element there twice with different values. */
  get dropped(): ReadonlySet<number> {
    return this.#dropped;
  }

  /** By tag; of an element that stands twice, the first. */
  elements(): Map<number, KeptElement> {
    const elements = new Map<number, KeptElement>();
    for (const { tag, start, end, valueOffset } of this.#ranges.values()) {
      elements.set(tag, { tag, bytes: this.#store.subarray(start, end), valueOffset });
    }
    return elements;
  }

  /**
   * Begins to keep an element whose head is the `headBytes` at `at`.
   * @param valueBytes undefined where a delimiter will end it
   */
  begin(tag: number, head: Buffer, at: number, headBytes: number, valueBytes: number | undefined): void {
    const isTooLarge = valueBytes !== undefined && valueBytes > scanLimits.keptValueBytesMax;
    if (isTooLarge || this.#storeBytes > scanLimits.keptBytesMax) {
      this.#dropped.add(tag);
      return;
    }
    this.#open = { tag, start: this.#storeBytes, end: 0, valueOffset: headBytes };
    this.#append(head, at, at + headBytes);
  }

  /** The next bytes of the element that is being kept; does nothing while there is none. */
  add(bytes: Buffer, from: number, to: number): void {
    const open = this.#open;
    if (open === undefined || to <= from) return;
    if (this.#storeBytes - open.start + to - from > scanLimits.keptValueBytesMax + HEAD_BYTES_MAX) {
      this.#dropped.add(open.tag);
      this.#open = undefined;
      this.#storeBytes = open.start;
      return;
    }
    this.#append(bytes, from, to);
  }

  /** The element is whole. */
  end(): void {
    const range = this.#open;
    this.#open = undefined;
    if (range === undefined) return;
    range.end = this.#storeBytes;
    const first = this.#ranges.get(range.tag);
    if (first === undefined) {
      this.#ranges.set(range.tag, range);
      return;
    }
    const isSame = this.#store.compare(this.#store, range.start, range.end, first.start, first.end) === 0;
    if (!isSame) this.#dropped.add(range.tag);
    this.#storeBytes = range.start;
  }

  #append(bytes: Buffer, from: number, to: number): void {
    const needed = this.#storeBytes + to - from;
    if (needed > this.#store.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#store.length * 2));
      this.#store.copy(grown, 0, 0, this.#storeBytes);
      this.#store = grown;
    }
    bytes.copy(this.#store, this.#storeBytes, from, to);
    this.#storeBytes = needed;
  }
}
