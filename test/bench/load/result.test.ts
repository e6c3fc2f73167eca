import { expect } from 'chai';
import type { ModalityResult } from './modality.ts';
import { fromClients } from './result.ts';

const asked = { associateMs: [1, 3], wrong: {}, refusals: {}, cpuSeconds: 0 };
const nothingViewed = { seconds: [], wrong: {}, refusals: {}, cpuSeconds: 0 };

function modalityOf(label: string, values: Partial<ModalityResult>): ModalityResult {
  return {
    label,
    instances: 0,
    dataSetBytes: 0,
    associations: 1,
    refusals: {},
    failures: {},
    latenciesMs: [],
    behindMsMax: 0,
    behindMs: 0,
    cpuSeconds: 0,
    ...values,
  };
}

describe('Result of the load', () => {
  it('joins senders of one size and keeps the worst of how late they were', () => {
    const modalities = [
      modalityOf('60 KB', { instances: 2, latenciesMs: [1, 3], behindMsMax: 70, behindMs: 5 }),
      modalityOf('15 MB', { instances: 1, latenciesMs: [40] }),
      modalityOf('60 KB', { instances: 1, latenciesMs: [5], behindMsMax: 20, behindMs: 20 }),
    ];

    const { sizes, instances } = fromClients({
      modalities,
      workstation: { ...asked, timesMs: {} },
      viewer: nothingViewed,
    });

    expect(instances).to.equal(4);
    expect(
      sizes.map(({ label, ...rest }) => [label, rest.modalities, rest.instances, rest.p50Ms]),
    ).to.deep.equal([
      ['60 KB', 2, 3, 3],
      ['15 MB', 1, 1, 40],
    ]);
    expect(sizes[0]).to.include({ behindMsMax: 70, behindMs: 20 });
  });

  it('adds up what was refused or wrong over all kinds of clients', () => {
    const results = fromClients({
      modalities: [
        modalityOf('60 KB', { refusals: { busy: 1 } }),
        modalityOf('60 KB', { refusals: { busy: 2 } }),
      ],
      workstation: { ...asked, timesMs: { week: [10, 20], name: [30] }, wrong: { week: 1 } },
      viewer: { ...nothingViewed, refusals: { away: 1 } },
    });

    expect(results.refusals).to.deep.equal({ busy: 3, away: 1 });
    expect(results.wrong).to.deep.equal({ week: 1 });
    expect([results.queries, results.queryP50Ms, results.queryMaxMs]).to.deep.equal([3, 20, 30]);
  });
});
