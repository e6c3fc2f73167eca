import { isUtf8 } from 'node:buffer';
import { TextDecoder } from 'node:util';
import { convertBytes, characterSets as libraryCharacterSets } from 'dicom-character-set';
import iconv from 'iconv-lite';
import { type Repertoire, repertoireOf } from './character-set-terms.ts';
import { encodeKatakana, encodeWithCodeExtensions } from './iso-2022.ts';
import { splitValues } from './split-values.ts';
import { isVr, vrTraits } from './vr.ts';

export { parseCharacterSets } from './character-set-terms.ts';
export { splitValues } from './split-values.ts';

const ESCAPE = 0x1b;

/** Sets that name themselves by their escape sequence; read where bytes have one that nobody declared. */
const SELF_NAMING = [6, 13, 87, 159, 149, 58].map((number) => `ISO 2022 IR ${number}`);

// Latin alphabet No. 9 (PS3.3 Table C.12-2, since 2020) is not in the library's table.
libraryCharacterSets['ISO 2022 IR 203'] = {
  extension: true,
  elements: [
    {
      codeElement: 'G0',
      escapeSequence: [ESCAPE, 0x28, 0x42],
      encoding: 'windows-1252',
      bytesPerCodePoint: 1,
    },
    {
      codeElement: 'G1',
      escapeSequence: [ESCAPE, 0x2d, 0x62],
      encoding: 'iso-8859-15',
      bytesPerCodePoint: 1,
    },
  ],
};

/**
 * Text of a value, or of all values of an element with their backslashes. Never throws: what is not valid in its character set becomes
 * U+FFFD; bytes that nothing was declared for are taken as UTF-8 where they are, else as Latin-1. Padding stays.
 * @param characterSets values of Specific Character Set (0008,0005), as they came or from `parseCharacterSets`
 */
export function decodeText(bytes: Buffer, vr: string, characterSets: readonly string[]): string {
  if (isPlainAscii(bytes) || !isLocalText(vr)) return bytes.toString('latin1');
  const repertoire = repertoireOf(characterSets);
  if (repertoire.kind === 'utf-8') return bytes.toString('utf8');
  if (repertoire.kind === 'multi-byte') return decoderOf(repertoire.encoding).decode(bytes);
  if (bytes.includes(ESCAPE) || repertoire.kind === 'code-extensions') {
    return decodeWithCodeExtensions(bytes, vr, repertoire);
  }
  if (repertoire.kind === 'single-byte') return decoderOf(repertoire.encoding).decode(bytes);
  return guess(bytes);
}

/** The values of an element: split, decoded, still with their padding. One value where the VR cannot have more. */
export function decodeValues(bytes: Buffer, vr: string, characterSets: readonly string[]): string[] {
  return splitValues(bytes, vr, characterSets).map((value) => decodeText(value, vr, characterSets));
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

const decoders = new Map<string, TextDecoder>();

/** Making one takes longer than decoding a name. */
function decoderOf(encoding: string): TextDecoder {
  let decoder = decoders.get(encoding);
  if (decoder === undefined) {
    decoder = new TextDecoder(encoding);
    decoders.set(encoding, decoder);
  }
  return decoder;
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
      return repertoire.term === 'ISO_IR 13' ? encodeJisX0201(text) : iconv.encode(text, repertoire.encoding);
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

function decodeWithCodeExtensions(bytes: Buffer, vr: string, repertoire: Repertoire): string {
  const declared = termsOf(repertoire);
  const isUndesignated = !bytes.includes(ESCAPE) && declared[0] === 'ISO 2022 IR 6';
  if (isUndesignated) return guess(bytes);
  return (
    decodeByLibrary(bytes, vr, declared) ??
    decodeByLibrary(bytes, vr, [...declared, ...SELF_NAMING]) ??
    guess(bytes)
  );
}

function termsOf(repertoire: Repertoire): readonly string[] {
  if (repertoire.kind === 'code-extensions') return repertoire.terms;
  const initial =
    repertoire.kind === 'single-byte' ? repertoire.term.replace('ISO_IR', 'ISO 2022 IR') : 'ISO 2022 IR 6';
  return [initial, ...SELF_NAMING];
}

/** Undefined where the bytes have an escape sequence that is not of these sets, or half a character. */
function decodeByLibrary(bytes: Buffer, vr: string, terms: readonly string[]): string | undefined {
  try {
    const text = convertBytes(terms.join('\\'), bytes, { vr });
    // Backslash and tilde are what JIS X 0201 romaji draws as yen sign and overline; the bytes mean the former to everyone else.
    const hasRomaji = terms.some((term) => term.endsWith('IR 13'));
    return hasRomaji ? text.replaceAll('¥', '\\').replaceAll('‾', '~') : text;
  } catch {
    return undefined;
  }
}

function guess(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes.toString('latin1');
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
