import type { Knex } from 'knex';
import { tags } from '../dicom/dictionary/tags.ts';
import { foldText } from '../dicom/fold.ts';
import { hasWildcard, type MatchingKey, personNameKey, significantValues } from '../dicom/matching.ts';
import { dateSpan, timeSpan } from '../dicom/time-spans.ts';
import { fitText } from './rows.ts';

/**
 * What the database does of a key's matching: it lets through every row that matches, and not many others. The rule itself is
 * in dicom/matching.ts, and is applied to whatever comes through. Ranges of a prefix are plain comparisons, since neither
 * engine uses an index for every LIKE.
 */
type Condition = (where: Knex.QueryBuilder, value: string) => void;

/** The condition that the columns of table `t` (studies) or `p` (patients) allow for a key of the patient. */
function patientConditions(alias: string): [number, Condition][] {
  return [
    [tags.PatientID, exact(`${alias}.patient_id`)],
    [tags.IssuerOfPatientID, exact(`${alias}.issuer_of_patient_id`)],
    [tags.PatientName, personName(`${alias}.patient_name`)],
    [tags.PatientBirthDate, span(`${alias}.patient_birth_date`, dateSpan)],
    [tags.PatientSex, exact(`${alias}.patient_sex`)],
  ];
}

const STUDY_CONDITIONS: [number, Condition][] = [
  ...patientConditions('t'),
  [tags.StudyInstanceUID, uid('t.study_instance_uid')],
  [tags.StudyDate, span('t.study_date', dateSpan)],
  [tags.StudyTime, span('t.study_time', timeSpan)],
  [tags.AccessionNumber, exact('t.accession_number')],
  [tags.StudyID, exact('t.study_id')],
  [tags.StudyDescription, words('t.study_description')],
  [tags.ReferringPhysicianName, personName('t.referring_physician')],
  [tags.InstitutionName, words('t.institution_name')],
  [tags.ModalitiesInStudy, contained('t.modalities_in_study')],
  [tags.SOPClassesInStudy, contained('t.sop_classes_in_study')],
];

const SERIES_CONDITIONS: [number, Condition][] = [
  [tags.SeriesInstanceUID, uid('s.series_instance_uid')],
  [tags.Modality, exact('s.modality')],
  [tags.SeriesNumber, integer('s.series_number')],
  [tags.SeriesDescription, words('s.series_description')],
  [tags.BodyPartExamined, exact('s.body_part_examined')],
  [tags.ProtocolName, words('s.protocol_name')],
  [tags.StationName, exact('s.station_name')],
  [tags.SeriesDate, span('s.series_date', dateSpan)],
  [tags.PerformedProcedureStepStartDate, span('s.performed_procedure_step_start_date', dateSpan)],
  [tags.PerformedProcedureStepStartTime, span('s.performed_procedure_step_start_time', timeSpan)],
];

const INSTANCE_CONDITIONS: [number, Condition][] = [
  [tags.SOPInstanceUID, uid('i.sop_instance_uid')],
  [tags.SOPClassUID, uid('i.sop_class_uid')],
  [tags.InstanceNumber, integer('i.instance_number')],
];

/** By table: p patients, t studies, s series, i instances; `ofStudy` are those that a series query needs table t for. */
export const CONDITIONS = {
  patients: new Map(patientConditions('p')),
  studies: new Map(STUDY_CONDITIONS),
  series: new Map(SERIES_CONDITIONS),
  instances: new Map(INSTANCE_CONDITIONS),
};

export type ConditionedTable = keyof typeof CONDITIONS;

/** Those of the keys that a table's columns can restrict. */
export function keysFor(table: ConditionedTable, keys: readonly MatchingKey[]): MatchingKey[] {
  return keys.filter((key) => CONDITIONS[table].has(key.tag));
}

/** Adds the conditions of the keys: all keys, and of each any value. */
export function restrict(
  query: Knex.QueryBuilder,
  table: ConditionedTable,
  keys: readonly MatchingKey[],
): void {
  for (const key of keys) {
    const condition = CONDITIONS[table].get(key.tag);
    if (condition === undefined) continue;
    query.where((anyValue) => {
      for (const value of significantValues(key)) anyValue.orWhere((one) => condition(one, value));
    });
  }
}

/** @param column of a width that `fitText` cut the stored values to */
function exact(column: string): Condition {
  return (where, value) => like(where, column, value, hasWildcard('LO', value));
}

function words(column: string): Condition {
  return (where, value) => {
    const folded = foldText(value);
    like(where, column, folded, hasWildcard('LO', folded));
  };
}

/** Three columns: a key of one group may match any of them. */
function personName(stem: string): Condition {
  return (where, value) => {
    const [alphabetic, ideographic, phonetic] = personNameKey(value);
    const groups = [
      { column: `${stem}_alphabetic`, pattern: alphabetic },
      { column: `${stem}_ideographic`, pattern: ideographic },
      { column: `${stem}_phonetic`, pattern: phonetic },
    ];
    for (const { column, pattern } of groups) {
      if (pattern === '') continue;
      // `SMITH^*` finds SMITH too, which has no delimiter.
      const wider = /[*?]$/.test(pattern) ? `${pattern.replace(/[*?^]+$/, '')}*` : pattern;
      where.orWhere((group) => like(group, column, wider, hasWildcard('PN', wider)));
    }
  };
}

function like(where: Knex.QueryBuilder, column: string, pattern: string, isPattern: boolean): void {
  if (!isPattern) {
    where.where(column, fitText(pattern, COLUMN_CHARS_MAX));
    return;
  }
  const prefix = pattern.slice(0, pattern.search(/[*?]/));
  if (prefix !== '') {
    where.where(column, '>=', fitText(prefix, COLUMN_CHARS_MAX));
    where.where(column, '<', `${fitText(prefix, COLUMN_CHARS_MAX)}\u{10ffff}`);
  }
  where.whereRaw(LIKE, [column, likePattern(pattern)]);
}

/**
 * COALESCE hides the column from MariaDB's own range for LIKE, which ends at U+FFFF and so loses what is above (10.11,
 * utf8mb4_bin: `LIKE 'a%'` over an index does not find 'a' and U+1F600).
 */
const LIKE = "COALESCE(??, '') LIKE ? ESCAPE '!'";

/** Widest text column: no stored value is longer. */
const COLUMN_CHARS_MAX = 255;

/** Text as it is, for a LIKE with ESCAPE '!'. */
export function likeText(text: string): string {
  return text.replace(/[!%_]/g, '!$&');
}

function likePattern(pattern: string): string {
  return fitText(likeText(pattern).replaceAll('*', '%').replaceAll('?', '_'), 4 * COLUMN_CHARS_MAX);
}

function contained(column: string): Condition {
  return (where, value) => {
    where.whereRaw(LIKE, [column, `%${likePattern(value)}%`]);
  };
}

/** A column of ASCII: text of another kind would keep the index from being used, and matches nothing. */
function uid(column: string): Condition {
  return (where, value) => {
    if (/^[\x20-\x7e]{1,128}$/.test(value)) where.where(column, value);
    else where.whereRaw('1 = 0');
  };
}

/** A value that cannot be read restricts nothing here, and is compared as text later. */
function span(column: string, spanOf: typeof dateSpan): Condition {
  return (where, value) => {
    const wanted = spanOf(value);
    if (wanted === undefined) where.whereRaw('1 = 1');
    else where.whereBetween(column, [wanted.from, wanted.to]);
  };
}

function integer(column: string): Condition {
  return (where, value) => {
    const wanted = Number(value);
    if (Number.isInteger(wanted)) where.where(column, wanted);
    else where.whereRaw('1 = 1');
  };
}
