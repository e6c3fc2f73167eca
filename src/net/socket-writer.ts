import type { Socket } from 'node:net';
import { netLimits } from './limits.ts';

/** Writes to one socket, and knows how far its peer is with taking it. */
export class SocketWriter {
  readonly #socket: Socket;
  /** Short buffers that are written at the end of this turn. */
  #short: Buffer[] = [];
  #shortBytes = 0;
  #pendingWrites = 0;
  /** When the oldest of what is pending was begun, or what was before it was taken, by `performance.now()`. */
  #waitsSince = 0;
  /** Bytes that nobody waits for until they are taken: answers. */
  #unsentBytes = 0;
  #congestion: Promise<void> | undefined;
  #relieve: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /**
   * Short buffers, such as responses, wait for the end of this turn of the event loop and go out together: a thousand C-FIND responses take no thousand
   * system calls.
   * @param written is called when the kernel has taken all, or when the connection is gone
   */
  write(buffers: readonly Buffer[], written?: () => void): void {
    if (buffers.length === 0 || !this.#isWritable) {
      written?.();
      return;
    }
    const bytes = bytesOf(buffers);
    if (written === undefined && this.#shortBytes + bytes <= netLimits.joinedBytesMax) {
      if (this.#short.length === 0) process.nextTick(() => this.flush());
      this.#short.push(...buffers);
      this.#shortBytes += bytes;
      return;
    }
    this.flush();
    const done = this.#begin(written === undefined ? bytes : 0, written);
    this.#socket.cork();
    for (const [index, buffer] of buffers.entries()) {
      if (index === buffers.length - 1) this.#socket.write(buffer, done);
      else this.#socket.write(buffer);
    }
    this.#socket.uncork();
  }

  flush(): void {
    const buffers = this.#short;
    const bytes = this.#shortBytes;
    if (buffers.length === 0) return;
    this.#short = [];
    this.#shortBytes = 0;
    if (this.#isWritable) this.#socket.write(Buffer.concat(buffers, bytes), this.#begin(bytes));
  }

  /** Resolves when the peer has taken most of what was sent, or when the connection is gone. */
  async drained(): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed || !socket.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }

  /** Resolves when the peer has taken our answers but a few; undefined where it has. Who does not read them is not read from. */
  congestion(): Promise<void> | undefined {
    if (this.#unsentBytes <= netLimits.unsentBytesMax) return undefined;
    this.#congestion ??= new Promise((resolve) => {
      this.#relieve = resolve;
    });
    return this.#congestion;
  }

  /** For how long the peer has taken nothing of what waits for it, milliseconds; 0 where nothing waits. */
  get stalledMs(): number {
    return this.#pendingWrites === 0 ? 0 : performance.now() - this.#waitsSince;
  }

  get #isWritable(): boolean {
    return !this.#socket.destroyed && !this.#socket.writableEnded;
  }

  #begin(unsentBytes: number, written?: () => void): () => void {
    if (this.#pendingWrites === 0) this.#waitsSince = performance.now();
    this.#pendingWrites += 1;
    this.#unsentBytes += unsentBytes;
    return () => {
      this.#pendingWrites -= 1;
      this.#waitsSince = performance.now();
      this.#unsentBytes -= unsentBytes;
      if (this.#unsentBytes <= netLimits.unsentBytesMax) {
        this.#congestion = undefined;
        this.#relieve();
      }
      written?.();
    };
  }
}

function bytesOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.length, 0);
}
