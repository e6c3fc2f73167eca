/** What progress is drawn on: standard error, in all but tests. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  /** What is being done, as `reindex`. */
  readonly label: string;
  /** What is counted, in the plural, as `instances`. */
  readonly unit: string;
  /** How many there are; unknown for now when absent. */
  readonly total?: number | undefined;
  readonly stream?: ProgressStream;
  /** Milliseconds on any steadily rising clock. */
  readonly nowMs?: () => number;
}

/** Tells a person how far long work is: a bar on a terminal, else a line now and then. */
export interface Progress {
  advance(count?: number): void;
  /** May rise while more work is found. */
  setTotal(total: number): void;
  /** A line of its own that stays, above the bar. */
  say(line: string): void;
  /** The last line: how many, how long, how fast. Nothing is drawn afterwards, and further calls do nothing. */
  end(): void;
}

const BAR_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 10_000;
const BAR_CHARS_MAX = 30;
const CLEAR_LINE = '\r\u001b[K';

export function createProgress(options: ProgressOptions): Progress {
  const { label, unit, stream = process.stderr, nowMs = () => performance.now() } = options;
  const isTerminal = stream.isTTY === true;
  const startedMs = nowMs();
  let total = options.total;
  let count = 0;
  let drawnMs = startedMs;
  let ended = false;

  const draw = () => {
    drawnMs = nowMs();
    const elapsedMs = drawnMs - startedMs;
    if (!isTerminal) stream.write(`${label}: ${describe(count, total, unit, elapsedMs)}\n`);
    else stream.write(`${CLEAR_LINE}${barLine(label, count, total, unit, elapsedMs, stream.columns ?? 80)}`);
  };
  if (isTerminal) draw();

  return {
    advance(step = 1) {
      if (ended) return;
      count += step;
      if (nowMs() - drawnMs >= (isTerminal ? BAR_INTERVAL_MS : LINE_INTERVAL_MS)) draw();
    },
    setTotal(newTotal) {
      total = newTotal;
    },
    say(line) {
      stream.write(isTerminal ? `${CLEAR_LINE}${line}\n` : `${line}\n`);
      if (isTerminal && !ended) draw();
    },
    end() {
      if (ended) return;
      ended = true;
      const elapsedMs = nowMs() - startedMs;
      const sum = `${count} ${unit} in ${duration(elapsedMs)}${rate(count, elapsedMs, unit)}`;
      stream.write(`${isTerminal ? CLEAR_LINE : ''}${label}: ${sum}\n`);
    },
  };
}

/** The last column stays empty: a terminal that is full to the edge wraps, and the line could not be cleared. */
function barLine(
  label: string,
  count: number,
  total: number | undefined,
  unit: string,
  elapsedMs: number,
  columns: number,
): string {
  const words = describe(count, total, unit, elapsedMs);
  const barChars = Math.min(BAR_CHARS_MAX, columns - label.length - words.length - 6);
  if (total === undefined || total === 0 || barChars < 5) return `${label}: ${words}`.slice(0, columns - 1);
  const filled = Math.round(Math.min(1, count / total) * barChars);
  return `${label} [${'#'.repeat(filled)}${'-'.repeat(barChars - filled)}] ${words}`;
}

function describe(count: number, total: number | undefined, unit: string, elapsedMs: number): string {
  if (total === undefined || total === 0) return `${count} ${unit}${rate(count, elapsedMs, unit)}`;
  const percent = Math.floor(Math.min(1, count / total) * 100);
  const leftMs = count === 0 ? undefined : (elapsedMs / count) * Math.max(0, total - count);
  const left = leftMs === undefined ? '' : `, ${duration(leftMs)} left`;
  return `${percent}% ${count}/${total} ${unit}${rate(count, elapsedMs, unit)}${left}`;
}

function rate(count: number, elapsedMs: number, unit: string): string {
  if (count === 0 || elapsedMs <= 0) return '';
  const perSecond = (count * 1000) / elapsedMs;
  return `, ${perSecond >= 10 ? Math.round(perSecond) : perSecond.toPrecision(2)} ${unit}/s`;
}

/** `8 s`, `3 min 20 s`, `2 h 5 min`. */
function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
