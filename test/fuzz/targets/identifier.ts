import type { Catalog, QueryKey } from '../../../src/catalog/catalog.ts';
import { compileKeys } from '../../../src/catalog/query-keys.ts';
import { DataSet } from '../../../src/dicom/data-set.ts';
import { tags } from '../../../src/dicom/dictionary/tags.ts';
import { toJson } from '../../../src/dicom/json.ts';
import { Problem } from '../../../src/lib/problem.ts';
import { QueryService } from '../../../src/services/query.ts';
import { identifierOf } from '../../helpers/requests.ts';
import { ENCODINGS, header } from '../data-set-seeds.ts';
import type { FuzzTarget } from '../target.ts';

const MODELS = ['PATIENT', 'STUDY'] as const;
const ENTITY = toJson(header());

/** C-FIND from the bytes of its identifier to the bytes of the answer — PS3.4 §C.4.1. */
export const identifier: FuzzTarget = {
  name: 'identifier',
  seeds: () =>
    [
      { QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '', PatientName: 'Yamada*', StudyDate: '20260101-' },
      { QueryRetrieveLevel: 'PATIENT', PatientID: ['P-1', 'P?2'], PatientBirthDate: '-20000101' },
      { QueryRetrieveLevel: 'SERIES', StudyInstanceUID: '1.2.3', Modality: ['CT', 'O*'], SeriesNumber: '1' },
      {
        QueryRetrieveLevel: 'IMAGE',
        PatientID: 'P-1',
        StudyInstanceUID: '1.2.3',
        SeriesInstanceUID: '1.2.3.1',
      },
      { QueryRetrieveLevel: 'STUDY', StudyTime: '10-1130', PatientName: '=山田*', ModalitiesInStudy: 'OT' },
      { QueryRetrieveLevel: 'STUDY', SpecificCharacterSet: 'ISO_IR 100', StudyDescription: '%_\\\'"*' },
    ].flatMap((keys) => Object.values(ENCODINGS).map((encoding) => identifierOf(keys).encode(encoding))),
  async check(input) {
    for (const model of MODELS) {
      for (const encoding of [ENCODINGS.implicit, ENCODINGS.explicit]) {
        try {
          const decoded = DataSet.decode(input, encoding);
          const request = { model, identifier: decoded, signal: new AbortController().signal };
          for await (const match of service().find(request)) match.identifier.encode(encoding);
        } catch (error) {
          if (!(error instanceof Problem) || error.code === 'internal') throw error;
        }
      }
    }
  },
};

/** Over a catalogue of one entity, which matches or does not. */
function service(): QueryService {
  async function* query(level: Parameters<Catalog['query']>[0], keys: readonly QueryKey[]) {
    compileKeys(keys, level).matches(ENTITY);
    yield { ...ENTITY, [tags.StudyInstanceUID]: { vr: 'UI', Value: ['1.2.3'] } };
  }
  return new QueryService({
    catalog: { query } as unknown as Catalog,
    filer: { indexed: async () => undefined },
    retrieveAeTitle: () => 'DICOMKEEP',
    availability: async () => 'ONLINE',
  });
}
