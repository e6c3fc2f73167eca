import { localDayOf } from '../../catalog/local-day.ts';
import type { DayOfArrivals } from '../../catalog/statistics-repository.ts';
import {
  type Statistics,
  statisticsQuerySchema,
  statisticsSchema,
  statusSchema,
  volumeListSchema,
} from '../api/status.ts';
import type { AdminParts } from '../parts.ts';
import { type Route, route } from '../route.ts';

const TAG = 'Status';

/** How the archive is, and what came to it. */
export function statusRoutes(parts: Pick<AdminParts, 'status' | 'catalog'>): Route[] {
  const { status, catalog } = parts;
  return [
    route({
      method: 'get',
      path: '/api/status',
      role: 'viewer',
      summary: 'Tells how the archive is; with what is known, whatever is away.',
      tag: TAG,
      answer: statusSchema,
      handle: () => status.current(),
    }),
    route({
      method: 'get',
      path: '/api/volumes',
      role: 'viewer',
      summary: 'Lists the volumes that hold the instances.',
      tag: TAG,
      answer: volumeListSchema,
      handle: async () => ({ items: [(await status.current()).volume] }),
    }),
    route({
      method: 'get',
      path: '/api/statistics',
      role: 'viewer',
      summary: 'Counts what came on each of the last days, from whom, and of which modality.',
      tag: TAG,
      query: statisticsQuerySchema,
      answer: statisticsSchema,
      async handle({ query: { days } }) {
        const wanted = lastDays(days, new Date());
        const rows = await catalog.statistics.days(wanted[0] ?? '', wanted.at(-1) ?? '');
        return statisticsOf(wanted, rows);
      },
    }),
  ];
}

/** `YYYYMMDD`, oldest first, today among them. By the calendar: a day may have 23 hours or 25. */
function lastDays(count: number, today: Date): string[] {
  return Array.from({ length: count }, (_, index) => {
    // At noon, since midnight is left out where clocks go forward then.
    const back = count - 1 - index;
    return localDayOf(new Date(today.getFullYear(), today.getMonth(), today.getDate() - back, 12).getTime());
  });
}

function statisticsOf(days: readonly string[], rows: readonly DayOfArrivals[]): Statistics {
  const byDay = sumsOf(rows, ({ day }) => day);
  const listed = (sums: Map<string, { instances: number; bytes: number }>) =>
    [...sums].sort((one, other) => other[1].instances - one[1].instances || (one[0] < other[0] ? -1 : 1));
  return {
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    days: days.map((day) => ({
      day: `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`,
      ...(byDay.get(day) ?? { instances: 0, bytes: 0 }),
    })),
    byPeer: listed(sumsOf(rows, (row) => row.sourceAeTitle)).map(([aeTitle, sum]) => ({ aeTitle, ...sum })),
    byModality: listed(sumsOf(rows, (row) => row.modality)).map(([modality, sum]) => ({ modality, ...sum })),
  };
}

function sumsOf(
  rows: readonly DayOfArrivals[],
  nameOf: (row: DayOfArrivals) => string,
): Map<string, { instances: number; bytes: number }> {
  const sums = new Map<string, { instances: number; bytes: number }>();
  for (const row of rows) {
    const sum = sums.get(nameOf(row)) ?? { instances: 0, bytes: 0 };
    sum.instances += row.instances;
    sum.bytes += row.bytes;
    sums.set(nameOf(row), sum);
  }
  return sums;
}
