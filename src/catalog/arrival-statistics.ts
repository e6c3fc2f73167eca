import type { Knex } from 'knex';
import { tags } from '../dicom/dictionary/tags.ts';
import type { PlacedArrival } from './hierarchy.ts';
import { firstText } from './kept-attributes.ts';
import { localDayOf } from './local-day.ts';
import { fitText } from './rows.ts';

interface Tally {
  key: { day: string; source_ae_title: string; modality: string };
  instances: number;
  bytes: number;
}

/**
 * Adds new instances to what arrived on their days. Each counts by itself alone, not by its series or its batch, so that a reindex comes to the
 * same rows. At the end of the transaction: the rows are those that every other one wants too.
 */
export async function countArrivals(trx: Knex.Transaction, placed: readonly PlacedArrival[]): Promise<void> {
  // In one order, so that two daemons do not wait for each other.
  for (const [, { key, instances, bytes }] of [...talliesOf(placed)].sort(byKey)) {
    const changed = await trx('arrival_statistics')
      .where(key)
      .update({
        instances: trx.raw('instances + ?', [instances]),
        bytes: trx.raw('bytes + ?', [bytes]),
      });
    if (changed === 0) await trx('arrival_statistics').insert({ ...key, instances, bytes });
  }
}

function talliesOf(placed: readonly PlacedArrival[]): Map<string, Tally> {
  const tallies = new Map<string, Tally>();
  for (const { arrival, attributes } of placed) {
    const day = localDayOf(arrival.arrivedAt);
    const source_ae_title = fitText(arrival.sourceAeTitle, 64);
    const modality = fitText(firstText(attributes.SERIES, tags.Modality), 16);
    const name = JSON.stringify([day, source_ae_title, modality]);
    const tally = tallies.get(name) ?? { key: { day, source_ae_title, modality }, instances: 0, bytes: 0 };
    tally.instances++;
    tally.bytes += arrival.sizeBytes;
    tallies.set(name, tally);
  }
  return tallies;
}

function byKey([one]: [string, Tally], [other]: [string, Tally]): number {
  return one < other ? -1 : 1;
}
