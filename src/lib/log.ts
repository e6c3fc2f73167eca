import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { type LogFields, type LogLevel, type LogRecord, toConsoleLine, toJsonLine } from './log-format.ts';
import { RotatingFile } from './rotating-file.ts';

export type { LogFields, LogLevel } from './log-format.ts';

/**
 * Where events are told. No method throws, and none waits: what cannot be written in time is dropped and counted, for an
 * archive must not stop because its log does. (The console is the exception that Node makes: a terminal, a file or a pipe as
 * standard error is written at once, and who holds that pipe must read it.)
 */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** A log that adds `fields` to every line. It shares its parent's files: only the parent is closed. */
  child(fields: LogFields): Log;
  /** Resolves when the lines so far are with the operating system, at the latest after two seconds. */
  close(): Promise<void>;
}

/** The log of the process, from which all others come. */
export interface RootLog extends Log {
  /** From now on; of every child too. */
  setLevel(level: LogLevel): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** JSON lines in dicomkeep.log of this folder, which is made when it is missing; absent: only the console. */
  readonly file?:
    | { readonly dir: string; readonly fileBytesMax: number; readonly filesMax: number }
    | undefined;
  /** Readable lines; standard error unless given. */
  readonly console?: Writable | undefined;
}

const LEVELS: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };
/** That wait for the disk, or for the console. */
const PENDING_BYTES_MAX = 1_048_576;
const CLOSE_TIMEOUT_MS = 2000;

/** @throws Error when the log folder cannot be made */
export function createLog(options: LogOptions): RootLog {
  const sinks = [consoleSink(options.console ?? process.stderr)];
  if (options.file !== undefined) sinks.push(fileSink(options.file));
  const threshold = { level: options.level };
  const setLevel = (level: LogLevel) => {
    threshold.level = level;
  };
  return { ...logTo(sinks, threshold, {}), setLevel };
}

/** Shared by a log and its children. */
interface Threshold {
  level: LogLevel;
}

interface Sink {
  write(record: LogRecord): void;
  close(): Promise<void>;
}

function logTo(sinks: readonly Sink[], threshold: Threshold, common: LogFields): Log {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (LEVELS[level] > LEVELS[threshold.level]) return;
    for (const sink of sinks) {
      try {
        sink.write({ time: new Date(), level, message, fields: { ...common, ...fields } });
      } catch {
        // A getter among the fields may throw. Whoever logs is in the middle of something that matters more.
      }
    }
  };
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    child: (fields) => logTo(sinks, threshold, { ...common, ...fields }),
    close: async () => {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}

function consoleSink(stream: Writable): Sink {
  // Without a listener, a reader who hangs up (`dicomkeep | head`) would end the process with EPIPE.
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  return boundedSink(stream, toConsoleLine, async () => undefined);
}

function fileSink({ dir, fileBytesMax, filesMax }: NonNullable<LogOptions['file']>): Sink {
  const file = new RotatingFile({ path: join(dir, 'dicomkeep.log'), bytesMax: fileBytesMax, filesMax });
  const end = () =>
    new Promise<void>((resolve) => {
      const timeout = setTimeout(resolve, CLOSE_TIMEOUT_MS);
      file.end(() => {
        clearTimeout(timeout);
        resolve();
      });
    });
  return boundedSink(file, toJsonLine, end);
}

function ignore(): void {}

function boundedSink(
  stream: Writable,
  toLine: (record: LogRecord) => string,
  end: () => Promise<void>,
): Sink {
  let droppedLines = 0;
  let isClosed = false;
  const write = (record: LogRecord) => stream.write(`${toLine(record)}\n`);
  return {
    write(record) {
      if (isClosed) return;
      if (stream.writableLength > PENDING_BYTES_MAX) {
        droppedLines++;
        return;
      }
      if (droppedLines > 0) {
        const fields = { lines: droppedLines };
        droppedLines = 0;
        write({ time: record.time, level: 'warn', message: 'log lines dropped', fields });
      }
      write(record);
    },
    close() {
      isClosed = true;
      return end();
    },
  };
}
