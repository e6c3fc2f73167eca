import { DataSet } from '../../../src/dicom/data-set.ts';
import { tags } from '../../../src/dicom/dictionary/tags.ts';
import { Problem } from '../../../src/lib/problem.ts';
import { readActionInformation } from '../../../src/services/storage-commitment-request.ts';
import { dataSetSeeds, ENCODINGS } from '../data-set-seeds.ts';
import type { FuzzTarget } from '../target.ts';

/** What N-ACTION of Storage Commitment brings — PS3.4 §J.3.2.1.1. */
export const actionInformation: FuzzTarget = {
  name: 'action-information',
  seeds: () => [
    ...Object.values(ENCODINGS).map((encoding) => request().encode(encoding)),
    ...dataSetSeeds(ENCODINGS.explicit),
  ],
  async check(input) {
    for (const encoding of Object.values(ENCODINGS)) {
      await readActionInformation(input, encoding).catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
      });
    }
  },
};

function request(): DataSet {
  const dataSet = new DataSet();
  dataSet.setText(tags.TransactionUID, '1.2.3');
  const references = ['1.2.3.4', '1.2.3.5', '1.2.3.6'].map((uid) => {
    const item = new DataSet();
    item.setText(tags.ReferencedSOPClassUID, '1.2.840.10008.5.1.4.1.1.7');
    item.setText(tags.ReferencedSOPInstanceUID, uid);
    return item;
  });
  dataSet.setItems(tags.ReferencedSOPSequence, references);
  return dataSet;
}
