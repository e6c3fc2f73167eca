import { messageOf, Problem } from '../lib/problem.ts';

/** What mysql2 and better-sqlite3 put on an error. */
interface DriverError extends Error {
  code?: string;
  errno?: number;
  sqlMessage?: string;
}

/** Codes of mysql2 and of the system for a connection that was, or could not be, made. */
const CONNECTION_LOST = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'ER_SERVER_SHUTDOWN',
  'ER_CONNECTION_KILLED',
  'ER_NORMAL_SHUTDOWN',
  'ER_QUERY_INTERRUPTED',
]);

/** Deadlock, lock wait, a key that was inserted meanwhile, a parent row that was deleted meanwhile. */
const RETRYABLE = new Set([
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_DUP_ENTRY',
  'ER_NO_REFERENCED_ROW_2',
  'ER_CHECKREAD',
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_FOREIGNKEY',
]);

/**
 * A value that a column does not take, or a key that is still there after all attempts: our bug with one instance, which waiting for the database would not
 * mend.
 */
const DATA_ERROR =
  /^(ER_DUP_ENTRY|ER_DATA_|ER_BAD_NULL|ER_WARN_DATA|ER_TRUNCATED|ER_INVALID_CHARACTER|ER_CANNOT_CONVERT|SQLITE_(CONSTRAINT|MISMATCH|TOOBIG))/;

export function isConnectionLost(error: unknown): boolean {
  if (error instanceof Problem) return false;
  return CONNECTION_LOST.has(codeOf(error)) || /closed state/.test(messageOf(error));
}

export function isTransactionRetryable(error: unknown): boolean {
  return RETRYABLE.has(codeOf(error));
}

/** Another process writes into the SQLite file; the statement, and the transaction with it, has done nothing. */
export function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY');
}

export function isDuplicateKey(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ER_DUP_ENTRY' || code === 'SQLITE_CONSTRAINT_UNIQUE';
}

/**
 * What the database or the way to it said becomes Problem 'catalog-unavailable'; a value that it does not take, an Error; a Problem
 * and an error of our own code stay what they are. The driver's error is not kept: it holds the whole statement.
 */
export function toProblem(error: unknown, databaseWords: string): unknown {
  if (error instanceof Problem || !isOfDatabase(error)) return error;
  const words = `catalogue: ${wordsOf(error)} (database ${databaseWords})`;
  return DATA_ERROR.test(codeOf(error)) ? new Error(words) : new Problem('catalog-unavailable', words);
}

/** The server's words; knex puts the statement and ` - ` before them, and some errors have a code alone. */
function wordsOf(error: DriverError): string {
  const message = error.sqlMessage ?? error.message;
  const afterStatement = message.slice(message.lastIndexOf(' - ') + 1).replace(/^- /, '');
  return (error.sqlMessage ?? afterStatement) || codeOf(error);
}

function isOfDatabase(error: unknown): error is DriverError {
  if (!(error instanceof Error)) return false;
  if (error.name === 'KnexTimeoutError' || /closed state/.test(error.message)) return true;
  // What better-sqlite3 says of a missing folder, as a TypeError.
  if (/^Cannot open database/.test(error.message)) return true;
  if (/^(aborted|Unable to acquire a connection)$/.test(error.message)) return true;
  return /^(ER_|SQLITE_|PROTOCOL_|HANDSHAKE_|E[A-Z]+$)/.test(codeOf(error));
}

/** Refused connections to several addresses come as one AggregateError with a code. */
function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as DriverError).code : undefined;
  return typeof code === 'string' ? code : '';
}
