import { close, type NoParamCallback, open, write } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import winston from 'winston';
import { type LogFields, type LogLevel, type LogRecord, toConsoleLine, toJsonLine } from './log-format.ts';

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
/** Lines that wait for the disk, and bytes that wait for the console. */
const PENDING_LINES_MAX = 1000;
const PENDING_CONSOLE_BYTES_MAX = 1_048_576;
const CLOSE_TIMEOUT_MS = 2000;
const RETRY_MS = 1000;

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
  const logger = loggerWith(new winston.transports.Stream({ stream, eol: '\n' }));
  return boundedSink(logger, toConsoleLine, () => stream.writableLength > PENDING_CONSOLE_BYTES_MAX);
}

function fileSink({ dir, fileBytesMax, filesMax }: NonNullable<LogOptions['file']>): Sink {
  const transport = new winston.transports.File({
    filename: join(dir, 'dicomkeep.log'),
    maxsize: fileBytesMax,
    maxFiles: filesMax,
    tailable: true,
    eol: '\n',
    options: { flags: 'a', mode: 0o640, fs: PATIENT_FS },
  });
  const logger = loggerWith(transport);
  return boundedSink(logger, toJsonLine, () => logger.writableLength > PENDING_LINES_MAX);
}

function ignore(): void {}

/** Each sink has a winston logger of its own, since one that stalls would hold up all transports of the same logger. */
function loggerWith(transport: winston.transport): winston.Logger {
  const line = winston.format.printf((info) => String(info.message));
  const logger = winston.createLogger({
    levels: LEVELS,
    level: 'debug',
    format: line,
    transports: [transport],
  });
  logger.on('error', ignore);
  return logger;
}

function boundedSink(
  logger: winston.Logger,
  toLine: (record: LogRecord) => string,
  isFull: () => boolean,
): Sink {
  let droppedLines = 0;
  const write = (record: LogRecord) => logger.log({ level: record.level, message: toLine(record) });
  return {
    write(record) {
      if (isFull()) {
        droppedLines++;
        return;
      }
      if (droppedLines > 0) {
        write({
          time: record.time,
          level: 'warn',
          message: 'log lines dropped',
          fields: { lines: droppedLines },
        });
        droppedLines = 0;
      }
      write(record);
    },
    close: () =>
      new Promise((resolve) => {
        const timeout = setTimeout(resolve, CLOSE_TIMEOUT_MS);
        logger.once('finish', () => {
          clearTimeout(timeout);
          resolve();
        });
        logger.end();
      }),
  };
}

/**
 * For winston's File, whose stream would end for good with its first error and hold back every later line: what fails, on a full
 * disk say, is tried again every second. Meanwhile the lines wait, and beyond PENDING_LINES_MAX are dropped and counted.
 */
const PATIENT_FS = {
  open(path: string, flags: string, mode: number, done: (error: Error | null, fd?: number) => void): void {
    open(path, flags, mode, (error, fd) => {
      if (error === null) done(null, fd);
      else later(() => PATIENT_FS.open(path, flags, mode, done));
    });
  },
  write(
    fd: number,
    bytes: Buffer,
    offset: number,
    length: number,
    position: number | null,
    done: (error: Error | null, written: number, bytes: Buffer) => void,
  ): void {
    write(fd, bytes, offset, length, position, (error, written) => {
      if (error === null) done(null, written, bytes);
      else later(() => PATIENT_FS.write(fd, bytes, offset, length, position, done));
    });
  },
  close(fd: number, done: NoParamCallback): void {
    close(fd, () => done(null));
  },
};

/** Does not keep a process alive that has nothing else to do. */
function later(retry: () => void): void {
  setTimeout(retry, RETRY_MS).unref();
}
