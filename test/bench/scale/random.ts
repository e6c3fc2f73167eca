/** For the four words of the state; fractions of pi. */
const STARTS = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
/** Until the words have mixed. */
const WARM_UP = 12;

/**
 * Numbers that look random and are the same in every run: what is made from the same keys is the same, so that a study can be made by itself, in any
 * order, and again. (SFC32: with a state of 32 bits, two of some million UIDs made of UUIDs would be the same.)
 */
export class Random {
  readonly #state: Int32Array;

  constructor(...keys: readonly number[]) {
    this.#state = Int32Array.from(STARTS, (start) =>
      keys.reduce((word, key) => mixed(word ^ (key | 0)) + 0x6d2b79f5, start),
    );
    for (let round = 0; round < WARM_UP; round++) this.#word();
  }

  /** From 0 to 1, 1 excluded. */
  next(): number {
    return this.#word() / 2 ** 32;
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
    const words = Array.from({ length: 4 }, () => BigInt(this.#word()));
    return words.reduce((sum, word) => (sum << 32n) | word, 0n).toString();
  }

  #word(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#state;
    const word = (a + b + counter) | 0;
    this.#state[0] = b ^ (b >>> 9);
    this.#state[1] = c + (c << 3);
    this.#state[2] = ((c << 21) | (c >>> 11)) + word;
    this.#state[3] = counter + 1;
    return word >>> 0;
  }

  bytes(size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    for (let at = 0; at < size; at += 4) bytes.writeUInt32LE(this.#word(), at);
    return bytes;
  }
}

function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
