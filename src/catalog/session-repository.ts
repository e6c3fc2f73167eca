import type { Database } from './database.ts';
import { fitText, numberOf, type Row, textOf } from './rows.ts';

/** Somebody who is signed in. */
export interface Session {
  /** SHA-256 of the cookie's id, lower-case hex. */
  idHash: string;
  userName: string;
  /** Milliseconds since 1970, as the other times. */
  createdAt: number;
  lastUsedAt: number;
  expiresAt: number;
  address: string;
}

/** Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class SessionRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async add(session: Session): Promise<void> {
    await this.#database.write(async (db) => {
      await db('sessions').insert({
        id_hash: session.idHash,
        user_name: session.userName,
        created_at: session.createdAt,
        last_used_at: session.lastUsedAt,
        expires_at: session.expiresAt,
        address: fitText(session.address, 64),
      });
    });
  }

  async find(idHash: string): Promise<Session | undefined> {
    const row = await this.#database.read((db) => db<Row>('sessions').where('id_hash', idHash).first('*'));
    return row === undefined ? undefined : toSession(row);
  }

  async touch(idHash: string, at: number): Promise<void> {
    await this.#database.write((db) =>
      db('sessions').where('id_hash', idHash).where('last_used_at', '<', at).update({ last_used_at: at }),
    );
  }

  async remove(idHash: string): Promise<void> {
    await this.#database.write((db) => db('sessions').where('id_hash', idHash).delete());
  }

  /** All of a user, but for the one that asks for it. @param userName as it is spelled in `Session.userName` */
  async removeOf(userName: string, exceptIdHash?: string): Promise<void> {
    await this.#database.write((db) => {
      const query = db('sessions').where('user_name', userName);
      if (exceptIdHash !== undefined) query.whereNot('id_hash', exceptIdHash);
      return query.delete();
    });
  }

  /** @param at those that end until then */
  async removeExpired(at: number): Promise<void> {
    await this.#database.write((db) => db('sessions').where('expires_at', '<=', at).delete());
  }
}

function toSession(row: Row): Session {
  return {
    idHash: textOf(row, 'id_hash'),
    userName: textOf(row, 'user_name'),
    createdAt: numberOf(row, 'created_at'),
    lastUsedAt: numberOf(row, 'last_used_at'),
    expiresAt: numberOf(row, 'expires_at'),
    address: textOf(row, 'address'),
  };
}
