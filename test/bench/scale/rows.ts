import type { InstanceArrival } from '../../../src/catalog/catalog.ts';
import {
  instanceNumberOf,
  patientColumns,
  patientKeyOf,
  seriesColumns,
  studyColumns,
} from '../../../src/catalog/columns.ts';
import { toAttributesJson } from '../../../src/catalog/kept-attributes.ts';
import { localDayOf } from '../../../src/catalog/local-day.ts';
import type { Row } from '../../../src/catalog/rows.ts';
import { wordsOfStudy } from '../../../src/catalog/study-words.ts';
import type { ArchivePlan } from './plan.ts';
import { type MadePatient, type MadeSeries, type MadeStudy, makeStudy } from './study.ts';

/** The tables that indexing fills, parents first. */
export const TABLES = [
  'patients',
  'studies',
  'study_words',
  'series',
  'instances',
  'arrival_statistics',
] as const;

export type Table = (typeof TABLES)[number];

/** Rows for some studies, and those of `patients` that came with them first. */
export type TableRows = Readonly<Record<Table, Row[]>>;

/**
 * The rows that the catalogue would have after it had indexed every instance of these studies; their ids count from 1 in the order of the plan. Columns
 * are made by the catalogue's own functions; a test lays both beside each other.
 *
 * @param from the first study @param to the one after the last
 */
export function rowsOfStudies(plan: ArchivePlan, from: number, to: number): TableRows {
  const rows: TableRows = {
    patients: [],
    studies: [],
    study_words: [],
    series: [],
    instances: [],
    arrival_statistics: [],
  };
  const tallies = new Map<string, Row>();
  let patients = newPatientsBefore(plan, from);
  for (let index = from; index < to; index++) {
    const study = makeStudy(plan, index);
    const patient = plan.patientOf[index] ?? 0;
    if (patient >= patients) rows.patients.push(patientRow(plan, patients++, study.patient));
    const studyRowId = index + 1;
    const row = studyRow(studyRowId, patient + 1, study);
    rows.studies.push(row);
    for (const word of wordsOfStudy(row)) rows.study_words.push({ study_row_id: studyRowId, word });
    let seriesRowId = plan.seriesBefore[index] ?? 0;
    let instanceRowId = plan.instancesBefore[index] ?? 0;
    for (const series of study.series) {
      rows.series.push(seriesRow(++seriesRowId, studyRowId, series));
      for (const instance of series.instances) {
        rows.instances.push(instanceRow(++instanceRowId, seriesRowId, instance));
        count(tallies, instance, series.modality);
      }
    }
  }
  rows.arrival_statistics.push(...tallies.values());
  return rows;
}

/** Patients are numbered by their first study, so the highest number tells how many there were. */
function newPatientsBefore(plan: ArchivePlan, study: number): number {
  return plan.patientOf.subarray(0, study).reduce((most, patient) => Math.max(most, patient + 1), 0);
}

function patientRow(plan: ArchivePlan, index: number, { attributes }: MadePatient): Row {
  return {
    id: index + 1,
    patient_key: patientKeyOf(attributes),
    ...patientColumns(attributes),
    study_count: plan.studyCounts[index] ?? 0,
    series_count: plan.seriesCounts[index] ?? 0,
    instance_count: plan.instanceCounts[index] ?? 0,
    attributes: toAttributesJson(attributes),
  };
}

function studyRow(id: number, patientRowId: number, study: MadeStudy): Row {
  const attributes = { ...study.patient.attributes, ...study.attributes };
  const instances = study.series.flatMap((series) => series.instances);
  return {
    id,
    patient_row_id: patientRowId,
    study_instance_uid: study.uid,
    ...studyColumns(attributes),
    modalities_in_study: joined(study.series.map(({ modality }) => modality)),
    sop_classes_in_study: joined(instances.map(({ sopClassUid }) => sopClassUid)),
    series_count: study.series.length,
    instance_count: instances.length,
    ...arrivalsBetween(instances),
    attributes: toAttributesJson(attributes),
  };
}

function seriesRow(id: number, studyRowId: number, series: MadeSeries): Row {
  return {
    id,
    study_row_id: studyRowId,
    series_instance_uid: series.uid,
    ...seriesColumns(series.attributes),
    instance_count: series.instances.length,
    ...arrivalsBetween(series.instances),
    attributes: toAttributesJson(series.attributes),
  };
}

function instanceRow(id: number, seriesRowId: number, instance: InstanceArrival): Row {
  return {
    id,
    series_row_id: seriesRowId,
    sop_instance_uid: instance.sopInstanceUid,
    sop_class_uid: instance.sopClassUid,
    transfer_syntax_uid: instance.transferSyntaxUid,
    instance_number: instanceNumberOf(instance.attributes),
    size_bytes: instance.sizeBytes,
    data_set_offset: instance.dataSetOffset,
    sha256: Buffer.from(instance.sha256, 'hex'),
    arrived_at: instance.arrivedAt,
    source_ae_title: instance.sourceAeTitle,
    week: instance.week,
    attributes: toAttributesJson(instance.attributes),
  };
}

function arrivalsBetween(instances: readonly InstanceArrival[]): Row {
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const { arrivedAt } of instances) {
    first = Math.min(first, arrivedAt);
    last = Math.max(last, arrivedAt);
  }
  return { first_arrived_at: first, last_arrived_at: last };
}

function count(tallies: Map<string, Row>, instance: InstanceArrival, modality: string): void {
  const day = localDayOf(instance.arrivedAt);
  const key = `${day}/${instance.sourceAeTitle}/${modality}`;
  const tally = tallies.get(key) ?? {
    day,
    source_ae_title: instance.sourceAeTitle,
    modality,
    instances: 0,
    bytes: 0,
    last_arrived_at: 0,
  };
  tally['instances'] = Number(tally['instances']) + 1;
  tally['bytes'] = Number(tally['bytes']) + instance.sizeBytes;
  tally['last_arrived_at'] = Math.max(Number(tally['last_arrived_at']), instance.arrivedAt);
  tallies.set(key, tally);
}

function joined(values: readonly string[]): string {
  return [...new Set(values)].toSorted().join('\\');
}
