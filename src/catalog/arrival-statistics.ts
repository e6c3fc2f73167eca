import type { Knex } from 'knex';
import { tags } from '../dicom/dictionary/tags.ts';
import type { PlacedArrival } from './hierarchy.ts';
import { firstText } from './kept-attributes.ts';
import { localDayOf } from './local-day.ts';
import { fitText, later } from './rows.ts';

interface Tally {
  key: { day: string; source_ae_title: string; modality: string };
  instances: number;
  bytes: number;
  lastArrivedAt: number;
}

/**
 * Adds new instances to what arrived on their days. Each counts by itself alone, not by its series or its batch, so that a reindex comes to the
 * same rows. At the end of the transaction: the rows are those that every other one wants too.
 */
export async function countArrivals(trx: Knex.Transaction, placed: readonly PlacedArrival[]): Promise<void> {
  // In one order, so that two daemons do not wait for each other.
  for (const [, { key, instances, bytes, lastArrivedAt }] of [...talliesOf(placed)].sort(byKey)) {
    const changed = await trx('arrival_statistics')
      .where(key)
      .update({
        instances: trx.raw('instances + ?', [instances]),
        bytes: trx.raw('bytes + ?', [bytes]),
        last_arrived_at: later(trx, 'last_arrived_at', lastArrivedAt),
      });
    if (changed === 0) {
      const row = { ...key, instances, bytes, last_arrived_at: lastArrivedAt };
      await trx('arrival_statistics').insert(row);
    }
  }
}

function talliesOf(placed: readonly PlacedArrival[]): Map<string, Tally> {
  const tallies = new Map<string, Tally>();
  for (const { arrival, attributes } of placed) {
    const day = localDayOf(arrival.arrivedAt);
    const source_ae_title = fitText(arrival.sourceAeTitle, 64);
    const modality = fitText(firstText(attributes.SERIES, tags.Modality), 16);
    const name = JSON.stringify([day, source_ae_title, modality]);
    const none = { key: { day, source_ae_title, modality }, instances: 0, bytes: 0, lastArrivedAt: 0 };
    const tally = tallies.get(name) ?? none;
    tally.instances++;
    tally.bytes += arrival.sizeBytes;
    tally.lastArrivedAt = Math.max(tally.lastArrivedAt, arrival.arrivedAt);
    tallies.set(name, tally);
  }
  return tallies;
}

function byKey([one]: [string, Tally], [other]: [string, Tally]): number {
  return one < other ? -1 : 1;
}
