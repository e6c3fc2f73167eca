import { expect } from 'chai';
import fc from 'fast-check';
import { netLimits } from '../../src/net/limits.ts';
import { ReceiveBuffers } from '../../src/net/receive-buffers.ts';

interface Piece {
  view: Buffer;
  filling: number;
}

/** A connection whose bytes somebody holds: looks after each step whether what is held is still as it was. */
class Connection {
  readonly buffers = new ReceiveBuffers();
  readonly #held: Piece[] = [];
  readonly #releases: (() => void)[] = [];
  #blocked: Promise<void> | undefined;
  #filling: number;
  reads = 0;

  constructor(filling: number) {
    this.#filling = filling;
  }

  /** A read of at most so many bytes, unless the reading waits. */
  read(bytes: number, isHeld: boolean, isWithinDataSet: boolean): void {
    if (this.#blocked !== undefined) return;
    const room = this.buffers.room;
    expect(room.length, 'room to read into').to.be.greaterThan(0);
    const view = room.subarray(0, Math.min(bytes, room.length));
    this.#filling = (this.#filling + 2) & 0xff;
    view.fill(this.#filling);
    this.reads += 1;
    if (isHeld) this.#held.push({ view, filling: this.#filling });
    const blocked = this.buffers.advance(view.length, () => this.held(), isWithinDataSet);
    if (blocked === undefined) return;
    this.#blocked = blocked;
    void blocked.then(() => {
      this.#blocked = undefined;
    });
  }

  /** As the driver says it: a promise for all that is held now. */
  held(): Promise<void> | undefined {
    const pieces = [...this.#held];
    if (pieces.length === 0) return undefined;
    return new Promise<void>((resolve) => {
      this.#releases.push(() => {
        this.check();
        for (const piece of pieces) {
          const at = this.#held.indexOf(piece);
          if (at >= 0) this.#held.splice(at, 1);
        }
        resolve();
      });
    });
  }

  /** The oldest promise is kept. */
  async release(): Promise<void> {
    this.#releases.shift()?.();
    for (let turn = 0; turn < 5; turn++) await undefined;
  }

  async releaseAll(): Promise<void> {
    while (this.#releases.length > 0) await this.release();
    // What was held and never asked for is needed no more either.
    this.#held.length = 0;
  }

  check(): void {
    for (const { view, filling } of this.#held) {
      const isSame =
        view[0] === filling && view[view.length >> 1] === filling && view[view.length - 1] === filling;
      expect(isSame, 'bytes that are held stay as they are').to.equal(true);
    }
  }

  get isBlocked(): boolean {
    return this.#blocked !== undefined;
  }
}

const step = fc.record({
  connection: fc.nat(2),
  what: fc.constantFrom('read', 'read', 'read', 'read', 'release'),
  bytes: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(16_384, 65_536, 300_000, 1_048_576)),
  isHeld: fc.boolean(),
  isWithinDataSet: fc.boolean(),
});

describe('ReceiveBuffers', () => {
  it('overwrites no byte that is held, of its own connection or of another, and goes on when it is released', async function () {
    this.timeout(60_000);
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 80 }),
        fc.array(fc.nat(80), { maxLength: 3 }),
        async (steps, ends) => {
          let connections = [new Connection(0), new Connection(80), new Connection(161)];
          for (const [index, { connection, what, bytes, isHeld, isWithinDataSet }] of steps.entries()) {
            const one = connections[connection];
            if (what === 'read') one?.read(bytes, isHeld, isWithinDataSet);
            else await one?.release();
            for (const each of connections) each.check();
            if (!ends.includes(index)) continue;
            // The connection ends with bytes held, and another begins in its place.
            one?.buffers.close(one.held());
            const fresh = new Connection(index);
            connections = connections.map((each) => (each === one ? fresh : each));
            fresh.read(65_536, true, true);
            fresh.read(1_048_576, true, true);
            one?.check();
            await one?.releaseAll();
          }
          for (const each of connections) {
            await each.releaseAll();
            expect(each.isBlocked, 'nothing is held, so the reading goes on').to.equal(false);
            each.buffers.close(undefined);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('reads into a small buffer while little comes, and into few large ones while much does', () => {
    const quiet = new Connection(1);
    for (let count = 0; count < 100; count++) quiet.read(500, false, false);
    expect(quiet.buffers.room.length).to.equal(netLimits.idleBufferBytes);

    const busy = new Connection(2);
    const seen = new Set<ArrayBufferLike>();
    for (let count = 0; count < 100; count++) {
      seen.add(busy.buffers.room.buffer);
      busy.read(1_048_576, false, true);
    }
    expect(busy.reads).to.equal(100);
    expect(seen.size, 'the small one and a large one').to.equal(2);
  });

  it('stops reading when all its buffers are held, and goes on with the first that is free', async () => {
    const connection = new Connection(1);
    for (let count = 0; count < 100; count++) connection.read(1_048_576, true, true);

    expect(connection.isBlocked).to.equal(true);
    expect(connection.reads).to.equal(1 + netLimits.receiveBuffersPerAssociation);

    while (connection.isBlocked) await connection.release();
    connection.read(10, true, true);
    connection.check();
    expect(connection.reads).to.equal(2 + netLimits.receiveBuffersPerAssociation);
  });

  it('gives its buffers to the next connections, each once', async () => {
    const connections = Array.from({ length: 6 }, (_, index) => new Connection(index * 40));
    for (const one of connections) for (let count = 0; count < 4; count++) one.read(1_048_576, true, true);
    for (const one of connections) one.buffers.close(one.held());
    for (const one of connections) await one.releaseAll();

    const next = Array.from({ length: 12 }, () => new Connection(7));
    for (const one of next) one.read(65_536, false, true);

    expect(new Set(next.map((one) => one.buffers.room.buffer)).size).to.equal(12);
  });

  it('bounds what all connections hold together, and lets each read on into its small buffer', async () => {
    const connections = Array.from(
      { length: netLimits.receiveBuffersMax * 2 },
      (_, index) => new Connection(index),
    );
    const large = new Set<ArrayBufferLike>();
    for (let round = 0; round < 4; round++) {
      for (const one of connections) {
        one.read(1_048_576, true, true);
        const { buffer, length } = one.buffers.room;
        if (length > netLimits.idleBufferBytes) large.add(buffer);
        await one.release();
      }
    }

    expect(large.size).to.be.within(netLimits.receiveBuffersMax / 2, netLimits.receiveBuffersMax);
    for (const one of connections) expect(one.reads, 'reads').to.be.greaterThan(2);
    for (const one of connections) one.buffers.close(undefined);
  });
});
