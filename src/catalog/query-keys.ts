import { combinedRangesOf } from '../dicom/date-times.ts';
import { hexOfTag, vrOf } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { entityMatcherFor } from '../dicom/entity-matching.ts';
import type { JsonDataSet } from '../dicom/json.ts';
import {
  asksForEmpty,
  BASELINE_RULES,
  hasWildcard,
  isUniversal,
  type MatchingKey,
  type MatchingRules,
  significantValues,
} from '../dicom/matching.ts';
import { dateSpan, widenedByDays } from '../dicom/time-spans.ts';
import { inTimezone } from '../dicom/time-zones.ts';
import { Problem } from '../lib/problem.ts';
import { isSupportedAt, type Level } from './attributes.ts';
import { keysPerItemMax, searchedCharsMax, uidsPerKeyMax, valueCharsMax, valuesPerKeyMax } from './limits.ts';
import type { NarrowingKey } from './narrowing-key.ts';

/** A key of a C-FIND identifier: its text decoded and split at backslashes; `[]` or `['']` is universal matching. */
export interface QueryKey {
  tag: number;
  vr: string;
  values: string[];
  /** Of a sequence: the keys of its one item — PS3.4 §C.2.2.2.6. */
  items?: QueryKey[];
}

/** What the keys of a query come to at a level. */
export interface CompiledKeys {
  /** Those that restrict, as far as the database can know. */
  keys: readonly NarrowingKey[];
  /** The entity as whoever asks sees it. */
  seen(entity: JsonDataSet): JsonDataSet;
  /** Whether all of them match what is seen: the rule of dicom/matching.ts. */
  matches(seen: JsonDataSet): boolean;
}

/**
 * A key that the catalogue does not have at this level or above (`isSupportedAt`) restricts nothing.
 *
 * @throws Problem 'unusable-identifier' for a key of too many values, or too long a one, or too much to look for
 */
export function compileKeys(
  given: readonly QueryKey[],
  level: Level,
  rules: MatchingRules = BASELINE_RULES,
): CompiledKeys {
  const keys = given.map(withStandardVr).filter((key) => isSupportedAt(key.tag, level) && !isUniversal(key));
  for (const key of keys) assertBounded(key, rules);
  const { timezoneOffset } = rules;
  return {
    keys: narrowing(keys, rules),
    seen: timezoneOffset === undefined ? (entity) => entity : (entity) => inTimezone(entity, timezoneOffset),
    matches: entityMatcherFor(keys, rules),
  };
}

/** The standard's VR counts, whatever the caller wrote; a private attribute is not kept anyway. */
function withStandardVr(key: QueryKey): MatchingKey {
  const vr = vrOf(key.tag);
  const items = key.items?.map(withStandardVr);
  return { tag: key.tag, vr: vr === 'UN' ? key.vr : vr, values: key.values, ...(items && { items }) };
}

/** What the columns can tell beforehand: they hold the local time of who made the instance, and '' for whatever is no value. */
function narrowing(keys: readonly MatchingKey[], rules: MatchingRules): NarrowingKey[] {
  const ranges = rules.isDateTimeCombined ? combinedRangesOf(keys) : [];
  const timesOfRanges = new Set(ranges.map(({ time }) => time));
  const isShifted = (key: MatchingKey) =>
    rules.timezoneOffset !== undefined && key.tag !== tags.PatientBirthDate;
  return keys.flatMap((key): NarrowingKey[] => {
    if (key.vr === 'SQ' || asksForEmpty(key, rules) || timesOfRanges.has(key)) return [];
    if (key.vr === 'PN') return [{ ...key, isFuzzy: rules.isFuzzy }];
    if (key.vr === 'TM' && isShifted(key)) return [];
    if (key.vr === 'DA' && isShifted(key)) return widened(key);
    return [key];
  });
}

/** From -1200 to +1400 it is 26 hours. */
function widened(key: MatchingKey): NarrowingKey[] {
  const spans = significantValues(key).map(dateSpan);
  const values = spans.map((span) => (span === undefined ? '' : widenedByDays(span, 2)));
  return values.includes('') ? [] : [{ ...key, values }];
}

function assertBounded(key: MatchingKey, rules: MatchingRules): void {
  const max = key.vr === 'UI' ? uidsPerKeyMax : valuesPerKeyMax;
  const name = hexOfTag(key.tag);
  if (key.values.length > max) {
    throw new Problem('unusable-identifier', `more than ${max} values in key ${name}`);
  }
  if (key.values.some((value) => value.length > valueCharsMax)) {
    throw new Problem('unusable-identifier', `more than ${valueCharsMax} characters in key ${name}`);
  }
  if (searchedChars(key, rules) > searchedCharsMax) {
    throw new Problem('unusable-identifier', `too much to look for in key ${name}`);
  }
  if ((key.items?.length ?? 0) > keysPerItemMax) {
    throw new Problem('unusable-identifier', `more than ${keysPerItemMax} keys in the item of ${name}`);
  }
  for (const inner of key.items ?? []) assertBounded(inner, rules);
}

/** Of the values that may be found at more than one place of a text. */
function searchedChars({ vr, values }: MatchingKey, { isFuzzy }: MatchingRules): number {
  const patterns = values.map((value) => value.replace(/\*+/g, '*'));
  const searched = patterns.filter(
    (value) => (vr === 'PN' && isFuzzy) || (hasWildcard(vr, value) && value.includes('*')),
  );
  return searched.reduce((sum, value) => sum + value.length, 0);
}
