import { expect } from 'chai';
import { valuesOf } from '../data-sets.ts';
import { modalitiesOf, plannedBytesPerSecond } from './mix.ts';

describe('Mix of the load', () => {
  it('is 16 modalities of 60 KB to 200 MB, 50 to 60 MB a second together, and ten times that', () => {
    const [busy, saturated] = [modalitiesOf('busy', false), modalitiesOf('saturated', false)];

    expect(busy).to.have.length(16);
    expect(new Set(busy.map(({ label }) => label))).to.have.property('size', 5);
    expect(plannedBytesPerSecond(busy)).to.be.within(50e6, 60e6);
    expect(plannedBytesPerSecond(saturated)).to.be.closeTo(10 * plannedBytesPerSecond(busy), 1);
  });

  it('has no patient, study or instance of one modality come from another', () => {
    const modalities = modalitiesOf('busy', false);
    for (const name of ['patientId', 'studyInstanceUid', 'sopInstanceUid'] as const) {
      const values = modalities.map(({ set }) => valuesOf(set, 12_345)[name]);

      expect(new Set(values)).to.have.property('size', 16);
    }
  });

  it('gives every value the same length, whichever modality and however far it has come', () => {
    const lengths = modalitiesOf('busy', false).flatMap(({ set }) =>
      [0, 999_999].map((index) =>
        Object.values(valuesOf(set, index))
          .map((value: string) => value.length)
          .join(),
      ),
    );

    expect(new Set(lengths)).to.have.property('size', 1);
  });
});
