import type { Volume } from '../../api/status.ts';
import { formatBytes } from './format.ts';
import { localeStore, t } from './locale.ts';

const DAYS_A_MONTH = 30.44;
const DAYS_A_YEAR = 365.25;
const YEARS_TOLD_MAX = 10;

/** How long the disk will last, in a sentence: no more exact than such a forecast is. */
export function forecastText({ state, daysLeft, bytesPerDay }: Volume): string {
  if (state === 'offline') return t('overview.disk.offline');
  if (daysLeft === null || bytesPerDay === null) return t('overview.disk.unknown');
  if (daysLeft <= 0) return t('overview.disk.reached');
  const rate = formatBytes(bytesPerDay);
  if (daysLeft > YEARS_TOLD_MAX * DAYS_A_YEAR) return t('overview.disk.decades', { rate });
  return t('overview.disk.lasts', { rate, time: roughTime(daysLeft) });
}

function roughTime(days: number): string {
  if (days < 60) return inUnit('day', Math.max(1, Math.floor(days)));
  if (days < 2 * DAYS_A_YEAR) return inUnit('month', Math.floor(days / DAYS_A_MONTH));
  return inUnit('year', Math.floor(days / DAYS_A_YEAR));
}

function inUnit(unit: 'day' | 'month' | 'year', value: number): string {
  const { tag } = localeStore.value;
  return new Intl.NumberFormat(tag, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}
