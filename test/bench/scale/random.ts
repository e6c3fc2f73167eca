/**
 * Numbers that look random and are the same in every run: what is made from the same keys is the same, so that a study can be made by itself, in any
 * order, and again. (Mulberry32, its state mixed from the keys.)
 */
export class Random {
  #state: number;

  constructor(...keys: readonly number[]) {
    let state = 0x9e3779b9;
    for (const key of keys) state = mixed(state ^ (key | 0)) + 0x6d2b79f5;
    this.#state = state | 0;
  }

  /** From 0 to 1, 1 excluded. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return mixed(this.#state) / 2 ** 32;
  }

  /** A whole number from 0 to `limit`, `limit` excluded. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** Both ends included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  /** Many small numbers and few large ones. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** Earlier items far more often than later ones: names are not equally common. */
  pickEarly<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() ** 2 * items.length)] as T;
  }

  /** 128 bits, in decimal: what follows `2.25.` in a UID made of a UUID (PS3.5 §B.2). */
  uuidDigits(): string {
    const words = Array.from({ length: 4 }, () => BigInt(this.below(2 ** 32)));
    return words.reduce((sum, word) => (sum << 32n) | word, 0n).toString();
  }

  bytes(size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    for (let at = 0; at < size; at += 4) bytes.writeUInt32LE(this.below(2 ** 32), at);
    return bytes;
  }
}

function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
