import type { Knex } from 'knex';
import { tags } from '../dicom/dictionary/tags.ts';
import type { JsonDataSet } from '../dicom/json.ts';
import type { InstanceArrival } from './arrival.ts';
import { patientKeyOf } from './columns.ts';
import {
  type AttributesByLevel,
  fillAbsent,
  firstText,
  fromAttributesJson,
  partByLevel,
} from './kept-attributes.ts';
import { modalitiesInStudyMax, sopClassesInStudyMax, uidsPerStatement } from './limits.ts';
import { keyOfName, namesIn } from './name-words.ts';
import { fitAscii, fitText, numberOf, piecesOf, type Row, textOf } from './rows.ts';
import { wordsOfStudy } from './study-words.ts';

/** A row being made or changed; `id` is undefined until it has been inserted. */
export interface PatientDraft {
  id: number | undefined;
  key: string;
  attributes: JsonDataSet;
  studyCount: number;
  seriesCount: number;
  instanceCount: number;
}

export interface StudyDraft {
  id: number | undefined;
  uid: string;
  patient: PatientDraft;
  attributes: JsonDataSet;
  modalities: Set<string>;
  sopClasses: Set<string>;
  seriesCount: number;
  instanceCount: number;
  firstArrivedAt: number;
  lastArrivedAt: number;
  /** Those that are in the catalogue: `wordsOfStudy` of the row as it was read. */
  knownWords: ReadonlySet<string>;
}

export interface SeriesDraft {
  id: number | undefined;
  uid: string;
  study: StudyDraft;
  attributes: JsonDataSet;
  instanceCount: number;
  firstArrivedAt: number;
  lastArrivedAt: number;
}

/** A new instance and the series that it is added to. */
export interface PlacedArrival {
  arrival: InstanceArrival;
  attributes: AttributesByLevel;
  series: SeriesDraft;
}

/**
 * The patients, studies and series above a batch of new instances, read under lock (studies, patients, series: the same order
 * in every daemon), to be changed in memory and written back at once.
 *
 * Where instances of a study or series disagree, the values of the first that was indexed stay, and later ones fill what it left empty.
 * A study stays with the patient of its first instance; an instance that names another patient adds nothing about the patient.
 */
export class Hierarchy {
  readonly patients = new Map<string, PatientDraft>();
  readonly studies = new Map<string, StudyDraft>();
  readonly series = new Map<string, SeriesDraft>();
  readonly placed: PlacedArrival[] = [];
  /** `keyOfName` of those that the rows had, and that are found by what is inside of them therefore. */
  readonly knownNames = new Set<string>();

  /** @param arrivals new to the catalogue, in the order in which their values count */
  static async above(trx: Knex.Transaction, arrivals: readonly InstanceArrival[]): Promise<Hierarchy> {
    const hierarchy = new Hierarchy();
    const parted = arrivals.map((arrival) => ({ arrival, attributes: partByLevel(arrival.attributes) }));
    await hierarchy.#load(trx, parted);
    for (const { arrival, attributes } of parted) hierarchy.#place(arrival, attributes);
    return hierarchy;
  }

  async #load(trx: Knex.Transaction, parted: readonly Parted[]): Promise<void> {
    const studyUids = distinct(parted.map(({ arrival }) => arrival.studyInstanceUid));
    const studyRows = await selectIn(trx, 'studies', 'study_instance_uid', studyUids);
    const known = new Set(studyRows.map((row) => textOf(row, 'study_instance_uid')));
    const newStudies = parted.filter(({ arrival }) => !known.has(arrival.studyInstanceUid));
    const keys = distinct(newStudies.map(({ attributes }) => patientKeyOf(attributes.PATIENT)));
    const patientIds = distinct(studyRows.map((row) => numberOf(row, 'patient_row_id')));
    const patientRows = [
      ...(await selectIn(trx, 'patients', 'id', patientIds)),
      ...(await selectIn(trx, 'patients', 'patient_key', keys)),
    ];
    for (const name of namesIn([...patientRows, ...studyRows])) this.knownNames.add(keyOfName(name));
    const patientById = new Map<number, PatientDraft>();
    for (const row of patientRows) {
      const key = textOf(row, 'patient_key');
      const patient = this.patients.get(key) ?? patientOf(row);
      this.patients.set(key, patient);
      patientById.set(numberOf(row, 'id'), patient);
    }
    const studyById = new Map<number, StudyDraft>();
    for (const row of studyRows) {
      const patient = patientById.get(numberOf(row, 'patient_row_id'));
      if (patient === undefined) throw new Error(`study row ${String(row['id'])} has no patient row`);
      const study = studyOf(row, patient);
      this.studies.set(study.uid, study);
      studyById.set(numberOf(row, 'id'), study);
    }
    if (studyRows.length === 0) return;
    const seriesUids = distinct(parted.map(({ arrival }) => arrival.seriesInstanceUid));
    for (const row of await selectIn(trx, 'series', 'series_instance_uid', seriesUids)) {
      const study = studyById.get(numberOf(row, 'study_row_id'));
      if (study !== undefined) {
        const series = seriesOf(row, study);
        this.series.set(seriesKey(study.uid, series.uid), series);
      }
    }
  }

  #place(arrival: InstanceArrival, attributes: AttributesByLevel): void {
    const study = this.#studyFor(arrival, attributes);
    const series = this.#seriesFor(arrival, study);
    const patient = study.patient;
    if (patientKeyOf(attributes.PATIENT) === patient.key) {
      fillAbsent(patient.attributes, attributes.PATIENT);
      fillAbsent(study.attributes, attributes.PATIENT);
    }
    fillAbsent(study.attributes, attributes.STUDY);
    fillAbsent(series.attributes, attributes.SERIES);
    const modality = fitText(firstText(attributes.SERIES, tags.Modality), 16);
    if (modality !== '') addBounded(study.modalities, modality, modalitiesInStudyMax);
    addBounded(study.sopClasses, fitAscii(arrival.sopClassUid, 128), sopClassesInStudyMax);
    for (const parent of [study, series]) {
      parent.instanceCount++;
      parent.firstArrivedAt = Math.min(parent.firstArrivedAt, arrival.arrivedAt);
      parent.lastArrivedAt = Math.max(parent.lastArrivedAt, arrival.arrivedAt);
    }
    patient.instanceCount++;
    this.placed.push({ arrival, attributes, series });
  }

  #studyFor(arrival: InstanceArrival, attributes: AttributesByLevel): StudyDraft {
    const existing = this.studies.get(arrival.studyInstanceUid);
    if (existing !== undefined) return existing;
    const key = patientKeyOf(attributes.PATIENT);
    let patient = this.patients.get(key);
    if (patient === undefined) {
      patient = { id: undefined, key, attributes: {}, studyCount: 0, seriesCount: 0, instanceCount: 0 };
      this.patients.set(key, patient);
    }
    patient.studyCount++;
    const study: StudyDraft = {
      id: undefined,
      uid: arrival.studyInstanceUid,
      patient,
      attributes: {},
      modalities: new Set(),
      sopClasses: new Set(),
      seriesCount: 0,
      instanceCount: 0,
      firstArrivedAt: arrival.arrivedAt,
      lastArrivedAt: arrival.arrivedAt,
      knownWords: new Set(),
    };
    this.studies.set(study.uid, study);
    return study;
  }

  #seriesFor(arrival: InstanceArrival, study: StudyDraft): SeriesDraft {
    const key = seriesKey(study.uid, arrival.seriesInstanceUid);
    const existing = this.series.get(key);
    if (existing !== undefined) return existing;
    const series: SeriesDraft = {
      id: undefined,
      uid: arrival.seriesInstanceUid,
      study,
      attributes: {},
      instanceCount: 0,
      firstArrivedAt: arrival.arrivedAt,
      lastArrivedAt: arrival.arrivedAt,
    };
    study.seriesCount++;
    study.patient.seriesCount++;
    this.series.set(key, series);
    return series;
  }
}

interface Parted {
  arrival: InstanceArrival;
  attributes: AttributesByLevel;
}

/** One series UID in two studies is two series. */
export function seriesKey(studyInstanceUid: string, seriesInstanceUid: string): string {
  return `${studyInstanceUid}/${seriesInstanceUid}`;
}

/** Locked until the transaction ends (SQLite has one writer anyway). */
async function selectIn(
  trx: Knex.Transaction,
  table: string,
  column: string,
  values: readonly (string | number)[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const piece of piecesOf(values, uidsPerStatement)) {
    rows.push(...(await trx<Row>(table).whereIn(column, piece).forUpdate().select('*')));
  }
  return rows;
}

function patientOf(row: Row): PatientDraft {
  return {
    id: numberOf(row, 'id'),
    key: textOf(row, 'patient_key'),
    attributes: fromAttributesJson(row['attributes']),
    studyCount: numberOf(row, 'study_count'),
    seriesCount: numberOf(row, 'series_count'),
    instanceCount: numberOf(row, 'instance_count'),
  };
}

function studyOf(row: Row, patient: PatientDraft): StudyDraft {
  return {
    id: numberOf(row, 'id'),
    uid: textOf(row, 'study_instance_uid'),
    patient,
    attributes: fromAttributesJson(row['attributes']),
    modalities: new Set(split(textOf(row, 'modalities_in_study'))),
    sopClasses: new Set(split(textOf(row, 'sop_classes_in_study'))),
    seriesCount: numberOf(row, 'series_count'),
    instanceCount: numberOf(row, 'instance_count'),
    firstArrivedAt: numberOf(row, 'first_arrived_at'),
    lastArrivedAt: numberOf(row, 'last_arrived_at'),
    knownWords: wordsOfStudy(row),
  };
}

function seriesOf(row: Row, study: StudyDraft): SeriesDraft {
  return {
    id: numberOf(row, 'id'),
    uid: textOf(row, 'series_instance_uid'),
    study,
    attributes: fromAttributesJson(row['attributes']),
    instanceCount: numberOf(row, 'instance_count'),
    firstArrivedAt: numberOf(row, 'first_arrived_at'),
    lastArrivedAt: numberOf(row, 'last_arrived_at'),
  };
}

function split(text: string): string[] {
  return text === '' ? [] : text.split('\\');
}

function addBounded(set: Set<string>, value: string, sizeMax: number): void {
  if (set.size < sizeMax) set.add(value);
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
