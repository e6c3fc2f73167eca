import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { contextsFor } from '../../src/net/outbound.ts';

const { CTImageStorage: CT, MRImageStorage: MR, ExplicitVRLittleEndian: EXPLICIT } = uids;
const { ImplicitVRLittleEndian: IMPLICIT, JPEGBaseline8Bit: JPEG, JPEG2000Lossless: J2K } = uids;

/** `class syntax` of each context, in the order in which they are proposed. */
function proposed(
  needs: [sopClassUid: string, transferSyntaxUid: string][],
  preferred: string[] = [],
): string[] {
  const contexts = contextsFor(
    needs.map(([sopClassUid, transferSyntaxUid]) => ({ sopClassUid, transferSyntaxUid })),
    preferred,
  );
  expect(contexts.map(({ id }) => id)).to.deep.equal(contexts.map((_, index) => index * 2 + 1));
  return contexts.map(
    ({ abstractSyntax, transferSyntaxes }) => `${abstractSyntax} ${transferSyntaxes.join()}`,
  );
}

describe('contextsFor', () => {
  it('proposes what is stored as it is stored, then what it can be converted into, each once', () => {
    expect(
      proposed([
        [CT, EXPLICIT],
        [CT, JPEG],
        [MR, IMPLICIT],
        [CT, IMPLICIT],
      ]),
    ).to.deep.equal([
      `${CT} ${EXPLICIT}`,
      `${CT} ${JPEG}`,
      `${MR} ${IMPLICIT}`,
      `${CT} ${IMPLICIT}`,
      `${MR} ${EXPLICIT}`,
    ]);
  });

  it('proposes first what the destination prefers, as far as it can be had', () => {
    expect(
      proposed(
        [
          [CT, EXPLICIT],
          [CT, JPEG],
        ],
        [J2K, JPEG, IMPLICIT],
      ),
    ).to.deep.equal([`${CT} ${IMPLICIT}`, `${CT} ${JPEG}`, `${CT} ${EXPLICIT}`]);
  });

  it('leaves out conversions where there are more than 128 (PS3.8 §9.3.2.2)', () => {
    const needs = Array.from({ length: 100 }, (_, index): [string, string] => [`1.2.${index}`, EXPLICIT]);

    const all = proposed(needs);

    expect(all).to.have.lengthOf(128);
    expect(all.slice(0, 100)).to.deep.equal(needs.map((need) => need.join(' ')));
  });
});
