import { tags } from './dictionary/tags.ts';
import { foldPersonName, foldText } from './fold.ts';
import { fuzzyNameMatcher, fuzzyWordsOf } from './fuzzy-names.ts';
import type { JsonElement, JsonValue, PersonName } from './json.ts';
import { dateSpan, dateTimeSpan, isWithin, offsetMinutesOf, type Span, timeSpan } from './time-spans.ts';

/** A key of a C-FIND identifier: its text decoded and split at backslashes; `[]` or `['']` is universal matching. */
export interface MatchingKey {
  tag: number;
  vr: string;
  values: readonly string[];
  /** Of a sequence: the keys of its one item — PS3.4 §C.2.2.2.6. */
  items?: readonly MatchingKey[];
}

/** What an association agreed on beyond the baseline — PS3.4 §C.5.1.1. */
export interface MatchingRules {
  /** A date and a time that are ranges of one form are one range of moments. */
  isDateTimeCombined: boolean;
  /** Person names by the beginnings and sounds of their words. */
  isFuzzy: boolean;
  /** `""` matches what is absent or empty. */
  isEmptyMatched: boolean;
  /** Keys and what is compared with them are times of this zone, `&ZZXX` — §C.2.2.2.1.3. */
  timezoneOffset: string | undefined;
}

export const BASELINE_RULES: MatchingRules = {
  isDateTimeCombined: false,
  isFuzzy: false,
  isEmptyMatched: false,
  timezoneOffset: undefined,
};

/** @param element of the entity; `undefined` where it has none */
export type Matcher = (element: JsonElement | undefined) => boolean;

/**
 * The rule that decides whether an entity matches a key — PS3.4 §C.2.2.2: single value (C.2.2.2.1), list of UID (C.2.2.2.2), universal
 * (C.2.2.2.3), wild card (C.2.2.2.4), range (C.2.2.2.5), empty value (C.2.2.2.7). A key of several values matches where one of them
 * does (C.2.2.2.8). A key that is not universal never matches what is absent or empty, unless by Empty Value Matching.
 * For the keys of sequences, see `entityMatcherFor`.
 */
export function matcherFor(key: MatchingKey, rules: MatchingRules = BASELINE_RULES): Matcher {
  if (isUniversal(key)) return () => true;
  if (asksForEmpty(key, rules)) return (element) => !hasSome(element);
  if (key.vr === 'UI') return uidMatcher(key);
  const predicates = significantValues(key).map((value) => predicateFor(key, value, rules));
  return (element) =>
    element?.Value?.some((value) => value !== null && predicates.some((matches) => matches(value))) ?? false;
}

/** A list may have thousands. */
function uidMatcher(key: MatchingKey): Matcher {
  const wanted = new Set(significantValues(key));
  return (element) =>
    element?.Value?.some((value) => value !== null && wanted.has(String(value).trim())) ?? false;
}

/** VRs that may hold the two quotation marks of Empty Value Matching — PS3.4 §C.2.2.2.7. */
const QUOTABLE_VRS = new Set(['AE', 'CS', 'DA', 'DT', 'LO', 'LT', 'PN', 'SH', 'ST', 'TM', 'UC', 'UR', 'UT']);

export function asksForEmpty(key: MatchingKey, rules: MatchingRules): boolean {
  const [only, ...others] = significantValues(key);
  return rules.isEmptyMatched && QUOTABLE_VRS.has(key.vr) && only === '""' && others.length === 0;
}

function hasSome(element: JsonElement | undefined): boolean {
  return element?.Value?.some((value) => value !== null && value !== '') ?? false;
}

/** VRs of which `-` is a range without ends; elsewhere it is what some write for an unknown value. */
const RANGE_VRS = new Set(['DA', 'DT', 'TM']);

/** No value, or `*` alone, which many devices send for every VR — PS3.4 §C.2.2.2.3, §C.2.2.2.4. */
export function isUniversal(key: MatchingKey): boolean {
  if (key.vr === 'SQ') return (key.items ?? []).every(isUniversal);
  const values = significantValues(key);
  const isAnything = (value: string) => /^\*+$/.test(value) || (value === '-' && RANGE_VRS.has(key.vr));
  return values.length === 0 || values.some(isAnything);
}

/** Values without the blanks that pad them, empty ones left out. */
export function significantValues(key: MatchingKey): string[] {
  return key.values.map((value) => value.replace(/\0+$/, '').trim()).filter((value) => value !== '');
}

/** `*` and `?` are wild cards in these alone — PS3.4 §C.2.2.2.4. */
const WILDCARD_VRS = new Set(['AE', 'CS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT']);

export function hasWildcard(vr: string, value: string): boolean {
  return WILDCARD_VRS.has(vr) && /[*?]/.test(value);
}

const FOLDED_VRS = new Set(['LO', 'LT', 'PN', 'ST', 'UC', 'UT']);

/** Identifiers of a VR whose other attributes are words. */
const IDENTIFIERS: ReadonlySet<number> = new Set([
  tags.PatientID,
  tags.IssuerOfPatientID,
  tags.OtherPatientIDs,
  tags.AdmissionID,
  tags.DeviceSerialNumber,
  tags.ClinicalTrialProtocolID,
  tags.ClinicalTrialSubjectID,
]);

/** Names and descriptions are compared without case, accents and width; identifiers and codes as they are. */
export function isFolded(tag: number, vr: string): boolean {
  return FOLDED_VRS.has(vr) && !IDENTIFIERS.has(tag);
}

/**
 * The component groups of a PN key, folded; a group that the key leaves out is ''.
 * One group alone is looked for in all three, since a workstation knows not in which one the modality wrote.
 */
export function personNameKey(value: string): readonly [string, string, string] {
  // `*` says nothing of a group, unless nothing else is said.
  const given = value.split('=').map((group) => (/^\*+$/.test(group.trim()) ? '' : group));
  const isAnything = given.every((group) => group.trim() === '');
  const [alphabetic = '', ideographic = '', phonetic = ''] = isAnything ? value.split('=') : given;
  const folded = foldPersonName({ Alphabetic: alphabetic, Ideographic: ideographic, Phonetic: phonetic });
  const groups = [folded.alphabetic, folded.ideographic, folded.phonetic].filter((group) => group !== '');
  const [only] = groups;
  if (groups.length === 1 && only !== undefined) return [only, only, only];
  return [folded.alphabetic, folded.ideographic, folded.phonetic];
}

type Predicate = (value: JsonValue) => boolean;

function predicateFor(key: MatchingKey, value: string, rules: MatchingRules): Predicate {
  switch (key.vr) {
    case 'PN':
      return rules.isFuzzy ? fuzzyNamePredicate(value) : personNamePredicate(value);
    case 'DA':
      return spanPredicate(value, dateSpan);
    case 'TM':
      return spanPredicate(value, timeSpan);
    case 'DT':
      return spanPredicate(value, dateTimeSpan, offsetMinutesOf(rules.timezoneOffset ?? ''));
    case 'IS':
    case 'DS':
    case 'US':
    case 'SS':
    case 'UL':
    case 'SL':
    case 'UV':
    case 'SV':
    case 'FL':
    case 'FD':
      return numberPredicate(value);
    default:
      return textPredicate(key, value);
  }
}

function textPredicate(key: MatchingKey, value: string): Predicate {
  const normalize = isFolded(key.tag, key.vr) ? foldText : (text: string) => text.trim();
  const wanted = normalize(value);
  if (!hasWildcard(key.vr, wanted)) return (stored) => normalize(String(stored)) === wanted;
  const matches = wildcardMatcher(wanted);
  return (stored) => matches(normalize(String(stored)));
}

function numberPredicate(value: string): Predicate {
  const wanted = Number(value);
  return (stored) =>
    typeof stored === 'number' || Number.isFinite(wanted)
      ? Number(stored) === wanted
      : String(stored).trim() === value;
}

/** A date or time that cannot be read, on either side, matches only what is written alike. */
function spanPredicate(
  value: string,
  spanOf: (text: string) => Span | undefined,
  localMinutes?: number,
): Predicate {
  const wanted = spanOf(value);
  return (stored) => {
    const text = String(stored).trim();
    const span = spanOf(text);
    return wanted === undefined || span === undefined ? text === value : isWithin(span, wanted, localMinutes);
  };
}

/** A wild card within a word asks for literal matching. */
function fuzzyNamePredicate(value: string): Predicate {
  const words = fuzzyWordsOf(value);
  if (words === undefined) return personNamePredicate(value);
  const matches = fuzzyNameMatcher(words);
  return (stored) => matches(personNameOf(stored));
}

/**
 * PN, PS3.4 §C.2.2.2.1.1: groups that both sides have must match, and one at least.
 * A key of one group may match any; so `Yamada^Tarou` finds `Yamada^Tarou=山田^太郎=やまだ^たろう`, and so does `やまだ*`.
 */
function personNamePredicate(value: string): Predicate {
  const wanted = personNameKey(value);
  const isAnyGroup = wanted[0] !== '' && wanted[0] === wanted[1] && wanted[1] === wanted[2];
  return (stored) => {
    const folded = foldPersonName(personNameOf(stored));
    const groups = [folded.alphabetic, folded.ideographic, folded.phonetic];
    const compared = groups.flatMap((group, index) => {
      const pattern = wanted[index] ?? '';
      return group === '' || pattern === '' ? [] : [matchesName(pattern, group)];
    });
    return isAnyGroup ? compared.includes(true) : compared.length > 0 && !compared.includes(false);
  };
}

function personNameOf(value: JsonValue): PersonName {
  return typeof value === 'object' && value !== null ? (value as PersonName) : { Alphabetic: String(value) };
}

/** Trailing empty components may be left out, so `SMITH^*` finds `SMITH` too — PS3.5 §6.2.1. */
function matchesName(pattern: string, group: string): boolean {
  if (matchesWildcards(pattern, group)) return true;
  const missing = pattern.split('^').length - group.split('^').length;
  return missing > 0 && matchesWildcards(pattern, group + '^'.repeat(missing));
}

/** `*` is any text, `?` any one character. Time grows with the product of the lengths at worst, whatever the pattern. */
export function matchesWildcards(pattern: string, text: string): boolean {
  return wildcardMatcher(pattern)(text);
}

function wildcardMatcher(pattern: string): (text: string) => boolean {
  const wanted = codePointsOf(pattern);
  return (text) => isMatch(wanted, codePointsOf(text));
}

/** Characters as numbers: compared more than twice as fast as text. */
function codePointsOf(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

const STAR = 0x2a;
const QUESTION_MARK = 0x3f;

function isMatch(wanted: readonly number[], given: readonly number[]): boolean {
  let at = 0;
  let star = -1;
  let starAt = 0;
  for (let index = 0; index < given.length; ) {
    if (wanted[at] === STAR) {
      star = at++;
      starAt = index;
    } else if (at < wanted.length && (wanted[at] === QUESTION_MARK || wanted[at] === given[index])) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++starAt;
    } else {
      return false;
    }
  }
  while (wanted[at] === STAR) at++;
  return at === wanted.length;
}
