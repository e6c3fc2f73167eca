/**
 * The catalogue's first tables. MariaDB cannot roll back a CREATE TABLE, so each table is made with its indexes in one
 * statement that does nothing where the table is there already: killed in between, the migration just runs again.
 *
 * UIDs are ASCII and compared byte by byte. Columns that a query matches are NOT NULL, '' where the attribute is absent or
 * empty, and cut to their length; the whole value is in `attributes` (DICOM JSON). Times `…_at` are milliseconds since 1970.
 */
export async function up({ db, engine }) {
  const type = engine === 'mariadb' ? MARIADB : SQLITE;
  for (const [name, columns, keys] of tables(type)) {
    for (const statement of createTable(engine, name, columns, keys)) await db.raw(statement);
  }
}

const MARIADB = {
  id: 'BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY',
  reference: 'BIGINT NOT NULL',
  uid: 'VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL',
  ascii: (length) => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT ''`,
  text: (length) => `VARCHAR(${length}) NOT NULL DEFAULT ''`,
  sha256: 'BINARY(32) NOT NULL',
  integer: 'INT NOT NULL',
  bigint: 'BIGINT NOT NULL',
  boolean: 'BOOLEAN NOT NULL',
  json: 'MEDIUMTEXT NOT NULL',
};

const SQLITE = {
  id: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  reference: 'INTEGER NOT NULL',
  uid: 'TEXT NOT NULL',
  ascii: () => "TEXT NOT NULL DEFAULT ''",
  text: () => "TEXT NOT NULL DEFAULT ''",
  sha256: 'BLOB NOT NULL',
  integer: 'INTEGER NOT NULL',
  bigint: 'INTEGER NOT NULL',
  boolean: 'INTEGER NOT NULL',
  json: 'TEXT NOT NULL',
};

/**
 * Rows of: name, columns (name: type), keys. A key is its columns, `unique ` before it or `-> table` behind it for a foreign key.
 * A table comes after those that it refers to.
 */
function tables(t) {
  return [
    patients(t),
    studies(t),
    series(t),
    instances(t),
    conflicts(t),
    ...devices(t),
    ['volumes', { id: t.id, volume_uuid: t.ascii(36), created_at: t.bigint }, ['unique volume_uuid']],
    ['settings', { id: t.id, name: t.ascii(128), value: t.json, changed_at: t.bigint }, ['unique name']],
    jobs(t),
    events(t),
  ];
}

/** Matching keys of the patient; a study has a copy, so that a study query joins nothing. */
function patientColumns(t) {
  return {
    patient_id: t.text(255),
    issuer_of_patient_id: t.text(255),
    patient_name_alphabetic: t.text(255),
    patient_name_ideographic: t.text(255),
    patient_name_phonetic: t.text(255),
    patient_birth_date: t.ascii(8),
    patient_sex: t.text(16),
  };
}

const PATIENT_KEYS = [
  'patient_id',
  'patient_name_alphabetic',
  'patient_name_ideographic',
  'patient_name_phonetic',
  'patient_birth_date',
];

function patients(t) {
  const columns = {
    id: t.id,
    patient_key: t.ascii(64),
    ...patientColumns(t),
    study_count: t.integer,
    series_count: t.integer,
    instance_count: t.bigint,
    attributes: t.json,
  };
  return ['patients', columns, ['unique patient_key', ...PATIENT_KEYS]];
}

function studies(t) {
  const columns = {
    id: t.id,
    patient_row_id: t.reference,
    study_instance_uid: t.uid,
    ...patientColumns(t),
    study_date: t.ascii(8),
    study_time: t.ascii(13),
    accession_number: t.text(64),
    study_id: t.text(64),
    study_description: t.text(255),
    referring_physician_alphabetic: t.text(255),
    referring_physician_ideographic: t.text(255),
    referring_physician_phonetic: t.text(255),
    institution_name: t.text(255),
    modalities_in_study: t.text(255),
    sop_classes_in_study: t.json,
    series_count: t.integer,
    instance_count: t.integer,
    first_arrived_at: t.bigint,
    last_arrived_at: t.bigint,
    attributes: t.json,
  };
  const keys = [
    'unique study_instance_uid',
    'patient_row_id -> patients',
    'patient_row_id',
    ...PATIENT_KEYS,
    'study_date, study_time',
    'study_time',
    'accession_number',
    'study_id',
    'study_description',
    'referring_physician_alphabetic',
    'referring_physician_ideographic',
    'referring_physician_phonetic',
    'institution_name',
    'modalities_in_study',
    'last_arrived_at',
  ];
  return ['studies', columns, keys];
}

function series(t) {
  const columns = {
    id: t.id,
    study_row_id: t.reference,
    series_instance_uid: t.uid,
    modality: t.text(16),
    series_number: t.integer,
    series_description: t.text(255),
    body_part_examined: t.text(64),
    protocol_name: t.text(255),
    station_name: t.text(64),
    series_date: t.ascii(8),
    performed_procedure_step_start_date: t.ascii(8),
    performed_procedure_step_start_time: t.ascii(13),
    instance_count: t.integer,
    first_arrived_at: t.bigint,
    last_arrived_at: t.bigint,
    attributes: t.json,
  };
  const keys = [
    // Not by its UID alone: series that carry one UID in two studies exist, and their files lie apart.
    'unique study_row_id, series_instance_uid',
    'study_row_id -> studies',
    'series_instance_uid',
    'modality',
    'series_description',
    'body_part_examined',
    'protocol_name',
    'station_name',
    'series_date',
    'performed_procedure_step_start_date, performed_procedure_step_start_time',
  ];
  return ['series', columns, keys];
}

function instances(t) {
  const columns = {
    id: t.id,
    series_row_id: t.reference,
    sop_instance_uid: t.uid,
    sop_class_uid: t.uid,
    transfer_syntax_uid: t.uid,
    // 2147483647 where it has none: last in its series.
    instance_number: t.integer,
    size_bytes: t.bigint,
    data_set_offset: t.integer,
    sha256: t.sha256,
    arrived_at: t.bigint,
    source_ae_title: t.text(64),
    week: t.ascii(8),
    attributes: t.json,
  };
  const keys = ['unique sop_instance_uid', 'series_row_id, instance_number', 'series_row_id -> series'];
  return ['instances', columns, keys];
}

function conflicts(t) {
  const columns = {
    id: t.id,
    sop_instance_uid: t.uid,
    series_instance_uid: t.uid,
    study_instance_uid: t.uid,
    sop_class_uid: t.uid,
    transfer_syntax_uid: t.uid,
    size_bytes: t.bigint,
    data_set_offset: t.integer,
    sha256: t.sha256,
    arrived_at: t.bigint,
    source_ae_title: t.text(64),
  };
  const keys = ['unique sop_instance_uid, sha256', 'study_instance_uid', 'arrived_at'];
  return ['conflicts', columns, keys];
}

function devices(t) {
  const unknownCallers = {
    id: t.id,
    ae_title: t.text(64),
    address: t.text(64),
    call_count: t.bigint,
    first_seen_at: t.bigint,
    last_seen_at: t.bigint,
    refused: t.text(255),
  };
  const peers = {
    id: t.id,
    ae_title: t.text(16),
    host: t.text(255),
    port: t.integer,
    may_echo: t.boolean,
    may_store: t.boolean,
    may_find: t.boolean,
    may_retrieve: t.boolean,
    match_address: t.boolean,
    created_at: t.bigint,
  };
  return [
    ['unknown_callers', unknownCallers, ['unique ae_title, address', 'last_seen_at']],
    ['peers', peers, ['unique ae_title']],
  ];
}

function jobs(t) {
  const columns = {
    id: t.id,
    kind: t.ascii(64),
    state: t.ascii(16),
    payload: t.json,
    progress: t.json,
    attempts: t.integer,
    run_at: t.bigint,
    created_at: t.bigint,
    changed_at: t.bigint,
  };
  return ['jobs', columns, ['state, run_at', 'created_at']];
}

function events(t) {
  const columns = {
    id: t.id,
    at: t.bigint,
    kind: t.ascii(64),
    severity: t.ascii(16),
    words: t.text(1000),
    fields: t.json,
  };
  return ['events', columns, ['at', 'kind, at']];
}

/** MariaDB takes the keys inside the statement, SQLite each as a statement of its own. */
function createTable(engine, name, columns, keys) {
  const definitions = Object.entries(columns).map(([column, definition]) => `${column} ${definition}`);
  const foreignKeys = [];
  const indexes = [];
  for (const key of keys) {
    const [on, parent] = key.replace('unique ', '').split(' -> ');
    const unique = key.startsWith('unique ') ? 'UNIQUE ' : '';
    const index = `${name}_${on.replaceAll(', ', '_')}`.slice(0, 60);
    if (parent !== undefined) foreignKeys.push(`FOREIGN KEY (${on}) REFERENCES ${parent} (id)`);
    else if (engine === 'mariadb') definitions.push(`${unique}KEY ${index} (${on})`);
    else indexes.push(`CREATE ${unique}INDEX IF NOT EXISTS ${index} ON ${name} (${on})`);
  }
  const suffix =
    engine === 'mariadb'
      ? ' ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin'
      : '';
  const body = [...definitions, ...foreignKeys].join(',\n  ');
  return [`CREATE TABLE IF NOT EXISTS ${name} (\n  ${body}\n)${suffix}`, ...indexes];
}
