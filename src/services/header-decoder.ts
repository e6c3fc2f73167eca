import { DataSet } from '../dicom/data-set.ts';
import { hexOfTag } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { type JsonDataSet, type JsonElement, toJson } from '../dicom/json.ts';
import type { KeptElement } from '../dicom/kept-elements.ts';
import { explicitVrLittleEndian, implicitVrLittleEndian } from '../dicom/transfer-syntax.ts';
import type { InstanceHeader } from './inspection.ts';

/** Elements remembered, and the longest of them, bytes. */
const REMEMBERED_MAX = 5000;
const REMEMBERED_BYTES_MAX = 512;

/**
 * Decodes the elements that the catalogue wants. Most of them are the same in all instances of a series, byte for byte, so what was decoded is remembered:
 * of a CT image some ten elements are new, out of sixty. The results are shared: nobody changes them.
 */
export class HeaderDecoder {
  #remembered = new Map<string, JsonElement>();

  /** An element that cannot be decoded is left out; the file keeps it as it came. */
  decode(header: InstanceHeader): JsonDataSet {
    const { encoding, bigEndian } = header.syntax;
    const syntax = {
      ...(encoding === 'implicit' ? implicitVrLittleEndian : explicitVrLittleEndian),
      bigEndian,
    };
    const characterSet = header.elements.get(tags.SpecificCharacterSet);
    const common = `${encoding} ${bigEndian} ${characterSet?.bytes.toString('latin1') ?? ''} `;
    const json: JsonDataSet = {};
    const unknown: { key: string | undefined; element: KeptElement }[] = [];
    for (const element of header.elements.values()) {
      const isShort = element.bytes.length <= REMEMBERED_BYTES_MAX;
      const key = isShort ? common + element.bytes.toString('latin1') : undefined;
      const known = key === undefined ? undefined : this.#remembered.get(key);
      if (known === undefined) unknown.push({ key, element });
      else json[hexOfTag(element.tag)] = known;
    }
    const decoded = decodeElements(
      unknown.map(({ element }) => element),
      characterSet,
      syntax,
    );
    for (const { key, element } of unknown) {
      const hex = hexOfTag(element.tag);
      const value = decoded[hex];
      if (value === undefined) continue;
      json[hex] = value;
      if (key !== undefined) this.#remember(key, value);
    }
    return json;
  }

  #remember(key: string, value: JsonElement): void {
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered = new Map();
    this.#remembered.set(key, value);
  }
}

type Syntax = typeof explicitVrLittleEndian;

function decodeElements(
  elements: readonly KeptElement[],
  characterSet: KeptElement | undefined,
  syntax: Syntax,
): JsonDataSet {
  const others = elements.filter(({ tag }) => tag !== tags.SpecificCharacterSet);
  const first = characterSet === undefined ? [] : [characterSet];
  const decode = (some: readonly KeptElement[]) =>
    toJson(DataSet.decode(Buffer.concat([...first, ...some].map(({ bytes }) => bytes)), syntax));
  try {
    return decode(others);
  } catch {
    // One of them is malformed: the others are good without it.
  }
  const json: JsonDataSet = {};
  for (const element of others) {
    try {
      Object.assign(json, decode([element]));
    } catch {
      // This one.
    }
  }
  return json;
}
