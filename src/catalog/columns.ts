import { createHash } from 'node:crypto';
import { hexOfTag } from '../dicom/dictionary/dictionary.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { foldPersonName, foldText } from '../dicom/fold.ts';
import type { JsonDataSet, PersonName } from '../dicom/json.ts';
import { dateSpan, timeSpan } from '../dicom/time-spans.ts';
import { firstText } from './kept-attributes.ts';
import { fitText, type Row } from './rows.ts';

/** `instance_number` of an instance that has none: last in its series. */
export const NO_INSTANCE_NUMBER = 0x7fffffff;

/**
 * What a column that is only searched by begins with where it cannot hold the attribute whole: several values, which no value may have (they are parted by
 * it), or one that is too long. The rule of matching sees them all.
 */
export const NOT_WHOLE = '\\';

/** `series_number` likewise. */
export const NO_SERIES_NUMBER = 0x7fffffff;

/**
 * Which patient an instance speaks of: Patient ID with its issuer (PS3.3 §C.2.2), or name and birth date where it has no ID.
 * SHA-256 in hex, so that it is a key of one length whatever was in them.
 */
export function patientKeyOf(attributes: JsonDataSet): string {
  const patientId = firstText(attributes, tags.PatientID);
  const parts =
    patientId === ''
      ? [
          'name',
          ...personNameFolds(attributes, tags.PatientName),
          firstText(attributes, tags.PatientBirthDate),
        ]
      : ['id', patientId, firstText(attributes, tags.IssuerOfPatientID)];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Matching keys of the patient, in `patients` and in `studies`. */
export function patientColumns(attributes: JsonDataSet): Row {
  const [alphabetic, ideographic, phonetic] = personNameFolds(attributes, tags.PatientName);
  return {
    patient_id: fitText(firstText(attributes, tags.PatientID), 255),
    issuer_of_patient_id: fitText(firstText(attributes, tags.IssuerOfPatientID), 255),
    patient_name_alphabetic: fitText(alphabetic, 255),
    patient_name_ideographic: fitText(ideographic, 255),
    patient_name_phonetic: fitText(phonetic, 255),
    patient_birth_date: date(attributes, tags.PatientBirthDate),
    patient_sex: fitText(firstText(attributes, tags.PatientSex), 16),
  };
}

/** @param attributes of the study, the patient's among them */
export function studyColumns(attributes: JsonDataSet): Row {
  const [alphabetic, ideographic, phonetic] = personNameFolds(attributes, tags.ReferringPhysicianName);
  const referringPhysicians = attributes[hexOfTag(tags.ReferringPhysicianName)]?.Value ?? [];
  return {
    ...patientColumns(attributes),
    study_date: date(attributes, tags.StudyDate),
    study_time: time(attributes, tags.StudyTime),
    accession_number: fitText(firstText(attributes, tags.AccessionNumber), 64),
    study_id: searched(attributes, tags.StudyID, 64),
    study_description: folded(attributes, tags.StudyDescription),
    referring_physician_alphabetic: referringPhysicians.length > 1 ? NOT_WHOLE : fitText(alphabetic, 255),
    referring_physician_ideographic: fitText(ideographic, 255),
    referring_physician_phonetic: fitText(phonetic, 255),
    institution_name: folded(attributes, tags.InstitutionName),
  };
}

export function seriesColumns(attributes: JsonDataSet): Row {
  return {
    modality: searched(attributes, tags.Modality, 16),
    series_number: integer(attributes, tags.SeriesNumber) ?? NO_SERIES_NUMBER,
    series_description: folded(attributes, tags.SeriesDescription),
    body_part_examined: searched(attributes, tags.BodyPartExamined, 64),
    protocol_name: folded(attributes, tags.ProtocolName),
    station_name: searched(attributes, tags.StationName, 64),
    series_date: date(attributes, tags.SeriesDate),
    performed_procedure_step_start_date: date(attributes, tags.PerformedProcedureStepStartDate),
    performed_procedure_step_start_time: time(attributes, tags.PerformedProcedureStepStartTime),
  };
}

export function instanceNumberOf(attributes: JsonDataSet): number {
  return integer(attributes, tags.InstanceNumber) ?? NO_INSTANCE_NUMBER;
}

function personNameFolds(attributes: JsonDataSet, tag: number): [string, string, string] {
  const value = attributes[hexOfTag(tag)]?.Value?.[0];
  const name: PersonName = typeof value === 'object' && value !== null ? (value as PersonName) : {};
  const { alphabetic, ideographic, phonetic } = foldPersonName(name);
  return [alphabetic, ideographic, phonetic];
}

function folded(attributes: JsonDataSet, tag: number): string {
  return searched(attributes, tag, 255, foldText);
}

function searched(
  attributes: JsonDataSet,
  tag: number,
  charsMax: number,
  normalize = (text: string) => text,
): string {
  const text = normalize(firstText(attributes, tag));
  const isWhole = (attributes[hexOfTag(tag)]?.Value?.length ?? 0) <= 1 && text.length <= charsMax;
  return fitText(isWhole ? text : NOT_WHOLE + text, charsMax);
}

/** `YYYYMMDD`, '' where there is none that can be read. */
function date(attributes: JsonDataSet, tag: number): string {
  const text = firstText(attributes, tag);
  return text.includes('-') ? '' : (dateSpan(text)?.from ?? '');
}

/** `HHMMSS.FFFFFF`, '' where there is none that can be read. */
function time(attributes: JsonDataSet, tag: number): string {
  const text = firstText(attributes, tag);
  return text.includes('-') ? '' : (timeSpan(text)?.from ?? '');
}

/** An IS within its range — PS3.5 §6.2; what is none has no place in an order. */
function integer(attributes: JsonDataSet, tag: number): number | undefined {
  const text = firstText(attributes, tag);
  const number = Number(text);
  return text !== '' && isKeptNumber(number) ? number : undefined;
}

/** Whether `instance_number` and `series_number` hold it; others are as none. */
export function isKeptNumber(number: number): boolean {
  return Number.isInteger(number) && Math.abs(number) < NO_INSTANCE_NUMBER;
}
