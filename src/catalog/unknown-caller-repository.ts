import type { Database } from './database.ts';
import { unknownCallersMax } from './limits.ts';
import { fitText, numberOf, type Row, textOf } from './rows.ts';

/** An AE title at an address that is no peer. */
export interface UnknownCaller {
  aeTitle: string;
  address: string;
  callCount: number;
  /** Milliseconds since 1970. */
  firstSeenAt: number;
  lastSeenAt: number;
  /** What it was last refused, in words; '' for nothing. */
  refused: string;
}

/** Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class UnknownCallerRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Counts the call. Anybody can call under any number of AE titles, so those heard of longest ago make room. */
  async record(caller: { aeTitle: string; address: string; refused: string; at: number }): Promise<void> {
    const key = { ae_title: fitText(caller.aeTitle, 64), address: fitText(caller.address, 64) };
    const refused = fitText(caller.refused, 255);
    await this.#database.transaction(async (trx) => {
      const changed = await trx('unknown_callers')
        .where(key)
        .update({ call_count: trx.raw('call_count + 1'), last_seen_at: caller.at, refused });
      if (changed > 0) return;
      const seen = { call_count: 1, first_seen_at: caller.at, last_seen_at: caller.at, refused };
      await trx('unknown_callers').insert({ ...key, ...seen });
      const surplus = await trx<Row>('unknown_callers')
        .orderBy('last_seen_at', 'desc')
        .orderBy('id', 'desc')
        .offset(unknownCallersMax)
        .limit(unknownCallersMax)
        .select('id');
      const ids = surplus.map((row) => numberOf(row, 'id'));
      if (ids.length > 0) await trx('unknown_callers').whereIn('id', ids).delete();
    });
  }

  /** Last seen first. */
  async list(): Promise<UnknownCaller[]> {
    const rows = await this.#database.read((db) =>
      db<Row>('unknown_callers').orderBy('last_seen_at', 'desc').orderBy('id', 'desc').select('*'),
    );
    return rows.map((row) => ({
      aeTitle: textOf(row, 'ae_title'),
      address: textOf(row, 'address'),
      callCount: numberOf(row, 'call_count'),
      firstSeenAt: numberOf(row, 'first_seen_at'),
      lastSeenAt: numberOf(row, 'last_seen_at'),
      refused: textOf(row, 'refused'),
    }));
  }
}
