import { setTimeout as wait } from 'node:timers/promises';
import { connectRaw, type RawConnection } from '../helpers/raw-connection.ts';
import { rawRequest, shortOf } from '../ul/raw-request.ts';

/** Everything here is answered within so long, milliseconds. */
export const ANSWER_MS_MAX = 5000;

/** A peer that sends what it is told, right or wrong. */
export class RawPeer {
  readonly #connection: RawConnection;
  #isClosed = false;

  static async connect(port: number): Promise<RawPeer> {
    return new RawPeer(await connectRaw(port));
  }

  /** An association for Verification unless another request is given. */
  static async associate(port: number, request: Buffer = rawRequest()): Promise<RawPeer> {
    const peer = await RawPeer.connect(port);
    peer.send(request);
    await peer.until((answers) => answers.startsWith('A-ASSOCIATE-AC'));
    return peer;
  }

  private constructor(connection: RawConnection) {
    this.#connection = connection;
    void connection.closed.then(() => {
      this.#isClosed = true;
    });
  }

  get socket() {
    return this.#connection.socket;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What came so far, in short. */
  get answers(): string {
    return shortOf(this.#connection.received());
  }

  /** Bytes that came so far. */
  get received(): Buffer {
    return this.#connection.received();
  }

  send(...bytes: Buffer[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  /** @throws Error where it does not come about in time */
  async until(isSo: (answers: string) => boolean, timeoutMs = ANSWER_MS_MAX): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!isSo(this.answers)) {
      if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms, but ${this.answers}`);
      await wait(2);
    }
  }

  /** @returns how long it took, milliseconds. @throws Error where the connection is not closed in time */
  async closed(timeoutMs = ANSWER_MS_MAX): Promise<number> {
    const startedAt = performance.now();
    await this.until(() => this.#isClosed, timeoutMs);
    return performance.now() - startedAt;
  }

  destroy(): void {
    this.socket.destroy();
  }
}
