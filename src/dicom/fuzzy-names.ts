import { foldText } from './fold.ts';
import type { PersonName } from './json.ts';

/**
 * Fuzzy semantic matching of person names — PS3.4 §C.2.2.2.1.1. A name is found by the beginnings of its words, in any order and out of any
 * component, spelt alike or sounding alike: `taro yama` finds `Yamada^Tarou`, `Mueller` finds `MÜLLER^JÖRG`, `Smyth` finds `Smith`. Of a key with
 * several component groups one is enough.
 */

/** A key's words by component group; undefined where it has a wild card within a word, which asks for more than beginnings. */
export function fuzzyWordsOf(value: string): string[][] | undefined {
  const groups = value.split('=').map((group) => wordsOf(group.replace(/\*+(?=$|[\^=\s])/g, '')));
  if (groups.some((words) => words.some((word) => /[*?]/.test(word)))) return undefined;
  const given = groups.filter((words) => words.length > 0);
  return given.length === 0 ? undefined : given;
}

/** @param groups as `fuzzyWordsOf` gave them */
export function fuzzyNameMatcher(groups: readonly (readonly string[])[]): (name: PersonName) => boolean {
  const wanted = groups.map((words) => words.map((word) => ({ word, sound: soundOfBeginning(word) })));
  return ({ Alphabetic = '', Ideographic = '', Phonetic = '' }) => {
    const stored = [Alphabetic, Ideographic, Phonetic].flatMap((group) => {
      const words = wordsOf(group);
      // 山田太郎 is one word to who types it.
      return words.length > 1 ? [...words, words.join('')] : words;
    });
    const sounds = stored.map(soundOf);
    const isThere = ({ word, sound }: { word: string; sound: string }) =>
      stored.some((one) => one.startsWith(word)) || sounds.some((one) => one.startsWith(sound));
    return wanted.some((words) => words.every(isThere));
  };
}

/** A wild card pattern that every folded name with such a word matches, and few others: what a database can look for. */
export function fuzzyPattern(word: string): string {
  const letters = Array.from(soundOfBeginning(word), (letter) => (ALTERNATIVES.test(letter) ? '?' : letter));
  return `*${letters.join('*')}*`;
}

/** Words of a name, folded; whatever parts components, words and double names. */
function wordsOf(name: string): string[] {
  return name
    .split(/[\^=\s,.\-\u30fb\u3000]+/u)
    .map((word) => foldText(word).replace(/['’`]/g, ''))
    .filter((word) => word !== '');
}

/** What one letter of a sound may come of: more than itself. */
const ALTERNATIVES = /[aiksvf\u3041-\u3096]/;

/** In turn; every letter of the result comes of one letter of the word, in the same order, or `fuzzyPattern` would miss some. */
const SOUNDS_ALIKE: readonly (readonly [RegExp, string])[] = [
  [/[yj]/g, 'i'],
  [/w/g, 'v'],
  [/z/g, 's'],
  [/[cq]/g, 'k'],
  [/ph/g, 'f'],
  [/th|dt/g, 't'],
  [/([aou])e/g, '$1'],
  [/ou/g, 'o'],
  [/ei/g, 'ai'],
  [/(?<!^)h/g, ''],
  [/ー/g, ''],
  [/(.)\1+/gu, '$1'],
];

function soundOf(word: string): string {
  const sound = SOUNDS_ALIKE.reduce((text, [from, to]) => text.replace(from, to), word);
  return sound.replace(/[\u30a1-\u30f6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60));
}

/** An `e` at the end is mute often enough: `Swayne` finds `Swain`. */
function soundOfBeginning(word: string): string {
  const sound = soundOf(word);
  return sound.length > 3 && sound.endsWith('e') ? sound.slice(0, -1) : sound;
}
