import { Problem } from '../lib/problem.ts';
import { formatTag, vrOf } from './dictionary/dictionary.ts';
import { type KeptElement, KeptElements } from './kept-elements.ts';
import { scanLimits } from './limits.ts';
import type { TransferSyntax } from './transfer-syntax.ts';
import { isPlaceholderVr } from './vr.ts';
import { BULK_VRS, isLetters, LONG_VRS, SHORT_VRS, SQ, UN, vrCode } from './vr-codes.ts';

/** What the scanner must know of a transfer syntax; a deflated one is given to it inflated. */
export type ScanSyntax = Pick<TransferSyntax, 'encoding' | 'bigEndian'>;

/** A value of top level that is too large to hold: Pixel Data and its kin, (7FE0,0008) to (7FE0,0010). */
export interface BulkElement {
  tag: number;
  /** Two letters; `UN` where the stream does not say. */
  vr: string;
  /** Where the element and its value begin in the data set, bytes. */
  position: number;
  valuePosition: number;
  /** Bytes of the value; undefined where a delimiter ends it. */
  length: number | undefined;
}

const UNDEFINED_LENGTH = 0xffffffff;
const ITEM = 0xfffee000;
const ITEM_DELIMITER = 0xfffee00d;
const SEQUENCE_DELIMITER = 0xfffee0dd;
const FLOAT_PIXEL_DATA = 0x7fe00008;
const PIXEL_DATA = 0x7fe00010;

type ContainerKind = 'data-set' | 'sequence' | 'item' | 'fragments';

interface Container {
  kind: ContainerKind;
  /** Absolute offset of its end; Infinity where a delimiter ends it. */
  end: number;
  implicit: boolean;
  bigEndian: boolean;
}

/**
 * Walks a data set as it streams by, without ever holding it — PS3.5 §7. Checks the structure to the last byte (lengths, nesting,
 * delimiters), skips every value, and keeps copies of the top-level elements it was asked for. Pixel Data is never needed.
 *
 * Tolerated, because modalities write it: elements out of order, values of odd length, delimiters outside of any sequence, a VR of blanks,
 * a VR that is none (read as an implicit element), zeros after the last element where they look like empty ones, eight at a time.
 */
export class DataSetScanner {
  readonly #keptTags: ReadonlySet<number>;
  readonly #stack: Container[];
  readonly #kept = new KeptElements();
  #position = 0;
  #elementCount = 0;
  /** Value bytes still to skip. */
  #skip = 0;
  /** The head of an element that a chunk's end has cut: at most 12 bytes. */
  readonly #carry = Buffer.alloc(12);
  #carryBytes = 0;
  /** From here on the chunk at hand holds bytes of the element that is being kept. */
  #keepFrom = 0;
  #bulk: BulkElement | undefined;

  /** @param keptTags top-level elements to keep, sequences with all they hold */
  constructor(syntax: ScanSyntax, keptTags: ReadonlySet<number>) {
    this.#keptTags = keptTags;
    this.#stack = [
      {
        kind: 'data-set',
        end: Infinity,
        implicit: syntax.encoding === 'implicit',
        bigEndian: syntax.bigEndian,
      },
    ];
  }

  /** Bytes of the data set seen so far. */
  get position(): number {
    return this.#position;
  }

  /** Kept elements by tag; of an element that stands twice, the first. */
  get kept(): ReadonlyMap<number, KeptElement> {
    return this.#kept.elements();
  }

  /** The first one at top level; undefined while none was seen. */
  get bulk(): BulkElement | undefined {
    return this.#bulk;
  }

  /** Kept tags whose value was too large to keep, or that stand twice with different values. */
  get dropped(): ReadonlySet<number> {
    return this.#kept.dropped;
  }

  /**
   * Takes the next bytes; `chunk` is the caller's again when this returns.
   * @throws Problem 'unreadable-data-set' with tag and offset
   */
  write(chunk: Buffer): void {
    let at = 0;
    this.#keepFrom = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, chunk.length - at);
        this.#skip -= step;
        this.#position += step;
        at += step;
        if (this.#skip === 0) this.#closeFinished(chunk, at);
      } else {
        at = this.#header(chunk, at);
      }
    }
    this.#kept.add(chunk, this.#keepFrom, chunk.length);
  }

  /**
   * Says that the data set ended here.
   * @throws Problem 'unreadable-data-set' when it is cut short
   */
  end(): void {
    if (this.#position + this.#carryBytes === 0) throw unreadable('the data set is empty');
    if (this.#carryBytes > 0 || this.#skip > 0 || this.#stack.length > 1) {
      throw unreadable(`the data set ends too early, ${this.#where()}`);
    }
  }

  /** Reads one element head at `at`, or carries what there is of it; returns where to go on. */
  #header(chunk: Buffer, at: number): number {
    if (this.#carryBytes === 0) {
      const size = this.#headBytes(chunk, at, chunk.length - at);
      if (size <= chunk.length - at) {
        this.#element(chunk, at, size, chunk, at + size);
        return at + size;
      }
    }
    // Cut by the chunk's end: gather byte by byte, 12 at most.
    let next = at;
    for (;;) {
      const size = this.#headBytes(this.#carry, 0, this.#carryBytes);
      if (size <= this.#carryBytes) {
        const carried = this.#carryBytes;
        this.#carryBytes = 0;
        this.#element(this.#carry, 0, carried, chunk, next);
        return next;
      }
      if (next >= chunk.length) return next;
      this.#carry[this.#carryBytes] = chunk[next] ?? 0;
      this.#carryBytes += 1;
      next += 1;
    }
  }

  /** Bytes of the element head at `at` as far as `available` bytes tell: 8 or 12. */
  #headBytes(bytes: Buffer, at: number, available: number): number {
    const container = this.#top();
    if (container.implicit || container.kind === 'fragments' || container.kind === 'sequence') return 8;
    if (available < 8) return 8;
    const group = container.bigEndian ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at);
    if (group === 0xfffe) return 8;
    const vr = bytes.readUInt16BE(at + 4);
    if (LONG_VRS.has(vr)) return 12;
    if (SHORT_VRS.has(vr) || !isLetters(vr)) return 8;
    return 12; // a VR of the future has a 4-byte length — PS3.5 §6.2
  }

  /** Takes up the element whose head lies in `head`; its value begins at `valueAt` of `chunk`. */
  #element(head: Buffer, at: number, headBytes: number, chunk: Buffer, valueAt: number): void {
    this.#elementCount += 1;
    if (this.#elementCount > scanLimits.elementsMax) {
      throw unreadable(`more than ${scanLimits.elementsMax} elements`);
    }
    const start = this.#position;
    this.#position += headBytes;
    const container = this.#top();
    const tag = readTag(head, at, container.bigEndian);
    const { vr, length } = this.#vrAndLength(head, at, headBytes, container, tag);
    if (tag === ITEM || tag === ITEM_DELIMITER || tag === SEQUENCE_DELIMITER) {
      this.#delimiter(tag, length, container);
      this.#closeFinished(chunk, valueAt);
      return;
    }
    if (container.kind === 'sequence' || container.kind === 'fragments') {
      throw unreadable(`${formatTag(tag)} at ${start} where an item is due`);
    }
    if (this.#stack.length === 1 && this.#keptTags.has(tag)) {
      this.#kept.begin(tag, head, at, headBytes, length === UNDEFINED_LENGTH ? undefined : length);
      this.#keepFrom = valueAt;
    }
    if (this.#stack.length === 1 && tag >= FLOAT_PIXEL_DATA && tag <= PIXEL_DATA) {
      this.#bulk ??= {
        tag,
        vr: String.fromCharCode(vr >> 8, vr & 0xff),
        position: start,
        valuePosition: this.#position,
        length: length === UNDEFINED_LENGTH ? undefined : length,
      };
    }
    this.#value(tag, vr, length, container);
    if (this.#skip === 0) this.#closeFinished(chunk, valueAt);
  }

  #vrAndLength(head: Buffer, at: number, headBytes: number, container: Container, tag: number) {
    const u32 = (offset: number) =>
      container.bigEndian ? head.readUInt32BE(offset) : head.readUInt32LE(offset);
    if (tag >>> 16 === 0xfffe) return { vr: UN, length: u32(at + 4) };
    if (container.implicit) return { vr: vrCode(vrOf(tag)), length: u32(at + 4) };
    const vr = head.readUInt16BE(at + 4);
    if (headBytes === 12) return { vr, length: u32(at + 8) };
    if (!isLetters(vr) && !isPlaceholderVr(vr)) return { vr: UN, length: u32(at + 4) };
    return { vr, length: container.bigEndian ? head.readUInt16BE(at + 6) : head.readUInt16LE(at + 6) };
  }

  /** Opens a container or begins to skip the value. */
  #value(tag: number, vr: number, length: number, container: Container): void {
    if (length === UNDEFINED_LENGTH) {
      const isBulk = tag === PIXEL_DATA || BULK_VRS.has(vr);
      // UN of undefined length holds implicit VR little endian — PS3.5 §6.2.2, note 4.
      const isImplicit = container.implicit || vr === UN;
      this.#push({
        kind: isBulk ? 'fragments' : 'sequence',
        end: Infinity,
        implicit: isImplicit,
        bigEndian: container.bigEndian && vr !== UN,
      });
      return;
    }
    const end = this.#position + length;
    if (end > container.end)
      throw unreadable(`${formatTag(tag)} at ${this.#position} is longer than what holds it`);
    if (vr === SQ && length > 0) {
      this.#push({ kind: 'sequence', end, implicit: container.implicit, bigEndian: container.bigEndian });
    } else {
      this.#skip = length;
    }
  }

  #delimiter(tag: number, length: number, container: Container): void {
    if (tag === ITEM) {
      this.#item(length, container);
      return;
    }
    if (length !== 0) throw unreadable(`delimiter with a length at ${this.#position}`);
    if (container.kind === 'data-set') return; // stray, and harmless
    const endsItem = tag === ITEM_DELIMITER;
    if (endsItem !== (container.kind === 'item')) {
      throw unreadable(`${formatTag(tag)} at ${this.#position} ends nothing`);
    }
    if (container.end !== Infinity && container.end !== this.#position) {
      throw unreadable(`${formatTag(tag)} at ${this.#position} inside a defined length`);
    }
    this.#stack.pop();
  }

  #item(length: number, container: Container): void {
    if (container.kind === 'fragments') {
      if (length === UNDEFINED_LENGTH) throw unreadable(`fragment of undefined length at ${this.#position}`);
      this.#skip = length;
      return;
    }
    if (container.kind !== 'sequence') throw unreadable(`item outside of a sequence at ${this.#position}`);
    const end = length === UNDEFINED_LENGTH ? Infinity : this.#position + length;
    if (end !== Infinity && end > container.end) {
      throw unreadable(`item at ${this.#position} is longer than its sequence`);
    }
    this.#push({ kind: 'item', end, implicit: container.implicit, bigEndian: container.bigEndian });
  }

  #push(container: Container): void {
    if (this.#stack.length > scanLimits.depthMax) {
      throw unreadable(`sequences nested more than ${scanLimits.depthMax / 2} deep`);
    }
    this.#stack.push(container);
  }

  /** Closes the containers of defined length that end here, and what was being kept. */
  #closeFinished(chunk: Buffer, at: number): void {
    if (this.#skip > 0) return;
    let top = this.#top();
    while (this.#stack.length > 1 && this.#position >= top.end) {
      if (this.#position > top.end)
        throw unreadable(`a value at ${this.#position} is longer than what holds it`);
      this.#stack.pop();
      top = this.#top();
    }
    if (!this.#kept.isOpen || this.#stack.length > 1) return;
    this.#kept.add(chunk, this.#keepFrom, at);
    this.#kept.end();
  }

  #top(): Container {
    const top = this.#stack[this.#stack.length - 1];
    if (top === undefined) throw new Error('the data set itself was closed');
    return top;
  }

  #where(): string {
    const depth = this.#stack.length > 1 ? `inside a ${this.#top().kind}` : 'inside an element';
    return `${depth} at ${this.#position}`;
  }
}

function readTag(bytes: Buffer, at: number, bigEndian: boolean): number {
  const group = bigEndian ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at);
  const element = bigEndian ? bytes.readUInt16BE(at + 2) : bytes.readUInt16LE(at + 2);
  return ((group << 16) | element) >>> 0;
}

function unreadable(words: string): Problem {
  return new Problem('unreadable-data-set', words);
}
