import { ITEM, SEQUENCE_DELIMITATION } from '../dicom/element.ts';
import { Problem } from '../lib/problem.ts';
import { type DataSetSource, readBytes } from './data-set-source.ts';
import { pixelLimits } from './limits.ts';

/** One item of encapsulated Pixel Data — PS3.5 §A.4; offsets in the data set. */
interface Fragment {
  valueOffset: number;
  length: number;
  /** The first bytes of its value, which tell where a compressed stream begins; four where there are so many. */
  start: Buffer;
}

/** Extended Offset Table (7FE0,0001) and Extended Offset Table Lengths (7FE0,0002) — PS3.3 §C.7.6.3.1.8. */
export interface ExtendedOffsets {
  offsets: readonly number[];
  lengths: readonly number[];
}

/** Items are looked at through windows of so many bytes: one reading of the file for many small ones. */
const WINDOW_BYTES = 64 * 1024;
const ITEM_HEAD_BYTES = 8;

/** Finds the compressed stream of a frame in encapsulated Pixel Data. */
export class Fragments {
  readonly #source: DataSetSource;
  readonly #start: number;
  readonly #numberOfFrames: number;
  readonly #extended: ExtendedOffsets | undefined;
  #window: Buffer = Buffer.alloc(0);
  #windowOffset = 0;

  /** @param start where the first item, the Basic Offset Table, begins */
  constructor(
    source: DataSetSource,
    start: number,
    numberOfFrames: number,
    extended: ExtendedOffsets | undefined,
  ) {
    this.#source = source;
    this.#start = start;
    this.#numberOfFrames = numberOfFrames;
    this.#extended = extended;
  }

  /**
   * The stream of a frame, its fragments joined.
   * @param index from 0
   * @throws Problem 'not-renderable' where there is none, or it is too long
   */
  async frame(index: number): Promise<Buffer> {
    const table = await this.#fragmentAt(this.#start);
    if (table === undefined) throw missing(index);
    const first = table.valueOffset + table.length;
    const fragments =
      (await this.#byExtendedTable(first, index)) ??
      (await this.#byBasicTable(table, first, index)) ??
      this.#byStarts(await this.#walk(first, Infinity), index);
    const bytes = fragments.reduce((sum, { length }) => sum + length, 0);
    if (fragments.length === 0 || bytes === 0) throw missing(index);
    if (bytes > pixelLimits.frameBytesMax) {
      throw new Problem(
        'not-renderable',
        `${bytes} bytes of one frame are more than ${pixelLimits.frameBytesMax}`,
      );
    }
    const pieces: Buffer[] = [];
    for (const { valueOffset, length } of fragments) {
      pieces.push(await readBytes(this.#source, valueOffset, length));
    }
    return Buffer.concat(pieces);
  }

  async #byExtendedTable(first: number, index: number): Promise<Fragment[] | undefined> {
    const offset = this.#extended?.offsets[index];
    const length = this.#extended?.lengths[index];
    if (offset === undefined || length === undefined) return undefined;
    const fragment = await this.#fragmentIfThere(first + offset);
    // The length is that of the stream without its padding.
    if (fragment === undefined || length === 0 || length > fragment.length) return undefined;
    return [{ ...fragment, length }];
  }

  /** Undefined where there is no table, or one that leads nowhere: then the items themselves tell. */
  async #byBasicTable(table: Fragment, first: number, index: number): Promise<Fragment[] | undefined> {
    if (table.length === 0 || table.length < this.#numberOfFrames * 4) return undefined;
    const entries = await readBytes(this.#source, table.valueOffset, this.#numberOfFrames * 4);
    const offsets = Array.from({ length: this.#numberOfFrames }, (_, at) => entries.readUInt32LE(at * 4));
    // One of more than 4 GB begins anew from 0.
    const isRising = offsets.every((offset, at) => at === 0 || offset > (offsets[at - 1] ?? 0));
    const from = first + (offsets[index] ?? 0);
    const to = first + (offsets[index + 1] ?? Infinity);
    if (!isRising || (await this.#fragmentIfThere(from)) === undefined) return undefined;
    const fragments = await this.#walk(from, to);
    const last = fragments.at(-1);
    const isExact = to === Infinity || (last !== undefined && last.valueOffset + last.length === to);
    return isExact ? fragments : undefined;
  }

  /** PS3.5 §A.4: a fragment is of one frame; where a frame has several, only its first one begins as a stream does. */
  #byStarts(fragments: readonly Fragment[], index: number): Fragment[] {
    if (this.#numberOfFrames === 1) return [...fragments];
    if (fragments.length <= this.#numberOfFrames) return fragments.slice(index, index + 1);
    const starts = fragments.flatMap(({ start }, at) => (isStreamStart(start) ? [at] : []));
    if (starts.length !== this.#numberOfFrames) {
      throw new Problem(
        'not-renderable',
        `${fragments.length} fragments of ${this.#numberOfFrames} frames, and nothing tells which are whose`,
      );
    }
    return fragments.slice(starts[index], starts[index + 1]);
  }

  /** The items from offset `from` up to `to`, or to the end of Pixel Data. */
  async #walk(from: number, to: number): Promise<Fragment[]> {
    const fragments: Fragment[] = [];
    let at = from;
    while (at < to) {
      const fragment = await this.#fragmentAt(at);
      if (fragment === undefined) break;
      if (fragments.length >= pixelLimits.fragmentsMax) {
        throw new Problem('not-renderable', `more than ${pixelLimits.fragmentsMax} fragments`);
      }
      fragments.push(fragment);
      at = fragment.valueOffset + fragment.length;
    }
    return fragments;
  }

  /** @returns undefined at the end of Pixel Data */
  async #fragmentAt(offset: number): Promise<Fragment | undefined> {
    const head = await this.#look(offset);
    const tag = head.length < ITEM_HEAD_BYTES ? undefined : tagOf(head);
    if (tag === SEQUENCE_DELIMITATION) return undefined;
    if (tag !== ITEM) {
      throw new Problem('not-renderable', `no item of Pixel Data at byte ${offset}, where one is due`);
    }
    const length = head.readUInt32LE(4);
    const start = Buffer.from(head.subarray(ITEM_HEAD_BYTES, ITEM_HEAD_BYTES + Math.min(4, length)));
    return { valueOffset: offset + ITEM_HEAD_BYTES, length, start };
  }

  async #fragmentIfThere(offset: number): Promise<Fragment | undefined> {
    const head = await this.#look(offset);
    const isItem = head.length >= ITEM_HEAD_BYTES && tagOf(head) === ITEM;
    return isItem ? this.#fragmentAt(offset) : undefined;
  }

  /** The bytes of an item's head and some of its value; fewer at the end of the data set. */
  async #look(offset: number): Promise<Buffer> {
    const within = offset - this.#windowOffset;
    const bytes = ITEM_HEAD_BYTES + 4;
    if (within >= 0 && within + bytes <= this.#window.length)
      return this.#window.subarray(within, within + bytes);
    const pieces: Buffer[] = [];
    for await (const piece of this.#source.pieces(offset, offset + WINDOW_BYTES))
      pieces.push(Buffer.from(piece));
    this.#window = Buffer.concat(pieces);
    this.#windowOffset = offset;
    return this.#window.subarray(0, bytes);
  }
}

function tagOf(head: Buffer): number {
  return ((head.readUInt16LE(0) << 16) | head.readUInt16LE(2)) >>> 0;
}

/** JPEG and JPEG-LS SOI, JPEG 2000 SOC, JPEG XL with and without its container. */
function isStreamStart(bytes: Buffer): boolean {
  const start = bytes.toString('hex');
  return ['ffd8ff', 'ff4fff51', 'ff0a', '0000000c'].some((known) => start.startsWith(known));
}

function missing(index: number): Problem {
  return new Problem('not-renderable', `Pixel Data has no frame ${index + 1}`);
}
