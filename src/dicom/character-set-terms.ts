/** How the text of a data set is to be read, once its Specific Character Set (0008,0005) is made out. */
export type Repertoire =
  /** Nothing declared, or nothing that anyone knows: PS3.5 §6.1.2.1. */
  | { readonly kind: 'default' }
  | { readonly kind: 'utf-8' }
  /** GB18030 and GBK: the second byte of a character may be a backslash — PS3.3 §C.12.1.1.2, Table C.12-5. */
  | { readonly kind: 'multi-byte'; readonly term: 'GB18030' | 'GBK'; readonly encoding: 'gb18030' | 'gbk' }
  /** One character set without code extensions — Table C.12-2. */
  | { readonly kind: 'single-byte'; readonly term: string; readonly encoding: string }
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

/** Registration numbers of the sets of two bytes, which exist only with code extensions — Table C.12-4. */
const TWO_BYTE: ReadonlySet<string> = new Set(['58', '87', '149', '159']);

/** What stands for UTF-8 in the field, besides ISO_IR 192. */
const UTF_8: ReadonlySet<string> = new Set(['UTF8', 'UTF-8', 'UTF_8']);

/**
 * Defined terms in the standard's spelling: blanks and case put right, `ISO-IR 100`, `ISO_IR_100` and `ISO2022 IR 87` understood. The
 * first one empty stays empty; what is unknown stays as it came.
 */
export function parseCharacterSets(values: readonly string[]): string[] {
  const terms = values.map(parseTerm);
  return terms.every((term) => term === '') ? [] : terms;
}

function parseTerm(value: string): string {
  const term = value.trim().toUpperCase();
  if (UTF_8.has(term)) return 'ISO_IR 192';
  const gb = /^(?:ISO[-_ ]?2022[-_ ])?(GB18030|GBK)$/.exec(term)?.[1];
  if (gb !== undefined) return gb;
  const [, extension, number] = /^ISO[-_ ]?(2022)?[-_ ]?(?:IR)?[-_ ]*(\d{1,3})$/.exec(term) ?? [];
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
  const known = terms.filter((term) => term === '' || isKnown(term));
  const [first = ''] = known;
  if (first === 'ISO_IR 192') return { kind: 'utf-8' };
  if (first === 'GB18030') return { kind: 'multi-byte', term: 'GB18030', encoding: 'gb18030' };
  if (first === 'GBK') return { kind: 'multi-byte', term: 'GBK', encoding: 'gbk' };
  const extended = [...new Set(known.filter(isExtensible).map(asExtension))];
  const isAlone = extended.length <= 1 && !first.startsWith('ISO 2022');
  if (isAlone && (first === '' || first === 'ISO_IR 6')) return { kind: 'default' };
  const encoding = SINGLE_BYTE[first.replace('ISO_IR ', '')];
  if (isAlone && encoding !== undefined) return { kind: 'single-byte', term: first, encoding };
  const [initial = ''] = extended;
  // A set of two bytes cannot be the initial one, yet is written alone by some: ASCII is what they mean.
  const isTwoByteFirst = TWO_BYTE.has(initial.replace('ISO 2022 IR ', ''));
  return { kind: 'code-extensions', terms: isTwoByteFirst ? ['ISO 2022 IR 6', ...extended] : extended };
}

function isKnown(term: string): boolean {
  if (term === 'ISO_IR 192' || term === 'GB18030' || term === 'GBK') return true;
  const number = /^ISO(?:_| 2022 )IR (\d+)$/.exec(term)?.[1];
  return number !== undefined && (number === '6' || number in SINGLE_BYTE || TWO_BYTE.has(number));
}

function isExtensible(term: string): boolean {
  return term !== 'ISO_IR 192' && !term.startsWith('GB');
}

/** ISO_IR 100 among several is what ISO 2022 IR 100 says; empty is the default repertoire. */
function asExtension(term: string): string {
  return term === '' ? 'ISO 2022 IR 6' : term.replace('ISO_IR', 'ISO 2022 IR');
}
