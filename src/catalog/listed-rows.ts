import { hexOfTag } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import type { JsonDataSet, PersonName } from '../dicom/json.ts';
import { NO_INSTANCE_NUMBER, NO_SERIES_NUMBER } from './columns.ts';
import { ENTITY_COLUMNS } from './entities.ts';
import { firstText, fromAttributesJson } from './kept-attributes.ts';
import { numberOf, type Row, textOf } from './rows.ts';
import { INSTANCE_COLUMNS, toStoredInstance } from './stored-instance.ts';

/** Component groups as they stand in the data set: `Family^Given^Middle`. */
export interface NameGroups {
  alphabetic: string;
  ideographic: string;
  phonetic: string;
}

/** A study as a list shows it. Dates and times as in the data set, '' where there is none; `…At` are milliseconds since 1970. */
export interface StudyRow {
  studyInstanceUid: string;
  patientName: NameGroups;
  patientId: string;
  patientBirthDate: string;
  patientSex: string;
  studyDate: string;
  studyTime: string;
  accessionNumber: string;
  studyId: string;
  studyDescription: string;
  referringPhysicianName: NameGroups;
  institutionName: string;
  modalities: string[];
  seriesCount: number;
  instanceCount: number;
  firstArrivedAt: number;
  lastArrivedAt: number;
}

export interface SeriesRow {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  modality: string;
  seriesNumber: number | null;
  seriesDescription: string;
  bodyPartExamined: string;
  protocolName: string;
  stationName: string;
  seriesDate: string;
  instanceCount: number;
  firstArrivedAt: number;
  lastArrivedAt: number;
}

export interface InstanceRow {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopInstanceUid: string;
  sopClassUid: string;
  transferSyntaxUid: string;
  instanceNumber: number | null;
  /** Of the data set, bytes. */
  sizeBytes: number;
  /** Of the data set, lower-case hex. */
  sha256: string;
  arrivedAt: number;
  sourceAeTitle: string;
  numberOfFrames: number;
}

/** Of table t. */
export const STUDY_ROW_COLUMNS = [
  ...ENTITY_COLUMNS.studies,
  'study_date',
  'study_time',
  'patient_name_alphabetic',
  'patient_id',
  'first_arrived_at',
  'last_arrived_at',
].map((column) => `t.${column}`);

export function toStudyRow(row: Row): StudyRow {
  const attributes = fromAttributesJson(row['attributes']);
  const modalities = textOf(row, 'modalities_in_study');
  return {
    studyInstanceUid: textOf(row, 'study_instance_uid'),
    patientName: nameOf(attributes, tags.PatientName),
    patientId: firstText(attributes, tags.PatientID),
    patientBirthDate: firstText(attributes, tags.PatientBirthDate),
    patientSex: firstText(attributes, tags.PatientSex),
    studyDate: firstText(attributes, tags.StudyDate),
    studyTime: firstText(attributes, tags.StudyTime),
    accessionNumber: firstText(attributes, tags.AccessionNumber),
    studyId: firstText(attributes, tags.StudyID),
    studyDescription: firstText(attributes, tags.StudyDescription),
    referringPhysicianName: nameOf(attributes, tags.ReferringPhysicianName),
    institutionName: firstText(attributes, tags.InstitutionName),
    modalities: modalities === '' ? [] : modalities.split('\\'),
    seriesCount: numberOf(row, 'series_count'),
    instanceCount: numberOf(row, 'instance_count'),
    firstArrivedAt: numberOf(row, 'first_arrived_at'),
    lastArrivedAt: numberOf(row, 'last_arrived_at'),
  };
}

/** Of tables s and t. */
export const SERIES_ROW_COLUMNS = [
  ...[...ENTITY_COLUMNS.series, 'series_number', 'first_arrived_at', 'last_arrived_at'].map(
    (column) => `s.${column}`,
  ),
  't.study_instance_uid',
];

export function toSeriesRow(row: Row): SeriesRow {
  const attributes = fromAttributesJson(row['attributes']);
  const number = numberOf(row, 'series_number');
  return {
    studyInstanceUid: textOf(row, 'study_instance_uid'),
    seriesInstanceUid: textOf(row, 'series_instance_uid'),
    modality: firstText(attributes, tags.Modality),
    seriesNumber: number === NO_SERIES_NUMBER ? null : number,
    seriesDescription: firstText(attributes, tags.SeriesDescription),
    bodyPartExamined: firstText(attributes, tags.BodyPartExamined),
    protocolName: firstText(attributes, tags.ProtocolName),
    stationName: firstText(attributes, tags.StationName),
    seriesDate: firstText(attributes, tags.SeriesDate),
    instanceCount: numberOf(row, 'instance_count'),
    firstArrivedAt: numberOf(row, 'first_arrived_at'),
    lastArrivedAt: numberOf(row, 'last_arrived_at'),
  };
}

/** Of tables i, s and t. */
export const INSTANCE_ROW_COLUMNS = [
  ...INSTANCE_COLUMNS,
  'i.attributes',
  's.series_instance_uid',
  't.study_instance_uid',
];

export function toInstanceRow(row: Row): InstanceRow {
  const { week: _week, dataSetOffset: _offset, ...stored } = toStoredInstance(row, row);
  const number = numberOf(row, 'instance_number');
  const frames = Number(firstText(fromAttributesJson(row['attributes']), tags.NumberOfFrames));
  return {
    ...stored,
    instanceNumber: number === NO_INSTANCE_NUMBER ? null : number,
    numberOfFrames: Number.isSafeInteger(frames) && frames > 0 ? frames : 1,
  };
}

function nameOf(attributes: JsonDataSet, tag: number): NameGroups {
  const value = attributes[hexOfTag(tag)]?.Value?.[0];
  const name: PersonName = typeof value === 'object' && value !== null ? (value as PersonName) : {};
  return {
    alphabetic: name.Alphabetic ?? '',
    ideographic: name.Ideographic ?? '',
    phonetic: name.Phonetic ?? '',
  };
}
