import type { Knex } from 'knex';
import { tags } from '../dicom/dictionary/tags.ts';
import { foldText } from '../dicom/fold.ts';
import { fuzzyPattern, fuzzyWordsOf } from '../dicom/fuzzy-names.ts';
import { hasWildcard, significantValues } from '../dicom/matching.ts';
import { dateSpan, timeSpan } from '../dicom/time-spans.ts';
import { isKeptNumber, NO_INSTANCE_NUMBER, NOT_WHOLE } from './columns.ts';
import { columnPatterns } from './known-names.ts';
import { LIKE, like, likePattern, prefixOf, startsWith } from './like.ts';
import { uidsComparedMax, waysMax } from './limits.ts';
import { columnAndPattern, type NarrowingKey } from './narrowing-key.ts';

/**
 * What the database does of a key's matching: it lets through every row that matches, and not many others. The rule itself is
 * in dicom/matching.ts, and is applied to whatever comes through.
 */
export type Narrowing = (where: Knex.QueryBuilder) => void;

/** Any one of these lets a row through; where there is none, all come through. */
type Condition = (key: NarrowingKey) => Narrowing[];

type ValueCondition = (where: Knex.QueryBuilder, value: string) => void;

/** The condition that the columns of table `t` (studies) or `p` (patients) allow for a key of the patient. */
function patientConditions(alias: string): [number, Condition][] {
  return [
    [tags.PatientID, exact(`${alias}.patient_id`)],
    [tags.IssuerOfPatientID, exact(`${alias}.issuer_of_patient_id`)],
    [tags.PatientName, personName(alias, 'patient_name')],
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
    orNotWhole('t.referring_physician_alphabetic', personName('t', 'referring_physician')),
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
    const narrowings = CONDITIONS[table].get(key.tag)?.(key) ?? [];
    query.where((any) => {
      for (const narrowing of narrowings) any.orWhere(narrowing);
    });
  }
}

/** Keys of a query, with the table that each of them restricts. */
export type TableKeys = readonly (readonly [ConditionedTable, readonly NarrowingKey[]])[];

export function restrictAll(query: Knex.QueryBuilder, parts: TableKeys): void {
  for (const [table, keys] of parts) restrict(query, table, keys);
}

/**
 * Restrictions that together let through what all the keys do; none where nothing is restricted. A name is in one of three columns, each of which has an
 * index: they are asked one by one, since asked for any of them either engine reads all that each of them has before it gives the first.
 */
export function waysOf(parts: TableKeys): Narrowing[] {
  if (parts.every(([, keys]) => keys.length === 0)) return [];
  for (const [table, keys] of parts) {
    for (const key of keys) {
      const narrowings = key.vr === 'PN' ? (CONDITIONS[table].get(key.tag)?.(key) ?? []) : [];
      if (narrowings.length < 2 || narrowings.length > waysMax) continue;
      const others = parts.map(([other, all]) => [other, all.filter((one) => one !== key)] as const);
      return narrowings.map((narrowing) => (query) => {
        query.where(narrowing);
        restrictAll(query, others);
      });
    }
  }
  return [(query) => restrictAll(query, parts)];
}

/** Attributes of which few entities have the same value. */
const IDENTIFIERS: ReadonlySet<number> = new Set([
  tags.PatientID,
  tags.StudyInstanceUID,
  tags.AccessionNumber,
  tags.SeriesInstanceUID,
  tags.SOPInstanceUID,
]);

/** Whether an identifier is among the keys, written out. */
export function areFew(keys: readonly NarrowingKey[]): boolean {
  return keys.some((key) => {
    const [value, ...others] = significantValues(key);
    return (
      IDENTIFIERS.has(key.tag) && value !== undefined && others.length === 0 && !hasWildcard('LO', value)
    );
  });
}

function anyValue(condition: ValueCondition): Condition {
  return (key) => significantValues(key).map((value) => (where) => condition(where, value));
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
  return (key) => [...condition(key), (where) => startsWith(where, column, NOT_WHOLE)];
}

/** Three columns: a key of one group may match any of them. */
function personName(alias: string, stem: string): Condition {
  return (key) =>
    significantValues(key).flatMap((value) => {
      const words = key.isFuzzy === true ? fuzzyWordsOf(value) : undefined;
      if (words !== undefined) return fuzzyName(`${alias}.${stem}`, words);
      const patterns = columnPatterns(stem, value).map(({ column, pattern }) => ({
        column: `${alias}.${column}`,
        pattern,
        names: key.names?.get(columnAndPattern(column, pattern)),
      }));
      const possible = patterns.filter(({ names }) => names?.length !== 0);
      // Without any it would restrict nothing.
      return (possible.length > 0 ? possible : patterns).map(nameLike);
    });
}

interface NamePattern {
  column: string;
  pattern: string;
  /** Those that match, where they are known. */
  names: readonly string[] | undefined;
}

function nameLike({ column, pattern, names }: NamePattern): Narrowing {
  return (where) => {
    if (names !== undefined) {
      where.whereIn(column, names);
      return;
    }
    // No name matches where there is none: most have one group alone.
    if (prefixOf(pattern) === '') where.where(column, '>', '');
    like(where, column, pattern, hasWildcard('PN', pattern));
  };
}

const NAME_GROUPS = ['alphabetic', 'ideographic', 'phonetic'];

/** Of one component group of the key every word, in whichever group of the name. */
function fuzzyName(stem: string, groups: readonly (readonly string[])[]): Narrowing[] {
  return groups.map((words) => (everyWord) => {
    for (const word of words) {
      everyWord.where((anyGroup) => {
        for (const group of NAME_GROUPS) {
          anyGroup.orWhere((one) => like(one, `${stem}_${group}`, fuzzyPattern(word), true));
        }
      });
    }
  });
}

function contained(column: string): Condition {
  return fewUids(anyValue((where, value) => where.whereRaw(LIKE, [column, `%${likePattern(value)}%`])));
}

/** A column of ASCII: text of another kind would keep the index from being used, and matches nothing. */
function uid(column: string): Condition {
  return (key) => [
    (where) =>
      where.whereIn(
        column,
        significantValues(key).filter((value) => /^[\x20-\x7e]{1,128}$/.test(value)),
      ),
  ];
}

/** Where no index helps, a long list restricts nothing. */
function fewUids(condition: Condition): Condition {
  return (key) =>
    significantValues(key).length > uidsComparedMax ? [(where) => where.whereRaw('1 = 1')] : condition(key);
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
