import type { Knex } from 'knex';
import { Problem } from '../lib/problem.ts';
import { breathe } from './abort.ts';
import type { StoredInstance } from './arrival.ts';
import { LEVELS, type Level } from './attributes.ts';
import { NO_INSTANCE_NUMBER } from './columns.ts';
import type { Database } from './database.ts';
import { pageRows, uidsPerStatement } from './limits.ts';
import { numberOf, piecesOf, type Row } from './rows.ts';
import { INSTANCE_COLUMNS, toStoredInstance } from './stored-instance.ts';

/** The unique keys of a C-MOVE or C-GET identifier — PS3.4 §C.4.2.2.1. */
export interface RetrieveUids {
  patientId?: string;
  studyInstanceUids?: readonly string[];
  seriesInstanceUids?: readonly string[];
  sopInstanceUids?: readonly string[];
}

/**
 * The statements' share of an identifier: its lowest list is cut to what one statement takes.
 *
 * @throws Problem 'unusable-identifier' if the level's own key is missing
 */
export function selectionsOf(level: Level, uids: RetrieveUids): RetrieveUids[] {
  const rank = LEVELS.indexOf(level);
  const selection: RetrieveUids = {};
  if (uids.patientId !== undefined && uids.patientId !== '') selection.patientId = uids.patientId.trim();
  if (rank >= 1 && uids.studyInstanceUids?.length) selection.studyInstanceUids = uids.studyInstanceUids;
  if (rank >= 2 && uids.seriesInstanceUids?.length) selection.seriesInstanceUids = uids.seriesInstanceUids;
  if (rank >= 3 && uids.sopInstanceUids?.length) selection.sopInstanceUids = uids.sopInstanceUids;
  const own = OWN_KEY[level];
  const value = selection[own];
  if (value === undefined)
    throw new Problem('unusable-identifier', `a retrieve at level ${level} without its key`);
  if (typeof value === 'string') return [selection];
  return [...piecesOf([...new Set(value)], uidsPerStatement)].map((piece) => ({
    ...selection,
    [own]: piece,
  }));
}

const OWN_KEY = {
  PATIENT: 'patientId',
  STUDY: 'studyInstanceUids',
  SERIES: 'seriesInstanceUids',
  IMAGE: 'sopInstanceUids',
} as const;

/** Tables t (studies), s (series) and, where it names instances, i, restricted to the selection. */
export function restrictHierarchy(db: Knex, selection: RetrieveUids): Knex.QueryBuilder {
  const query = db({ t: 'studies' }).join({ s: 'series' }, 's.study_row_id', 't.id');
  if (selection.patientId !== undefined) query.where('t.patient_id', selection.patientId);
  if (selection.studyInstanceUids !== undefined) {
    query.whereIn('t.study_instance_uid', selection.studyInstanceUids);
  }
  if (selection.seriesInstanceUids !== undefined) {
    query.whereIn('s.series_instance_uid', selection.seriesInstanceUids);
  }
  if (selection.sopInstanceUids !== undefined) {
    query
      .join({ i: 'instances' }, 'i.series_row_id', 's.id')
      .whereIn('i.sop_instance_uid', selection.sopInstanceUids);
  }
  return query;
}

/**
 * Instances series by series, by instance number within each: pages of an index, so that a series of any length comes at once
 * and in bounded memory.
 */
export async function* selectedInstances(
  database: Database,
  selection: RetrieveUids,
): AsyncGenerator<StoredInstance, void, undefined> {
  const series: Row[] = await database.read((db) =>
    restrictHierarchy(db, selection)
      .distinct('s.id', 's.study_row_id', 's.series_number', 's.series_instance_uid', 't.study_instance_uid')
      .orderBy(['s.study_row_id', 's.series_number', 's.id']),
  );
  for (const parent of series) {
    const pages = instancePages(database, numberOf(parent, 'id'), (db) => {
      const query = db<Row>({ i: 'instances' }).select(INSTANCE_COLUMNS) as Knex.QueryBuilder<Row, Row[]>;
      if (selection.sopInstanceUids !== undefined) {
        query.whereIn('i.sop_instance_uid', selection.sopInstanceUids);
      }
      return query;
    });
    for await (const rows of pages) {
      for (const row of rows) yield toStoredInstance(row, parent);
    }
  }
}

/** One series' rows of `select` (table i), by instance number, behind one of them or from the first. */
export async function* instancePages(
  database: Database,
  seriesRowId: number,
  select: (db: Knex) => Knex.QueryBuilder<Row, Row[]>,
  after: { instanceNumber: number; id: number } = { instanceNumber: -NO_INSTANCE_NUMBER, id: 0 },
): AsyncGenerator<Row[], void, undefined> {
  let last = after;
  for (;;) {
    const { instanceNumber, id } = last;
    const rows = await database.read((db) =>
      select(db)
        .where('i.series_row_id', seriesRowId)
        // Said twice, since only this one is a range of the index.
        .where('i.instance_number', '>=', instanceNumber)
        .where((page) => page.where('i.instance_number', '>', instanceNumber).orWhere('i.id', '>', id))
        .orderBy(['i.instance_number', 'i.id'])
        .limit(pageRows),
    );
    yield rows;
    const end = rows.at(-1);
    if (end === undefined || rows.length < pageRows) return;
    last = { instanceNumber: numberOf(end, 'instance_number'), id: numberOf(end, 'id') };
    await breathe();
  }
}
