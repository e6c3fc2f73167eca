import type { PersonName } from './json.ts';
import { withoutTrailing } from './padding.ts';

/** Letters that Unicode does not decompose and that people write without their stroke or ligature. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss', ẞ: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', ħ: 'h', ı: 'i', ł: 'l', ŋ: 'n', þ: 'th', ŧ: 't', ς: 'σ',
}; // biome-ignore format: one table

const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'gu');

/** Combining marks of Latin, Greek and Cyrillic. The voiced sound marks of kana (U+3099, U+309A) are letters to their readers. */
const MARKS =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each mark is meant by itself
  /[\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g;

/** What compatibility decomposition would turn into a wildcard or a delimiter (`＊`, `？`, `⁇`, `＾`, `＼`) stays itself. */
const NOT_SPECIAL = /[^＊﹡？﹖︖⁇⁈⁉＾＼﹨]+/gu;

/**
 * What names and descriptions are searched and compared by: case, accents, width of characters and blanks make no difference;
 * `Ł`, `ø`, `ß` are `l`, `o`, `ss`. Wildcards `*` and `?` pass through. Folding twice is folding once.
 */
export function foldText(text: string): string {
  if (isAscii(text)) return withSingleBlanks(text.toLowerCase());
  const bare = text.replace(NOT_SPECIAL, (run) => run.normalize('NFKD').replace(MARKS, ''));
  const lower = bare.toLowerCase().replace(LETTER, (letter) => LETTERS[letter] ?? letter);
  // Lower case of some letters brings a mark of its own; NFC joins kana and Hangul again.
  return withSingleBlanks(lower.normalize('NFD').replace(MARKS, '').normalize('NFC'));
}

export interface FoldedName {
  alphabetic: string;
  ideographic: string;
  phonetic: string;
}

/** Folds each component group by its components — PS3.5 §6.2.1; empty components at the end are dropped. */
export function foldPersonName(name: PersonName): FoldedName {
  return {
    alphabetic: foldGroup(name.Alphabetic),
    ideographic: foldGroup(name.Ideographic),
    phonetic: foldGroup(name.Phonetic),
  };
}

function foldGroup(group = ''): string {
  return withoutTrailing(group.split('^').map(foldText).join('^'), '^');
}

function withSingleBlanks(text: string): string {
  return text.replace(/\s+/gu, ' ').trim();
}

function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant
  return /^[\x00-\x7f]*$/.test(text);
}
