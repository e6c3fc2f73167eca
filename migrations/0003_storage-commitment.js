/**
 * What jobs of storage commitment need: a key that no two unfinished jobs share, and lists that are too long for one row. MariaDB cannot roll back a
 * change of a table, so each step looks whether it was done already: killed in between, the migration just runs again.
 */
export async function up({ db, engine }) {
  const { text, reference, json, suffix } = engine === 'mariadb' ? MARIADB : SQLITE;
  if (!(await db.schema.hasColumn('jobs', 'request_key')))
    await db.raw(`ALTER TABLE jobs ADD COLUMN request_key ${text}`);
  await db.raw('CREATE INDEX IF NOT EXISTS jobs_request_key ON jobs (request_key)');
  await db.raw(
    `CREATE TABLE IF NOT EXISTS job_pieces (
      job_id ${reference},
      position INTEGER NOT NULL,
      content ${json},
      PRIMARY KEY (job_id, position),
      FOREIGN KEY (job_id) REFERENCES jobs (id) ON DELETE CASCADE
    )${suffix}`,
  );
}

const MARIADB = {
  text: "VARCHAR(255) NOT NULL DEFAULT ''",
  reference: 'BIGINT NOT NULL',
  json: 'MEDIUMTEXT NOT NULL',
  suffix: ' ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin',
};

const SQLITE = {
  text: "TEXT NOT NULL DEFAULT ''",
  reference: 'INTEGER NOT NULL',
  json: 'TEXT NOT NULL',
  suffix: ' WITHOUT ROWID',
};
