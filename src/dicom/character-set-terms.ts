/** How the text of a data set is to be read, once its Specific Character Set (0008,0005) is made out. */
export type Repertoire =
  /** Nothing declared, or nothing that anyone knows: PS3.5 §6.1.2.1. */
  | { readonly kind: 'default' }
  | { readonly kind: 'utf-8' }
  /** GB18030 and GBK: the second byte of a character may be a backslash — PS3.3 §C.12.1.1.2, Table C.12-5. */
  | { readonly kind: 'multi-byte'; readonly term: 'GB18030' | 'GBK'; readonly encoding: 'gb18030' | 'gbk' }
  /** One character set without code extensions, by its ISO registration number — Table C.12-2. */
  | { readonly kind: 'single-byte'; readonly number: string; readonly encoding: string }
  /** Code extensions: the first term is active at the start of every value — Tables C.12-3, C.12-4; PS3.5 §6.1.2.5. */
  | { readonly kind: 'code-extensions'; readonly terms: readonly string[] };

/** ISO registration numbers with their encoding by WHATWG and iconv names — PS3.3 Table C.12-2. */
const SINGLE_BYTE: Readonly<Record<string, string>> = {
  '13': 'shift_jis',
  '100': 'iso-8859-1',
  '101': 'iso-8859-2',
  '109': 'iso-8859-3',
  '110': 'iso-8859-4',
  '126': 'iso-8859-7',
  '127': 'iso-8859-6',
  '138': 'iso-8859-8',
  '144': 'iso-8859-5',
  '148': 'iso-8859-9',
  '166': 'tis-620',
  '203': 'iso-8859-15',
};

/** WHATWG name of the encoding of a set of one byte, by its registration number; undefined for the default repertoire and sets of two bytes. */
export function encodingOfSet(number: string): string | undefined {
  return Object.hasOwn(SINGLE_BYTE, number) ? SINGLE_BYTE[number] : undefined;
}

/** Registration numbers of the sets of two bytes, which exist only with code extensions — Table C.12-4. */
const TWO_BYTE: ReadonlySet<string> = new Set(['58', '87', '149', '159']);

/** The defined terms of PS3.3 §C.12.1.1.2, Tables C.12-2 to C.12-5. */
export const DEFINED_TERMS: ReadonlySet<string> = new Set([
  ...['6', ...Object.keys(SINGLE_BYTE), '192'].map((number) => `ISO_IR ${number}`),
  'GB18030',
  'GBK',
  ...['6', ...Object.keys(SINGLE_BYTE), ...TWO_BYTE].map((number) => `ISO 2022 IR ${number}`),
]);

/** What stands for UTF-8 in the field, besides ISO_IR 192, and for what is read as Shift-JIS. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ...['UTF8', 'UTF-8', 'UTF_8'].map((alias) => [alias, 'ISO_IR 192'] as const),
  ...['SHIFT_JIS', 'SHIFT-JIS', 'SHIFTJIS', 'SJIS'].map((alias) => [alias, 'ISO_IR 13'] as const),
]);

/**
 * Defined terms in the standard's spelling: blanks and case put right, `ISO-IR 100`, `ISO_IR_100` and `ISO2022 IR 87` understood, what stands
 * behind a term left out. The first one empty stays empty; what is unknown stays as it came.
 */
export function parseCharacterSets(values: readonly string[]): string[] {
  const terms = values.map(parseTerm);
  return terms.every((term) => term === '') ? [] : terms;
}

function parseTerm(value: string): string {
  const term = value.replaceAll('\0', ' ').trim().toUpperCase();
  const alias = ALIASES.get(term);
  if (alias !== undefined) return alias;
  const gb = /^(?:ISO[-_ ]?2022[-_ ])?(GB18030|GBK)\b/.exec(term)?.[1];
  if (gb !== undefined) return gb;
  const [, extension, number] = /^ISO[-_ ]?(2022)?[-_ ]?(?:IR)?[-_ ]*(\d{1,3})\b/.exec(term) ?? [];
  if (number === undefined) return term;
  if (number === '192') return 'ISO_IR 192';
  const hasExtension = extension !== undefined || TWO_BYTE.has(number);
  return hasExtension ? `ISO 2022 IR ${number}` : `ISO_IR ${number}`;
}

const repertoires = new WeakMap<readonly string[], Repertoire>();

/** Remembered per array: a data set asks with the same one for every element. The array must not change afterwards. */
export function repertoireOf(characterSets: readonly string[]): Repertoire {
  let repertoire = repertoires.get(characterSets);
  if (repertoire === undefined) {
    repertoire = findRepertoire(parseCharacterSets(characterSets));
    repertoires.set(characterSets, repertoire);
  }
  return repertoire;
}

/** PS3.3 §C.12.1.1.2; a set that stands alone (UTF-8, GB18030, GBK) makes the ones after it void. */
function findRepertoire(terms: readonly string[]): Repertoire {
  const known = terms.filter((term) => term === '' || DEFINED_TERMS.has(term));
  const [first = ''] = known;
  if (first === 'ISO_IR 192') return { kind: 'utf-8' };
  if (first === 'GB18030') return { kind: 'multi-byte', term: 'GB18030', encoding: 'gb18030' };
  if (first === 'GBK') return { kind: 'multi-byte', term: 'GBK', encoding: 'gbk' };
  const extended = [...new Set(known.filter(isExtensible).map(asExtension))];
  const isAlone = extended.length <= 1 && !first.startsWith('ISO 2022');
  if (isAlone && (first === '' || first === 'ISO_IR 6')) return { kind: 'default' };
  const number = first.replace('ISO_IR ', '');
  const encoding = encodingOfSet(number);
  if (isAlone && encoding !== undefined) return { kind: 'single-byte', number, encoding };
  const [initial = ''] = extended;
  // A set of two bytes cannot be the initial one, yet is written alone by some: ASCII is what they mean.
  const isTwoByteFirst = TWO_BYTE.has(initial.replace('ISO 2022 IR ', ''));
  return { kind: 'code-extensions', terms: isTwoByteFirst ? ['ISO 2022 IR 6', ...extended] : extended };
}

function isExtensible(term: string): boolean {
  return term !== 'ISO_IR 192' && !term.startsWith('GB');
}

/** ISO_IR 100 among several is what ISO 2022 IR 100 says; empty is the default repertoire. */
function asExtension(term: string): string {
  return term === '' ? 'ISO 2022 IR 6' : term.replace('ISO_IR', 'ISO 2022 IR');
}
