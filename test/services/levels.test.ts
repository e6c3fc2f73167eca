import { expect } from 'chai';
import { LEVELS, type Level } from '../../src/catalog/attributes.ts';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { Problem } from '../../src/lib/problem.ts';
import { type InformationModel, levelOfIdentifier, uniqueKeyValues } from '../../src/services/levels.ts';
import { dataSetOf, type Texts } from './fixtures.ts';

function refusal(work: () => unknown): string {
  try {
    return `none: ${String(work())}`;
  } catch (error) {
    if (error instanceof Problem) return `${error.code}: ${error.message}`;
    throw error;
  }
}

const levelOf = (model: InformationModel, texts: Texts) =>
  refusal(() => levelOfIdentifier(model, dataSetOf(texts), false));

const ALL: Texts = {
  PatientID: 'P1',
  StudyInstanceUID: '1.2',
  SeriesInstanceUID: '1.2.3',
  SOPInstanceUID: '1.2.3.4',
};
const KEYWORDS = {
  PATIENT: 'PatientID',
  STUDY: 'StudyInstanceUID',
  SERIES: 'SeriesInstanceUID',
  IMAGE: 'SOPInstanceUID',
} as const;
const NAMES = {
  PATIENT: 'Patient ID',
  STUDY: 'Study Instance UID',
  SERIES: 'Series Instance UID',
  IMAGE: 'SOP Instance UID',
} as const;

describe('levelOfIdentifier (PS3.4 §C.4.1.1.3.1)', () => {
  for (const model of ['PATIENT', 'STUDY'] as const) {
    const levels: readonly Level[] = LEVELS.slice(LEVELS.indexOf(model));
    for (const level of levels) {
      const above = levels.slice(0, levels.indexOf(level));

      it(`takes level ${level} of the ${model} root with one unique key of each level above, and no other`, () => {
        const texts: Texts = { QueryRetrieveLevel: level };
        for (const one of above) texts[KEYWORDS[one]] = ALL[KEYWORDS[one]] ?? '';

        expect(levelOf(model, texts)).to.equal(`none: ${level}`);
      });

      for (const one of above) {
        it(`refuses level ${level} of the ${model} root without one ${NAMES[one]}`, () => {
          const words = `data-set-mismatch: level ${level} needs one ${NAMES[one]}`;
          const without: Texts = { ...ALL, QueryRetrieveLevel: level };
          delete without[KEYWORDS[one]];

          expect(levelOf(model, without)).to.equal(words);
          for (const value of ['', '  ', '1.*', '?', ['1.2', '1.3']]) {
            expect(levelOf(model, { ...without, [KEYWORDS[one]]: value }), JSON.stringify(value)).to.equal(
              words,
            );
          }
        });
      }
    }
  }

  it('refuses levels that the model does not have, or nobody', () => {
    expect(levelOf('STUDY', { ...ALL, QueryRetrieveLevel: 'PATIENT' })).to.equal(
      'data-set-mismatch: Query/Retrieve Level "PATIENT": one of STUDY SERIES IMAGE wanted',
    );
    for (const level of ['study', 'INSTANCE']) {
      expect(levelOf('PATIENT', { ...ALL, QueryRetrieveLevel: level })).to.match(
        /^data-set-mismatch: Query\/Retrieve Level ".*": one of PATIENT/,
      );
    }
    expect(levelOf('PATIENT', ALL)).to.equal(
      'data-set-mismatch: no Query/Retrieve Level: one of PATIENT STUDY SERIES IMAGE wanted',
    );
  });

  it('takes padding for padding', () => {
    expect(levelOf('STUDY', { QueryRetrieveLevel: 'STUDY ' })).to.equal('none: STUDY');
    const identifier = dataSetOf({ QueryRetrieveLevel: ' SERIES ' });
    identifier.set({ tag: tags.StudyInstanceUID, vr: 'UI', bytes: Buffer.from('1.2 \0') });
    expect(levelOfIdentifier('STUDY', identifier, false)).to.equal('SERIES');
  });
});

describe('uniqueKeyValues', () => {
  it('gives a list of UIDs without padding and empty values', () => {
    expect(uniqueKeyValues(dataSetOf({ StudyInstanceUID: ['1.2', '', '1.3 '] }), 'STUDY')).to.deep.equal([
      '1.2',
      '1.3',
    ]);
  });

  it('refuses nothing, and wild cards, where all would be meant', () => {
    expect(refusal(() => uniqueKeyValues(new DataSet(), 'STUDY'))).to.equal(
      'data-set-mismatch: no Study Instance UID to retrieve',
    );
    expect(refusal(() => uniqueKeyValues(dataSetOf({ PatientID: '' }), 'PATIENT'))).to.match(
      /^data-set-mismatch/,
    );
    expect(refusal(() => uniqueKeyValues(dataSetOf({ SOPInstanceUID: '*' }), 'IMAGE'))).to.equal(
      'data-set-mismatch: wild card in SOP Instance UID',
    );
  });
});
