import { Readable } from 'node:stream';
import { createConnection } from 'mysql2/promise';
import type { Row } from '../../../src/catalog/rows.ts';
import { type Lines, linesAhead } from './line-maker.ts';
import type { BulkLoader } from './loader.ts';
import { TABLES } from './rows.ts';

/** What goes into a packet of the protocol, bytes. */
const PIECE_BYTES = 1 << 18;

type Connection = Awaited<ReturnType<typeof createConnection>>;

/** LOAD DATA LOCAL: some five times as fast as INSERT. @param url as of the catalogue's configuration */
export async function openMariadbLoader(url: string): Promise<BulkLoader> {
  const { username, password, pathname, searchParams } = new URL(url);
  const connection = await createConnection({
    socketPath: searchParams.get('socketPath') ?? '',
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    charset: 'utf8mb4_bin',
  });
  // Rows come parents first, and their keys are unique: no need to look.
  await connection.query(
    "SET SESSION unique_checks = 0, foreign_key_checks = 0, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
  );
  return {
    async filledStudies() {
      return numberIn(connection, 'SELECT MAX(id) AS value FROM studies');
    },
    async *writeFrom(plan, first, studiesAtOnce) {
      for await (const { studies, tables, tallies } of linesAhead(plan.shape, first, studiesAtOnce)) {
        await connection.query('START TRANSACTION');
        for (const lines of tables) await loadTable(connection, lines);
        await addTallies(connection, tallies);
        await connection.query('COMMIT');
        yield { studies, rows: tables.reduce((sum, { rows }) => sum + rows, tallies.length) };
      }
    },
    async analyze() {
      await connection.query(`ANALYZE TABLE ${TABLES.join(', ')}`);
    },
    sizeBytes() {
      // What InnoDB has laid out, of the files themselves: statistics of tables lag behind.
      return numberIn(
        connection,
        `SELECT SUM(FILE_SIZE) AS value FROM information_schema.INNODB_SYS_TABLESPACES WHERE NAME LIKE CONCAT(DATABASE(), '/%')`,
      );
    },
    close: () => connection.end(),
  };
}

async function loadTable(
  connection: Connection,
  { table, columns, hexColumns, rows, lines }: Lines,
): Promise<void> {
  const places = columns.map((column) => (hexColumns.includes(column) ? `@${column}` : column));
  const set = hexColumns.map((column) => `SET ${column} = UNHEX(@${column})`).join(', ');
  const [result] = await connection.query({
    sql: `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${table} CHARACTER SET utf8mb4 (${places.join(', ')}) ${set}`,
    infileStreamFactory: () => Readable.from(piecesOf(lines)),
  });
  const { affectedRows, warningStatus } = result as { affectedRows: number; warningStatus: number };
  // LOCAL makes warnings of errors.
  if (affectedRows !== rows || warningStatus > 0) {
    throw new Error(`${table}: ${affectedRows} of ${rows} rows were taken, with ${warningStatus} warnings`);
  }
}

/** Days are in several pieces: two studies of a day need not be loaded together. */
async function addTallies(connection: Connection, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length === 0) return;
  await connection.query(
    `INSERT INTO arrival_statistics (${columns.join(', ')}) VALUES ? ON DUPLICATE KEY UPDATE instances = instances + VALUES(instances),
     bytes = bytes + VALUES(bytes), last_arrived_at = GREATEST(last_arrived_at, VALUES(last_arrived_at))`,
    [rows.map((row) => columns.map((column) => row[column]))],
  );
}

function* piecesOf(lines: Uint8Array): Generator<Buffer> {
  for (let at = 0; at < lines.length; at += PIECE_BYTES) {
    yield Buffer.from(lines.buffer, lines.byteOffset + at, Math.min(PIECE_BYTES, lines.length - at));
  }
}

async function numberIn(connection: Connection, sql: string): Promise<number> {
  const [rows] = await connection.query(sql);
  return Number((rows as { value: unknown }[])[0]?.value ?? 0);
}
