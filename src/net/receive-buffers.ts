import { netLimits } from './limits.ts';

const spares: Buffer[] = [];
/** Large buffers of all connections, and spare ones. */
let largeBuffers = 0;

/** Undefined where the connections have as many as they may: then one has to do with what it has. The second of a connection is given sparingly. */
function takeBuffer(isFirst: boolean): Buffer | undefined {
  const spare = spares.pop();
  if (spare !== undefined) return spare;
  if (largeBuffers >= (isFirst ? netLimits.receiveBuffersMax : netLimits.receiveBuffersMax / 2))
    return undefined;
  largeBuffers += 1;
  return sharedBuffer(netLimits.receiveBufferBytes);
}

/** Memory that another thread may read too: what is received is hashed there. */
function sharedBuffer(bytes: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(bytes));
}

function giveBack(buffer: Buffer): void {
  if (spares.length < netLimits.spareBuffersMax) spares.push(buffer);
  else largeBuffers -= 1;
}

/**
 * The buffers that one connection is read into, without an allocation per read: filled one after the other, each used again when nobody
 * needs its bytes any more. A quiet connection holds a small one only.
 */
export class ReceiveBuffers {
  readonly #idle = sharedBuffer(netLimits.idleBufferBytes);
  #current: Buffer;
  #position = 0;
  /** The large buffers of this connection. */
  readonly #large: Buffer[] = [];
  /** Buffers whose bytes somebody still needs, until the promise resolves. */
  readonly #busy = new Map<Buffer, Promise<void>>();
  #isClosed = false;

  constructor() {
    this.#current = this.#idle;
  }

  /** Where the next read goes. */
  get room(): Buffer {
    return this.#current.subarray(this.#position);
  }

  /**
   * Says that `bytes` of the room were filled and have been looked at.
   * @param held resolves when none of the bytes seen so far is needed any more; undefined where that is so already
   * @param isWithinDataSet whether many more bytes are to be expected
   * @returns a promise to wait for before the next read, or undefined
   */
  advance(
    bytes: number,
    held: () => Promise<void> | undefined,
    isWithinDataSet: boolean,
  ): Promise<void> | undefined {
    this.#position += bytes;
    const isSpent = this.#current.length - this.#position < netLimits.readBytesMin;
    if (isWithinDataSet && !isSpent) return undefined;
    const pending = held();
    if (pending === undefined) {
      if (isSpent && isWithinDataSet && this.#current === this.#idle)
        this.#current = this.#freeBuffer() ?? this.#idle;
      this.#position = 0;
      return undefined;
    }
    // The next instance shall lie in one buffer, so that it goes to its file in one call.
    const isHalfSpent = this.#position > this.#current.length / 2;
    const next = isSpent || isHalfSpent ? this.#freeBuffer() : undefined;
    if (next === undefined && !isSpent) return undefined;
    const spent = this.#current;
    const freed = pending.then(() => this.#freed(spent));
    this.#busy.set(spent, freed);
    this.#position = 0;
    this.#current = next ?? this.#large.find((buffer) => buffer !== spent) ?? spent;
    return this.#busy.get(this.#current);
  }

  /** Gives the large buffers to the next connections, each when nobody needs its bytes any more. */
  close(held: Promise<void> | undefined): void {
    this.#isClosed = true;
    const current = this.#current;
    if (held !== undefined && !this.#busy.has(current)) {
      this.#busy.set(
        current,
        held.then(() => this.#freed(current)),
      );
    }
    for (const buffer of this.#large.splice(0)) if (!this.#busy.has(buffer)) giveBack(buffer);
  }

  #freeBuffer(): Buffer | undefined {
    const free = this.#large.find((buffer) => buffer !== this.#current && !this.#busy.has(buffer));
    if (free !== undefined || this.#large.length >= netLimits.receiveBuffersPerAssociation) return free;
    const taken = takeBuffer(this.#large.length === 0);
    if (taken !== undefined) this.#large.push(taken);
    return taken;
  }

  #freed(buffer: Buffer): void {
    this.#busy.delete(buffer);
    if (this.#isClosed && buffer !== this.#idle) giveBack(buffer);
  }
}
