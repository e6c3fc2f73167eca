import type { Knex } from 'knex';
import { tags } from '../dicom/dictionary/tags.ts';
import type { PlacedArrival } from './hierarchy.ts';
import { firstText } from './kept-attributes.ts';
import { rowsPerStatement } from './limits.ts';
import { localDayOf } from './local-day.ts';
import { fitText, piecesOf } from './rows.ts';

interface Tally {
  day: string;
  source_ae_title: string;
  modality: string;
  instances: number;
  bytes: number;
  last_arrived_at: number;
}

/**
 * Adds new instances to what arrived on their days. Each counts by itself alone, not by its series or its batch, so that a reindex comes to the
 * same rows. At the end of the transaction: the rows are those that every other one wants too.
 */
export async function countArrivals(trx: Knex.Transaction, placed: readonly PlacedArrival[]): Promise<void> {
  // In one order, so that two daemons do not wait for each other.
  const rows = [...talliesOf(placed)].sort(byKey).map(([, row]) => row);
  const added = trx.client.config.client === 'mysql2' ? 'VALUES(??)' : 'excluded.??';
  const sum = (column: string) => trx.raw(`?? + ${added}`, [`arrival_statistics.${column}`, column]);
  const latest = ['arrival_statistics.last_arrived_at', 'last_arrived_at'];
  for (const piece of piecesOf(rows, rowsPerStatement)) {
    await trx('arrival_statistics')
      .insert(piece)
      .onConflict(['day', 'source_ae_title', 'modality'])
      .merge({
        instances: sum('instances'),
        bytes: sum('bytes'),
        last_arrived_at: trx.raw(`CASE WHEN ?? > ${added} THEN ?? ELSE ${added} END`, [...latest, ...latest]),
      });
  }
}

function talliesOf(placed: readonly PlacedArrival[]): Map<string, Tally> {
  const tallies = new Map<string, Tally>();
  for (const { arrival, attributes } of placed) {
    const day = localDayOf(arrival.arrivedAt);
    const source_ae_title = fitText(arrival.sourceAeTitle, 64);
    const modality = fitText(firstText(attributes.SERIES, tags.Modality), 16);
    const name = JSON.stringify([day, source_ae_title, modality]);
    const none = { day, source_ae_title, modality, instances: 0, bytes: 0, last_arrived_at: 0 };
    const tally = tallies.get(name) ?? none;
    tally.instances++;
    tally.bytes += arrival.sizeBytes;
    tally.last_arrived_at = Math.max(tally.last_arrived_at, arrival.arrivedAt);
    tallies.set(name, tally);
  }
  return tallies;
}

function byKey([one]: [string, Tally], [other]: [string, Tally]): number {
  return one < other ? -1 : 1;
}
