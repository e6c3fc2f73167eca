/** Days that the rate is taken from. */
export const FORECAST_DAYS = 30;

const DAY_MS = 86_400_000;

export interface ForecastInput {
  /** What came in the last FORECAST_DAYS days, today among them. */
  bytes: number;
  /** Beginning of the first day of these on which something came, milliseconds since 1970; undefined where nothing did. */
  firstArrivalAt: number | undefined;
  /** Something came before these days: then the quiet ones among them count. */
  hasOlder: boolean;
  now: number;
  /** Undefined where it is not known. */
  freeBytes: number | undefined;
  reserveBytes: number;
}

export interface Forecast {
  bytesPerDay: number | null;
  daysLeft: number | null;
}

/** How fast the disk fills, and in how many days the reserve is reached. A single day counts as one, however short it was. */
export function forecast(input: ForecastInput): Forecast {
  const { bytes, firstArrivalAt, hasOlder, now, freeBytes, reserveBytes } = input;
  if (firstArrivalAt === undefined || bytes === 0) return { bytesPerDay: null, daysLeft: null };
  const days = hasOlder
    ? FORECAST_DAYS
    : Math.min(FORECAST_DAYS, Math.max(1, (now - firstArrivalAt) / DAY_MS));
  const bytesPerDay = bytes / days;
  if (freeBytes === undefined) return { bytesPerDay, daysLeft: null };
  return { bytesPerDay, daysLeft: Math.max(0, (freeBytes - reserveBytes) / bytesPerDay) };
}
