import { ProtocolError } from '../lib/problem.ts';

/** Reason "invalid-PDU-parameter value" of an A-ABORT — PS3.8 §9.3.8, Table 9-26. */
export const INVALID_PDU_PARAMETER = 6;

/** Reads big-endian fields from the bytes of one PDU or item; a field that passes the end is a ProtocolError. */
export class Reader {
  readonly #bytes: Buffer;
  #offset = 0;

  /** @param bytes stay the caller's; what `take` gives is a view of them */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#advance(2));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  skip(size: number): void {
    this.#advance(size);
  }

  take(size: number): Buffer {
    const start = this.#advance(size);
    return this.#bytes.subarray(start, start + size);
  }

  /** A reader of the next `size` bytes alone; this one goes on behind them. */
  within(size: number): Reader {
    return new Reader(this.take(size));
  }

  #advance(size: number): number {
    if (size > this.remaining) {
      throw new ProtocolError(
        `a field of ${size} bytes begins ${this.remaining} bytes before the end`,
        INVALID_PDU_PARAMETER,
      );
    }
    const start = this.#offset;
    this.#offset += size;
    return start;
  }
}

/** Collects big-endian fields; lengths are filled in afterwards. */
export class Writer {
  #bytes = Buffer.alloc(512);
  #size = 0;

  u8(value: number): void {
    const at = this.#grow(1);
    this.#bytes.writeUInt8(value, at);
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#bytes.writeUInt16BE(value, at);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  zeros(size: number): void {
    this.#grow(size);
  }

  put(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Writes a 2-byte length, then what `body` writes. @throws RangeError beyond 65535 bytes */
  counted16(body: () => void): void {
    const at = this.#grow(2);
    body();
    this.#bytes.writeUInt16BE(this.#size - at - 2, at);
  }

  /** Writes a 4-byte length, then what `body` writes. */
  counted32(body: () => void): void {
    const at = this.#grow(4);
    body();
    this.#bytes.writeUInt32BE(this.#size - at - 4, at);
  }

  /** What was written; the writer is not used any more afterwards. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  /** Makes room for `size` zero bytes and answers where they begin; `#bytes` may be another buffer afterwards. */
  #grow(size: number): number {
    const start = this.#size;
    this.#size += size;
    if (this.#size > this.#bytes.length) {
      const grown = Buffer.alloc(Math.max(this.#size, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, start);
      this.#bytes = grown;
    }
    return start;
  }
}
