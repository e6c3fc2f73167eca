import type { Knex } from 'knex';
import { tags } from '../dicom/dictionary/tags.ts';
import { personNameKey, significantValues } from '../dicom/matching.ts';
import { breathe } from './abort.ts';
import { NOT_WHOLE } from './columns.ts';
import type { Database, Engine } from './database.ts';
import { behindAll, boundedPattern, COLUMN_CHARS_MAX, LIKE, likePattern, prefixOf } from './like.ts';
import { knownNamesMax, nameValuesMax, wordCharsMax } from './limits.ts';
import { BETWEEN_WORDS, NAME_KINDS } from './name-words.ts';
import { columnAndPattern, type NarrowingKey } from './narrowing-key.ts';
import { fitText, numberOf, type Row, rowsOf, textOf } from './rows.ts';

/** What the columns of each name begin with. */
const STEMS: ReadonlyMap<number, string> = new Map([
  [tags.PatientName, 'patient_name'],
  [tags.ReferringPhysicianName, 'referring_physician'],
]);

/** A column of a name, and what a value of a key asks of it. */
interface ColumnPattern {
  column: string;
  pattern: string;
}

/** A value of a key as patterns, one of which a name matches in its column: a key of one group may match any of the three. */
export function columnPatterns(stem: string, value: string): ColumnPattern[] {
  const [alphabetic, ideographic, phonetic] = personNameKey(value);
  return [
    { column: `${stem}_alphabetic`, pattern: alphabetic },
    { column: `${stem}_ideographic`, pattern: ideographic },
    { column: `${stem}_phonetic`, pattern: phonetic },
  ].flatMap(({ column, pattern }) => {
    if (pattern === '') return [];
    // `SMITH^*` finds SMITH too, which has no delimiter.
    const wider = /[*?]$/.test(pattern) ? `${pattern.replace(/[*?^]+$/, '')}*` : pattern;
    return [{ column, pattern: wider }];
  });
}

/**
 * The keys, those of names with the names that match where they have no good beginning to find them by, so that the database need not look through the
 * names of all studies.
 *
 * @throws Problem 'catalog-unavailable'
 */
export async function withNames(
  database: Database,
  keys: readonly NarrowingKey[],
): Promise<readonly NarrowingKey[]> {
  const known: NarrowingKey[] = [];
  for (const key of keys) known.push(await withNamesOf(database, key));
  return known;
}

async function withNamesOf(database: Database, key: NarrowingKey): Promise<NarrowingKey> {
  const stem = STEMS.get(key.tag);
  const values = significantValues(key);
  if (stem === undefined || key.isFuzzy === true || values.length > nameValuesMax) return key;
  const names = new Map<string, string[]>();
  let isCommon = false;
  const patterns = values.flatMap((value) => columnPatterns(stem, value));
  for (const pattern of new Set(patterns.map((one) => one.pattern))) {
    const clue = clueOf(pattern);
    if (clue === undefined) continue;
    const columns = patterns.filter((one) => one.pattern === pattern).map(({ column }) => column);
    const rows = await namesLike(database, pattern, clue, columns);
    // One statement may have gone through all names, and with SQLite nobody else has a turn meanwhile.
    await breathe();
    if (rows.length > knownNamesMax) {
      isCommon = true;
      continue;
    }
    for (const column of columns) {
      const ofColumn = rows.filter((row) => numberOf(row, 'kind') === NAME_KINDS[column]);
      names.set(
        columnAndPattern(column, pattern),
        ofColumn.map((row) => textOf(row, 'name')),
      );
    }
  }
  return { ...key, names, isCommon };
}

/** What a word of every name that matches is, or has inside. */
interface Clue {
  text: string;
  isWholeWord: boolean;
}

/**
 * The longest one; undefined where there is none, or none better than the beginning, which an index finds: `wa*ng^ming` begins as thousands do, and
 * `wangsheng*g` as few.
 */
function clueOf(pattern: string): Clue | undefined {
  const bounded = boundedPattern(pattern);
  const parts = bounded.split(BETWEEN_WORDS);
  const firstWild = parts.findIndex(hasWild);
  if (firstWild < 0) return undefined;
  const prefixChars = Array.from(prefixOf(bounded)).length;
  const words = parts
    .slice(firstWild)
    .filter((part) => !hasWild(part) && Array.from(part).length <= wordCharsMax);
  const word = longest(words.map(lettersOf));
  const piece = longest(
    bounded
      .split(/[*?]/)
      .flatMap((text) => text.split(BETWEEN_WORDS))
      .map(lettersOf),
  );
  // All names with one word stand together, by their beginnings; those with a piece are in as many places as there are words.
  const isWholeWord = word.length > 0 && (prefixChars > 0 || word.length >= piece.length);
  if (isWholeWord) return { text: word.join(''), isWholeWord };
  return piece.length > prefixChars ? { text: piece.join(''), isWholeWord } : undefined;
}

function hasWild(text: string): boolean {
  return /[*?]/.test(text);
}

/** As many as are kept. */
function lettersOf(text: string): string[] {
  return Array.from(fitText(text, COLUMN_CHARS_MAX)).slice(0, wordCharsMax);
}

function longest(texts: readonly string[][]): string[] {
  return texts.reduce((one, other) => (other.length > one.length ? other : one), []);
}

/** Names of the columns that match, one more than `knownNamesMax` where they are more. */
async function namesLike(
  database: Database,
  pattern: string,
  { text, isWholeWord }: Clue,
  columns: readonly string[],
): Promise<Row[]> {
  const kinds = columns.map((column) => NAME_KINDS[column] ?? 0);
  const prefix = fitText(prefixOf(pattern), COLUMN_CHARS_MAX);
  const range = prefix === '' ? [] : [prefix, behindAll(prefix)];
  const matches = [
    `n.kind IN (${kinds.map(() => '?').join(', ')})`,
    ...(prefix === '' ? [] : ['n.name >= ? AND n.name < ?']),
    `${LIKE} LIMIT ?`,
  ].join(' AND ');
  const bindings = [...kinds, ...range, 'n.name', likePattern(pattern), knownNamesMax + 1];
  const ofWord = `SELECT n.kind, n.name FROM name_words AS n WHERE n.word = ? AND ${matches}`;
  const ofPiece = `SELECT DISTINCT n.kind, n.name FROM word_endings AS e ${inThisOrder(database.engine)} name_words AS n
    WHERE n.word = e.word AND e.ending >= ? AND e.ending < ? AND ${matches}`;
  const clue = isWholeWord ? [text] : [text, behindAll(text)];
  const answer = await database.read((db: Knex) =>
    db.raw(`SELECT kind, name FROM (${isWholeWord ? ofWord : ofPiece}) AS found UNION ${ofWord}`, [
      ...[...clue, ...bindings],
      ...[NOT_WHOLE, ...bindings],
    ]),
  );
  return rowsOf<Row>(answer);
}

function inThisOrder(engine: Engine): string {
  return engine === 'mariadb' ? 'STRAIGHT_JOIN' : 'CROSS JOIN';
}
