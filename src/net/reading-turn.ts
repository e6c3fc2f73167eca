import { netLimits } from './limits.ts';

/**
 * Keeps one connection from holding the event loop: what costs much for its bytes, such as a thousand messages in one read, is read in smaller pieces,
 * and after some milliseconds it is the others' turn.
 */
export class ReadingTurn {
  #busyMs = 0;
  #bytesMax: number = netLimits.receiveBufferBytes;

  /** The most to read at a time, bytes. */
  get bytesMax(): number {
    return this.#bytesMax;
  }

  /** @returns a promise to wait for before the next read, where this connection has had its turn */
  take(bytes: number, work: () => void): Promise<void> | undefined {
    const startedAt = performance.now();
    work();
    const ms = performance.now() - startedAt;
    if (ms > netLimits.turnMs) {
      const fitting = Math.floor((bytes * netLimits.turnMs) / ms);
      this.#bytesMax = Math.max(netLimits.turnBytesMin, fitting);
    } else if (bytes >= this.#bytesMax) {
      this.#bytesMax = Math.min(netLimits.receiveBufferBytes, this.#bytesMax * 2);
    }
    this.#busyMs += ms;
    if (this.#busyMs < netLimits.turnMs) return undefined;
    this.#busyMs = 0;
    return new Promise((resolve) => setImmediate(resolve));
  }
}
