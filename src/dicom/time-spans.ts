/**
 * Dates and times as spans that compare as text — PS3.5 §6.2, VR DA, TM, DT; ranges PS3.4 §C.2.2.2.5.
 * A value of less precision is the whole of what it names: TM `10` is 10:00:00.000000 to 10:59:59.999999.
 */
export interface Span {
  from: string;
  to: string;
  /** Minutes east of UTC, where a value says it (DT only); of a range, of its first end, or of the one that says it. */
  offsetMinutes?: number;
  /** Of the other end, where it says another: a range over the begin of summer time. */
  toOffsetMinutes?: number;
}

const FIRST_DATE = '00000000';
const LAST_DATE = '99999999';

const DATE = '\\d{4}\\.\\d{2}\\.\\d{2}|\\d{8}';
const DATE_RANGE = rangeOf(DATE);

/** A date, `YYYYMMDD` or `YYYY.MM.DD`, or a range of two, one of which may be missing; `undefined` for anything else. */
export function dateSpan(text: string): Span | undefined {
  return spanOf(text, DATE_RANGE, FIRST_DATE, LAST_DATE);
}

const TIME = '\\d{2}(?::?\\d{2}(?::?\\d{2}(?:\\.\\d{1,6})?)?)?';
const TIME_RANGE = rangeOf(TIME);

/** A time or a range of two, as `HHMMSS.FFFFFF`; `undefined` for anything else. */
export function timeSpan(text: string): Span | undefined {
  return spanOf(text, TIME_RANGE, '000000.000000', '235959.999999');
}

/** Whether both ends are times that a day has; its last minute may have 61 seconds. */
export function isTimeOfDay(span: Span | undefined): boolean {
  const isTime = (text: string) => /^([01]\d|2[0-3])[0-5]\d([0-5]\d|60)\./.test(text);
  return span !== undefined && isTime(span.from) && isTime(span.to);
}

/** Offsets go from -1200 to +1400, so `2026-2027` is a range of years. */
const OFFSET = '[+-](?:0\\d|1[0-4])[0-5]\\d';
const DATE_TIME = `\\d{4,14}(?:\\.\\d{1,6})?(?:${OFFSET})?`;
const ONE_DATE_TIME = new RegExp(`^()()(${DATE_TIME})$`);
const DATE_TIME_RANGE = new RegExp(`^(${DATE_TIME})?\\s*(-)\\s*(${DATE_TIME})?$`);

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
  if (offsetMinutes === undefined) return span;
  const toOffsetMinutes = latest.offsetMinutes ?? offsetMinutes;
  return { ...span, offsetMinutes, ...(toOffsetMinutes !== offsetMinutes && { toOffsetMinutes }) };
}

/**
 * Whether a stored value begins inside what is wanted; offsets from UTC count where both have one.
 * @param localMinutes the offset of a side that names none; undefined where nobody knows it
 */
export function isWithin(stored: Span, wanted: Span, localMinutes?: number): boolean {
  const storedMinutes = stored.offsetMinutes ?? localMinutes;
  const wantedMinutes = wanted.offsetMinutes ?? localMinutes;
  const toMinutes = wanted.toOffsetMinutes ?? wantedMinutes;
  const isOneZone = storedMinutes === wantedMinutes && wantedMinutes === toMinutes;
  if (storedMinutes === undefined || wantedMinutes === undefined || toMinutes === undefined || isOneZone) {
    return stored.from >= wanted.from && stored.from <= wanted.to;
  }
  const at = toUtc(stored.from, storedMinutes);
  return at >= toUtc(wanted.from, wantedMinutes) && at <= toUtc(wanted.to, toMinutes);
}

/** Minutes east of UTC of a Timezone Offset From UTC (0008,0201), `&ZZXX` — PS3.3 §C.12.1.1.8; undefined for what is none. */
export function offsetMinutesOf(text: string): number | undefined {
  const [, sign, hours, minutes] = /^([+-])(0\d|1[0-4])([0-5]\d)$/.exec(text.trim()) ?? [];
  if (sign === undefined) return undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** A range of dates with some days more at both ends; an open end stays open. */
export function widenedByDays({ from, to }: Span, days: number): string {
  return `${from === FIRST_DATE ? '' : shiftedByDays(from, -days)}-${to === LAST_DATE ? '' : shiftedByDays(to, days)}`;
}

function shiftedByDays(date: string, days: number): string {
  const at = new Date(0);
  at.setUTCFullYear(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6)) + days);
  const year = at.getUTCFullYear();
  if (year < 0) return FIRST_DATE;
  return year > 9999 ? LAST_DATE : at.toISOString().slice(0, 10).replaceAll('-', '');
}

/** Some put blanks around the hyphen, as the standard does where it explains ranges. */
function rangeOf(one: string): RegExp {
  return new RegExp(`^(${one})?(?:\\s*(-)\\s*)?(${one})?$`);
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
  const at = new Date(0);
  // Date.UTC takes the years 0 to 99, with which an open range begins, for those of the 20th century.
  at.setUTCFullYear(part(0, 4), part(4, 6) - 1, part(6, 8));
  at.setUTCHours(part(8, 10), part(10, 12), part(12, 14));
  return (at.getTime() - offsetMinutes * 60_000) * 1000 + part(15, 21);
}
