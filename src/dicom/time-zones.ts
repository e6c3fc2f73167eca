import { DATE_TIME_PAIRS } from './date-times.ts';
import { hexOfTag } from './dictionary/dictionary.ts';
import { tags } from './dictionary/tags.ts';
import type { JsonDataSet, JsonElement, JsonValue } from './json.ts';
import { offsetMinutesOf } from './time-spans.ts';

const TIMEZONE = hexOfTag(tags.TimezoneOffsetFromUTC);

/** A birthday is the same day everywhere, and a part of who the patient is. */
const NOT_SHIFTED: ReadonlySet<string> = new Set([
  hexOfTag(tags.PatientBirthDate),
  hexOfTag(tags.PatientBirthTime),
]);

const DATE_OF_TIME: ReadonlyMap<string, string> = new Map(
  DATE_TIME_PAIRS.map(([date, time]) => [hexOfTag(time), hexOfTag(date)]),
);

/**
 * The entity as it reads in another time zone: times with their dates, and date times that name no offset of their own, down into sequences, and
 * Timezone Offset From UTC (0008,0201) itself — PS3.4 §C.2.2.2.1.3. Where nothing is known of the zone it was made in it stays as it is, as
 * does a date without a time.
 * @param offset `&ZZXX`, one that `offsetMinutesOf` reads
 */
export function inTimezone(entity: JsonDataSet, offset: string): JsonDataSet {
  const stored = offsetMinutesOf(String(entity[TIMEZONE]?.Value?.[0] ?? ''));
  const wanted = offsetMinutesOf(offset);
  if (stored === undefined || wanted === undefined) return entity;
  const shifted = stored === wanted ? { ...entity } : shiftedDataSet(entity, wanted - stored);
  shifted[TIMEZONE] = { vr: 'SH', Value: [offset] };
  return shifted;
}

function shiftedDataSet(dataSet: JsonDataSet, minutes: number): JsonDataSet {
  const shifted: JsonDataSet = { ...dataSet };
  for (const [key, element] of Object.entries(dataSet)) {
    if (NOT_SHIFTED.has(key) || element.Value === undefined) continue;
    if (element.vr === 'SQ') {
      const items = element.Value.map((item) => shiftedDataSet(item as JsonDataSet, minutes));
      shifted[key] = { vr: 'SQ', Value: items };
    } else if (element.vr === 'DT') {
      shifted[key] = { vr: 'DT', Value: element.Value.map((value) => shiftedDateTime(value, minutes)) };
    } else if (element.vr === 'TM') {
      shiftTime(shifted, dataSet, key, element, minutes);
    }
  }
  return shifted;
}

/** A time of day and, where it stands beside, its date. */
function shiftTime(
  shifted: JsonDataSet,
  dataSet: JsonDataSet,
  timeKey: string,
  element: JsonElement,
  minutes: number,
): void {
  const [time, ...otherTimes] = element.Value ?? [];
  const dateKey = DATE_OF_TIME.get(timeKey);
  const date = dateKey === undefined ? undefined : dataSet[dateKey];
  const [day, ...otherDays] = date?.Value ?? [];
  if (otherTimes.length + otherDays.length > 0) return;
  // Any day will do for a time without a date.
  const moved = shiftedParts(digitsOf(day ?? '20000101'), String(time).replaceAll(':', ''), minutes);
  if (moved === undefined) return;
  shifted[timeKey] = { vr: 'TM', Value: [moved.time] };
  if (dateKey !== undefined && day !== undefined) shifted[dateKey] = { vr: 'DA', Value: [moved.date] };
}

/** With an offset of its own, or less precise than hours, it says nothing that depends on a time zone. */
function shiftedDateTime(value: JsonValue, minutes: number): JsonValue {
  const [, date, time] = /^(\d{8})(\d{2,6}(?:\.\d{1,6})?)$/.exec(String(value).trim()) ?? [];
  if (date === undefined || time === undefined) return value;
  const moved = shiftedParts(date, time, minutes);
  return moved === undefined ? value : moved.date + moved.time;
}

/** Of the same precision, but that minutes are said where the shift has some; undefined for what is no date or time. */
function shiftedParts(
  date: string,
  time: string,
  minutes: number,
): { date: string; time: string } | undefined {
  const [, hour, minute, rest = ''] = /^(\d{2})(\d{2})?(\d{2}(?:\.\d{1,6})?)?$/.exec(time.trim()) ?? [];
  if (hour === undefined || !/^\d{8}$/.test(date)) return undefined;
  const [year, month, day] = [date.slice(0, 4), date.slice(4, 6), date.slice(6)].map(Number) as [
    number,
    number,
    number,
  ];
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  at.setUTCHours(Number(hour), Number(minute ?? 0) + minutes);
  if (at.getUTCFullYear() < 0 || at.getUTCFullYear() > 9999) return undefined;
  const text = at.toISOString().replace(/[-:T]/g, '');
  const isMinuteSaid = minute !== undefined || minutes % 60 !== 0;
  return { date: text.slice(0, 8), time: text.slice(8, isMinuteSaid ? 12 : 10) + rest };
}

function digitsOf(date: JsonValue): string {
  return String(date).trim().replaceAll('.', '');
}
