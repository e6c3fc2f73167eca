/** Instances and their bytes. */
export interface Amount {
  instances: number;
  bytes: number;
}

export interface ArrivalCounts {
  total: Amount;
  byModality: ReadonlyMap<string, Amount>;
  byCaller: ReadonlyMap<string, Amount>;
}

const RATE_SECONDS = 10;
/** Names that are told apart: an AE title or a modality may be anything that a caller likes. */
const NAMES_MAX = 500;
const OTHER = 'other';

/** What was stored since the start, and how fast it came of late. Costs some hundred nanoseconds an instance. */
export class Arrivals {
  readonly #total: Amount = { instances: 0, bytes: 0 };
  readonly #byModality = new Map<string, Amount>();
  readonly #byCaller = new Map<string, Amount>();
  /** One second each, the current one among them; by the number of the second, modulo their count. */
  readonly #seconds = Array.from({ length: RATE_SECONDS + 1 }, () => ({
    second: -1,
    instances: 0,
    bytes: 0,
  }));

  add(callingAeTitle: string, modality: string, sizeBytes: number, now: number): void {
    const second = Math.floor(now / 1000);
    const slot = this.#seconds[second % this.#seconds.length];
    if (slot !== undefined && slot.second !== second) {
      slot.second = second;
      slot.instances = 0;
      slot.bytes = 0;
    }
    for (const amount of [
      slot,
      this.#total,
      amountOf(this.#byModality, modality),
      amountOf(this.#byCaller, callingAeTitle),
    ]) {
      if (amount === undefined) continue;
      amount.instances += 1;
      amount.bytes += sizeBytes;
    }
  }

  /** A copy, as of now. */
  counts(): ArrivalCounts {
    const copyOf = (amounts: ReadonlyMap<string, Amount>) =>
      new Map([...amounts].map(([name, amount]) => [name, { ...amount }]));
    return {
      total: { ...this.#total },
      byModality: copyOf(this.#byModality),
      byCaller: copyOf(this.#byCaller),
    };
  }

  /** Of the last ten whole seconds. */
  rate(now: number): { instancesPerSecond: number; bytesPerSecond: number } {
    const current = Math.floor(now / 1000);
    let instances = 0;
    let bytes = 0;
    for (const slot of this.#seconds) {
      if (slot.second < current - RATE_SECONDS || slot.second >= current) continue;
      instances += slot.instances;
      bytes += slot.bytes;
    }
    return { instancesPerSecond: instances / RATE_SECONDS, bytesPerSecond: bytes / RATE_SECONDS };
  }
}

function amountOf(amounts: Map<string, Amount>, name: string): Amount {
  let amount = amounts.get(name);
  if (amount === undefined) {
    const usedName = amounts.size < NAMES_MAX ? name : OTHER;
    amount = amounts.get(usedName) ?? { instances: 0, bytes: 0 };
    amounts.set(usedName, amount);
  }
  return amount;
}
