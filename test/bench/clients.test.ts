import { expect } from 'chai';
import type { SinkResult } from './clients/sink.ts';
import type { StoreResult } from './clients/store.ts';
import { Client, runTogether } from './clients.ts';
import { setsFor } from './data-sets.ts';

describe('Load generator of the benchmark', function () {
  this.timeout(60_000);

  it('stores a whole set over two associations, every data set byte of it, against a sink that discards', async () => {
    const set = setsFor(true).find(({ name }) => name === 'ct');
    if (set === undefined) throw new Error('no CT set');
    const sinks = [13, 12].map((instances) => new Client<SinkResult>({ kind: 'sink', port: 0, instances }));
    const ports = await Promise.all(sinks.map((sink) => sink.port));
    const titles = { calledAeTitle: 'SINK', callingAeTitle: 'BENCHSCU' };

    const stored = await runTogether<StoreResult>(
      ports.map((port, first) => ({ kind: 'store', port, ...titles, set, first, step: 2 })),
    );

    const received = await Promise.all(sinks.map((sink) => sink.result));
    expect(stored.map((result) => result.instances)).to.deep.equal([13, 12]);
    expect(stored.map((result) => result.failures)).to.deep.equal([{}, {}]);
    expect(received.map((result) => result.dataSetBytes)).to.deep.equal(
      stored.map((result) => result.dataSetBytes),
    );
  });

  it('tells a result that is longer than what the channel takes at once', async () => {
    const set = setsFor(true).find(({ name }) => name === 'small');
    if (set === undefined) throw new Error('no set of small instances');
    const long = { ...set, instances: 16000, rows: 16, columns: 16 };
    const sink = new Client<SinkResult>({ kind: 'sink', port: 0, instances: long.instances });
    const titles = { calledAeTitle: 'SINK', callingAeTitle: 'BENCHSCU' };

    const [stored] = await runTogether<StoreResult>([
      { kind: 'store', port: await sink.port, ...titles, set: long, first: 0, step: 1 },
    ]);

    expect(JSON.stringify(stored).length).to.be.greaterThan(250_000);
    expect(stored?.latenciesMs).to.have.lengthOf(long.instances);
  });

  it('fails with words where nobody listens', async () => {
    const job = { kind: 'echo', port: 1, calledAeTitle: 'NOBODY', callingAeTitle: 'BENCHSCU' } as const;

    const error = await new Client(job).result.catch((reason: Error) => reason.message);

    expect(error).to.match(/^echo client: .*ECONNREFUSED/);
  });
});
