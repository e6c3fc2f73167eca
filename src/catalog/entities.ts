import { hexOfTag } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import type { JsonDataSet } from '../dicom/json.ts';
import { fromAttributesJson } from './kept-attributes.ts';
import { numberOf, type Row, textOf } from './rows.ts';

/** Rows as the attributes that a query answers: what `attributes` keeps, the UIDs, and what is computed. */

const KEY = {
  studyInstanceUid: hexOfTag(tags.StudyInstanceUID),
  seriesInstanceUid: hexOfTag(tags.SeriesInstanceUID),
  sopInstanceUid: hexOfTag(tags.SOPInstanceUID),
  sopClassUid: hexOfTag(tags.SOPClassUID),
  availableTransferSyntaxUid: hexOfTag(tags.AvailableTransferSyntaxUID),
  modalitiesInStudy: hexOfTag(tags.ModalitiesInStudy),
  sopClassesInStudy: hexOfTag(tags.SOPClassesInStudy),
  studySeries: hexOfTag(tags.NumberOfStudyRelatedSeries),
  studyInstances: hexOfTag(tags.NumberOfStudyRelatedInstances),
  seriesInstances: hexOfTag(tags.NumberOfSeriesRelatedInstances),
  patientStudies: hexOfTag(tags.NumberOfPatientRelatedStudies),
  patientSeries: hexOfTag(tags.NumberOfPatientRelatedSeries),
  patientInstances: hexOfTag(tags.NumberOfPatientRelatedInstances),
};

/** The columns that the entities are made of; the others are there to be searched. */
export const ENTITY_COLUMNS = {
  patients: ['id', 'study_count', 'series_count', 'instance_count', 'attributes'],
  studies: [
    'id',
    'patient_row_id',
    'study_instance_uid',
    'modalities_in_study',
    'sop_classes_in_study',
    'series_count',
    'instance_count',
    'attributes',
  ],
  series: ['id', 'study_row_id', 'series_instance_uid', 'instance_count', 'attributes'],
  instances: [
    'id',
    'series_row_id',
    'sop_instance_uid',
    'sop_class_uid',
    'transfer_syntax_uid',
    'instance_number',
    'attributes',
  ],
} as const;

export type EntityTable = keyof typeof ENTITY_COLUMNS;

export function patientEntity(row: Row): JsonDataSet {
  return { ...fromAttributesJson(row['attributes']), ...patientCounts(row) };
}

/** Those of `patients`, for whichever level asks for them. */
export function patientCounts(row: Row): JsonDataSet {
  return {
    [KEY.patientStudies]: integer(row, 'study_count'),
    [KEY.patientSeries]: integer(row, 'series_count'),
    [KEY.patientInstances]: integer(row, 'instance_count'),
  };
}

/** @param counts of the patient, where they are wanted */
export function studyEntity(row: Row, counts: JsonDataSet | undefined): JsonDataSet {
  const entity = fromAttributesJson(row['attributes']);
  if (counts !== undefined) Object.assign(entity, counts);
  entity[KEY.studyInstanceUid] = { vr: 'UI', Value: [textOf(row, 'study_instance_uid')] };
  entity[KEY.modalitiesInStudy] = list('CS', textOf(row, 'modalities_in_study'));
  entity[KEY.sopClassesInStudy] = list('UI', textOf(row, 'sop_classes_in_study'));
  entity[KEY.studySeries] = integer(row, 'series_count');
  entity[KEY.studyInstances] = integer(row, 'instance_count');
  return entity;
}

export function seriesEntity(row: Row, study: JsonDataSet): JsonDataSet {
  return {
    ...study,
    ...fromAttributesJson(row['attributes']),
    [KEY.seriesInstanceUid]: { vr: 'UI', Value: [textOf(row, 'series_instance_uid')] },
    [KEY.seriesInstances]: integer(row, 'instance_count'),
  };
}

export function instanceEntity(row: Row, series: JsonDataSet): JsonDataSet {
  return {
    ...series,
    ...fromAttributesJson(row['attributes']),
    [KEY.sopInstanceUid]: { vr: 'UI', Value: [textOf(row, 'sop_instance_uid')] },
    [KEY.sopClassUid]: { vr: 'UI', Value: [textOf(row, 'sop_class_uid')] },
    [KEY.availableTransferSyntaxUid]: { vr: 'UI', Value: [textOf(row, 'transfer_syntax_uid')] },
  };
}

function integer(row: Row, column: string) {
  return { vr: 'IS', Value: [numberOf(row, column)] };
}

function list(vr: string, joined: string) {
  return joined === '' ? { vr } : { vr, Value: joined.split('\\') };
}
