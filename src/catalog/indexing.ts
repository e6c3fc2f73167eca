import type { Knex } from 'knex';
import { type ArrivalOutcome, assertFileable, type InstanceArrival } from './arrival.ts';
import { countArrivals } from './arrival-statistics.ts';
import { instanceNumberOf, patientColumns, seriesColumns, studyColumns } from './columns.ts';
import { type Conflict, recordConflicts } from './conflicts.ts';
import {
  Hierarchy,
  type PatientDraft,
  type PlacedArrival,
  type SeriesDraft,
  type StudyDraft,
} from './hierarchy.ts';
import { toAttributesJson } from './kept-attributes.ts';
import { rowsPerStatement, uidsPerStatement } from './limits.ts';
import { insertNames, keyOfName, namesIn } from './name-words.ts';
import { fitAscii, fitText, hexOf, insertAll, numberOf, piecesOf, type Row, textOf } from './rows.ts';
import { insertStudyWords, wordsOfStudy } from './study-words.ts';

/**
 * Adds instances and brings counts, modalities and classes above them up to date; one outcome per arrival, in their order.
 * Of two arrivals of one SOP Instance UID the first wins, in a batch as across batches. Run again with the same arrivals it
 * changes nothing and answers the same, whether or not the first run was committed.
 *
 * @throws Error for an arrival that cannot be filed at all, see `assertFileable`; nothing of the batch is filed then
 */
export async function indexArrivals(
  trx: Knex.Transaction,
  arrivals: readonly InstanceArrival[],
): Promise<ArrivalOutcome[]> {
  for (const arrival of arrivals) assertFileable(arrival);
  const current = await findCurrent(trx, arrivals);
  const fresh: InstanceArrival[] = [];
  const conflicts: Conflict[] = [];
  const outcomes = arrivals.map((arrival): ArrivalOutcome => {
    const known = current.get(arrival.sopInstanceUid);
    if (known === undefined) {
      fresh.push(arrival);
      current.set(arrival.sopInstanceUid, { ...arrival, isOfBatch: true });
      return { outcome: 'filed' };
    }
    if (known.sha256 !== arrival.sha256) {
      conflicts.push({ arrival, currentSha256: known.sha256 });
      return { outcome: 'conflict', currentSha256: known.sha256 };
    }
    const isThisFile =
      !known.isOfBatch && known.arrivedAt === arrival.arrivedAt && known.week === arrival.week;
    return { outcome: isThisFile ? 'filed' : 'duplicate' };
  });
  if (fresh.length > 0) await insertInstances(trx, fresh);
  if (conflicts.length > 0) await recordConflicts(trx, conflicts);
  return outcomes;
}

interface Current {
  sha256: string;
  arrivedAt: number;
  week: string;
  isOfBatch: boolean;
}

async function findCurrent(
  trx: Knex.Transaction,
  arrivals: readonly InstanceArrival[],
): Promise<Map<string, Current>> {
  const current = new Map<string, Current>();
  const uids = arrivals.map((arrival) => arrival.sopInstanceUid);
  for (const piece of piecesOf(uids, uidsPerStatement)) {
    const rows = await trx<Row>('instances')
      .whereIn('sop_instance_uid', piece)
      .select('sop_instance_uid', 'sha256', 'arrived_at', 'week');
    for (const row of rows) {
      current.set(textOf(row, 'sop_instance_uid'), {
        sha256: hexOf(row, 'sha256'),
        arrivedAt: numberOf(row, 'arrived_at'),
        week: textOf(row, 'week'),
        isOfBatch: false,
      });
    }
  }
  return current;
}

/** In order of arrival, so that the values that stay do not depend on how the batches were cut. */
async function insertInstances(trx: Knex.Transaction, fresh: readonly InstanceArrival[]): Promise<void> {
  const ordered = fresh.toSorted((one, other) => one.arrivedAt - other.arrivedAt);
  const hierarchy = await Hierarchy.above(trx, ordered);
  const patients = [...hierarchy.patients.values()];
  const studies = [...hierarchy.studies.values()];
  const series = [...hierarchy.series.values()];
  const patientRows = await write(trx, 'patients', patients, patientRow, ['patient_key']);
  const studyRows = await write(trx, 'studies', studies, studyRow, ['study_instance_uid']);
  await insertStudyWords(trx, studies.map(searchedStudy));
  const names = namesIn([...patientRows, ...studyRows]);
  await insertNames(
    trx,
    names.filter((name) => !hierarchy.knownNames.has(keyOfName(name))),
  );
  await write(trx, 'series', series, seriesRow, ['study_row_id', 'series_instance_uid']);
  await insertAll(trx, 'instances', hierarchy.placed.map(instanceRow));
  await countArrivals(trx, hierarchy.placed);
}

/** Updates the rows that exist, inserts the others and learns their ids. @returns what was written */
async function write<Draft extends { id: number | undefined }>(
  trx: Knex.Transaction,
  table: string,
  drafts: readonly Draft[],
  rowOf: (draft: Draft) => Row,
  key: readonly string[],
): Promise<Row[]> {
  const existing = drafts.filter((draft) => draft.id !== undefined);
  const added = drafts.filter((draft) => draft.id === undefined);
  const changed = existing.map((draft) => ({ id: draft.id, ...rowOf(draft) }));
  for (const piece of piecesOf(changed, rowsPerStatement)) {
    // All of them are locked, so each row is updated and none inserted.
    await trx(table).insert(piece).onConflict('id').merge();
  }
  const rows = added.map(rowOf);
  await insertAll(trx, table, rows);
  const keyOf = (row: Row) => key.map((column) => row[column]).join('/');
  const draftByKey = new Map(rows.map((row, index) => [keyOf(row), added[index]]));
  const [first = '', second] = key;
  for (const piece of piecesOf(rows, uidsPerStatement)) {
    const found = trx<Row>(table)
      .whereIn(first, distinctValues(piece, first))
      .select('id', ...key);
    if (second !== undefined) found.whereIn(second, distinctValues(piece, second));
    for (const row of await found) {
      const draft = draftByKey.get(keyOf(row));
      if (draft !== undefined) draft.id = numberOf(row, 'id');
    }
  }
  return [...changed, ...rows];
}

function distinctValues(rows: readonly Row[], column: string): string[] {
  return [...new Set(rows.map((row) => row[column] as string))];
}

function patientRow(patient: PatientDraft): Row {
  return {
    patient_key: patient.key,
    ...patientColumns(patient.attributes),
    study_count: patient.studyCount,
    series_count: patient.seriesCount,
    instance_count: patient.instanceCount,
    attributes: toAttributesJson(patient.attributes),
  };
}

function studyRow(study: StudyDraft): Row {
  return {
    study_instance_uid: study.uid,
    patient_row_id: study.patient.id,
    ...studyColumns(study.attributes),
    modalities_in_study: joinSorted(study.modalities),
    sop_classes_in_study: joinSorted(study.sopClasses),
    series_count: study.seriesCount,
    instance_count: study.instanceCount,
    first_arrived_at: study.firstArrivedAt,
    last_arrived_at: study.lastArrivedAt,
    attributes: toAttributesJson(study.attributes),
  };
}

function searchedStudy({ id, knownWords, attributes, modalities }: StudyDraft) {
  const row = { ...patientColumns(attributes), modalities_in_study: joinSorted(modalities) };
  return { id, knownWords, words: wordsOfStudy(row) };
}

function seriesRow(series: SeriesDraft): Row {
  return {
    study_row_id: series.study.id,
    series_instance_uid: series.uid,
    ...seriesColumns(series.attributes),
    instance_count: series.instanceCount,
    first_arrived_at: series.firstArrivedAt,
    last_arrived_at: series.lastArrivedAt,
    attributes: toAttributesJson(series.attributes),
  };
}

function instanceRow({ arrival, attributes, series }: PlacedArrival): Row {
  return {
    series_row_id: series.id,
    sop_instance_uid: arrival.sopInstanceUid,
    sop_class_uid: fitAscii(arrival.sopClassUid, 128),
    transfer_syntax_uid: fitAscii(arrival.transferSyntaxUid, 128),
    instance_number: instanceNumberOf(attributes.IMAGE),
    size_bytes: arrival.sizeBytes,
    data_set_offset: arrival.dataSetOffset,
    sha256: Buffer.from(arrival.sha256, 'hex'),
    arrived_at: arrival.arrivedAt,
    source_ae_title: fitText(arrival.sourceAeTitle, 64),
    week: arrival.week,
    attributes: toAttributesJson(attributes.IMAGE),
  };
}

function joinSorted(values: ReadonlySet<string>): string {
  return [...values].toSorted().join('\\');
}
