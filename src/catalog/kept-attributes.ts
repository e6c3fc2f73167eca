import { hexOfTag } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import type { JsonDataSet, JsonElement } from '../dicom/json.ts';
import { keptTags, type Level, levelOf } from './attributes.ts';
import { attributesJsonCharsMax } from './limits.ts';

/** An instance's attributes, parted by the row that keeps them. */
export type AttributesByLevel = Readonly<Record<Level, JsonDataSet>>;

/** Which row keeps an element. UIDs of the hierarchy are columns, and put back by whoever reads a row. */
const LEVEL_BY_KEY: ReadonlyMap<string, Level> = levelByKey();

function levelByKey(): Map<string, Level> {
  const columns: ReadonlySet<number> = new Set([
    tags.StudyInstanceUID,
    tags.SeriesInstanceUID,
    tags.SOPInstanceUID,
    tags.SOPClassUID,
  ]);
  const levels = new Map<string, Level>();
  for (const tag of keptTags) {
    const level = levelOf(tag);
    if (level !== undefined && !columns.has(tag)) levels.set(hexOfTag(tag), level);
  }
  return levels;
}

/** Leaves out what is not kept and what has no value: an absent and an empty attribute are one to the catalogue. */
export function partByLevel(attributes: JsonDataSet): AttributesByLevel {
  const parted: AttributesByLevel = { PATIENT: {}, STUDY: {}, SERIES: {}, IMAGE: {} };
  for (const key in attributes) {
    const element = attributes[key];
    const level = LEVEL_BY_KEY.get(key);
    if (level !== undefined && element !== undefined && hasValue(element)) parted[level][key] = element;
  }
  return parted;
}

/** Takes from `later` what `attributes` lacks. */
export function fillAbsent(attributes: JsonDataSet, later: JsonDataSet): void {
  for (const key in later) {
    const element = later[key];
    if (attributes[key] === undefined && element !== undefined) attributes[key] = element;
  }
}

/** The text that a row keeps; where it is too long the largest elements are left out, for a query to find nothing in them. */
export function toAttributesJson(attributes: JsonDataSet): string {
  const json = JSON.stringify(attributes);
  if (json.length <= attributesJsonCharsMax) return json;
  const bySize = Object.entries(attributes)
    .map(([key, element]) => ({ key, element, charsCount: JSON.stringify(element).length + key.length + 4 }))
    .sort((one, other) => one.charsCount - other.charsCount);
  let total = 2;
  const kept = bySize.filter(({ charsCount }) => {
    total += charsCount;
    return total <= attributesJsonCharsMax;
  });
  return JSON.stringify(Object.fromEntries(kept.map(({ key, element }) => [key, element])));
}

/** What `toAttributesJson` wrote. */
export function fromAttributesJson(json: unknown): JsonDataSet {
  return typeof json === 'string' && json !== '' ? (JSON.parse(json) as JsonDataSet) : {};
}

/** The first value as text, '' where there is none. */
export function firstText(attributes: JsonDataSet, tag: number): string {
  const value = attributes[hexOfTag(tag)]?.Value?.[0];
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

function hasValue(element: JsonElement): boolean {
  return element.Value?.some((value) => value !== null && value !== '') ?? false;
}
