import { uids } from '../../src/dicom/uids.ts';
import type { AdminContext } from '../helpers/admin.ts';
import { type FiledInstance, type FiledOptions, fileInstance } from '../helpers/filed.ts';
import { ctDataSet, encoded, type Texts } from '../services/fixtures.ts';

/** Files small CT images, `1.2.<study>.<series>.<number>`. */
export function putter(context: AdminContext) {
  return (
    study: number,
    series: number,
    number: number,
    texts: Texts = {},
    options: FiledOptions = {},
  ): Promise<FiledInstance> => {
    const dataSet = encoded(ctDataSet(study, series, number, texts));
    return fileInstance(context.parts, dataSet, uids.ExplicitVRLittleEndian, options);
  };
}
