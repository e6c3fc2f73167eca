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
    const piece = pieceOf(pattern);
    if (piece === undefined) continue;
    const columns = patterns.filter((one) => one.pattern === pattern).map(({ column }) => column);
    const rows = await namesLike(database, pattern, piece, columns);
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

/**
 * The longest piece of text that a word of every match has inside; undefined where there is none, or a beginning that is as long: an index finds that, while
 * `wa*ng^ming` begins as thousands do.
 */
function pieceOf(pattern: string): string | undefined {
  const pieces = boundedPattern(pattern)
    .split(/[*?]/)
    .flatMap((text) => text.split(BETWEEN_WORDS))
    .map((piece) => Array.from(fitText(piece, COLUMN_CHARS_MAX)).slice(0, wordCharsMax));
  const longest = pieces.reduce((one, other) => (other.length > one.length ? other : one), []);
  return longest.length <= Array.from(prefixOf(pattern)).length ? undefined : longest.join('');
}

/** Names of the columns that match, one more than `knownNamesMax` where they are more. */
async function namesLike(
  database: Database,
  pattern: string,
  piece: string,
  columns: readonly string[],
): Promise<Row[]> {
  const kinds = columns.map((column) => NAME_KINDS[column] ?? 0);
  const matches = (n: string) => `${n}.kind IN (${kinds.map(() => '?').join(', ')}) AND ${LIKE}`;
  const bindings = (n: string) => [...kinds, `${n}.name`, likePattern(pattern)];
  const answer = await database.read((db: Knex) =>
    db.raw(
      `SELECT kind, name FROM (
         SELECT DISTINCT n.kind, n.name FROM word_endings AS e ${inThisOrder(database.engine)} name_words AS n
         WHERE n.word = e.word AND e.ending >= ? AND e.ending < ? AND ${matches('n')} LIMIT ?
       ) AS whole
       UNION SELECT c.kind, c.name FROM name_words AS c WHERE c.word = ? AND ${matches('c')} LIMIT ?`,
      [piece, behindAll(piece), ...bindings('n'), knownNamesMax + 1].concat([
        NOT_WHOLE,
        ...bindings('c'),
        knownNamesMax + 1,
      ]),
    ),
  );
  return rowsOf<Row>(answer);
}

function inThisOrder(engine: Engine): string {
  return engine === 'mariadb' ? 'STRAIGHT_JOIN' : 'CROSS JOIN';
}
