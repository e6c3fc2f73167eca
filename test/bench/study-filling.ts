import { patientColumns, patientKeyOf, studyColumns } from '../../src/catalog/columns.ts';
import { Database } from '../../src/catalog/database.ts';
import { insertAll, piecesOf, type Row } from '../../src/catalog/rows.ts';
import { wordsOfStudy } from '../../src/catalog/study-words.ts';
import type { MadeStudy } from './study-archive.ts';

const STUDIES_PER_TRANSACTION = 2000;

/** Writes the rows of the studies themselves, without instances: filing them one by one would take hours. */
export async function fillStudies(url: string, studies: readonly MadeStudy[]): Promise<void> {
  const database = new Database({ url, poolMax: 1, acquireTimeoutMs: 10_000, queryTimeoutMs: 120_000 });
  const patientIds = new Map<string, number>();
  let studyRowId = 0;
  try {
    for (const piece of piecesOf(studies, STUDIES_PER_TRANSACTION)) {
      const patients: Row[] = [];
      const rows: Row[] = [];
      const words: Row[] = [];
      for (const study of piece) {
        const key = patientKeyOf(study.attributes);
        let patientRowId = patientIds.get(key);
        if (patientRowId === undefined) {
          patientRowId = patientIds.size + 1;
          patientIds.set(key, patientRowId);
          patients.push(patientRow(patientRowId, key, study));
        }
        const row = studyRow(++studyRowId, patientRowId, study);
        rows.push(row);
        for (const word of wordsOfStudy(row)) words.push({ study_row_id: studyRowId, word });
      }
      await database.transaction(async (trx) => {
        await insertAll(trx, 'patients', patients);
        await insertAll(trx, 'studies', rows);
        await insertAll(trx, 'study_words', words);
      });
    }
    // As a server that has been running for a while knows its tables.
    if (database.engine === 'mariadb') {
      await database.read((db) => db.raw('ANALYZE TABLE studies, study_words'));
    }
  } finally {
    await database.close();
  }
}

function patientRow(id: number, key: string, study: MadeStudy): Row {
  return {
    id,
    patient_key: key,
    ...patientColumns(study.attributes),
    study_count: 1,
    series_count: 1,
    instance_count: study.instances,
    attributes: '{}',
  };
}

function studyRow(id: number, patientRowId: number, study: MadeStudy): Row {
  return {
    id,
    patient_row_id: patientRowId,
    study_instance_uid: study.uid,
    ...studyColumns(study.attributes),
    modalities_in_study: study.modalities.toSorted().join('\\'),
    sop_classes_in_study: '1.2.840.10008.5.1.4.1.1.2',
    series_count: study.modalities.length,
    instance_count: study.instances,
    first_arrived_at: study.lastArrivedAt - 60_000,
    last_arrived_at: study.lastArrivedAt,
    attributes: JSON.stringify(study.attributes),
  };
}
