import { dataSetOffsetOf, decodeFileMeta, encodeFileMeta, writeProof } from '../../../src/dicom/file-meta.ts';
import { Problem } from '../../../src/lib/problem.ts';
import { type FuzzTarget, outcomeOf } from '../target.ts';

/** What is read of a file before its data set — PS3.10 §7.1. */
export const fileMeta: FuzzTarget = {
  name: 'file-meta',
  seeds: () => {
    const bytes = encodeFileMeta({
      sopClassUid: '1.2.840.10008.5.1.4.1.1.7',
      sopInstanceUid: '1.2.3',
      transferSyntaxUid: '1.2.840.10008.1.2.1',
      sourceAeTitle: 'MODALITY',
    });
    const proven = Buffer.from(bytes);
    writeProof(proven, {
      sizeBytes: 12345,
      sha256: 'ab'.repeat(32),
      arrivedAt: 1_800_000_000_000,
      sourceAeTitle: 'MODALITY',
      sourceAddress: '10.0.0.1',
    });
    return [proven, bytes, Buffer.alloc(200), bytes.subarray(0, 150)];
  },
  check(input) {
    outcomeOf(() => dataSetOffsetOf(input), Problem);
    outcomeOf(() => decodeFileMeta(input), Problem);
  },
};
