import { DataSet } from './data-set.ts';
import { tags } from './dictionary/tags.ts';
import {
  fromPersonName,
  type JsonDataSet,
  type JsonElement,
  type JsonValue,
  type PersonName,
} from './json.ts';
import { isVr, type Vr, vrTraits } from './vr.ts';

const UTF_8: readonly string[] = ['ISO_IR 192'];

/**
 * A data set of the DICOM JSON model — PS3.18 Annex F — in the given character sets; in ISO_IR 192 with all its items where some text
 * does not fit them. Specific Character Set (0008,0005) of the result says which; what `json` says of it is of another encoding.
 */
export function fromJson(json: JsonDataSet, characterSets: readonly string[]): DataSet {
  return build(json, characterSets) ?? build(json, UTF_8, { isForced: true }) ?? new DataSet();
}

interface Options {
  /** Text that does not even fit into UTF-8 (half a surrogate pair) gets U+FFFD in its place. */
  readonly isForced: boolean;
}

/** Undefined where some text does not fit. */
function build(
  json: JsonDataSet,
  characterSets: readonly string[],
  options: Options = { isForced: false },
): DataSet | undefined {
  const dataSet = new DataSet();
  if (characterSets.length > 0) dataSet.setText(tags.SpecificCharacterSet, characterSets);
  for (const [hex, element] of Object.entries(json)) {
    const tag = Number.parseInt(hex, 16);
    if (tag === tags.SpecificCharacterSet) continue;
    if (!setElement(dataSet, tag, element, characterSets, options)) return undefined;
  }
  return dataSet;
}

function setElement(
  dataSet: DataSet,
  tag: number,
  { vr, Value: values = [] }: JsonElement,
  characterSets: readonly string[],
  options: Options,
): boolean {
  if (!isVr(vr)) return true;
  if (vr === 'SQ') return setItems(dataSet, tag, values, characterSets, options);
  const { kind } = vrTraits[vr];
  if (values.length === 0 || kind === 'bytes') {
    dataSet.setEmpty(tag, vr);
  } else if (kind === 'binary') {
    const numbers = values.map((value) => toNumber(value, vr));
    dataSet.setNumbers(tag, numbers, vr);
  } else {
    const texts = values.map(toText);
    const fits = dataSet.setText(tag, texts, vr);
    if (!fits && !options.isForced) return false;
    if (!fits) dataSet.set({ tag, vr, bytes: Buffer.from(texts.join('\\'), 'utf8') });
  }
  return true;
}

/** Items are encoded in the character set of the data set around them, and do not say it again. */
function setItems(
  dataSet: DataSet,
  tag: number,
  values: JsonValue[],
  characterSets: readonly string[],
  options: Options,
): boolean {
  const items: DataSet[] = [];
  for (const value of values) {
    const item = build((value ?? {}) as JsonDataSet, characterSets, options);
    if (item === undefined) return false;
    item.delete(tags.SpecificCharacterSet);
    items.push(item);
  }
  dataSet.setItems(tag, items);
  return true;
}

function toNumber(value: JsonValue, vr: Vr): number | bigint {
  if (vr === 'AT') return Number.parseInt(String(value), 16);
  if (vr === 'SV' || vr === 'UV') return BigInt(String(value ?? 0));
  return Number(value);
}

function toText(value: JsonValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? fromPersonName(value as PersonName) : String(value);
}
