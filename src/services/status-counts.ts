import type { Amount, ArrivalCounts } from './activity-arrivals.ts';
import type { Base, Past, Present } from './status-catalog.ts';

const LAST_ARRIVALS_MAX = 200;
/** A caller that was refused longer ago is not what the owner waits for. */
const REFUSED_WITHIN_MS = 7 * 86_400_000;

/** What the catalogue did not know when it was asked: what waited for it, and what came since. Without its answer, what waits now. */
function newerThan(base: Base | undefined, arrived: ArrivalCounts, waiting: Amount): Amount {
  if (base === undefined) return waiting;
  return {
    instances: base.waiting.instances + arrived.total.instances - base.arrived.total.instances,
    bytes: base.waiting.bytes + arrived.total.bytes - base.arrived.total.bytes,
  };
}

export function totalsOf(past: Past | undefined, arrived: ArrivalCounts, waiting: Amount) {
  const newer = newerThan(past?.base, arrived, waiting);
  const { studies, instances, bytes } = past?.totals ?? { studies: 0, instances: 0, bytes: 0 };
  return { studies, instances: instances + newer.instances, bytes: bytes + newer.bytes };
}

/** @param day `YYYYMMDD` */
export function todayOf(present: Present | undefined, arrived: ArrivalCounts, waiting: Amount, day: string) {
  const rows = present?.day === day ? present.rows : [];
  const newer = newerThan(present?.base, arrived, waiting);
  const sum = { ...newer };
  const byModality = sinceBase(arrived.byModality, present?.base.arrived.byModality);
  for (const { modality, instances, bytes } of rows) {
    sum.instances += instances;
    sum.bytes += bytes;
    add(byModality, modality, { instances, bytes });
  }
  const list = [...byModality].map(([modality, amount]) => ({ modality, ...amount }));
  list.sort((one, other) => other.instances - one.instances || (one.modality < other.modality ? -1 : 1));
  return { ...sum, byModality: list };
}

/** Newest first. @param day `YYYYMMDD` */
export function lastArrivalsOf(
  { present, past }: { present: Present | undefined; past: Past | undefined },
  arrived: ArrivalCounts,
  lastStored: ReadonlyMap<string, number>,
  day: string,
) {
  const today = sinceBase(arrived.byCaller, present?.base.arrived.byCaller);
  for (const { sourceAeTitle, instances, bytes } of present?.day === day ? present.rows : [])
    add(today, sourceAeTitle, { instances, bytes });
  const times = new Map(lastStored);
  const note = (aeTitle: string, at: number) => times.set(aeTitle, Math.max(at, times.get(aeTitle) ?? 0));
  for (const [aeTitle, at] of past?.lastArrivals ?? []) note(aeTitle, at);
  for (const { sourceAeTitle, lastArrivedAt } of present?.rows ?? []) note(sourceAeTitle, lastArrivedAt);
  const peers = new Set<string>();
  for (const { aeTitle, lastStoredAt } of present?.peers ?? []) {
    peers.add(aeTitle);
    // It may have sent what was there already, or be silent for longer than the statistics are looked at.
    if (lastStoredAt !== null) note(aeTitle, lastStoredAt);
  }
  return [...times]
    .filter(([aeTitle]) => aeTitle !== '')
    .map(([aeTitle, lastStoredAt]) => ({
      aeTitle,
      isPeer: peers.has(aeTitle),
      lastStoredAt,
      instancesToday: today.get(aeTitle)?.instances ?? 0,
    }))
    .sort((one, other) => other.lastStoredAt - one.lastStoredAt)
    .slice(0, LAST_ARRIVALS_MAX);
}

/** AE title and address of those that knocked of late, were refused, and are no peers yet. */
export function refusedCallersOf(present: Present | undefined, now: number): string[] {
  return (present?.unknownCallers ?? [])
    .filter(({ refused, lastSeenAt }) => refused !== '' && now - lastSeenAt < REFUSED_WITHIN_MS)
    .map(({ aeTitle, address }) => `${aeTitle} at ${address}`);
}

function sinceBase(
  now: ReadonlyMap<string, Amount>,
  base: ReadonlyMap<string, Amount> | undefined,
): Map<string, Amount> {
  const since = new Map<string, Amount>();
  for (const [name, { instances, bytes }] of now) {
    const before = base?.get(name) ?? { instances: 0, bytes: 0 };
    if (instances > before.instances) {
      since.set(name, { instances: instances - before.instances, bytes: bytes - before.bytes });
    }
  }
  return since;
}

function add(amounts: Map<string, Amount>, name: string, { instances, bytes }: Amount): void {
  const amount = amounts.get(name) ?? { instances: 0, bytes: 0 };
  amounts.set(name, { instances: amount.instances + instances, bytes: amount.bytes + bytes });
}
