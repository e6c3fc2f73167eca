import { foldText } from '../dicom/fold.ts';
import { searchWordsMax } from './limits.ts';
import { cutWord, modalityWord } from './study-words.ts';

/** A range of an index: `from` ≤ column, and column < `below`, or ≤ `to`. */
export interface IndexRange {
  table: 'studies' | 'study_words';
  column: 'word' | 'patient_id' | 'accession_number' | 'study_date';
  from: string;
  below?: string;
  to?: string;
}

/**
 * What a person typed, as the ranges in one of which a study has to lie, word by word: a word of the patient's name, the patient's ID or the accession
 * number begins with it, or it is a modality in the study, or a date or a part of one.
 * Words beyond `searchWordsMax` are not looked at. Longer words come first: fewer studies have them.
 */
export function rangesOfText(text: string): IndexRange[][] {
  const words = text
    .replace(/[\0\p{Surrogate}]/gu, ' ')
    .split(/[\s\u3000^,;]+/u)
    .filter((word) => word !== '');
  return words
    .slice(0, searchWordsMax)
    .sort((one, other) => other.length - one.length)
    .map(rangesOfWord);
}

function rangesOfWord(word: string): IndexRange[] {
  const ranges: IndexRange[] = [];
  const folded = cutWord(foldText(word));
  if (folded !== '' && !folded.startsWith('\\')) ranges.push(prefix('study_words', 'word', folded));
  // Identifiers are kept as they came, and mostly in capitals.
  for (const written of new Set([word, word.toUpperCase(), word.toLowerCase()])) {
    ranges.push(prefix('studies', 'patient_id', written), prefix('studies', 'accession_number', written));
  }
  // CS — PS3.5 §6.2.
  if (/^[A-Za-z0-9_]{2,16}$/.test(word)) {
    const modality = modalityWord(word);
    ranges.push({ table: 'study_words', column: 'word', from: modality, to: modality });
  }
  const date = dateRangeOf(word);
  if (date !== undefined) ranges.push({ table: 'studies', column: 'study_date', ...date });
  return ranges;
}

function prefix(table: IndexRange['table'], column: IndexRange['column'], text: string): IndexRange {
  return { table, column, from: text, below: `${text}\u{10ffff}` };
}

/** `2024`, `2024-05`, `2024-05-17`, `20240517`, `17.05.2024`; days and months in two digits or one. */
function dateRangeOf(word: string): { from: string; to: string } | undefined {
  const parts =
    /^(?<year>\d{4})(?:[-./](?<month>\d{1,2})(?:[-./](?<day>\d{1,2}))?)?$/.exec(word) ??
    /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})$/.exec(word) ??
    /^(?<day>\d{1,2})\.(?<month>\d{1,2})\.(?<year>\d{4})$/.exec(word);
  const { year, month, day } = parts?.groups ?? {};
  if (year === undefined || !/^(1[89]|20|21)/.test(year)) return undefined;
  if (Number(month ?? 1) > 12 || Number(day ?? 1) > 31) return undefined;
  const [from, to] = [
    { month: '00', day: '00' },
    { month: '99', day: '99' },
  ].map((open) => `${year}${(month ?? open.month).padStart(2, '0')}${(day ?? open.day).padStart(2, '0')}`);
  return from === undefined || to === undefined ? undefined : { from, to };
}
