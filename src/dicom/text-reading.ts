import { isUtf8 } from 'node:buffer';
import { encodingOfSet, type Repertoire } from './character-set-terms.ts';
import { decodeIn } from './text-decoders.ts';

/** How bytes with something else than ASCII in them are read: in one encoding (by its WHATWG name), or by their escape sequences. */
export type Reading =
  | { readonly kind: 'encoding'; readonly encoding: string }
  /** The set of the first term is active at the start. */
  | { readonly kind: 'code-extensions'; readonly terms: readonly string[] };

const ESCAPE = 0x1b;
const UTF_8: Reading = { kind: 'encoding', encoding: 'utf-8' };
const SHIFT_JIS: Reading = { kind: 'encoding', encoding: 'shift_jis' };
const CP1251: Reading = { kind: 'encoding', encoding: 'windows-1251' };
const GB18030: Reading = { kind: 'encoding', encoding: 'gb18030' };
/** Latin-1, and the quotation marks and letters that Windows has in the place of its control characters. */
const LATIN_1: Reading = { kind: 'encoding', encoding: 'windows-1252' };

/** Sets of two bytes in G1 by their defined terms. */
const EUC: Readonly<Record<string, string>> = { 'ISO 2022 IR 149': 'euc-kr', 'ISO 2022 IR 58': 'gbk' };

/**
 * How a value, or all values of an element, are to be read. Mostly as their character set says; where the bytes show with near certainty that
 * they are of another one, as of that. docs/characters.md has the rules in words.
 */
export function readingOf(bytes: Buffer, repertoire: Repertoire): Reading {
  if (repertoire.kind === 'utf-8') return UTF_8;
  if (repertoire.kind === 'multi-byte') return isWideUtf8(bytes) ? UTF_8 : GB18030;
  if (bytes.includes(ESCAPE)) return { kind: 'code-extensions', terms: initialTermsOf(repertoire) };
  if (repertoire.kind === 'default') return guess(bytes);
  if (repertoire.kind === 'code-extensions') return withoutEscapes(bytes, repertoire.terms);
  return inSingleByteSet(bytes, repertoire.number, repertoire.encoding);
}

/** The sets whose bytes a value may have without an escape sequence: those of the first term — PS3.5 §6.1.2.5.2. */
function withoutEscapes(bytes: Buffer, terms: readonly string[]): Reading {
  const number = terms[0]?.replace('ISO 2022 IR ', '') ?? '';
  const encoding = encodingOfSet(number);
  if (encoding !== undefined) return inSingleByteSet(bytes, number, encoding);
  if (isWideUtf8(bytes)) return UTF_8;
  // The escape sequence is what writers of Korean and Chinese forget.
  const euc = terms.map((term) => EUC[term]).find((name) => name !== undefined && isInPairs(bytes));
  return euc === undefined ? guess(bytes) : { kind: 'encoding', encoding: euc };
}

function initialTermsOf(repertoire: Repertoire): readonly string[] {
  if (repertoire.kind === 'code-extensions') return repertoire.terms;
  return [repertoire.kind === 'single-byte' ? `ISO 2022 IR ${repertoire.number}` : 'ISO 2022 IR 6'];
}

function inSingleByteSet(bytes: Buffer, number: string, encoding: string): Reading {
  const declared: Reading = { kind: 'encoding', encoding };
  switch (number) {
    case '100':
      return guess(bytes);
    case '13':
      // Shift-JIS has all of JIS X 0201, and is what many writers mean by it.
      return isWideUtf8(bytes) ? UTF_8 : SHIFT_JIS;
    case '144':
      return isCyrillicOfWindows(bytes) ? CP1251 : declared;
    default:
      return declared;
  }
}

/**
 * Eight-bit text of no declared set, or of Latin-1, which stands for "I do not know" in many devices. What may be Latin-1 is: no other set of one byte
 * can be told from it for certain.
 */
export function guess(bytes: Buffer): Reading {
  // A sequence of UTF-8 would be a letter and a control or punctuation character in Latin-1.
  if (isUtf8(bytes)) return UTF_8;
  return isShiftJis(bytes) ? SHIFT_JIS : LATIN_1;
}

/** UTF-8 whose characters other than ASCII have three bytes or more: in pairs of bytes it would not come about. */
function isWideUtf8(bytes: Buffer): boolean {
  return isUtf8(bytes) && !bytes.some((byte) => byte >= 0xc2 && byte <= 0xdf);
}

/** Whether every byte with the high bit has its fellow, as in EUC — PS3.3 Table C.12-4. */
export function isInPairs(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) {
    if ((bytes[at] ?? 0) < 0x80) continue;
    const isPair = isOfEuc(bytes[at]) && isOfEuc(bytes[at + 1]);
    if (!isPair) return false;
    at += 1;
  }
  return true;
}

function isOfEuc(byte = 0): boolean {
  return byte >= 0xa1 && byte <= 0xfe;
}

/**
 * Bytes 81H to 9FH are control characters in Latin-1 and begin the most frequent kanji, and all kana, in Shift-JIS. In text of Windows they may be a
 * letter or quotation mark (`Šimek`, `l’aorte`): one alone, or beside a small letter.
 */
function isShiftJis(bytes: Buffer): boolean {
  if (!bytes.some((byte) => byte >= 0x81 && byte <= 0x9f)) return false;
  const text = decodeIn('shift_jis', bytes);
  if (text.includes('\ufffd') || /[a-z][^ -ÿ]|[^ -ÿ][a-z]/u.test(text)) return false;
  const japanese = text.match(/[\p{Script=Han}\p{Script=Hiragana}\u30a1-\u30ff]/gu)?.length ?? 0;
  const others = text.match(/[^ -~\uff61-\uff9f\u3000-\u303f]/gu)?.length ?? 0;
  return japanese >= 2 && japanese * 2 > others;
}

const UPPER = 'А-ЯЁЄІЇҐЎ';
const LOWER = 'а-яёєіїґў';
const CYRILLIC_WORD = new RegExp(`^(?:[${UPPER}]?[${LOWER}]+|[${UPPER}]+)$`, 'u');
const VOWELS = /[аеёиоуыэюяєії]/giu;

/** Letters that are enough to tell by. */
const CYRILLIC_LETTERS_MIN = 6;

/**
 * Whether bytes that are no words of ISO 8859-5 are words of code page 1251: capitals stand where they belong, no word mixes scripts, and the share of
 * vowels is that of a Slavic language. In ISO 8859-5 the bytes of р, т, у, х, ы, ь and я are signs and letters that Russian does not have.
 */
function isCyrillicOfWindows(bytes: Buffer): boolean {
  if (wordsOf(decodeIn('iso-8859-5', bytes)).every((word) => CYRILLIC_WORD.test(word))) return false;
  const words = wordsOf(decodeIn('windows-1251', bytes));
  const letters = words.join('');
  if (letters.length < CYRILLIC_LETTERS_MIN || !words.every((word) => CYRILLIC_WORD.test(word))) return false;
  const vowels = (letters.match(VOWELS)?.length ?? 0) / letters.length;
  return vowels >= 0.3 && vowels <= 0.7;
}

/** Words with anything but ASCII in them. */
function wordsOf(text: string): string[] {
  return text.split(/[^\p{L}\p{M}№§]+/u).filter((word) => /[^ -~]/.test(word));
}
