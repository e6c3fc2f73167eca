import { hexOfTag, vrOf } from '../dicom/dictionary/dictionary.ts';
import type { JsonDataSet } from '../dicom/json.ts';
import { isUniversal, type MatchingKey, matcherFor } from '../dicom/matching.ts';
import { Problem } from '../lib/problem.ts';
import { isSupportedAt, type Level } from './attributes.ts';
import { uidsPerKeyMax, valuesPerKeyMax } from './limits.ts';

/** A key of a C-FIND identifier: its text decoded and split at backslashes; `[]` or `['']` is universal matching. */
export interface QueryKey {
  tag: number;
  vr: string;
  values: string[];
}

/** What the keys of a query come to at a level. */
export interface CompiledKeys {
  /** Those that restrict. */
  keys: readonly MatchingKey[];
  /** Whether all of them match: the rule of dicom/matching.ts. */
  matches(entity: JsonDataSet): boolean;
}

/**
 * A key that the catalogue does not have at this level or above (`isSupportedAt`) restricts nothing.
 *
 * @throws Problem 'unusable-identifier' for a key of too many values
 */
export function compileKeys(given: readonly QueryKey[], level: Level): CompiledKeys {
  const keys = given.map(withStandardVr).filter((key) => isSupportedAt(key.tag, level) && !isUniversal(key));
  for (const key of keys) assertBounded(key);
  const matchers = keys.map((key) => ({ name: hexOfTag(key.tag), matches: matcherFor(key) }));
  return {
    keys,
    matches: (entity) => matchers.every(({ name, matches }) => matches(entity[name])),
  };
}

/** The standard's VR counts, whatever the caller wrote; a private attribute is not kept anyway. */
function withStandardVr(key: QueryKey): MatchingKey {
  const vr = vrOf(key.tag);
  return vr === 'UN' ? key : { ...key, vr };
}

function assertBounded(key: MatchingKey): void {
  const max = key.vr === 'UI' ? uidsPerKeyMax : valuesPerKeyMax;
  if (key.values.length > max) {
    throw new Problem('unusable-identifier', `more than ${max} values in key ${hexOfTag(key.tag)}`);
  }
}
