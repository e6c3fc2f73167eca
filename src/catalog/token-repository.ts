import { Problem } from '../lib/problem.ts';
import type { Database } from './database.ts';
import { isDuplicateKey } from './database-error.ts';
import { fitText, numberOf, type Row, textOf, timeOrNullOf } from './rows.ts';
import { type Role, toRole } from './user-repository.ts';

/** What a program signs in with. */
export interface Token {
  id: number;
  name: string;
  role: Role;
  /** SHA-256, lower-case hex. */
  secretHash: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  lastUsedAt: number | null;
  /** User name. */
  createdBy: string;
}

/** Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class TokenRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @throws Problem 'already-exists' if a token has the name */
  async add(token: Omit<Token, 'id' | 'lastUsedAt'>): Promise<Token> {
    const added = { ...token, createdBy: fitText(token.createdBy, 128) };
    const id = await this.#database.write(async (db) => {
      try {
        const [inserted] = await db('tokens').insert({
          name: added.name,
          role: added.role,
          secret_hash: added.secretHash,
          created_at: added.createdAt,
          created_by: added.createdBy,
        });
        return Number(inserted);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        throw new Problem('already-exists', `token ${added.name} exists already`, { cause: error });
      }
    });
    return { ...added, id, lastUsedAt: null };
  }

  async findByHash(secretHash: string): Promise<Token | undefined> {
    const row = await this.#database.read((db) =>
      db<Row>('tokens').where('secret_hash', secretHash).first('*'),
    );
    return row === undefined ? undefined : toToken(row);
  }

  /** In the order of their names. */
  async list(): Promise<Token[]> {
    const rows = await this.#database.read((db) => db<Row>('tokens').orderBy('name').select('*'));
    return rows.map(toToken);
  }

  /** @returns what was removed. @throws Problem 'not-found' */
  async remove(id: number): Promise<Token> {
    const row = await this.#database.transaction(async (trx) => {
      const found: Row | undefined = await trx<Row>('tokens').where('id', id).first('*');
      await trx('tokens').where('id', id).delete();
      return found;
    });
    if (row === undefined) throw new Problem('not-found', `no token ${id}`);
    return toToken(row);
  }

  async touch(id: number, at: number): Promise<void> {
    await this.#database.write((db) => db('tokens').where('id', id).update({ last_used_at: at }));
  }
}

function toToken(row: Row): Token {
  return {
    id: numberOf(row, 'id'),
    name: textOf(row, 'name'),
    role: toRole(textOf(row, 'role')),
    secretHash: textOf(row, 'secret_hash'),
    createdAt: numberOf(row, 'created_at'),
    lastUsedAt: timeOrNullOf(row, 'last_used_at'),
    createdBy: textOf(row, 'created_by'),
  };
}
