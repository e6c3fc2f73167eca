import { deflateRawSync } from 'node:zlib';
import { tags } from '../../../src/dicom/dictionary/tags.ts';
import { uids } from '../../../src/dicom/uids.ts';
import { Problem } from '../../../src/lib/problem.ts';
import { DataSetInspector } from '../../../src/services/inspection.ts';
import { dataSetSeeds, ENCODINGS } from '../data-set-seeds.ts';
import { assertSame, cutsOf, type FuzzTarget, Refused } from '../target.ts';

const KEPT: ReadonlySet<number> = new Set([tags.SOPClassUID, tags.SOPInstanceUID, tags.PatientName]);

/** A deflated data set that streams by — PS3.5 §A.5. */
export const deflate: FuzzTarget = {
  name: 'deflate',
  seeds: () => [
    ...dataSetSeeds(ENCODINGS.explicit).map((seed) => deflateRawSync(seed)),
    deflateRawSync(Buffer.alloc(100_000)),
  ],
  async check(input) {
    const outcomes: unknown[] = [];
    for (const pieces of cutsOf(input)) outcomes.push(await inspected(pieces));
    for (const other of outcomes.slice(1)) assertSame('inspector, cut elsewhere', outcomes[0], other);
  },
};

async function inspected(pieces: readonly Buffer[]): Promise<unknown> {
  const inspector = new DataSetInspector(uids.DeflatedExplicitVRLittleEndian, KEPT);
  try {
    for (const piece of pieces) {
      inspector.write(piece);
      await inspector.settle();
      piece.fill(0xff);
    }
    const { sizeBytes, sha256, identity } = await inspector.end();
    return { sizeBytes, sha256, identity };
  } catch (error) {
    inspector.destroy();
    if (!(error instanceof Problem) || error.code === 'internal') throw error;
    // Inflating and scanning may both have a reason, and which one is first told depends on the cuts.
    return new Refused('');
  }
}
