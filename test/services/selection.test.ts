import { expect } from 'chai';
import type { Level } from '../../src/catalog/catalog.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { InformationModel } from '../../src/services/levels.ts';
import { selectionOf } from '../../src/services/selection.ts';
import { dataSetOf, type Texts } from './fixtures.ts';

function select(model: InformationModel, level: Level, texts: Texts, isRelational = false): unknown {
  try {
    return selectionOf(level, model, dataSetOf(texts), isRelational);
  } catch (error) {
    if (error instanceof Problem) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe('What a retrieve is about (PS3.4 §C.4.2.2.1)', () => {
  it('is the unique keys of the level and of those above it in the model', () => {
    const all: Texts = {
      PatientID: 'P1',
      StudyInstanceUID: '1.2',
      SeriesInstanceUID: ['1.2.3', '1.2.4'],
      SOPInstanceUID: '1.2.3.4',
    };

    expect(select('PATIENT', 'SERIES', all)).to.deep.equal({
      patientId: 'P1',
      studyInstanceUids: ['1.2'],
      seriesInstanceUids: ['1.2.3', '1.2.4'],
    });
    expect(select('STUDY', 'STUDY', all)).to.deep.equal({ studyInstanceUids: ['1.2'] });
    expect(select('PATIENT_STUDY', 'STUDY', all)).to.deep.equal({
      patientId: 'P1',
      studyInstanceUids: ['1.2'],
    });
  });

  it('is refused without its own key, relational or not', () => {
    for (const isRelational of [false, true]) {
      expect(select('STUDY', 'SERIES', { StudyInstanceUID: '1.2' }, isRelational)).to.equal(
        'data-set-mismatch: no Series Instance UID to retrieve',
      );
      expect(select('PATIENT', 'PATIENT', { PatientID: '' }, isRelational)).to.equal(
        'data-set-mismatch: no Patient ID to retrieve',
      );
    }
  });

  it('is one patient, and never the first of several without a word', () => {
    expect(select('PATIENT', 'PATIENT', { PatientID: ['P1', 'P2'] })).to.equal(
      'data-set-mismatch: one Patient ID wanted, not 2',
    );
  });

  it('leaves the keys above out, or takes lists of them, where relational retrieval was agreed on (§C.4.2.3.2.1)', () => {
    expect(select('PATIENT', 'IMAGE', { SOPInstanceUID: ['1.2.3.4', '1.9'] }, true)).to.deep.equal({
      sopInstanceUids: ['1.2.3.4', '1.9'],
    });
    expect(
      select('STUDY', 'SERIES', { StudyInstanceUID: ['1.2', '1.3'], SeriesInstanceUID: '1.2.3' }, true),
    ).to.deep.equal({ studyInstanceUids: ['1.2', '1.3'], seriesInstanceUids: ['1.2.3'] });
    expect(select('STUDY', 'SERIES', { StudyInstanceUID: '1.*', SeriesInstanceUID: '1.2' }, true)).to.equal(
      'data-set-mismatch: wild card in Study Instance UID',
    );
  });
});
