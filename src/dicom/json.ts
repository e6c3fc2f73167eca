import { decodeBinaryNumbers } from './binary-numbers.ts';
import { decodeText, decodeValues } from './character-set.ts';
import type { DataSet } from './data-set.ts';
import { hexOfTag, vrOf } from './dictionary/dictionary.ts';
import type { Element, ValueElement } from './element.ts';
import { withoutPadding, withoutTrailing } from './padding.ts';
import { vrTraits } from './vr.ts';

/** A person's name by component groups — PS3.18 §F.2.2; PS3.5 §6.2.1. Components within a group stay parted by `^`. */
export interface PersonName {
  Alphabetic?: string;
  Ideographic?: string;
  Phonetic?: string;
}

/** US, IS, DS and their like are numbers where nothing is lost by it, else the string as it was. */
export type JsonValue = string | number | PersonName | JsonDataSet | null;

export interface JsonElement {
  vr: string;
  Value?: JsonValue[];
}

/** DICOM JSON model — PS3.18 Annex F. Key: the tag as 8 upper-case hex digits, `00100010`. */
export type JsonDataSet = { [tag: string]: JsonElement };

/** The whole data set; values that are bytes (OB, OW, UN …) are left out, as toJsonElement does. */
export function toJson(dataSet: DataSet): JsonDataSet {
  const json: JsonDataSet = {};
  for (const element of dataSet.elements()) {
    json[hexOfTag(element.tag)] = toJsonElement(element, dataSet.characterSets);
  }
  return json;
}

/**
 * One element of the DICOM JSON model — PS3.18 §F.2.2, Table F.2.3-1. Without `Value` where it is empty, and for VRs of bytes
 * (OB, OW, UN …), which the catalogue does not keep. Items have their own Specific Character Set.
 */
export function toJsonElement(element: Element, characterSets: readonly string[]): JsonElement {
  const known = element.vr === 'UN' ? asKnown(element) : element;
  const values = known.vr === 'SQ' ? known.items.map(toJson) : toValues(known, characterSets);
  const isEmpty = values.every((value) => value === null);
  return isEmpty ? { vr: known.vr } : { vr: known.vr, Value: values };
}

/** Converters write UN for what they do not know; the dictionary may, and UN is always little endian — PS3.5 §6.2.2. */
function asKnown(element: ValueElement): ValueElement {
  const vr = vrOf(element.tag);
  return vr === 'SQ' ? element : { ...element, vr };
}

/** `A=I=P` by component groups; blanks at the end of a group are padding. */
export function toPersonName(text: string): PersonName {
  const [alphabetic = '', ideographic = '', phonetic = ''] = text.split('=').map((group) => group.trim());
  const name: PersonName = {};
  if (alphabetic !== '') name.Alphabetic = alphabetic;
  if (ideographic !== '') name.Ideographic = ideographic;
  if (phonetic !== '') name.Phonetic = phonetic;
  return name;
}

/** The text of a PN: groups parted by `=`, empty ones at the end left out. */
export function fromPersonName({ Alphabetic = '', Ideographic = '', Phonetic = '' }: PersonName): string {
  return withoutTrailing(`${Alphabetic}=${Ideographic}=${Phonetic}`, '=');
}

function toValues({ vr, bytes }: ValueElement, characterSets: readonly string[]): JsonValue[] {
  if (bytes.length === 0) return [];
  const { kind, multiValued } = vrTraits[vr];
  if (kind === 'bytes') return [];
  if (vr === 'AT') return decodeBinaryNumbers(vr, bytes).map((value) => hexOfTag(Number(value)));
  if (kind === 'binary') return decodeBinaryNumbers(vr, bytes).map(toJsonNumber);
  if (!multiValued) return [orNull(withoutPadding(decodeText(bytes, vr, characterSets)))];
  return decodeValues(bytes, vr, characterSets).map((value, index, all) => {
    if (vr === 'DS' || vr === 'IS')
      return toJsonDecimal(index === all.length - 1 ? withoutPadding(value) : value);
    const text = withoutPadding(value).trimStart();
    if (vr === 'PN') return /^=*$/.test(text) ? null : toPersonName(text);
    return orNull(text);
  });
}

/** A number where its text is the shortest one, so that it comes back byte for byte; else the text: `1.50`, `+1`, `1e400`. */
function toJsonDecimal(text: string): JsonValue {
  const value = Number(text);
  return text !== '' && String(value) === text && Number.isFinite(value) ? value : orNull(text);
}

/** 64-bit integers beyond 2⁵³, NaN and infinities are strings: JSON has no such numbers — PS3.18 Table F.2.3-1. */
function toJsonNumber(value: number | bigint): JsonValue {
  const number = Number(value);
  const isKept = typeof value === 'number' ? Number.isFinite(value) : Number.isSafeInteger(number);
  return isKept && !Object.is(number, -0) ? number : numberText(value);
}

function numberText(value: number | bigint): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}
