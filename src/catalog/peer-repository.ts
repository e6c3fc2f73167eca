import { Problem } from '../lib/problem.ts';
import type { Database } from './database.ts';
import { isDuplicateKey } from './database-error.ts';
import { numberOf, type Row, textOf } from './rows.ts';

/** A device that we know by its AE title. */
export interface Peer {
  aeTitle: string;
  host: string;
  port: number;
  mayEcho: boolean;
  mayStore: boolean;
  mayFind: boolean;
  mayRetrieve: boolean;
  /** Whether a caller with this AE title must come from `host`. */
  matchAddress: boolean;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** What is left out is allowed, and the address not compared. */
export type NewPeer = Pick<Peer, 'aeTitle' | 'host' | 'port'> & Partial<Omit<Peer, 'createdAt'>>;

/** Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class PeerRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async findByAeTitle(aeTitle: string): Promise<Peer | undefined> {
    const row = await this.#database.read((db) =>
      db<Row>('peers').where('ae_title', aeTitle.trim()).first('*'),
    );
    return row === undefined ? undefined : toPeer(row);
  }

  /** In the order of their AE titles. */
  async list(): Promise<Peer[]> {
    const rows = await this.#database.read((db) => db<Row>('peers').orderBy('ae_title').select('*'));
    return rows.map(toPeer);
  }

  /** @throws Problem 'unusable-identifier' if the AE title is taken, or one of the three is none */
  async add(peer: NewPeer): Promise<Peer> {
    const added = checked(peer);
    await this.#database.write(async (db) => {
      try {
        await db('peers').insert(toRow(added));
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        throw new Problem('unusable-identifier', `peer ${added.aeTitle} exists already`, { cause: error });
      }
    });
    return added;
  }

  /**
   * Adds the peer, or puts it in the place of the one with this AE title; in one transaction, so that nobody finds none.
   *
   * @returns whether there was one
   * @throws Problem 'unusable-identifier', and the one there was stays
   */
  async put(peer: NewPeer): Promise<boolean> {
    const added = checked(peer);
    return this.#database.transaction(async (trx) => {
      const count = await trx('peers').where('ae_title', added.aeTitle).delete();
      await trx('peers').insert(toRow(added));
      return count > 0;
    });
  }

  /** @throws Problem 'not-found' */
  async remove(aeTitle: string): Promise<void> {
    const count = await this.#database.write((db) => db('peers').where('ae_title', aeTitle.trim()).delete());
    if (count === 0) throw new Problem('not-found', `no peer ${aeTitle.trim()}`);
  }
}

/** The whole peer, with what was left out. @throws Problem 'unusable-identifier' */
function checked(peer: NewPeer): Peer {
  const whole: Peer = {
    mayEcho: true,
    mayStore: true,
    mayFind: true,
    mayRetrieve: true,
    matchAddress: false,
    ...peer,
    aeTitle: peer.aeTitle.trim(),
    createdAt: Date.now(),
  };
  assertValid(whole);
  return whole;
}

/** AE title: PS3.5 §6.2, VR AE. */
function assertValid(peer: Peer): void {
  if (!/^[\x20-\x5b\x5d-\x7e]{1,16}$/.test(peer.aeTitle)) {
    throw new Problem('unusable-identifier', `not an AE title: ${JSON.stringify(peer.aeTitle)}`);
  }
  if (!/^[\w.:%-]{1,253}$/.test(peer.host)) {
    throw new Problem('unusable-identifier', `not a host name or address: ${JSON.stringify(peer.host)}`);
  }
  if (!Number.isInteger(peer.port) || peer.port < 1 || peer.port > 65_535) {
    throw new Problem('unusable-identifier', `not a port from 1 to 65535: ${peer.port}`);
  }
}

function toRow(peer: Peer): Row {
  return {
    ae_title: peer.aeTitle,
    host: peer.host,
    port: peer.port,
    may_echo: peer.mayEcho,
    may_store: peer.mayStore,
    may_find: peer.mayFind,
    may_retrieve: peer.mayRetrieve,
    match_address: peer.matchAddress,
    created_at: peer.createdAt,
  };
}

function toPeer(row: Row): Peer {
  return {
    aeTitle: textOf(row, 'ae_title'),
    host: textOf(row, 'host'),
    port: numberOf(row, 'port'),
    mayEcho: numberOf(row, 'may_echo') === 1,
    mayStore: numberOf(row, 'may_store') === 1,
    mayFind: numberOf(row, 'may_find') === 1,
    mayRetrieve: numberOf(row, 'may_retrieve') === 1,
    matchAddress: numberOf(row, 'match_address') === 1,
    createdAt: numberOf(row, 'created_at'),
  };
}
