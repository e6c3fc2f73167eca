import type { Vr } from '../vr.ts';
import { elements } from './elements.ts';

/** One element of the dictionary — PS3.6 §6, §7, §8. */
export interface DictionaryElement {
  readonly keyword: string;
  /** More than one where it depends on other attributes; first the one that Implicit VR is read with. */
  readonly vrs: readonly Vr[];
  /** Value Multiplicity in the standard's notation: `1`, `1-n`, `2-2n`. */
  readonly vm: string;
}

let byTag: Map<number, DictionaryElement> | undefined;
let byKeyword: Map<string, number> | undefined;

/**
 * VR of an element in Implicit VR, where none is written: PS3.5 §A.1. UN for what the dictionary does not have;
 * LO for a private creator, UL for a group length, in every group (PS3.5 §7.2, §7.8.1).
 */
export function vrOf(tag: number): Vr {
  const vr = dictionaryElement(tag)?.vrs[0];
  if (vr !== undefined) return vr;
  const element = tag & 0xffff;
  if (element === 0) return 'UL';
  const isPrivateCreator = isPrivateTag(tag) && element >= 0x10 && element <= 0xff;
  return isPrivateCreator ? 'LO' : 'UN';
}

/** Keyword of an element, `undefined` for a private or unknown one. */
export function keywordOf(tag: number): string | undefined {
  return dictionaryElement(tag)?.keyword;
}

/** Tag of a keyword; of a repeating group, the first. */
export function tagOf(keyword: string): number | undefined {
  if (byKeyword === undefined) {
    byKeyword = new Map(Array.from(table(), ([tag, element]) => [element.keyword, tag]));
  }
  return byKeyword.get(keyword);
}

/** The dictionary's row for a tag, that of the first group for a repeating group. */
export function dictionaryElement(tag: number): DictionaryElement | undefined {
  return table().get(tag) ?? table().get(firstOfRepeating(tag));
}

/** Private elements have an odd group — PS3.5 §7.8. */
export function isPrivateTag(tag: number): boolean {
  return (tag & 0x10000) !== 0;
}

/** `(0010,0020)`, for messages and logs. */
export function formatTag(tag: number): string {
  const hex = hexOfTag(tag);
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}

/** `00100020`: the key of the DICOM JSON model — PS3.18 §F.2.2. */
export function hexOfTag(tag: number): string {
  return tag.toString(16).toUpperCase().padStart(8, '0');
}

function table(): Map<number, DictionaryElement> {
  if (byTag === undefined) byTag = parse();
  return byTag;
}

/** Parsed at first use, some 5 ms, so that a command that never looks does not pay. */
function parse(): Map<number, DictionaryElement> {
  const parsed = new Map<number, DictionaryElement>();
  for (const line of elements.trim().split('\n')) {
    const [hex = '', vrs = '', vm = '', keyword = ''] = line.split(' ');
    parsed.set(Number.parseInt(hex, 16), { keyword, vm, vrs: vrs.split('/') as Vr[] });
  }
  return parsed;
}

/**
 * The tag under which the table holds a repeating group or element — PS3.5 §7.6; the retired ones of PS3.6:
 * (50xx,eeee) curves, (60xx,eeee) overlays, (7Fxx,eeee) variable pixel data, (0020,31xx), (0028,04x0), (0028,08x0), (1000,xxx0), (1010,xxxx).
 */
function firstOfRepeating(tag: number): number {
  if (isPrivateTag(tag)) return tag;
  const repeatingGroup = tag >>> 24;
  if (repeatingGroup === 0x50 || repeatingGroup === 0x60 || repeatingGroup === 0x7f)
    return (tag & 0xff00ffff) >>> 0;
  switch (tag >>> 16) {
    case 0x0020:
      return (tag & 0xff00) === 0x3100 ? 0x00203100 : tag;
    case 0x0028:
      if ((tag & 0xff00) === 0x0400) return 0x00280410 | (tag & 0xf);
      return (tag & 0xff00) === 0x0800 ? 0x00280800 | (tag & 0xf) : tag;
    case 0x1000:
      return 0x10000010 | (tag & 0xf);
    case 0x1010:
      return 0x10100004;
    default:
      return tag;
  }
}
