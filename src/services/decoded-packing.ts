/**
 * Puts frames behind each other as native Pixel Data has them — PS3.5 §8.1.1: nothing between two of them, not even to the next byte where samples have a
 * single bit. What it gives is of even length.
 */
export class FramePacker {
  readonly #frameBits: number;
  /** A byte that has to wait for another one. */
  #held: Buffer = Buffer.alloc(0);
  /** Bits that are no whole byte yet, in the lowest places. */
  #partial = 0;
  #partialBits = 0;

  constructor(frameBits: number) {
    this.#frameBits = frameBits;
  }

  /** @returns what is whole; a view of `frame` where that is all of it */
  add(frame: Buffer): Buffer {
    return this.#even(this.#frameBits % 8 === 0 ? frame : this.#shifted(frame));
  }

  /** @returns what is left, padded */
  end(): Buffer {
    const last = this.#partialBits > 0 ? [this.#held, Buffer.from([this.#partial])] : [this.#held];
    const bytes = Buffer.concat(last);
    return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
  }

  #even(bytes: Buffer): Buffer {
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const length = all.length - (all.length % 2);
    this.#held = Buffer.from(all.subarray(length));
    return all.subarray(0, length);
  }

  #shifted(frame: Buffer): Buffer {
    const bytes = Buffer.alloc(Math.floor((this.#partialBits + this.#frameBits) / 8));
    let filled = 0;
    for (const [at, byte] of frame.entries()) {
      const bits = Math.min(8, this.#frameBits - at * 8);
      this.#partial |= (byte & (2 ** bits - 1)) << this.#partialBits;
      this.#partialBits += bits;
      if (this.#partialBits < 8) continue;
      bytes[filled] = this.#partial & 0xff;
      filled += 1;
      this.#partial >>= 8;
      this.#partialBits -= 8;
    }
    return bytes;
  }
}
