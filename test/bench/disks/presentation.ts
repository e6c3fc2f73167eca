import { atLeast, type Goal, ratio } from '../goals.ts';
import type { DiskName } from '../options.ts';
import type { Presentation } from '../presentations.ts';
import { rounded, type Table } from '../report.ts';
import type { IngestRow } from '../results.ts';
import { type IngestSummary, ingestSummaries } from '../summary.ts';
import { ingestPresentation } from '../tables.ts';
import { disks } from './disk.ts';
import type { DisksRow } from './row.ts';

export const disksPresentation: Presentation<DisksRow> = {
  words: (row) => ingestPresentation.words(asIngest(row)),
  isFaultless: (row) => ingestPresentation.isFaultless(asIngest(row)),
  tables: (rows) =>
    disks.flatMap(({ name }) => {
      const [table] = ingestPresentation.tables(ingestRowsOn(rows, name));
      const title =
        name === 'hard-disk'
          ? 'C-STORE on a simulated hard disk: 8 to 15 ms a flush; medians'
          : `C-STORE on ${name}, loop device; medians`;
      const all = table === undefined ? [] : [{ ...table, title }];
      return name === 'hard-disk' ? [...all, gainTable(rows)] : all;
    }),
  goals: (rows) => {
    const gains = gainsOf(rows).filter(({ server }) => server.startsWith('dicomkeep'));
    return gains.map(({ server, set, gain, ceiling }): Goal => {
      const goal = atLeast(`${server}: ${set} on the simulated hard disk, ×8 of ×1`, 4, gain);
      return ceiling === undefined ? goal : { ...goal, ceiling };
    });
  },
};

interface Gain {
  server: IngestSummary['server'];
  set: IngestSummary['set'];
  /** What eight associations acknowledge of what one does, and how that is for the raw limit. */
  gain: number | undefined;
  ceiling: number | undefined;
}

/** What each server gains from eight associations over one: syncs that wait together are served by one flush. */
function gainsOf(rows: readonly DisksRow[]): Gain[] {
  const summaries = ingestSummaries(ingestRowsOn(rows, 'hard-disk'));
  const gainOf = (server: Gain['server'], set: Gain['set']): number | undefined => {
    const rate = (associations: number): number | undefined =>
      summaries.find((one) => one.server === server && one.set === set && one.associations === associations)
        ?.instancesPerSecond;
    return ratio(rate(8), rate(1));
  };
  return summaries
    .filter(({ associations }) => associations === 8)
    .map(({ server, set }) => ({ server, set, gain: gainOf(server, set), ceiling: gainOf('raw', set) }));
}

function gainTable(rows: readonly DisksRow[]): Table {
  return {
    title: 'Simulated hard disk: acknowledged by 8 associations, of what one acknowledges',
    head: ['set', 'server', '×8 of ×1'],
    rows: gainsOf(rows).map(({ set, server, gain }) => [set, server, rounded(gain ?? Number.NaN)]),
  };
}

function ingestRowsOn(rows: readonly DisksRow[], disk: DiskName): IngestRow[] {
  return rows.filter((row) => row.disk === disk).map(asIngest);
}

function asIngest({ disk: _, ...row }: DisksRow): IngestRow {
  return { ...row, scenario: 'ingest' };
}
