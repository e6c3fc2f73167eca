import { constants, createInflateRaw } from 'node:zlib';
import type { StoredInstance } from '../catalog/catalog.ts';
import { decodeBinaryNumbers } from '../dicom/binary-numbers.ts';
import { decodeText, decodeValues, parseCharacterSets } from '../dicom/character-set.ts';
import type { Encoding } from '../dicom/data-set-decoder.ts';
import { formatTag, isPrivateTag, keywordOf } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { swapWords } from '../dicom/element.ts';
import { withoutPadding } from '../dicom/padding.ts';
import { explicitVrLittleEndian, transferSyntaxOf } from '../dicom/transfer-syntax.ts';
import { type Vr, vrTraits } from '../dicom/vr.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import { InstanceReader } from '../storage/instance-reader.ts';
import { ElementWalk, type Span, type WalkedElement } from './element-walk.ts';

/** One element, as a person reads it. */
export interface AttributeView {
  /** `(0010,0010)` */
  tag: string;
  /** Of a private element, its creator in brackets; '' for one that nobody knows. */
  keyword: string;
  vr: string;
  /** Values joined by backslash, cut at `viewLimits.valueCharsMax`; of a binary one its length in words. */
  value: string;
  /** Of a sequence. */
  items?: AttributeView[][];
}

export interface DataSetView {
  attributes: AttributeView[];
  /** Elements and items that were seen and left out; what lies beyond the bytes that were given counts as one. */
  omitted: number;
}

export const viewLimits = {
  /** Of the data set, from its beginning, bytes. */
  headBytesMax: 1024 * 1024,
  /** Elements and items at all levels. */
  elementsMax: 5_000,
  /** Sequences within sequences. */
  depthMax: 16,
  valueCharsMax: 1_000,
  /** Of one value, what is decoded to be cut then, bytes. */
  decodedBytesMax: 65_536,
} as const;

/**
 * The data set of a stored instance as a person reads it; its file is read as far as `viewLimits.headBytesMax` and no further.
 * @throws Problem 'not-found' or 'volume-offline'
 */
export async function viewOfInstance(
  files: Pick<InstanceFiles, 'pathOf'>,
  instance: StoredInstance,
): Promise<DataSetView> {
  const syntax = transferSyntaxOf(instance.transferSyntaxUid) ?? explicitVrLittleEndian;
  const readsMax = Math.min(instance.sizeBytes, viewLimits.headBytesMax);
  const reader = await InstanceReader.open(files.pathOf(instance), instance.dataSetOffset, readsMax);
  const pieces: Buffer[] = [];
  // A piece is ours only until the next one.
  for await (const piece of reader.pieces()) pieces.push(Buffer.from(piece));
  const read = Buffer.concat(pieces);
  const head = syntax.deflated ? await inflatedStart(read) : read;
  const isWhole = readsMax === instance.sizeBytes && head.length < viewLimits.headBytesMax;
  return viewOf(head, syntax, isWhole);
}

/** As much as is asked for, or as much as there is. */
async function inflatedStart(deflated: Buffer): Promise<Buffer> {
  // What is cut off in the middle is no error then.
  const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH });
  inflate.end(deflated);
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of inflate as AsyncIterable<Buffer>) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= viewLimits.headBytesMax) break;
    }
  } catch {
    // No deflate stream from here on; what came before can be shown.
  }
  return Buffer.concat(pieces).subarray(0, viewLimits.headBytesMax);
}

/**
 * A data set as a person reads it, as far as its beginning goes: up to Pixel Data, or to where the bytes end or say nonsense.
 * @param head the first bytes of the data set, inflated where it is deflated
 * @param isWhole whether these are all
 */
export function viewOf(head: Buffer, encoding: Encoding, isWhole: boolean): DataSetView {
  const view = new View(new ElementWalk(head, isWhole));
  const attributes = view.dataSet({ encoding, end: Infinity, isDelimited: false }, NO_CHARACTER_SETS, 0);
  return { attributes, omitted: view.omitted };
}

const NO_CHARACTER_SETS: readonly string[] = [];

class View {
  readonly #walk: ElementWalk;
  /** Seen so far, at all levels. */
  #count = 0;
  #omitted = 0;

  constructor(walk: ElementWalk) {
    this.#walk = walk;
  }

  get omitted(): number {
    return this.#omitted + (this.#walk.isCut ? 1 : 0);
  }

  /** @param depth of sequences around it */
  dataSet(span: Span, outer: readonly string[], depth: number): AttributeView[] {
    const attributes: AttributeView[] = [];
    const creators = new Map<number, string>();
    let characterSets = outer;
    for (;;) {
      const element = this.#walk.next(span);
      if (element === undefined) return attributes;
      const isShown = this.#count < viewLimits.elementsMax;
      this.#count += 1;
      if (!isShown && element.items === undefined) {
        // Decoding what nobody sees would cost the event loop as much as decoding what is seen.
        this.#omitted += 1;
        if (depth === 0 && isPixelData(element.tag)) this.#walk.stop(false);
        continue;
      }
      const attribute = this.#attribute(element, span.encoding, characterSets, creators, depth);
      if (element.tag === tags.SpecificCharacterSet)
        characterSets = parseCharacterSets(attribute.value.split('\\'));
      if (isCreator(element.tag)) creators.set(blockOf(element.tag), attribute.value);
      if (isShown) attributes.push(attribute);
      else this.#omitted += 1;
      if (depth === 0 && isPixelData(element.tag)) {
        this.#walk.stop(false);
        return attributes;
      }
    }
  }

  #attribute(
    element: WalkedElement,
    encoding: Encoding,
    characterSets: readonly string[],
    creators: ReadonlyMap<number, string>,
    depth: number,
  ): AttributeView {
    const { tag, vr } = element;
    const head = { tag: formatTag(tag), keyword: keywordFor(tag, creators), vr };
    if (element.items === undefined) return { ...head, value: valueWords(element, encoding, characterSets) };
    const items: AttributeView[][] = [];
    for (;;) {
      const item = this.#walk.nextItem(element.items);
      if (item === undefined) break;
      // The stack of the program is not for a peer to fill.
      if (depth === viewLimits.depthMax) {
        this.#walk.stop(true);
        continue;
      }
      const isShown = this.#count < viewLimits.elementsMax;
      this.#count += 1;
      const attributes = this.dataSet(item, characterSets, depth + 1);
      if (isShown) items.push(attributes);
      else this.#omitted += 1;
    }
    return { ...head, value: '', items };
  }
}

function keywordFor(tag: number, creators: ReadonlyMap<number, string>): string {
  if (!isPrivateTag(tag)) return keywordOf(tag) ?? ((tag & 0xffff) === 0 ? 'GroupLength' : '');
  if (isCreator(tag)) return 'PrivateCreator';
  const creator = creators.get(tag >>> 8);
  return creator === undefined ? '' : `[${creator}]`;
}

/** Private creators, (gggg,0010) to (gggg,00FF), name the owner of elements (gggg,1000) to (gggg,10FF) and so on — PS3.5 §7.8.1. */
function isCreator(tag: number): boolean {
  const element = tag & 0xffff;
  return isPrivateTag(tag) && element >= 0x10 && element <= 0xff;
}

/** Group and block that a creator owns: the upper 24 bits of its elements. */
function blockOf(creatorTag: number): number {
  return ((creatorTag >>> 16) << 8) | (creatorTag & 0xff);
}

function isPixelData(tag: number): boolean {
  return tag >= tags.FloatPixelData && tag <= tags.PixelData;
}

function valueWords(element: WalkedElement, encoding: Encoding, characterSets: readonly string[]): string {
  const { vr, length } = element;
  const bytes = element.value.subarray(0, viewLimits.decodedBytesMax);
  if (length === undefined) return 'encapsulated';
  const { kind, multiValued } = vrTraits[vr];
  switch (kind) {
    case 'bytes':
    case 'items':
      return length === 0 ? '' : `${length} bytes`;
    case 'binary':
      return cut(numbersOf(vr, bytes, encoding).join('\\'));
    case 'text':
    case 'localText': {
      if (!multiValued) return cut(withoutPadding(decodeText(bytes, vr, characterSets)));
      const values = decodeValues(bytes, vr, kind === 'localText' ? characterSets : NO_CHARACTER_SETS);
      return cut(values.map((value) => withoutPadding(value).trimStart()).join('\\'));
    }
  }
}

function numbersOf(vr: Vr, bytes: Buffer, encoding: Encoding): string[] {
  // So many numbers of one digit fill the view.
  const some = bytes.subarray(0, viewLimits.valueCharsMax * 4);
  const inOrder = encoding.bigEndian ? swapWords(some, vrTraits[vr].wordBytes) : some;
  return decodeBinaryNumbers(vr, inOrder).map((number) =>
    vr === 'AT' ? formatTag(Number(number)) : String(number),
  );
}

/** At most so long, without what cannot be shown: control characters but line feeds and tabs, halves of surrogate pairs. */
function cut(text: string): string {
  const isLong = text.length > viewLimits.valueCharsMax;
  const start = isLong ? `${text.slice(0, viewLimits.valueCharsMax - 1)}…` : text;
  return start.replace(/[^\P{Cc}\n\r\t]|\p{Cs}/gu, '\ufffd');
}
