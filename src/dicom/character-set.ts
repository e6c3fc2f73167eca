import iconv from 'iconv-lite';
import { type Repertoire, repertoireOf } from './character-set-terms.ts';
import { encodeKatakana, encodeWithCodeExtensions } from './iso-2022.ts';
import { decodeWithCodeExtensions } from './iso-2022-decoder.ts';
import { splitAs, splitValues } from './split-values.ts';
import { decodeIn } from './text-decoders.ts';
import { type Reading, readingOf } from './text-reading.ts';
import { isVr, vrTraits } from './vr.ts';

export { parseCharacterSets } from './character-set-terms.ts';
export { splitValues } from './split-values.ts';

const ESCAPE = 0x1b;

/**
 * Text of a value, or of all values of an element with their backslashes. Never throws: what is not valid in its character set becomes
 * U+FFFD; bytes that nothing was declared for are read by the rules of docs/characters.md. Padding stays.
 * @param characterSets values of Specific Character Set (0008,0005), as they came or from `parseCharacterSets`
 */
export function decodeText(bytes: Buffer, vr: string, characterSets: readonly string[]): string {
  if (isPlainAscii(bytes) || !isLocalText(vr)) return bytes.toString('latin1');
  return decodeAs(bytes, vr, readingOf(bytes, repertoireOf(characterSets)));
}

/**
 * The values of an element: split, decoded, still with their padding. One value where the VR cannot have more. What the bytes are is
 * judged by all values together.
 */
export function decodeValues(bytes: Buffer, vr: string, characterSets: readonly string[]): string[] {
  if (isPlainAscii(bytes) || !isLocalText(vr)) {
    return splitValues(bytes, vr, characterSets).map((value) => value.toString('latin1'));
  }
  const reading = readingOf(bytes, repertoireOf(characterSets));
  const values = isVr(vr) && vrTraits[vr].multiValued ? splitAs(bytes, reading) : [bytes];
  return values.map((value) => decodeAs(value, vr, reading));
}

/**
 * Encodes text so that `decodeText` gives it back. A backslash in it parts values.
 * @returns undefined where the text does not fit the character sets: the caller goes on in ISO_IR 192
 */
export function encodeText(text: string, vr: string, characterSets: readonly string[]): Buffer | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII but ESC
  if (/^[\x00-\x1a\x1c-\x7f]*$/.test(text)) return Buffer.from(text, 'latin1');
  if (!isLocalText(vr)) return isLatin1(text) ? Buffer.from(text, 'latin1') : undefined;
  const encoded = encodeIn(repertoireOf(characterSets), text, vr);
  return encoded !== undefined && decodeText(encoded, vr, characterSets) === text ? encoded : undefined;
}

function decodeAs(bytes: Buffer, vr: string, reading: Reading): string {
  return reading.kind === 'encoding'
    ? decodeIn(reading.encoding, bytes)
    : decodeWithCodeExtensions(bytes, reading.terms, delimitersOf(vr));
}

function encodeIn(repertoire: Repertoire, text: string, vr: string): Buffer | undefined {
  switch (repertoire.kind) {
    case 'default':
      return undefined;
    case 'utf-8':
      return Buffer.from(text, 'utf8');
    case 'multi-byte':
      return iconv.encode(text, repertoire.encoding);
    case 'single-byte':
      return repertoire.number === '13' ? encodeJisX0201(text) : iconv.encode(text, repertoire.encoding);
    case 'code-extensions':
      return encodeWithCodeExtensions(text, repertoire.terms, delimitersOf(vr));
  }
}

function encodeJisX0201(text: string): Buffer | undefined {
  const bytes = Array.from(text, (character) =>
    character <= '\x7f' ? Buffer.from(character, 'latin1') : encodeKatakana(character),
  );
  return bytes.every((byte) => byte !== undefined) ? Buffer.concat(bytes) : undefined;
}

/** PS3.5 §6.1.2.5.3: control characters in text, the backslash where it parts values, `^` and `=` in a name. */
function delimitersOf(vr: string): string {
  const values = isVr(vr) && vrTraits[vr].multiValued ? '\\' : '';
  return `\t\n\f\r${values}${vr === 'PN' ? '^=' : ''}`;
}

function isLocalText(vr: string): boolean {
  return isVr(vr) && vrTraits[vr].kind === 'localText';
}

/** Eight-bit bytes in a VR of the default repertoire are against the standard; they come and go as they are. */
function isLatin1(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of Latin-1 is meant
  return /^[\x00-\xff]*$/.test(text);
}

/** No byte above 7FH and no escape sequence: almost every value there is. */
function isPlainAscii(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte > 0x7f || byte === ESCAPE) return false;
  }
  return true;
}
