import { localDayOf } from '../catalog/local-day.ts';
import type { DayOfArrivals } from '../catalog/statistics-repository.ts';
import type { Activity } from './activity.ts';
import type { Amount, ArrivalCounts } from './activity-arrivals.ts';
import { FORECAST_DAYS } from './disk-forecast.ts';
import type { Filer } from './filing.ts';
import { type Look, Probe } from './status-probe.ts';

/** What the status needs of the catalogue. */
export interface StatusCatalog {
  readonly engine: 'mariadb' | 'sqlite';
  ping(): Promise<void>;
  statistics: {
    days(fromDay: string, toDay: string): Promise<DayOfArrivals[]>;
    totals(): Promise<{ studies: number; instances: number; bytes: number }>;
  };
  peers: { list(): Promise<{ aeTitle: string; lastStoredAt: number | null }[]> };
  unknownCallers: {
    list(): Promise<{ aeTitle: string; address: string; refused: string; lastSeenAt: number }[]>;
  };
  conflicts: { count(since: number): Promise<number> };
  users: { list(): Promise<{ name: string; mustChangePassword: boolean }[]> };
}

/** What was in memory when the catalogue was asked: together with what came since, it makes its answer the present one. */
export interface Base {
  waiting: Amount;
  arrived: ArrivalCounts;
}

export interface Present {
  base: Base;
  /** `YYYYMMDD` */
  day: string;
  rows: readonly DayOfArrivals[];
  peers: readonly { aeTitle: string; lastStoredAt: number | null }[];
  unknownCallers: readonly { aeTitle: string; address: string; refused: string; lastSeenAt: number }[];
  conflictCount: number;
  usersWithFirstPassword: readonly string[];
}

export interface Past {
  base: Base;
  totals: { studies: number; instances: number; bytes: number };
  /** When each sender's last instance came, milliseconds since 1970; of the last FORECAST_DAYS days. */
  lastArrivals: ReadonlyMap<string, number>;
  /** Of the last FORECAST_DAYS days. */
  bytes: number;
  /** `YYYYMMDD`, of the first of these on which something came. */
  firstDay: string | undefined;
  hasOlder: boolean;
}

export interface CatalogProbesOptions {
  catalog: StatusCatalog;
  activity: Pick<Activity, 'arrivals'>;
  filer: Pick<Filer, 'backlogInstances' | 'backlogBytes'>;
  timeoutMs: number;
  now(): number;
}

const PING_KEEP_MS = 1000;
const PRESENT_KEEP_MS = 2000;
/** Counting a million studies takes a tenth of a second. */
const PAST_KEEP_MS = 30_000;
/** Where instances have come since: as soon as that, as long as it takes no more than a hundredth of the time. */
const PAST_KEEP_MIN_MS = 2000;
const PAST_SHARE = 100;
/** An older conflict is history, and no warning. */
const CONFLICTS_WITHIN_MS = 7 * 86_400_000;
const DAY_MS = 86_400_000;

/** The questions that the status asks the catalogue, each within the time and no more often than needed. */
export class CatalogProbes {
  readonly ping: Probe<void>;
  readonly present: Probe<Present>;
  readonly #past: Probe<Past>;
  readonly #options: CatalogProbesOptions;

  constructor(options: CatalogProbesOptions) {
    this.#options = options;
    const { catalog, timeoutMs, now } = options;
    const common = { timeoutMs, now };
    this.ping = new Probe(() => catalog.ping(), { ...common, keepMs: PING_KEEP_MS });
    this.present = new Probe(() => this.#askPresent(), { ...common, keepMs: PRESENT_KEEP_MS });
    this.#past = new Probe(() => this.#askPast(), { ...common, keepMs: PAST_KEEP_MS });
  }

  /** Studies are counted again soon where there may be new ones: beside the number of instances an old count looks wrong. */
  lookAtPast(): Promise<Look<Past>> {
    const { value, tookMs } = this.#past.newest;
    if (value === undefined || !this.#isNewsSince(value.base)) return this.#past.look();
    return this.#past.look(Math.min(PAST_KEEP_MS, Math.max(PAST_KEEP_MIN_MS, PAST_SHARE * (tookMs ?? 0))));
  }

  async #askPresent(): Promise<Present> {
    const { catalog, now } = this.#options;
    const base = this.#base();
    const day = localDayOf(now());
    // One after the other: where the catalogue hangs, one connection waits and not five.
    const rows = await catalog.statistics.days(day, day);
    const peers = await catalog.peers.list();
    const unknownCallers = await catalog.unknownCallers.list();
    const conflictCount = await catalog.conflicts.count(now() - CONFLICTS_WITHIN_MS);
    const users = await catalog.users.list();
    const usersWithFirstPassword = users.filter((user) => user.mustChangePassword).map(({ name }) => name);
    return { base, day, rows, peers, unknownCallers, conflictCount, usersWithFirstPassword };
  }

  async #askPast(): Promise<Past> {
    const { catalog, now } = this.#options;
    const base = this.#base();
    const firstOfAll = localDayOf(now() - (FORECAST_DAYS - 1) * DAY_MS);
    const rows = await catalog.statistics.days(firstOfAll, localDayOf(now()));
    const totals = await catalog.statistics.totals();
    const sum = (part: 'instances' | 'bytes') => rows.reduce((total, row) => total + row[part], 0);
    return {
      base,
      totals,
      lastArrivals: lastArrivalsOf(rows),
      bytes: sum('bytes'),
      firstDay: rows.map(({ day }) => day).toSorted()[0],
      hasOlder: totals.instances > sum('instances'),
    };
  }

  /** What waited then is in the catalogue by and by. */
  #isNewsSince({ waiting, arrived }: Base): boolean {
    return (
      waiting.instances > 0 || this.#options.activity.arrivals().total.instances > arrived.total.instances
    );
  }

  #base(): Base {
    const { activity, filer } = this.#options;
    const waiting = { instances: filer.backlogInstances, bytes: filer.backlogBytes };
    return { waiting, arrived: activity.arrivals() };
  }
}

/** By sender. */
function lastArrivalsOf(rows: readonly DayOfArrivals[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const { sourceAeTitle, lastArrivedAt } of rows)
    times.set(sourceAeTitle, Math.max(lastArrivedAt, times.get(sourceAeTitle) ?? 0));
  return times;
}
