import { isSupportedAt } from '../catalog/attributes.ts';
import type { Level, QueryKey } from '../catalog/catalog.ts';
import type { DataSet } from '../dicom/data-set.ts';
import { formatTag, keywordOf, vrOf } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import {
  asksForEmpty,
  BASELINE_RULES,
  isUniversal,
  type MatchingRules,
  significantValues,
} from '../dicom/matching.ts';
import { dateSpan, dateTimeSpan, isTimeOfDay, offsetMinutesOf, timeSpan } from '../dicom/time-spans.ts';
import { Problem } from '../lib/problem.ts';
import type { AgreedOptions } from './extended-negotiation.ts';

/** What a C-FIND identifier asks for — PS3.4 §C.4.1.1.3.1. */
export interface QueryIdentifier {
  /** Keys that the catalogue can match and answer at the level. */
  keys: readonly QueryKey[];
  rules: MatchingRules;
  /** Whether those are all: FF01H in place of FF00H where not. */
  isEveryKeySupported: boolean;
}

/** Elements of an identifier that say how to read it, and are no keys. */
const NOT_KEYS: ReadonlySet<number> = new Set([tags.SpecificCharacterSet, tags.QueryRetrieveLevel]);
/** Answered of our own accord, not from an instance. */
export const OUR_OWN: ReadonlySet<number> = new Set([
  tags.RetrieveAETitle,
  tags.InstanceAvailability,
  tags.TimezoneOffsetFromUTC,
]);

/** @throws Problem 'data-set-mismatch' in words that name the key which nothing could ever match */
export function readQueryIdentifier(
  identifier: DataSet,
  level: Level,
  agreed: AgreedOptions,
): QueryIdentifier {
  const rules = rulesOf(identifier, agreed);
  const requested = identifier.tagsInOrder().filter((tag) => !NOT_KEYS.has(tag) && (tag & 0xffff) !== 0);
  const asked = requested.filter((tag) => !OUR_OWN.has(tag));
  const supported = asked.filter((tag) => isSupportedAt(tag, level));
  const keys = supported.map((tag) => keyOf(identifier, tag));
  for (const key of keys) assertUsable(key, rules);
  return { keys, rules, isEveryKeySupported: supported.length === asked.length };
}

function rulesOf(identifier: DataSet, agreed: AgreedOptions): MatchingRules {
  return {
    ...BASELINE_RULES,
    isDateTimeCombined: agreed.has('combinedDateTime'),
    isFuzzy: agreed.has('fuzzyNames'),
    isEmptyMatched: agreed.has('emptyValue'),
    timezoneOffset: agreed.has('timezone') ? timezoneOf(identifier) : undefined,
  };
}

/** Zero length is not allowed, and says nothing: the keys are meant as they stand then. */
function timezoneOf(identifier: DataSet): string | undefined {
  const text = identifier.text(tags.TimezoneOffsetFromUTC)?.trim() ?? '';
  if (text === '') return undefined;
  if (offsetMinutesOf(text) === undefined)
    throw refused(tags.TimezoneOffsetFromUTC, text, 'is no offset from UTC');
  return text;
}

function keyOf(identifier: DataSet, tag: number): QueryKey {
  const element = identifier.get(tag);
  const isSequence = vrOf(tag) === 'SQ';
  if (element?.vr !== 'SQ')
    return { tag, vr: element?.vr ?? 'UN', values: isSequence ? [] : identifier.texts(tag) };
  const [item, ...others] = element.items;
  if (item !== undefined && !isSequence) throw refused(tag, '', 'is no sequence');
  if (others.length > 0) throw refused(tag, '', `has ${element.items.length} items, one wanted`);
  const inner = item
    ?.tagsInOrder()
    .filter((one) => one !== tags.SpecificCharacterSet && (one & 0xffff) !== 0);
  return { tag, vr: 'SQ', values: [], items: inner?.map((one) => keyOf(item as DataSet, one)) ?? [] };
}

/** What nothing could ever match is a mistake of whoever asks, and "nothing found" would mislead. */
function assertUsable(key: QueryKey, rules: MatchingRules): void {
  const vr = vrOf(key.tag);
  const asked = { ...key, vr };
  if (vr === 'SQ') for (const inner of key.items ?? []) assertUsable(inner, rules);
  if (isUniversal(asked) || asksForEmpty(asked, rules)) return;
  for (const value of significantValues(asked)) {
    if (!isReadable(vr, value)) throw refused(key.tag, value, `is no ${WORDS[vr] ?? vr}`);
  }
}

const WORDS: Readonly<Record<string, string>> = {
  DA: 'date or range',
  TM: 'time or range',
  DT: 'date time or range',
  UI: 'UID',
};

function isReadable(vr: string, value: string): boolean {
  switch (vr) {
    case 'DA':
      return dateSpan(value) !== undefined;
    case 'TM':
      return isTimeOfDay(timeSpan(value));
    case 'DT':
      return dateTimeSpan(value) !== undefined;
    case 'UI':
      // No wild cards in UIDs; letters and the like have been seen in stored ones.
      return !/[*?]/.test(value);
    default:
      return true;
  }
}

/** The longest value that is repeated in an Error Comment of 64 characters. */
const VALUE_CHARS_SHOWN = 18;

/** @param value of a date, time or UID: names are never refused, and so never in a log */
function refused(tag: number, value: string, words: string): Problem {
  const shown = value === '' ? '' : ` ${JSON.stringify(value.slice(0, VALUE_CHARS_SHOWN))}`;
  return new Problem('data-set-mismatch', `${keywordOf(tag) ?? formatTag(tag)}${shown} ${words}`);
}
