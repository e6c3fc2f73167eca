/**
 * What the admin page needs: accounts, tokens, the rest of peers, callers, jobs and events, the words by which a study is found as one types, and
 * how much arrived on which day. MariaDB cannot roll back a change of a table, so each step looks whether it was done already: killed in
 * between, the migration just runs again.
 */
export async function up({ db, engine }) {
  const type = engine === 'mariadb' ? MARIADB : SQLITE;
  for (const [table, columns] of addedColumns(type)) {
    for (const [column, definition] of Object.entries(columns)) {
      if (await db.schema.hasColumn(table, column)) continue;
      await db.raw(`ALTER TABLE ${table} ADD COLUMN ${column} ${definition}`);
    }
  }
  for (const table of addedTables(type)) await createTable(db, type, table);
  for (const key of ADDED_KEYS) await db.raw(createIndex(key));
  await addArrivalStatistics(db, type);
  await fillStudyWords(db, engine);
}

async function createTable(db, type, [name, columns, primaryKey]) {
  const definitions = Object.entries(columns).map(([column, definition]) => `${column} ${definition}`);
  if (primaryKey !== undefined) definitions.push(`PRIMARY KEY (${primaryKey})`);
  const suffix = primaryKey === undefined ? type.suffix : type.suffixOfPrimaryKey;
  await db.raw(`CREATE TABLE IF NOT EXISTS ${name} (\n  ${definitions.join(',\n  ')}\n)${suffix}`);
}

const INNODB = ' ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin';

const MARIADB = {
  id: 'BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY',
  reference: 'BIGINT NOT NULL',
  ascii: (length) => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT ''`,
  text: (length) => `VARCHAR(${length}) NOT NULL DEFAULT ''`,
  integer: 'INT NOT NULL DEFAULT 0',
  bigint: 'BIGINT NOT NULL DEFAULT 0',
  timeOrNull: 'BIGINT NULL',
  boolean: 'BOOLEAN NOT NULL DEFAULT FALSE',
  jsonList: "MEDIUMTEXT NOT NULL DEFAULT '[]'",
  suffix: INNODB,
  suffixOfPrimaryKey: INNODB,
};

const SQLITE = {
  id: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  reference: 'INTEGER NOT NULL',
  ascii: () => "TEXT NOT NULL DEFAULT ''",
  text: () => "TEXT NOT NULL DEFAULT ''",
  integer: 'INTEGER NOT NULL DEFAULT 0',
  bigint: 'INTEGER NOT NULL DEFAULT 0',
  timeOrNull: 'INTEGER NULL',
  boolean: 'INTEGER NOT NULL DEFAULT 0',
  jsonList: "TEXT NOT NULL DEFAULT '[]'",
  suffix: '',
  suffixOfPrimaryKey: ' WITHOUT ROWID',
};

function addedColumns(t) {
  return [
    [
      'peers',
      {
        use_tls: t.boolean,
        preferred_transfer_syntaxes: t.jsonList,
        note: t.text(500),
        last_seen_at: t.timeOrNull,
        last_stored_at: t.timeOrNull,
      },
    ],
    ['unknown_callers', { called_ae_title: t.text(64), proposed: t.jsonList }],
    ['events', { caller: t.text(64), study_instance_uid: t.ascii(128) }],
    // The owner of a running job is the volume of the daemon that runs it.
    ['jobs', { requested_by: t.text(128), words: t.text(1000), owner: t.ascii(64) }],
  ];
}

/** Rows of: name, columns, and the primary key where it is not `id`. */
function addedTables(t) {
  const users = {
    id: t.id,
    // The name as it is compared: without case.
    name_key: t.text(64),
    name: t.text(64),
    role: t.ascii(16),
    password_hash: t.ascii(255),
    must_change_password: t.boolean,
    session_epoch: t.bigint,
    created_at: t.bigint,
    last_login_at: t.timeOrNull,
  };
  const sessions = {
    id: t.id,
    id_hash: t.ascii(64),
    user_name: t.text(64),
    created_at: t.bigint,
    last_used_at: t.bigint,
    expires_at: t.bigint,
    address: t.text(64),
  };
  const tokens = {
    id: t.id,
    name: t.text(64),
    role: t.ascii(16),
    secret_hash: t.ascii(64),
    created_at: t.bigint,
    created_by: t.text(128),
    last_used_at: t.timeOrNull,
  };
  // What a search as one types finds a study by: words of the patient's name, and `\CT` for each modality.
  const studyWords = { study_row_id: t.reference, word: t.text(64) };
  return [
    ['users', users],
    ['sessions', sessions],
    ['tokens', tokens],
    ['study_words', studyWords, 'study_row_id, word'],
  ];
}

const ADDED_KEYS = [
  'unique users (name_key)',
  'unique sessions (id_hash)',
  'sessions (user_name)',
  'sessions (expires_at)',
  'unique tokens (name)',
  'unique tokens (secret_hash)',
  'study_words (word)',
  'events (kind)',
  'events (severity)',
  'events (caller)',
  'events (study_instance_uid)',
  'jobs (state)',
];

/** Written alike for both engines; either has the row's id at the end of every index. */
function createIndex(key) {
  const [, unique = '', table, columns] = /^(unique )?(\w+) \((.+)\)$/.exec(key) ?? [];
  const name = `${table}_${columns.replaceAll(', ', '_')}`;
  return `CREATE ${unique.toUpperCase()}INDEX IF NOT EXISTS ${name} ON ${table} (${columns})`;
}

/** Instances that one statement counts, by their ids. */
const INSTANCES_PER_STATEMENT = 100_000;

/** Time zones are apart from UTC, and change, by quarters of an hour, so that each quarter is of one local day. */
const QUARTER_MS = 900_000;

/**
 * Counted into a table of another name: while that takes its time no instance can be filed, which would add to what is counted already or is not yet. They wait,
 * and are filed when the table has its name.
 */
async function addArrivalStatistics(db, t) {
  if (await db.schema.hasTable('arrival_statistics')) return;
  // Instances that were filed, by local day of their arrival, YYYYMMDD.
  const columns = {
    day: t.ascii(8),
    source_ae_title: t.text(64),
    modality: t.text(16),
    instances: t.bigint,
    bytes: t.bigint,
    last_arrived_at: t.bigint,
  };
  await db.raw('DROP TABLE IF EXISTS arrival_statistics_draft');
  await createTable(db, t, ['arrival_statistics_draft', columns, 'day, source_ae_title, modality']);
  const rows = [...(await arrivalTallies(db)).values()];
  for (let at = 0; at < rows.length; at += 400) {
    await db('arrival_statistics_draft').insert(rows.slice(at, at + 400));
  }
  await db.raw('ALTER TABLE arrival_statistics_draft RENAME TO arrival_statistics');
}

async function arrivalTallies(db) {
  const tallies = new Map();
  const [{ last }] = await db('instances').max({ last: 'id' });
  for (let after = 0; after < Number(last ?? 0); after += INSTANCES_PER_STATEMENT) {
    const rows = await db({ i: 'instances' })
      .join({ s: 'series' }, 's.id', 'i.series_row_id')
      .where('i.id', '>', after)
      .where('i.id', '<=', after + INSTANCES_PER_STATEMENT)
      .groupByRaw('quarter, i.source_ae_title, s.modality')
      .select(
        db.raw(`i.arrived_at - i.arrived_at % ${QUARTER_MS} AS quarter`),
        'i.source_ae_title',
        's.modality',
      )
      .count({ instances: 'i.id' })
      .sum({ bytes: 'i.size_bytes' })
      .max({ last_arrived_at: 'i.arrived_at' });
    for (const row of rows) add(tallies, row);
  }
  return tallies;
}

function add(tallies, { quarter, source_ae_title, modality, instances, bytes, last_arrived_at }) {
  const day = localDay(Number(quarter));
  const key = JSON.stringify([day, source_ae_title, modality]);
  const none = { day, source_ae_title, modality, instances: 0, bytes: 0, last_arrived_at: 0 };
  const tally = tallies.get(key) ?? none;
  tally.instances += Number(instances);
  tally.bytes += Number(bytes);
  tally.last_arrived_at = Math.max(tally.last_arrived_at, Number(last_arrived_at));
  tallies.set(key, tally);
}

function localDay(ms) {
  const date = new Date(ms);
  const [year, month, day] = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return `${String(year).padStart(4, '0')}${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}`;
}

async function fillStudyWords(db, engine) {
  const insert = engine === 'mariadb' ? 'INSERT IGNORE' : 'INSERT OR IGNORE';
  for (let after = 0; ; ) {
    const studies = await db('studies')
      .where('id', '>', after)
      .orderBy('id')
      .limit(500)
      .select(
        'id',
        'patient_name_alphabetic',
        'patient_name_ideographic',
        'patient_name_phonetic',
        'modalities_in_study',
      );
    if (studies.length === 0) return;
    after = Number(studies.at(-1).id);
    const rows = studies.flatMap((study) => wordsOf(study).map((word) => [study.id, word]));
    for (let at = 0; at < rows.length; at += 400) {
      const piece = rows.slice(at, at + 400);
      const places = piece.map(() => '(?, ?)').join(', ');
      await db.raw(`${insert} INTO study_words (study_row_id, word) VALUES ${places}`, piece.flat());
    }
  }
}

/** The columns are folded already: each word of each component, what follows a hyphen, and the whole where it is written without blanks. */
function wordsOf(study) {
  const words = new Set();
  for (const group of ['alphabetic', 'ideographic', 'phonetic']) {
    const name = study[`patient_name_${group}`];
    for (const word of name.split(/[\^ ]+/)) {
      words.add(word);
      for (const part of word.split('-')) words.add(part);
    }
    if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(name)) {
      words.add(name.replace(/[\^ ]+/g, ''));
    }
  }
  for (const modality of study.modalities_in_study.split('\\')) {
    if (modality !== '') words.add(`\\${modality.toUpperCase()}`);
  }
  words.delete('');
  return [...new Set([...words].map((word) => Array.from(word).slice(0, 64).join('')))].slice(0, 100);
}
