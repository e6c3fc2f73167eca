/**
 * Copies pieces into one buffer that grows with what has arrived, never by a declared length,
 * so that neither a lie about the length nor pieces of a single byte cost more than twice the bytes received.
 */
export class ByteGatherer {
  #bytes: Buffer = Buffer.alloc(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(piece: Buffer): void {
    const size = this.#size + piece.length;
    if (size > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(size, this.#bytes.length * 2, 256));
      this.#bytes.copy(grown, 0, 0, this.#size);
      this.#bytes = grown;
    }
    piece.copy(this.#bytes, this.#size);
    this.#size = size;
  }

  /** Everything added so far; the gatherer is empty afterwards and the buffer is the caller's. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#size);
    this.#bytes = Buffer.alloc(0);
    this.#size = 0;
    return taken;
  }
}
