import type { DataSet } from './data-set.ts';
import type { Vr } from './vr.ts';

/** An element that holds a value; numbers in `bytes` are little endian, whatever the transfer syntax. */
export interface ValueElement {
  readonly tag: number;
  readonly vr: Exclude<Vr, 'SQ'>;
  /** The value as it came or will be padded; empty for an element without a value. */
  readonly bytes: Buffer;
  /** Pixel Data of an item, in fragments: `bytes` are these with their heads, without the delimiter at the end — PS3.5 §A.4. */
  readonly isEncapsulated?: true;
}

/** A sequence of items — PS3.5 §7.5. */
export interface SequenceElement {
  readonly tag: number;
  readonly vr: 'SQ';
  readonly items: readonly DataSet[];
}

export type Element = ValueElement | SequenceElement;

export const ITEM = 0xfffee000;
export const ITEM_DELIMITATION = 0xfffee00d;
export const SEQUENCE_DELIMITATION = 0xfffee0dd;
/** Length of what a delimiter ends — PS3.5 §7.1.1. */
export const UNDEFINED_LENGTH = 0xffffffff;

/** Turns the words of a value from one byte order to the other; a copy, cut to whole words and the rest as it was. */
export function swapWords(bytes: Buffer, wordBytes: 1 | 2 | 4 | 8): Buffer {
  const copy = Buffer.from(bytes);
  const words = copy.subarray(0, copy.length - (copy.length % wordBytes));
  if (wordBytes === 2) words.swap16();
  else if (wordBytes === 4) words.swap32();
  else if (wordBytes === 8) words.swap64();
  return copy;
}
