import type { Knex } from 'knex';
import { wordCharsMax, wordsPerStudyMax } from './limits.ts';
import { insertMissing, type Row, textOf } from './rows.ts';

/**
 * The words that a search as one types finds a study by, from its columns, which are folded already: every word of every component of the patient's
 * name, what follows a hyphen in it, the whole name where it is written without blanks (山田太郎 is one word to who types it), and `\CT` for each
 * modality. Words only ever come to a study, as attributes do.
 */
export function wordsOfStudy(row: Row): ReadonlySet<string> {
  const words = new Set<string>();
  for (const column of NAME_COLUMNS) {
    const name = textOf(row, column);
    for (const word of name.split(BETWEEN_WORDS)) {
      words.add(word);
      for (const part of word.split('-')) words.add(part);
    }
    if (WITHOUT_BLANKS.test(name)) words.add(name.replace(BETWEEN_WORDS, ''));
  }
  for (const modality of textOf(row, 'modalities_in_study').split('\\')) {
    if (modality !== '') words.add(modalityWord(modality));
  }
  words.delete('');
  return new Set([...new Set([...words].map(cutWord))].slice(0, wordsPerStudyMax));
}

/** A backslash begins no word of a name: it parts values. */
export function modalityWord(modality: string): string {
  return `\\${modality.toUpperCase()}`;
}

/** As many characters as are kept: a longer prefix would find nothing. */
export function cutWord(word: string): string {
  return Array.from(word).slice(0, wordCharsMax).join('');
}

/** @param studies with their row's id, and those of their words that are in the catalogue */
export async function insertStudyWords(
  trx: Knex.Transaction,
  studies: readonly { id: number | undefined; words: ReadonlySet<string>; knownWords: ReadonlySet<string> }[],
): Promise<void> {
  const rows = studies.flatMap(({ id, words, knownWords }) =>
    [...words].filter((word) => !knownWords.has(word)).map((word) => ({ study_row_id: id, word })),
  );
  // Those known are told from the row, whose name may have been left out of its JSON for its length: a word may be there nevertheless.
  await insertMissing(trx, 'study_words', rows);
}

const NAME_COLUMNS = ['patient_name_alphabetic', 'patient_name_ideographic', 'patient_name_phonetic'];
const BETWEEN_WORDS = /[\^ ]+/g;
const WITHOUT_BLANKS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
