import { Problem } from '../lib/problem.ts';
import type { Database } from './database.ts';
import { isDuplicateKey } from './database-error.ts';
import { preferredTransferSyntaxesMax } from './limits.ts';
import { fitText, later, numberOf, type Row, textOf, textsOf, timeOrNullOf } from './rows.ts';

/** A device that we know by its AE title. Times are milliseconds since 1970. */
export interface Peer {
  id: number;
  aeTitle: string;
  host: string;
  port: number;
  mayEcho: boolean;
  mayStore: boolean;
  mayFind: boolean;
  mayRetrieve: boolean;
  /** Whether a caller with this AE title must come from `host`. */
  matchAddress: boolean;
  /** We call it by TLS. */
  useTls: boolean;
  /** UIDs, best first; empty: as stored. */
  preferredTransferSyntaxes: string[];
  note: string;
  createdAt: number;
  /** Last association in either direction. */
  lastSeenAt: number | null;
  /** Last instance that came from it. */
  lastStoredAt: number | null;
}

/** What the archive itself knows of a peer. */
type OwnField = 'id' | 'createdAt' | 'lastSeenAt' | 'lastStoredAt';

/** What is left out is allowed, the address not compared, TLS not used, no transfer syntax preferred. */
export type NewPeer = Pick<Peer, 'aeTitle' | 'host' | 'port'> & Partial<Omit<Peer, OwnField>>;

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

  async findById(id: number): Promise<Peer | undefined> {
    const row = await this.#database.read((db) => db<Row>('peers').where('id', id).first('*'));
    return row === undefined ? undefined : toPeer(row);
  }

  /** In the order of their AE titles. */
  async list(): Promise<Peer[]> {
    const rows = await this.#database.read((db) => db<Row>('peers').orderBy('ae_title').select('*'));
    return rows.map(toPeer);
  }

  /** @throws Problem 'already-exists' if the AE title is taken, 'unusable-identifier' if a value is none */
  async add(peer: NewPeer): Promise<Peer> {
    const row: Row = { ...rowOf(peer), created_at: Date.now() };
    const id = await this.#database.write(async (db) => {
      try {
        return Number((await db('peers').insert(row))[0]);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        throw taken(peer);
      }
    });
    return toPeer({ ...row, id });
  }

  /**
   * Puts other values in the place of a peer's, its AE title among them.
   *
   * @throws Problem 'not-found', 'already-exists' if another peer has the AE title, 'unusable-identifier' if a value is none
   */
  async change(id: number, peer: NewPeer): Promise<{ before: Peer; after: Peer }> {
    const values = rowOf(peer);
    return this.#database.transaction(async (trx) => {
      const before: Row | undefined = await trx<Row>('peers').where('id', id).forUpdate().first('*');
      if (before === undefined) throw new Problem('not-found', `no peer ${id}`);
      const other = await trx<Row>('peers')
        .where('ae_title', textOf(values, 'ae_title'))
        .whereNot('id', id)
        .first('id');
      if (other !== undefined) throw taken(peer);
      await trx('peers').where('id', id).update(values);
      return { before: toPeer(before), after: toPeer({ ...before, ...values }) };
    });
  }

  /**
   * Adds the peer, or puts its values in the place of those of the one with this AE title, which keeps what is left out.
   *
   * @throws Problem 'unusable-identifier', and the one there was stays
   */
  async put(peer: NewPeer): Promise<{ before: Peer | undefined; after: Peer }> {
    const aeTitle = textOf(rowOf(peer), 'ae_title');
    return this.#database.transaction(async (trx) => {
      const found: Row | undefined = await trx<Row>('peers')
        .where('ae_title', aeTitle)
        .forUpdate()
        .first('*');
      if (found === undefined) {
        const row: Row = { ...rowOf(peer), created_at: Date.now() };
        const id = Number((await trx('peers').insert(row))[0]);
        return { before: undefined, after: toPeer({ ...row, id }) };
      }
      const before = toPeer(found);
      const values = rowOf({ ...before, ...peer });
      await trx('peers').where('id', before.id).update(values);
      return { before, after: toPeer({ ...found, ...values }) };
    });
  }

  /** @returns what was removed. @throws Problem 'not-found' */
  async remove(aeTitle: string): Promise<Peer> {
    return this.#remove('ae_title', aeTitle.trim());
  }

  /** @returns what was removed. @throws Problem 'not-found' */
  async removeById(id: number): Promise<Peer> {
    return this.#remove('id', id);
  }

  /** Notes when peers were seen and when they stored; who is no peer is passed over, and no time goes back. */
  async touch(seen: readonly { aeTitle: string; seenAt: number; storedAt?: number }[]): Promise<void> {
    if (seen.length === 0) return;
    const ordered = seen.toSorted((one, other) => (one.aeTitle < other.aeTitle ? -1 : 1));
    await this.#database.transaction(async (trx) => {
      for (const { aeTitle, seenAt, storedAt } of ordered) {
        const change: Row = { last_seen_at: later(trx, 'last_seen_at', seenAt) };
        if (storedAt !== undefined) change['last_stored_at'] = later(trx, 'last_stored_at', storedAt);
        await trx('peers').where('ae_title', aeTitle.trim()).update(change);
      }
    });
  }

  async #remove(column: 'id' | 'ae_title', value: number | string): Promise<Peer> {
    const row = await this.#database.transaction(async (trx) => {
      const found: Row | undefined = await trx<Row>('peers').where(column, value).forUpdate().first('*');
      await trx('peers').where(column, value).delete();
      return found;
    });
    if (row === undefined) throw new Problem('not-found', `no peer ${value}`);
    return toPeer(row);
  }
}

function taken(peer: NewPeer): Problem {
  return new Problem('already-exists', `peer ${peer.aeTitle.trim()} exists already`);
}

/** The columns that a person sets, those left out too. @throws Problem 'unusable-identifier' */
function rowOf(peer: NewPeer): Row {
  const aeTitle = peer.aeTitle.trim();
  const preferred = peer.preferredTransferSyntaxes ?? [];
  assertValid({ ...peer, aeTitle }, preferred);
  return {
    ae_title: aeTitle,
    host: peer.host,
    port: peer.port,
    may_echo: peer.mayEcho ?? true,
    may_store: peer.mayStore ?? true,
    may_find: peer.mayFind ?? true,
    may_retrieve: peer.mayRetrieve ?? true,
    match_address: peer.matchAddress ?? false,
    use_tls: peer.useTls ?? false,
    preferred_transfer_syntaxes: JSON.stringify(preferred),
    note: fitText(peer.note ?? '', 500),
  };
}

/** AE title: PS3.5 §6.2, VR AE. */
function assertValid(peer: NewPeer, preferred: readonly string[]): void {
  if (!/^[\x20-\x5b\x5d-\x7e]{1,16}$/.test(peer.aeTitle)) {
    throw new Problem('unusable-identifier', `not an AE title: ${JSON.stringify(peer.aeTitle)}`);
  }
  if (!/^[\w.:%-]{1,253}$/.test(peer.host)) {
    throw new Problem('unusable-identifier', `not a host name or address: ${JSON.stringify(peer.host)}`);
  }
  if (!Number.isInteger(peer.port) || peer.port < 1 || peer.port > 65_535) {
    throw new Problem('unusable-identifier', `not a port from 1 to 65535: ${peer.port}`);
  }
  if (preferred.length > preferredTransferSyntaxesMax) {
    throw new Problem(
      'unusable-identifier',
      `more than ${preferredTransferSyntaxesMax} preferred transfer syntaxes`,
    );
  }
  const wrong = preferred.find((uid) => !/^[0-9.]{1,64}$/.test(uid));
  if (wrong !== undefined) {
    throw new Problem('unusable-identifier', `not a transfer syntax UID: ${JSON.stringify(wrong)}`);
  }
}

/** A row as it is read or as it was written: a boolean of MariaDB and SQLite is a number. */
function toPeer(row: Row): Peer {
  return {
    id: numberOf(row, 'id'),
    aeTitle: textOf(row, 'ae_title'),
    host: textOf(row, 'host'),
    port: numberOf(row, 'port'),
    mayEcho: numberOf(row, 'may_echo') === 1,
    mayStore: numberOf(row, 'may_store') === 1,
    mayFind: numberOf(row, 'may_find') === 1,
    mayRetrieve: numberOf(row, 'may_retrieve') === 1,
    matchAddress: numberOf(row, 'match_address') === 1,
    useTls: numberOf(row, 'use_tls') === 1,
    preferredTransferSyntaxes: textsOf(row, 'preferred_transfer_syntaxes'),
    note: textOf(row, 'note'),
    createdAt: numberOf(row, 'created_at'),
    lastSeenAt: timeOrNullOf(row, 'last_seen_at'),
    lastStoredAt: timeOrNullOf(row, 'last_stored_at'),
  };
}
