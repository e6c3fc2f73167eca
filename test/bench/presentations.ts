import { disksPresentation } from './disks/presentation.ts';
import type { Goal } from './goals.ts';
import { loadPresentation } from './load/presentation.ts';
import type { ScenarioName } from './options.ts';
import type { Table } from './report.ts';
import type { Row } from './results.ts';
import { examinationPresentation } from './scenarios/examination-report.ts';
import { lifecyclePresentation } from './scenarios/lifecycle-report.ts';
import { scalePresentation } from './scenarios/scale-report.ts';
import { findPresentation, ingestPresentation, retrievePresentation, studiesPresentation } from './tables.ts';

/** How the rows of one scenario are told. */
export interface Presentation<R extends Row> {
  /** One row as it comes, for the log. */
  words(row: R): string;
  /** Nothing was refused, lost or answered wrongly; asked of our servers alone. */
  isFaultless(row: R): boolean;
  /** Medians over the repeats; a table without rows is left out. */
  tables(rows: readonly R[]): Table[];
  /** What the scenario alone can judge; the goals that need more than one are in `goals.ts`. */
  goals?(rows: readonly R[]): Goal[];
}

type RowOf<Name extends ScenarioName> = Extract<Row, { scenario: Name }>;

const presentations: { [Name in ScenarioName]: Presentation<RowOf<Name>> } = {
  ingest: ingestPresentation,
  retrieve: retrievePresentation,
  find: findPresentation,
  studies: studiesPresentation,
  examination: examinationPresentation,
  lifecycle: lifecyclePresentation,
  disks: disksPresentation,
  load: loadPresentation,
  scale: scalePresentation,
};

export function wordsOf(row: Row): string {
  return presentationOf(row.scenario).words(row);
}

/** True when a server of ours did its work without a loss, a refusal or a wrong answer. */
export function isFaultless(row: Row): boolean {
  return !row.server.startsWith('dicomkeep') || presentationOf(row.scenario).isFaultless(row);
}

/** The tables of all scenarios that were measured, in the order of `names`. */
export function tablesOf(rows: readonly Row[], names: readonly ScenarioName[]): Table[] {
  const tables = names.flatMap((name) => presentationOf(name).tables(rowsOf(rows, name)));
  return tables.filter((table) => table.rows.length > 0);
}

export function scenarioGoals(rows: readonly Row[], names: readonly ScenarioName[]): Goal[] {
  return names.flatMap((name) => presentationOf(name).goals?.(rowsOf(rows, name)) ?? []);
}

/** The mapped type above has checked that each is asked for its own rows. */
function presentationOf(name: ScenarioName): Presentation<Row> {
  return presentations[name] as unknown as Presentation<Row>;
}

function rowsOf(rows: readonly Row[], name: ScenarioName): Row[] {
  return rows.filter((row) => row.scenario === name);
}
