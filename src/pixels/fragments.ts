import { ITEM, SEQUENCE_DELIMITATION } from '../dicom/element.ts';
import { Problem } from '../lib/problem.ts';
import { type DataSetSource, readBytes } from './data-set-source.ts';
import { pixelLimits } from './limits.ts';

/** One item of encapsulated Pixel Data — PS3.5 §A.4; offsets in the data set. */
export interface Fragment {
  valueOffset: number;
  length: number;
  /** The first four bytes of its value as one number, which tells where a compressed stream begins; zeros where there are fewer. */
  start: number;
}

/** Extended Offset Table (7FE0,0001) and Extended Offset Table Lengths (7FE0,0002) — PS3.3 §C.7.6.3.1.8. */
export interface ExtendedOffsets {
  offsets: readonly number[];
  lengths: readonly number[];
}

/** Where all frames are. */
export interface FragmentPlan {
  /** The fragments of each frame, never none. */
  frames: readonly (readonly Fragment[])[];
  /** Where Pixel Data ends: behind its delimiter. */
  end: number;
}

/** Items are looked at through windows of so many bytes: one reading of the file for many small ones. */
const WINDOW_BYTES = 64 * 1024;
const ITEM_HEAD_BYTES = 8;

/** Finds the compressed streams of frames in encapsulated Pixel Data. */
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
      this.#byStarts((await this.#walk(first, Infinity)).fragments, index);
    assertStream(fragments, index);
    return await joined(this.#source, fragments);
  }

  /**
   * Finds all frames at once, and looks at every item: whoever has begun to send frames cannot find out later that one is not there.
   * @throws Problem 'not-renderable' where one is not there, is empty or too long, or nothing tells which fragments are whose
   */
  async plan(): Promise<FragmentPlan> {
    const table = await this.#fragmentAt(this.#start);
    if (table === undefined) throw missing(0);
    const first = table.valueOffset + table.length;
    const { fragments, end } = await this.#walk(first, Infinity);
    // Number of Frames may be any number; from here on it is bounded as the fragments are.
    if (fragments.length < this.#numberOfFrames) throw missing(fragments.length);
    const offsets = await this.#basicOffsets(table);
    const frames =
      this.#allByExtendedTable(fragments, first) ??
      (offsets && allByOffsets(fragments, first, offsets)) ??
      this.#allByStarts(fragments);
    for (const [index, frame] of frames.entries()) assertStream(frame, index);
    this.#assertNoneIsLeft(table, fragments, frames);
    return { frames, end };
  }

  /** More streams than Number of Frames says are pictures that would be lost without a word. */
  #assertNoneIsLeft(
    table: Fragment,
    fragments: readonly Fragment[],
    frames: readonly (readonly Fragment[])[],
  ): void {
    const used = frames.reduce((sum, frame) => sum + frame.length, 0);
    const isAnyLeft = used < fragments.filter(({ length }) => length > 0).length;
    const isAnyDouble = frames.some((frame) => frame.slice(1).some(({ start }) => isJpegStart(start)));
    if (isAnyLeft || isAnyDouble || table.length > Math.max(1, this.#numberOfFrames) * 4)
      throw tooMany(fragments.length, frames.length);
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

  #allByExtendedTable(fragments: readonly Fragment[], first: number): Fragment[][] | undefined {
    const { offsets, lengths } = this.#extended ?? { offsets: [], lengths: [] };
    if (offsets.length !== this.#numberOfFrames || lengths.length !== this.#numberOfFrames) return undefined;
    const byOffset = new Map(fragments.map((one) => [one.valueOffset - ITEM_HEAD_BYTES - first, one]));
    const frames: Fragment[][] = [];
    for (const [index, offset] of offsets.entries()) {
      const fragment = byOffset.get(offset);
      const length = lengths[index] ?? 0;
      if (fragment === undefined || length === 0 || length > fragment.length) return undefined;
      frames.push([{ ...fragment, length }]);
    }
    return frames;
  }

  /** Undefined where there is no table, or one that leads nowhere: then the items themselves tell. */
  async #byBasicTable(table: Fragment, first: number, index: number): Promise<Fragment[] | undefined> {
    const offsets = await this.#basicOffsets(table);
    if (offsets === undefined) return undefined;
    const from = first + (offsets[index] ?? 0);
    const to = first + (offsets[index + 1] ?? Infinity);
    if ((await this.#fragmentIfThere(from)) === undefined) return undefined;
    const { fragments } = await this.#walk(from, to);
    const last = fragments.at(-1);
    const isExact = to === Infinity || (last !== undefined && last.valueOffset + last.length === to);
    return isExact ? fragments : undefined;
  }

  /** Where each frame begins, as the Basic Offset Table has it; undefined where there is none that can be true. */
  async #basicOffsets(table: Fragment): Promise<number[] | undefined> {
    if (table.length === 0 || table.length < this.#numberOfFrames * 4) return undefined;
    const entries = await readBytes(this.#source, table.valueOffset, this.#numberOfFrames * 4);
    const offsets = Array.from({ length: this.#numberOfFrames }, (_, at) => entries.readUInt32LE(at * 4));
    // One of more than 4 GB begins anew from 0.
    return offsets.every((offset, at) => at === 0 || offset > (offsets[at - 1] ?? 0)) ? offsets : undefined;
  }

  #byStarts(fragments: readonly Fragment[], index: number): readonly Fragment[] {
    if (fragments.length < this.#numberOfFrames) return fragments.slice(index, index + 1);
    return this.#allByStarts(fragments)[index] ?? [];
  }

  /** PS3.5 §A.4: a fragment is of one frame; where a frame has several, only its first one begins as a stream does. */
  #allByStarts(fragments: readonly Fragment[]): (readonly Fragment[])[] {
    if (this.#numberOfFrames === 1) return [fragments];
    if (fragments.length === this.#numberOfFrames) return fragments.map((fragment) => [fragment]);
    const starts = fragments.flatMap(({ start }, at) => (isStreamStart(start) ? [at] : []));
    if (starts.length !== this.#numberOfFrames) throw tooMany(fragments.length, this.#numberOfFrames);
    return starts.map((start, index) => fragments.slice(start, starts[index + 1]));
  }

  /** The items from offset `from` up to `to`, or to the end of Pixel Data, and where they end. */
  async #walk(from: number, to: number): Promise<{ fragments: Fragment[]; end: number }> {
    const fragments: Fragment[] = [];
    let at = from;
    while (at < to) {
      const fragment = await this.#fragmentAt(at);
      if (fragment === undefined) return { fragments, end: at + ITEM_HEAD_BYTES };
      if (fragments.length >= pixelLimits.fragmentsMax) {
        throw new Problem('not-renderable', `more than ${pixelLimits.fragmentsMax} fragments`);
      }
      fragments.push(fragment);
      at = fragment.valueOffset + fragment.length;
    }
    return { fragments, end: at };
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
    const startBytes = Math.min(4, length, head.length - ITEM_HEAD_BYTES);
    const start =
      startBytes === 0 ? 0 : head.readUIntBE(ITEM_HEAD_BYTES, startBytes) * 256 ** (4 - startBytes);
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

/** The stream that fragments are which follow each other: one reading of the file, however many they are. */
export async function joined(source: DataSetSource, fragments: readonly Fragment[]): Promise<Buffer> {
  const [first, last] = [fragments[0], fragments.at(-1)];
  if (first === undefined || last === undefined) return Buffer.alloc(0);
  const start = first.valueOffset;
  const all = await readBytes(source, start, last.valueOffset + last.length - start);
  if (fragments.length === 1) return all;
  const values = fragments.map(({ valueOffset, length }) =>
    all.subarray(valueOffset - start, valueOffset - start + length),
  );
  return Buffer.concat(values);
}

function allByOffsets(
  fragments: readonly Fragment[],
  first: number,
  offsets: readonly number[],
): Fragment[][] | undefined {
  const indexes = new Map(fragments.map((one, at) => [one.valueOffset - ITEM_HEAD_BYTES - first, at]));
  const starts = offsets.map((offset) => indexes.get(offset));
  if (starts[0] !== 0 || starts.includes(undefined)) return undefined;
  return starts.map((start, index) => fragments.slice(start, starts[index + 1]));
}

function assertStream(fragments: readonly Fragment[], index: number): void {
  const bytes = fragments.reduce((sum, { length }) => sum + length, 0);
  if (fragments.length === 0 || bytes === 0) throw missing(index);
  if (bytes > pixelLimits.frameBytesMax) {
    throw new Problem(
      'not-renderable',
      `${bytes} bytes of one frame are more than ${pixelLimits.frameBytesMax}`,
    );
  }
}

function tagOf(head: Buffer): number {
  return ((head.readUInt16LE(0) << 16) | head.readUInt16LE(2)) >>> 0;
}

/** JPEG and JPEG-LS SOI, JPEG 2000 SOC: no two of these bytes occur together within a stream. */
function isJpegStart(start: number): boolean {
  return start >>> 8 === 0xffd8ff || start === 0xff4fff51;
}

/** The above, and JPEG XL with and without its container. */
function isStreamStart(start: number): boolean {
  return isJpegStart(start) || start >>> 16 === 0xff0a || start === 0x0000000c;
}

function missing(index: number): Problem {
  return new Problem('not-renderable', `Pixel Data has no frame ${index + 1}`);
}

function tooMany(fragments: number, frames: number): Problem {
  return new Problem(
    'not-renderable',
    `${fragments} fragments of ${frames} frames, and nothing tells which are whose`,
  );
}
