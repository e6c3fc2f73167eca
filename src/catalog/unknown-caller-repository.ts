import { Problem } from '../lib/problem.ts';
import type { Database } from './database.ts';
import { proposedMax, unknownCallersMax } from './limits.ts';
import { fitText, numberOf, type Row, textOf, textsOf } from './rows.ts';

/** An AE title at an address that is no peer. */
export interface UnknownCaller {
  id: number;
  aeTitle: string;
  address: string;
  /** AE title by which it called us last. */
  calledAeTitle: string;
  callCount: number;
  /** Milliseconds since 1970. */
  firstSeenAt: number;
  lastSeenAt: number;
  /** What it was last refused, in words; '' for nothing. */
  refused: string;
  /** What it proposed last, as it was recorded. */
  proposed: string[];
}

/** One call; the times and the count are made of many. */
export interface UnknownCall
  extends Pick<UnknownCaller, 'aeTitle' | 'address' | 'calledAeTitle' | 'proposed' | 'refused'> {
  /** Milliseconds since 1970. */
  at: number;
  /** Associations since the last record; 0 for what was refused within one that is counted. */
  callCount: number;
}

/** Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class UnknownCallerRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds to the count of calls. Anybody can call under any number of AE titles, so those heard of longest ago make room. */
  async record(caller: UnknownCall): Promise<void> {
    const key = { ae_title: fitText(caller.aeTitle, 64), address: fitText(caller.address, 64) };
    const latest = {
      refused: fitText(caller.refused, 255),
      called_ae_title: fitText(caller.calledAeTitle, 64),
      proposed: JSON.stringify(caller.proposed.slice(0, proposedMax).map((name) => fitText(name, 128))),
      last_seen_at: caller.at,
    };
    await this.#database.transaction(async (trx) => {
      const changed = await trx('unknown_callers')
        .where(key)
        .update({ call_count: trx.raw('call_count + ?', [caller.callCount]), ...latest });
      if (changed > 0) return;
      await trx('unknown_callers').insert({
        ...key,
        ...latest,
        call_count: caller.callCount,
        first_seen_at: caller.at,
      });
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
    return rows.map(toUnknownCaller);
  }

  async findById(id: number): Promise<UnknownCaller | undefined> {
    const row = await this.#database.read((db) => db<Row>('unknown_callers').where('id', id).first('*'));
    return row === undefined ? undefined : toUnknownCaller(row);
  }

  /** @throws Problem 'not-found' */
  async remove(id: number): Promise<void> {
    const count = await this.#database.write((db) => db('unknown_callers').where('id', id).delete());
    if (count === 0) throw new Problem('not-found', `no unknown caller ${id}`);
  }
}

function toUnknownCaller(row: Row): UnknownCaller {
  return {
    id: numberOf(row, 'id'),
    aeTitle: textOf(row, 'ae_title'),
    address: textOf(row, 'address'),
    calledAeTitle: textOf(row, 'called_ae_title'),
    callCount: numberOf(row, 'call_count'),
    firstSeenAt: numberOf(row, 'first_seen_at'),
    lastSeenAt: numberOf(row, 'last_seen_at'),
    refused: textOf(row, 'refused'),
    proposed: textsOf(row, 'proposed'),
  };
}
