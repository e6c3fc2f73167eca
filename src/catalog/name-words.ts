import type { Knex } from 'knex';
import { NOT_WHOLE } from './columns.ts';
import { nameCharsMax, uidsPerStatement, wordsPerNameMax } from './limits.ts';
import { insertMissing, piecesOf, type Row, textOf } from './rows.ts';

/**
 * Names by what is inside of them, for patterns without a beginning that an index could find. `name_words` has each name that any study or patient has
 * once for each of its words, `word_endings` each of these words once for each of its endings: what a word has inside begins one of them. Both are only
 * ever added to. A name that no row has any more costs a look.
 */

/** Columns of names, folded, and what stands for each in `name_words.kind`. */
export const NAME_KINDS: Readonly<Record<string, number>> = {
  patient_name_alphabetic: 1,
  patient_name_ideographic: 2,
  patient_name_phonetic: 3,
  referring_physician_alphabetic: 4,
  referring_physician_ideographic: 5,
  referring_physician_phonetic: 6,
};

export interface KeptName {
  kind: number;
  name: string;
}

/** The names in the columns of rows, each once. */
export function namesIn(rows: readonly Row[]): KeptName[] {
  const names = new Map<string, KeptName>();
  for (const row of rows) {
    for (const [column, kind] of Object.entries(NAME_KINDS)) {
      const name = textOf(row, column);
      if (name !== '') names.set(keyOfName({ kind, name }), { kind, name });
    }
  }
  return [...names.values()];
}

export function keyOfName({ kind, name }: KeptName): string {
  return `${kind} ${name}`;
}

/** What parts the words of a folded name: no pattern is looked for across them. */
export const BETWEEN_WORDS = /[\^ ]+/;

/** Its words; a name that is longer, or has more of them, than is kept has the one word NOT_WHOLE, and is looked at whatever one looks for. */
export function wordsOfName(name: string): string[] {
  const words = [...new Set(name.split(BETWEEN_WORDS))].filter((word) => word !== '');
  const isWhole = words.length <= wordsPerNameMax && charsIn(name) <= nameCharsMax;
  return isWhole ? words : [NOT_WHOLE];
}

function charsIn(text: string): number {
  return Array.from(text).length;
}

/** From the whole word down to its last character. */
export function endingsOf(word: string): string[] {
  const letters = Array.from(word);
  return letters.map((_, index) => letters.slice(index).join(''));
}

/** @param names some of which may be there */
export async function insertNames(trx: Knex.Transaction, names: readonly KeptName[]): Promise<void> {
  const rows = names.flatMap(({ kind, name }) => wordsOfName(name).map((word) => ({ word, kind, name })));
  if (rows.length === 0) return;
  const words = await newWords(trx, [...new Set(rows.map(({ word }) => word))]);
  const endings = words.flatMap((word) => endingsOf(word).map((ending) => ({ ending, word })));
  await insertMissing(trx, 'word_endings', sorted(endings));
  await insertMissing(trx, 'name_words', sorted(rows));
}

/** Those whose endings are not there; a word and all of them come in one transaction. */
async function newWords(trx: Knex.Transaction, words: readonly string[]): Promise<string[]> {
  const known = new Set<string>();
  for (const piece of piecesOf(words, uidsPerStatement)) {
    const rows = await trx<Row>('word_endings')
      .whereIn('ending', piece)
      .whereRaw('ending = word')
      .select('word');
    for (const row of rows) known.add(textOf(row, 'word'));
  }
  return words.filter((word) => !known.has(word));
}

/** By their keys, so that two daemons wait for each other in one order. */
function sorted<Item extends Record<string, string | number>>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, key: Object.values(item).join('\0') }))
    .sort((one, other) => (one.key < other.key ? -1 : 1))
    .map(({ item }) => item);
}
