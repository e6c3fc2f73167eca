import type { Knex } from 'knex';
import { tags } from '../dicom/dictionary/tags.ts';
import { foldText } from '../dicom/fold.ts';
import { fuzzyPattern, fuzzyWordsOf } from '../dicom/fuzzy-names.ts';
import { hasWildcard, type MatchingKey, personNameKey, significantValues } from '../dicom/matching.ts';
import { dateSpan, timeSpan } from '../dicom/time-spans.ts';
import { isKeptNumber, NO_INSTANCE_NUMBER, NOT_WHOLE } from './columns.ts';
import { uidsComparedMax } from './limits.ts';
import { fitText } from './rows.ts';

/**
 * What the database does of a key's matching: it lets through every row that matches, and not many others. The rule itself is
 * in dicom/matching.ts, and is applied to whatever comes through. Ranges of a prefix are plain comparisons, since neither
 * engine uses an index for every LIKE.
 */
type Condition = (where: Knex.QueryBuilder, values: readonly string[], isFuzzy: boolean) => void;

type ValueCondition = (where: Knex.QueryBuilder, value: string, isFuzzy: boolean) => void;

export interface NarrowingKey extends MatchingKey {
  /** A name is looked for as dicom/fuzzy-names.ts does. */
  isFuzzy?: boolean;
}

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
  [tags.StudyID, orNotWhole('t.study_id', exact('t.study_id'))],
  [tags.StudyDescription, orNotWhole('t.study_description', words('t.study_description'))],
  [
    tags.ReferringPhysicianName,
    orNotWhole('t.referring_physician_alphabetic', personName('t.referring_physician')),
  ],
  [tags.InstitutionName, orNotWhole('t.institution_name', words('t.institution_name'))],
  [tags.ModalitiesInStudy, contained('t.modalities_in_study')],
  [tags.SOPClassesInStudy, contained('t.sop_classes_in_study')],
];

const SERIES_CONDITIONS: [number, Condition][] = [
  [tags.SeriesInstanceUID, uid('s.series_instance_uid')],
  [tags.Modality, orNotWhole('s.modality', exact('s.modality'))],
  [tags.SeriesNumber, integer('s.series_number')],
  [tags.SeriesDescription, orNotWhole('s.series_description', words('s.series_description'))],
  [tags.BodyPartExamined, orNotWhole('s.body_part_examined', exact('s.body_part_examined'))],
  [tags.ProtocolName, orNotWhole('s.protocol_name', words('s.protocol_name'))],
  [tags.StationName, orNotWhole('s.station_name', exact('s.station_name'))],
  [tags.SeriesDate, span('s.series_date', dateSpan)],
  [tags.PerformedProcedureStepStartDate, span('s.performed_procedure_step_start_date', dateSpan)],
  [tags.PerformedProcedureStepStartTime, span('s.performed_procedure_step_start_time', timeSpan)],
];

const INSTANCE_CONDITIONS: [number, Condition][] = [
  [tags.SOPInstanceUID, uid('i.sop_instance_uid')],
  [tags.SOPClassUID, fewUids(uid('i.sop_class_uid'))],
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
export function keysFor(table: ConditionedTable, keys: readonly NarrowingKey[]): NarrowingKey[] {
  return keys.filter((key) => CONDITIONS[table].has(key.tag));
}

/** Adds the conditions of the keys: all keys, and of each any value. */
export function restrict(
  query: Knex.QueryBuilder,
  table: ConditionedTable,
  keys: readonly NarrowingKey[],
): void {
  for (const key of keys) {
    const condition = CONDITIONS[table].get(key.tag);
    if (condition === undefined) continue;
    query.where((one) => condition(one, significantValues(key), key.isFuzzy === true));
  }
}

function anyValue(condition: ValueCondition): Condition {
  return (where, values, isFuzzy) => {
    for (const value of values) where.orWhere((one) => condition(one, value, isFuzzy));
  };
}

/** @param column of a width that `fitText` cut the stored values to */
function exact(column: string): Condition {
  return anyValue((where, value) => like(where, column, value, hasWildcard('LO', value)));
}

function words(column: string): Condition {
  return anyValue((where, value) => {
    const folded = foldText(value);
    like(where, column, folded, hasWildcard('LO', folded));
  });
}

/** Of a column that says where it does not hold all: such rows are let through. */
function orNotWhole(column: string, condition: Condition): Condition {
  return (where, values, isFuzzy) => {
    where
      .where((one) => condition(one, values, isFuzzy))
      .orWhere((one) => startsWith(one, column, NOT_WHOLE));
  };
}

/** Three columns: a key of one group may match any of them. */
function personName(stem: string): Condition {
  return anyValue((where, value, isFuzzy) => {
    const words = isFuzzy ? fuzzyWordsOf(value) : undefined;
    if (words !== undefined) {
      fuzzyName(where, stem, words);
      return;
    }
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
  });
}

const NAME_GROUPS = ['alphabetic', 'ideographic', 'phonetic'];

/** Of one component group of the key every word, in whichever group of the name. */
function fuzzyName(where: Knex.QueryBuilder, stem: string, groups: readonly (readonly string[])[]): void {
  for (const words of groups) {
    where.orWhere((everyWord) => {
      for (const word of words) {
        everyWord.where((anyGroup) => {
          for (const group of NAME_GROUPS) {
            anyGroup.orWhere((one) => like(one, `${stem}_${group}`, fuzzyPattern(word), true));
          }
        });
      }
    });
  }
}

function like(where: Knex.QueryBuilder, column: string, pattern: string, isPattern: boolean): void {
  if (!isPattern) {
    where.where(column, fitText(pattern, COLUMN_CHARS_MAX));
    return;
  }
  const prefix = pattern.slice(0, pattern.search(/[*?]/));
  if (prefix !== '') startsWith(where, column, fitText(prefix, COLUMN_CHARS_MAX));
  where.whereRaw(LIKE, [column, likePattern(pattern)]);
}

function startsWith(where: Knex.QueryBuilder, column: string, prefix: string): void {
  where.where(column, '>=', prefix).where(column, '<', `${prefix}\u{10ffff}`);
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

/** What is longer than any value of a column lets through all that begin so. */
function likePattern(pattern: string): string {
  const letters = Array.from(pattern.replace(/\*+/g, '*'));
  const cut = letters.slice(0, 2 * COLUMN_CHARS_MAX).join('');
  const text = letters.length > 2 * COLUMN_CHARS_MAX ? `${cut}*` : cut;
  return fitText(likeText(text).replaceAll('*', '%').replaceAll('?', '_'), 8 * COLUMN_CHARS_MAX);
}

function contained(column: string): Condition {
  return fewUids(anyValue((where, value) => where.whereRaw(LIKE, [column, `%${likePattern(value)}%`])));
}

/** A column of ASCII: text of another kind would keep the index from being used, and matches nothing. */
function uid(column: string): Condition {
  return (where, values) =>
    where.whereIn(
      column,
      values.filter((value) => /^[\x20-\x7e]{1,128}$/.test(value)),
    );
}

/** Where no index helps, a long list restricts nothing. */
function fewUids(condition: Condition): Condition {
  return (where, values, isFuzzy) =>
    values.length > uidsComparedMax ? where.whereRaw('1 = 1') : condition(where, values, isFuzzy);
}

/** A value that cannot be read restricts nothing here, and is compared as text later. */
function span(column: string, spanOf: typeof dateSpan): Condition {
  return anyValue((where, value) => {
    const wanted = spanOf(value);
    if (wanted === undefined) where.whereRaw('1 = 1');
    else where.whereBetween(column, [wanted.from, wanted.to]);
  });
}

/** What is no IS is kept as no number: @see `seriesColumns`. */
function integer(column: string): Condition {
  return anyValue((where, value) => {
    const wanted = Number(value);
    if (Number.isInteger(wanted)) where.where(column, isKeptNumber(wanted) ? wanted : NO_INSTANCE_NUMBER);
    else where.whereRaw('1 = 1');
  });
}
