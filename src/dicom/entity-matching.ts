import { combinedRangesOf, matchesCombined } from './date-times.ts';
import { hexOfTag } from './dictionary/dictionary.ts';
import type { JsonDataSet, JsonValue } from './json.ts';
import { BASELINE_RULES, isUniversal, type MatchingKey, type MatchingRules, matcherFor } from './matching.ts';

/** Whether an entity, or an item of a sequence, matches. */
export type EntityMatcher = (entity: JsonDataSet) => boolean;

/** All of the keys match — PS3.4 §C.2.2.2. */
export function entityMatcherFor(
  keys: readonly MatchingKey[],
  rules: MatchingRules = BASELINE_RULES,
): EntityMatcher {
  const given = keys.filter((key) => !isUniversal(key));
  const ranges = rules.isDateTimeCombined ? combinedRangesOf(given) : [];
  const combined = new Set(ranges.flatMap(({ date, time }) => [date, time]));
  const matchers = [
    ...given.filter((key) => !combined.has(key)).map((key) => attributeMatcherFor(key, rules)),
    ...ranges.map(
      (range): EntityMatcher =>
        (entity) =>
          matchesCombined(range, entity),
    ),
  ];
  return (entity) => matchers.every((matches) => matches(entity));
}

/** Whether one item of a sequence matches the item of its key — PS3.4 §C.2.2.2.6. */
export function itemMatcherFor(key: MatchingKey, rules: MatchingRules): (item: JsonValue) => boolean {
  const matches = entityMatcherFor(key.items ?? [], rules);
  return (item) => matches(isItem(item) ? item : {});
}

function attributeMatcherFor(key: MatchingKey, rules: MatchingRules): EntityMatcher {
  const name = hexOfTag(key.tag);
  if (key.vr === 'SQ') {
    const matches = itemMatcherFor(key, rules);
    return (entity) => entity[name]?.Value?.some(matches) ?? false;
  }
  const matches = matcherFor(key, rules);
  return (entity) => matches(entity[name]);
}

function isItem(value: JsonValue): value is JsonDataSet {
  return typeof value === 'object' && value !== null;
}
