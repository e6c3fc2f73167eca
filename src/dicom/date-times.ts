import { hexOfTag } from './dictionary/dictionary.ts';
import { tags } from './dictionary/tags.ts';
import type { JsonDataSet, JsonElement } from './json.ts';
import type { MatchingKey } from './matching.ts';
import { significantValues } from './matching.ts';
import { dateSpan, timeSpan } from './time-spans.ts';

/** A date and the time of that day: together one moment. */
export const DATE_TIME_PAIRS: readonly (readonly [date: number, time: number])[] = [
  [tags.StudyDate, tags.StudyTime],
  [tags.SeriesDate, tags.SeriesTime],
  [tags.AcquisitionDate, tags.AcquisitionTime],
  [tags.ContentDate, tags.ContentTime],
  [tags.InstanceCreationDate, tags.InstanceCreationTime],
  [tags.PatientBirthDate, tags.PatientBirthTime],
  [tags.PerformedProcedureStepStartDate, tags.PerformedProcedureStepStartTime],
  [tags.PerformedProcedureStepEndDate, tags.PerformedProcedureStepEndTime],
  [tags.ScheduledProcedureStepStartDate, tags.ScheduledProcedureStepStartTime],
  [tags.ScheduledProcedureStepEndDate, tags.ScheduledProcedureStepEndTime],
  [tags.PresentationCreationDate, tags.PresentationCreationTime],
];

/** Keys of a date and its time that are one range of moments, from the first to the last. */
export interface CombinedRange {
  date: MatchingKey;
  time: MatchingKey;
  /** `YYYYMMDDHHMMSS.FFFFFF`. */
  from: string;
  to: string;
}

/** Those of the keys that specify the same form of range for a date and its time — PS3.4 §C.2.2.2.5.4. */
export function combinedRangesOf(keys: readonly MatchingKey[]): CombinedRange[] {
  const byTag = new Map(keys.map((key) => [key.tag, key]));
  return DATE_TIME_PAIRS.flatMap(([dateTag, timeTag]) => {
    const date = byTag.get(dateTag);
    const time = byTag.get(timeTag);
    return date === undefined || time === undefined ? [] : combined(date, time);
  });
}

/** Whether what is stored began within the range. A date without a time is found where any moment of its day lies within. */
export function matchesCombined(range: CombinedRange, entity: JsonDataSet): boolean {
  const date = dateSpan(firstText(entity[hexOfTag(range.date.tag)]));
  if (date === undefined) return false;
  const time = timeSpan(firstText(entity[hexOfTag(range.time.tag)]));
  const earliest = date.from + (time?.from ?? '000000.000000');
  const latest = date.from + (time?.from ?? '235959.999999');
  return latest >= range.from && earliest <= range.to;
}

function combined(date: MatchingKey, time: MatchingKey): CombinedRange[] {
  const [dates, ...otherDates] = significantValues(date);
  const [times, ...otherTimes] = significantValues(time);
  if (dates === undefined || times === undefined || otherDates.length + otherTimes.length > 0) return [];
  const form = formOf(dates);
  const days = dateSpan(dates);
  const hours = timeSpan(times);
  if (form === undefined || form !== formOf(times) || days === undefined || hours === undefined) return [];
  return [{ date, time, from: days.from + hours.from, to: days.to + hours.to }];
}

/** `a-b`, `a-` or `-b`; undefined for a single value. */
function formOf(text: string): string | undefined {
  const ends = text.split('-');
  if (ends.length !== 2) return undefined;
  return ends.map((end) => (end.trim() === '' ? '' : 'x')).join('-');
}

function firstText(element: JsonElement | undefined): string {
  const value = element?.Value?.[0];
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}
