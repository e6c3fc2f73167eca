import type { PersonNameView } from '../../api/common.ts';
import { localeStore, perLocale } from './locale.ts';

const NONE = '—';

const number = perLocale((tag) => new Intl.NumberFormat(tag, { maximumFractionDigits: 1 }));
const date = perLocale((tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium' }));
const dateTime = perLocale(
  (tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short' }),
);
const time = perLocale((tag) => new Intl.DateTimeFormat(tag, { timeStyle: 'medium' }));
/** A date of the data set is of no time zone. */
const dicomDate = perLocale((tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeZone: 'UTC' }));
const day = perLocale(
  (tag) => new Intl.DateTimeFormat(tag, { month: 'short', day: 'numeric', timeZone: 'UTC' }),
);
const relative = perLocale((tag) => new Intl.RelativeTimeFormat(tag, { numeric: 'auto' }));

export function formatNumber(value: number): string {
  return number().format(value);
}

const percent = perLocale(
  (tag) => new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 0 }),
);

/** @param share from 0 to 1 */
export function formatPercent(share: number): string {
  return percent().format(share);
}

/** @param ms since 1970; shown in the reader's time zone */
export function formatDate(ms: number): string {
  return date().format(ms);
}

export function formatDateTime(ms: number): string {
  return dateTime().format(ms);
}

/** To the second. */
export function formatTime(ms: number): string {
  return time().format(ms);
}

/** `YYYY-MM-DD` of the statistics as month and day. */
export function formatDay(isoDay: string): string {
  const ms = Date.parse(`${isoDay}T00:00:00Z`);
  return Number.isNaN(ms) ? isoDay : day().format(ms);
}

const RELATIVE_STEPS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number, below: number])[] = [
  ['second', 1000, 60_000],
  ['minute', 60_000, 3_600_000],
  ['hour', 3_600_000, 86_400_000],
  ['day', 86_400_000, 30 * 86_400_000],
  ['month', 30.44 * 86_400_000, 365 * 86_400_000],
  ['year', 365.25 * 86_400_000, Number.POSITIVE_INFINITY],
];

/** "3 minutes ago". */
export function formatRelative(ms: number, now: number = Date.now()): string {
  const away = ms - now;
  // The clocks of server and browser differ a little: what has just come is not "in 2 seconds".
  const near = Math.abs(away) < 5000 ? 0 : away;
  const [unit, unitMs] = RELATIVE_STEPS.find(([, , below]) => Math.abs(near) < below) ?? ['year', 1];
  return relative().format(Math.trunc(near / unitMs), unit);
}

/** `20240517` as the reader writes dates; anything else as it stands in the data set. */
export function formatDicomDate(value: string): string {
  const parts = /^(\d{4})(\d{2})(\d{2})$/.exec(value);
  if (parts === null) return value === '' ? NONE : value;
  const ms = Date.parse(`${parts[1]}-${parts[2]}-${parts[3]}T00:00:00Z`);
  return Number.isNaN(ms) ? value : dicomDate().format(ms);
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const;
const bytes = perLocale((tag) =>
  BYTE_UNITS.map((unit) => {
    const unitDisplay = unit === 'byte' ? 'long' : 'short';
    return new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay, maximumSignificantDigits: 3 });
  }),
);

/** In powers of 1000, as disks are sold and DSM shows them to nobody's surprise. */
export function formatBytes(value: number): string {
  const step = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), BYTE_UNITS.length - 1);
  return bytes()[step]?.format(value / 1000 ** step) ?? String(value);
}

const TIME_UNITS = ['millisecond', 'second', 'minute', 'hour', 'day'] as const;
const TIME_UNIT_MS = [1, 1000, 60_000, 3_600_000, 86_400_000] as const;
const durations = perLocale((tag) =>
  TIME_UNITS.map(
    (unit) =>
      new Intl.NumberFormat(tag, {
        style: 'unit',
        unit,
        unitDisplay: 'short',
        maximumFractionDigits: unit === 'second' ? 1 : 0,
      }),
  ),
);

/** "340 ms", "3.4 sec", "2 min 5 sec", "3 hr 20 min": two units at most. */
export function formatDuration(ms: number): string {
  const units = durations();
  const step =
    ms < 1000
      ? 0
      : Math.max(
          TIME_UNIT_MS.findLastIndex((unitMs) => ms >= unitMs),
          0,
        );
  const unitMs = TIME_UNIT_MS[step] ?? 1;
  if (step < 2) return units[step]?.format(ms / unitMs) ?? String(ms);
  const whole = Math.floor(ms / unitMs);
  const rest = Math.floor((ms - whole * unitMs) / (TIME_UNIT_MS[step - 1] ?? 1));
  const words = [units[step]?.format(whole), rest === 0 ? undefined : units[step - 1]?.format(rest)];
  return words.filter((word) => word !== undefined).join(' ');
}

/**
 * A person's name as the reader's language writes it: "Yamada, Tarou" from the alphabetic component group, 山田 太郎 from the ideographic one
 * where the reader's language is Chinese or Japanese and there is one — PS3.5 §6.2.1.
 */
export function formatPersonName(name: PersonNameView): string {
  const { language } = localeStore.value;
  const isIdeographicReader = language === 'ja' || language === 'zh-CN';
  const groups = isIdeographicReader
    ? [name.ideographic, name.alphabetic, name.phonetic]
    : [name.alphabetic, name.ideographic, name.phonetic];
  const group = groups.find((text) => text.replaceAll('^', '').trim() !== '');
  if (group === undefined) return NONE;
  const [family = '', ...given] = group.split('^').map((component) => component.trim());
  const parts = [family, given.filter((component) => component !== '').join(' ')].filter(
    (part) => part !== '',
  );
  if (group === name.ideographic) return parts.join(language === 'zh-CN' ? '' : ' ');
  return parts.join(', ');
}
