/**
 * Dates and times as spans that compare as text — PS3.5 §6.2, VR DA, TM, DT; ranges PS3.4 §C.2.2.2.5.
 * A value of less precision is the whole of what it names: TM `10` is 10:00:00.000000 to 10:59:59.999999.
 */
export interface Span {
  from: string;
  to: string;
  /** Minutes east of UTC, where both ends say it or the value does (DT only). */
  offsetMinutes?: number;
}

const FIRST_DATE = '00000000';
const LAST_DATE = '99999999';

/** A date, `YYYYMMDD` or `YYYY.MM.DD`, or a range of two, one of which may be missing; `undefined` for anything else. */
export function dateSpan(text: string): Span | undefined {
  return spanOf(
    text,
    /^(\d{4}\.\d{2}\.\d{2}|\d{8})?(-)?(\d{4}\.\d{2}\.\d{2}|\d{8})?$/,
    FIRST_DATE,
    LAST_DATE,
  );
}

const TIME = '\\d{2}(?::?\\d{2}(?::?\\d{2}(?:\\.\\d{1,6})?)?)?';
const TIME_RANGE = new RegExp(`^(${TIME})?(-)?(${TIME})?$`);

/** A time or a range of two, as `HHMMSS.FFFFFF`; `undefined` for anything else. */
export function timeSpan(text: string): Span | undefined {
  return spanOf(text, TIME_RANGE, '000000.000000', '235959.999999');
}

/** Offsets go from -1200 to +1400, so `2026-2027` is a range of years. */
const OFFSET = '[+-](?:0\\d|1[0-4])[0-5]\\d';
const DATE_TIME = `\\d{4,14}(?:\\.\\d{1,6})?(?:${OFFSET})?`;
const ONE_DATE_TIME = new RegExp(`^()()(${DATE_TIME})$`);
const DATE_TIME_RANGE = new RegExp(`^(${DATE_TIME})?(-)(${DATE_TIME})?$`);

/** A DT or a range of two, as `YYYYMMDDHHMMSS.FFFFFF`; what could be an offset from UTC is one, as PS3.5 §6.2 says. */
export function dateTimeSpan(text: string): Span | undefined {
  const single = ONE_DATE_TIME.exec(text);
  const parts = single ?? DATE_TIME_RANGE.exec(text);
  if (parts === null) return undefined;
  const earliest = splitOffset(single === null ? (parts[1] ?? '') : (parts[3] ?? ''));
  const latest = splitOffset(parts[3] ?? '');
  const span: Span = {
    from: fill(earliest.digits, '00000101000000.000000'),
    to: fill(latest.digits, '99991231235959.999999'),
  };
  const offsetMinutes = earliest.offsetMinutes ?? latest.offsetMinutes;
  return offsetMinutes === undefined ? span : { ...span, offsetMinutes };
}

/** Whether a stored value begins inside what is wanted; offsets from UTC count where both have one. */
export function isWithin(stored: Span, wanted: Span): boolean {
  if (stored.offsetMinutes === undefined || wanted.offsetMinutes === undefined) {
    return stored.from >= wanted.from && stored.from <= wanted.to;
  }
  const at = toUtc(stored.from, stored.offsetMinutes);
  return at >= toUtc(wanted.from, wanted.offsetMinutes) && at <= toUtc(wanted.to, wanted.offsetMinutes);
}

function spanOf(text: string, pattern: RegExp, first: string, last: string): Span | undefined {
  const parts = pattern.exec(text);
  if (parts === null) return undefined;
  const [, left, dash, right] = parts;
  if (dash === undefined && (left === undefined || right !== undefined)) return undefined;
  const end = dash === undefined ? left : right;
  return { from: fill(digitsOf(left ?? ''), first), to: fill(digitsOf(end ?? ''), last) };
}

function digitsOf(text: string): string {
  return text.replace(/:/g, '').replace(/^(\d{4})\.(\d{2})\.(\d{2})$/, '$1$2$3');
}

/** What is missing at the end is taken from `model`. */
function fill(digits: string, model: string): string {
  return digits + model.slice(digits.length);
}

function splitOffset(text: string): { digits: string; offsetMinutes: number | undefined } {
  const [, digits = '', sign, hours, minutes] = /^([\d.]*)(?:([+-])(\d{2})(\d{2}))?$/.exec(text) ?? [];
  if (sign === undefined) return { digits, offsetMinutes: undefined };
  return { digits, offsetMinutes: (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) };
}

/** Microseconds since 1970, as a number: exact until the year 2255. */
function toUtc(text: string, offsetMinutes: number): number {
  const part = (from: number, to: number) => Number(text.slice(from, to));
  const ms = Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12), part(12, 14));
  return (ms - offsetMinutes * 60_000) * 1000 + part(15, 21);
}
