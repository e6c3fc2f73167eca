/**
 * Values of DA, TM and DT brought to one form for comparing — PS3.5 Table 6.2-1. The bytes that were received stay what they are; this
 * is for the catalogue's columns.
 */

/** `19990301` from `19990301` or the ACR-NEMA `1999.03.01`; undefined where it is no date of the calendar. */
export function normalizeDate(date: string): string | undefined {
  const match =
    /^(\d{4})(\d{2})(\d{2})$/.exec(date.trim()) ?? /^(\d{4})[.-](\d{2})[.-](\d{2})$/.exec(date.trim());
  if (match === null) return undefined;
  const [, year = '', month = '', day = ''] = match;
  return isCalendarDay(Number(year), Number(month), Number(day)) ? year + month + day : undefined;
}

/**
 * `HHMMSS.FFFFFF` from `HH`, `HHMM`, `HHMMSS`, `HHMMSS.F…` or the ACR-NEMA `HH:MM:SS`; what is missing is 0. Second 60 is a leap second.
 * Undefined where it is no time.
 */
export function normalizeTime(time: string): string | undefined {
  const match =
    /^(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{0,6})\d*)?)?)?$/.exec(time.trim()) ??
    /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{0,6})\d*)?)?$/.exec(time.trim());
  if (match === null) return undefined;
  const [, hour = '', minute = '00', second = '00', fraction = ''] = match;
  const isTime = Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 60;
  return isTime ? `${hour}${minute}${second}.${fraction.padEnd(6, '0')}` : undefined;
}

/** A DT in its parts: date and time as above, offset from UTC in minutes where it has one. Missing parts are the earliest. */
export interface DateTime {
  readonly date: string;
  readonly time: string;
  readonly utcOffsetMinutes?: number;
}

/** `YYYY[MM[DD[HH[MM[SS[.F…]]]]]][&ZZXX]`; undefined where it is no date and time. */
export function normalizeDateTime(dateTime: string): DateTime | undefined {
  const match = /^(\d{4})(\d{2})?(\d{2})?(\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)?([+-]\d{4})?$/.exec(
    dateTime.trim(),
  );
  if (match === null) return undefined;
  const [, year = '', month = '01', day = '01', clock = '00', offset] = match;
  const date = normalizeDate(year + month + day);
  const time = normalizeTime(clock);
  if (date === undefined || time === undefined) return undefined;
  if (offset === undefined) return { date, time };
  const utcOffsetMinutes = offsetMinutes(offset);
  return utcOffsetMinutes === undefined ? undefined : { date, time, utcOffsetMinutes };
}

/** From -1200 to +1400 — PS3.5 Table 6.2-1. */
function offsetMinutes(offset: string): number | undefined {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3));
  const signed = offset.startsWith('-') ? -minutes : minutes;
  return Number(offset.slice(3)) <= 59 && signed >= -720 && signed <= 840 ? signed : undefined;
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const daysInMonth = [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= (daysInMonth[month - 1] ?? 0);
}
