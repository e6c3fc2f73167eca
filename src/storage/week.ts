const DAY_MS = 86_400_000;

/** ISO 8601 week of a moment, in UTC, as the week folders are named: `2026-W47`. */
export function isoWeekOf(atMs: number): string {
  const date = new Date(atMs);
  const weekday = (date.getUTCDay() + 6) % 7; // Monday is 0
  // A week belongs to the year of its Thursday.
  const thursday = new Date(
    Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() - weekday + 3),
  );
  const firstDay = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = 1 + Math.floor((thursday.getTime() - firstDay) / DAY_MS / 7);
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}

export const WEEK_FOLDER = /^\d{4}-W\d{2}$/;
