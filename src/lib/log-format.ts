/** What a log line may tell beside its message: identifiers, counts, errors. Never the name of a patient. */
export type LogFields = Readonly<Record<string, unknown>>;

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface LogRecord {
  readonly time: Date;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** A field may repeat what a peer sent: without these bounds one PDU could fill the log. */
const TEXT_CHARS_MAX = 1000;
const STACK_CHARS_MAX = 4000;
const ENTRIES_MAX = 50;
const DEPTH_MAX = 3;
const RESERVED_KEYS = ['time', 'level', 'message'];

/** One JSON object without line breaks; only ASCII controls and what could steer a terminal is escaped, so names stay readable. */
export function toJsonLine({ time, level, message, fields }: LogRecord): string {
  const line: Record<string, unknown> = {
    time: time.toISOString(),
    level,
    message: cut(message, TEXT_CHARS_MAX),
  };
  for (const [key, value] of boundedEntries(fields)) {
    line[RESERVED_KEYS.includes(key) ? `${key}_` : key] = value;
  }
  return toSafeJson(line);
}

/** `2026-03-01 14:05:09.123 warn  message key=value key="value with spaces"`, in local time, without line breaks. */
export function toConsoleLine({ time, level, message, fields }: LogRecord): string {
  const words = boundedEntries(fields).map(([key, value]) => `${toWord(key)}=${toWord(value)}`);
  return [localTime(time), level.padEnd(5), escapeControls(cut(message, TEXT_CHARS_MAX)), ...words].join(' ');
}

function boundedEntries(fields: LogFields): [string, unknown][] {
  return Object.entries(fields)
    .slice(0, ENTRIES_MAX)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [cut(key, TEXT_CHARS_MAX), bounded(value, DEPTH_MAX)]);
}

/** A copy that JSON can hold, of bounded size. */
function bounded(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return cut(value, TEXT_CHARS_MAX);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
    case 'symbol':
    case 'function':
      return cut(String(value), TEXT_CHARS_MAX);
    case 'object':
      return value === null ? null : boundedObject(value, depth);
    default:
      return value;
  }
}

function boundedObject(value: object, depth: number): unknown {
  if (value instanceof Error) return boundedError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, ENTRIES_MAX).map((item) => bounded(item, depth - 1));
  const entries = Object.entries(value).slice(0, ENTRIES_MAX);
  return Object.fromEntries(
    entries.map(([key, item]) => [cut(key, TEXT_CHARS_MAX), bounded(item, depth - 1)]),
  );
}

/** The stack tells the message too, but it may be cut before its end, and whoever searches wants the message alone. */
function boundedError(error: Error, depth: number): unknown {
  return {
    error: cut(`${error.name}: ${error.message}`, TEXT_CHARS_MAX),
    stack: cut(error.stack ?? '', STACK_CHARS_MAX),
    ...(error.cause === undefined || depth === 0 ? {} : { cause: bounded(error.cause, depth - 1) }),
  };
}

function cut(text: string, charsMax: number): string {
  return text.length > charsMax ? `${text.slice(0, charsMax)}… (${text.length} characters)` : text;
}

/** Bare where that cannot be mistaken, else quoted as in JSON. */
function toWord(value: unknown): string {
  const text = typeof value === 'string' ? value : toSafeJson(value);
  return /^[\p{L}\p{N}_.:/@%+*,-]+$/u.test(text) || typeof value !== 'string' ? text : toSafeJson(text);
}

function toSafeJson(value: unknown): string {
  return escapeControls(JSON.stringify(value) ?? 'null');
}

/**
 * Nothing that a peer sends may begin a line of its own or steer a terminal: C0 and C1 controls, line and paragraph separators,
 * marks that turn the direction of writing, and halves of surrogate pairs become \uXXXX, as JSON would write them.
 */
function escapeControls(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

function localTime(time: Date): string {
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return shifted.toISOString().replace('T', ' ').replace('Z', '');
}
