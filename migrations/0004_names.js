/**
 * What makes queries of a million studies quick: names by what is inside of them, and dates with their modalities in one index. MariaDB cannot roll back a
 * change of a table, so each step may be done again: killed in between, the migration just runs again. Filing goes on meanwhile.
 */
export async function up({ db, engine }) {
  const { text, integer, suffix } = engine === 'mariadb' ? MARIADB : SQLITE;
  // Each name of patients and physicians, as its column has it, for each of its words; `kind` is the column, see KINDS.
  await db.raw(
    `CREATE TABLE IF NOT EXISTS name_words (
      word ${text(64)}, kind ${integer}, name ${text(255)}, PRIMARY KEY (word, kind, name)
    )${suffix}`,
  );
  // Each of these words, for each place in it.
  await db.raw(
    `CREATE TABLE IF NOT EXISTS word_endings (
      ending ${text(64)}, word ${text(64)}, PRIMARY KEY (ending, word)
    )${suffix}`,
  );
  await db.raw(
    'CREATE INDEX IF NOT EXISTS studies_study_date_modalities_in_study ON studies (study_date, modalities_in_study)',
  );
  const insert = insertInto(db, engine);
  const knownWords = new Set();
  for (const [table, columns] of Object.entries(KINDS)) {
    for (const [column, kind] of Object.entries(columns)) {
      for await (const names of namesOf(db, engine, table, column)) {
        await fill(insert, knownWords, names, kind);
      }
    }
  }
}

const MARIADB = {
  text: (length) => `VARCHAR(${length}) NOT NULL`,
  integer: 'TINYINT NOT NULL',
  suffix: ' ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin',
};

const SQLITE = {
  text: () => 'TEXT NOT NULL',
  integer: 'INTEGER NOT NULL',
  suffix: ' WITHOUT ROWID',
};

const PATIENT = { patient_name_alphabetic: 1, patient_name_ideographic: 2, patient_name_phonetic: 3 };
const PHYSICIAN = {
  referring_physician_alphabetic: 4,
  referring_physician_ideographic: 5,
  referring_physician_phonetic: 6,
};
const KINDS = { studies: { ...PATIENT, ...PHYSICIAN }, patients: PATIENT };

/** The word of a name whose words are not kept. */
const NOT_WHOLE = '\\';

const NAMES_PER_STEP = 500;
const ROWS_PER_STATEMENT = 2000;
const KNOWN_WORDS_MAX = 300_000;

/** The names of a column, each once, step by step along its index. */
async function* namesOf(db, engine, table, column) {
  // Either engine goes from one value of the index to the next, so that a name costs the same whoever many have it.
  const sql =
    engine === 'mariadb'
      ? `SELECT DISTINCT ${column} AS name FROM ${table} WHERE ${column} > ? ORDER BY ${column} LIMIT ?`
      : `WITH RECURSIVE next (name) AS (
           SELECT MIN(${column}) FROM ${table} WHERE ${column} > ?
           UNION ALL SELECT (SELECT MIN(${column}) FROM ${table} WHERE ${column} > next.name) FROM next WHERE next.name IS NOT NULL
         ) SELECT name FROM next WHERE name IS NOT NULL LIMIT ?`;
  for (let after = ''; ; ) {
    const answer = await db.raw(sql, [after, NAMES_PER_STEP]);
    const names = (Array.isArray(answer[0]) ? answer[0] : answer).map(({ name }) => name);
    if (names.length === 0) return;
    after = names.at(-1);
    yield names;
  }
}

async function fill(insert, knownWords, names, kind) {
  const rows = names.flatMap((name) => wordsOf(name).map((word) => [word, kind, name]));
  const words = [...new Set(rows.map(([word]) => word))].filter((word) => !knownWords.has(word));
  const endings = words.flatMap((word) => endingsOf(word).map((ending) => [ending, word]));
  await insert('word_endings', endings);
  await insert('name_words', rows);
  if (knownWords.size > KNOWN_WORDS_MAX) knownWords.clear();
  for (const word of words) knownWords.add(word);
}

/** Names are folded already. */
function wordsOf(name) {
  const words = [...new Set(name.split(/[\^ ]+/))].filter((word) => word !== '');
  const isWhole = words.length <= 20 && Array.from(name).length <= 64;
  return isWhole ? words : [NOT_WHOLE];
}

function endingsOf(word) {
  const letters = Array.from(word);
  return letters.map((_, index) => letters.slice(index).join(''));
}

function insertInto(db, engine) {
  const verb = engine === 'mariadb' ? 'INSERT IGNORE' : 'INSERT OR IGNORE';
  return async (table, rows) => {
    for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) {
      const piece = rows.slice(at, at + ROWS_PER_STATEMENT);
      const places = piece.map((row) => `(${row.map(() => '?').join(', ')})`).join(', ');
      await db.raw(`${verb} INTO ${table} VALUES ${places}`, piece.flat());
    }
  };
}
