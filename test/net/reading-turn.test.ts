import { expect } from 'chai';
import { netLimits } from '../../src/net/limits.ts';
import { ReadingTurn } from '../../src/net/reading-turn.ts';

describe('ReadingTurn', () => {
  const { now } = performance;
  let time: number;
  /** Takes so long, by a clock that no busy machine moves. */
  const busy = (ms: number) => {
    time += ms;
  };

  beforeEach(() => {
    time = 0;
    performance.now = () => time;
  });
  afterEach(() => {
    performance.now = now;
  });

  it('lets one who sends what is quickly done read on, and as much as there is room for', () => {
    const turn = new ReadingTurn();

    for (let index = 0; index < 10; index++) {
      expect(turn.take(1000, () => undefined)).to.equal(undefined);
    }
    expect(turn.bytesMax).to.equal(netLimits.receiveBufferBytes);
  });

  it('makes one whose bytes take long wait for the others, and reads less of it at a time, never nothing', async () => {
    const turn = new ReadingTurn();
    const told: string[] = [];

    const others = turn.take(1_000_000, () => busy(netLimits.turnMs * 4));
    void others?.then(() => told.push('this one'));
    setImmediate(() => told.push('others'));
    await others;
    await new Promise((resolve) => setImmediate(resolve));

    expect(told).to.have.members(['others', 'this one']);
    expect(turn.bytesMax).to.be.within(netLimits.turnBytesMin, 260_000);
    for (let index = 0; index < 3; index++) turn.take(10, () => busy(netLimits.turnMs * 2));
    expect(turn.bytesMax).to.equal(netLimits.turnBytesMin);
  });

  it('reads more again when it is quickly done', () => {
    const turn = new ReadingTurn();
    turn.take(10, () => busy(netLimits.turnMs * 2));

    for (let index = 0; index < 20; index++) turn.take(turn.bytesMax, () => undefined);

    expect(turn.bytesMax).to.equal(netLimits.receiveBufferBytes);
  });

  it('counts what took little, too', () => {
    const turn = new ReadingTurn();
    const waits = Array.from({ length: 12 }, () => turn.take(100, () => busy(netLimits.turnMs / 5)));

    expect(waits.filter((one) => one !== undefined)).to.have.length(2);
  });
});
