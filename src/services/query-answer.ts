import type { QueryKey } from '../catalog/catalog.ts';
import type { DataSet } from '../dicom/data-set.ts';
import { hexOfTag, vrOf } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { itemMatcherFor } from '../dicom/entity-matching.ts';
import { fromJson } from '../dicom/from-json.ts';
import type { JsonDataSet, JsonElement, JsonValue } from '../dicom/json.ts';
import { isUniversal, type MatchingKey, type MatchingRules } from '../dicom/matching.ts';
import type { QueryIdentifier } from './query-identifier.ts';

const TIMEZONE = hexOfTag(tags.TimezoneOffsetFromUTC);

/** What is answered of one attribute. */
type Answer = (stored: JsonElement | undefined) => JsonElement;

/** Makes the identifier of a Pending response of a match — PS3.4 §C.4.1.1.3.2. What can be known before the first match is worked out once. */
export class AnswerMaker {
  readonly #own: JsonDataSet;
  readonly #answers: readonly [key: string, answer: Answer][];
  readonly #characterSets: readonly string[];
  readonly #isTimezoneTold: boolean;

  /** @param own what every answer has of our own accord */
  constructor(identifier: DataSet, { keys, rules }: QueryIdentifier, own: JsonDataSet) {
    this.#own = own;
    this.#answers = answersTo(keys, rules);
    this.#characterSets = identifier.characterSets;
    this.#isTimezoneTold = rules.timezoneOffset !== undefined || identifier.has(tags.TimezoneOffsetFromUTC);
  }

  answerOf(match: JsonDataSet): DataSet {
    const json: JsonDataSet = { ...this.#own };
    for (const [key, answer] of this.#answers) json[key] = answer(match[key]);
    // Never of zero length: the zone is told where it is known, and where times are to be read in it.
    const timezone = match[TIMEZONE];
    if (this.#isTimezoneTold && timezone !== undefined) json[TIMEZONE] = timezone;
    // In the character set of the request where every value fits it, else in UTF-8.
    return fromJson(json, this.#characterSets);
  }
}

function answersTo(keys: readonly QueryKey[], rules: MatchingRules): [string, Answer][] {
  return keys.map((key) => [hexOfTag(key.tag), answerTo(key, rules)]);
}

function answerTo(key: QueryKey, rules: MatchingRules): Answer {
  const standard = vrOf(key.tag);
  const vr = standard === 'UN' ? key.vr : standard;
  const empty = { vr };
  if (vr !== 'SQ' || key.items === undefined || key.items.length === 0) return (stored) => stored ?? empty;
  const answers = answersTo(key.items, rules);
  const asked = toMatchingKey(key);
  const matches = isUniversal(asked) ? () => true : itemMatcherFor(asked, rules);
  return (stored) => {
    const items = (stored?.Value ?? []).filter(matches);
    return items.length === 0 ? empty : { vr, Value: items.map((item) => narrowed(item, answers)) };
  };
}

/** Of an item, the attributes that were asked for — PS3.4 §C.2.2.2.6. */
function narrowed(item: JsonValue, answers: readonly [string, Answer][]): JsonValue {
  if (typeof item !== 'object' || item === null) return item;
  const stored = item as JsonDataSet;
  return Object.fromEntries(answers.map(([key, answer]) => [key, answer(stored[key])]));
}

function toMatchingKey({ tag, values, items, vr }: QueryKey): MatchingKey {
  const standard = vrOf(tag);
  return {
    tag,
    vr: standard === 'UN' ? vr : standard,
    values,
    ...(items && { items: items.map(toMatchingKey) }),
  };
}
