import type { Knex } from 'knex';
import { Problem } from '../lib/problem.ts';
import type { Database } from './database.ts';
import { isDuplicateKey } from './database-error.ts';
import { numberOf, type Row, textOf, timeOrNullOf } from './rows.ts';

export type Role = 'admin' | 'viewer';

/** Somebody who may sign in. Names are compared without case. */
export interface User {
  name: string;
  role: Role;
  passwordHash: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  lastLoginAt: number | null;
  mustChangePassword: boolean;
  /** What was signed in under another number has ended. */
  sessionEpoch: number;
}

export type UserChange = Partial<
  Pick<User, 'role' | 'passwordHash' | 'mustChangePassword' | 'sessionEpoch' | 'lastLoginAt'>
>;

/** Every method throws Problem 'catalog-unavailable' where the database does not answer. */
export class UserRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async count(): Promise<number> {
    const row = await this.#database.read((db) => db<Row>('users').count({ total: 'id' }).first());
    return numberOf(row ?? {}, 'total');
  }

  /** In the order of their names. */
  async list(): Promise<User[]> {
    const rows = await this.#database.read((db) => db<Row>('users').orderBy('name_key').select('*'));
    return rows.map(toUser);
  }

  async findByName(name: string): Promise<User | undefined> {
    const row = await this.#database.read((db) => rowOf(db, name));
    return row === undefined ? undefined : toUser(row);
  }

  /** @throws Problem 'already-exists' */
  async add(user: User): Promise<void> {
    const row = {
      name_key: keyOf(user.name),
      name: user.name,
      role: user.role,
      password_hash: user.passwordHash,
      must_change_password: user.mustChangePassword,
      session_epoch: user.sessionEpoch,
      created_at: user.createdAt,
      last_login_at: user.lastLoginAt,
    };
    await this.#database.write(async (db) => {
      try {
        await db('users').insert(row);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        throw new Problem('already-exists', `user ${user.name} exists already`, { cause: error });
      }
    });
  }

  /** @throws Problem 'not-found'; 'unusable-setting' where nobody would be left who administers */
  async change(name: string, change: UserChange): Promise<void> {
    const columns = toColumns(change);
    await this.#database.transaction(async (trx) => {
      const user = toUser(await lockedRow(trx, name));
      if (user.role === 'admin' && change.role === 'viewer') await assertOtherAdmin(trx, user.name);
      if (Object.keys(columns).length > 0)
        await trx('users').where('name_key', keyOf(user.name)).update(columns);
    });
  }

  /** Ends the user's sessions too. @throws Problem 'not-found'; 'unusable-setting' for the last admin */
  async remove(name: string): Promise<void> {
    await this.#database.transaction(async (trx) => {
      const user = toUser(await lockedRow(trx, name));
      if (user.role === 'admin') await assertOtherAdmin(trx, user.name);
      await trx('sessions').where('user_name', user.name).delete();
      await trx('users').where('name_key', keyOf(user.name)).delete();
    });
  }
}

function keyOf(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

async function rowOf(db: Knex, name: string): Promise<Row | undefined> {
  return db<Row>('users').where('name_key', keyOf(name)).first('*');
}

/** All users are locked, in one order, so that two daemons cannot each take away the other's last admin. */
async function lockedRow(trx: Knex.Transaction, name: string): Promise<Row> {
  await trx('users').orderBy('id').forUpdate().select('id');
  const row = await rowOf(trx, name);
  if (row === undefined) throw new Problem('not-found', `no user ${name}`);
  return row;
}

async function assertOtherAdmin(trx: Knex.Transaction, name: string): Promise<void> {
  const other = await trx<Row>('users').where('role', 'admin').whereNot('name_key', keyOf(name)).first('id');
  if (other === undefined) {
    throw new Problem('unusable-setting', `${name} is the last admin: make another user an admin first`);
  }
}

function toColumns(change: UserChange): Row {
  const row: Row = {};
  if (change.role !== undefined) row['role'] = change.role;
  if (change.passwordHash !== undefined) row['password_hash'] = change.passwordHash;
  if (change.mustChangePassword !== undefined) row['must_change_password'] = change.mustChangePassword;
  if (change.sessionEpoch !== undefined) row['session_epoch'] = change.sessionEpoch;
  if (change.lastLoginAt !== undefined) row['last_login_at'] = change.lastLoginAt;
  return row;
}

function toUser(row: Row): User {
  return {
    name: textOf(row, 'name'),
    role: toRole(textOf(row, 'role')),
    passwordHash: textOf(row, 'password_hash'),
    createdAt: numberOf(row, 'created_at'),
    lastLoginAt: timeOrNullOf(row, 'last_login_at'),
    mustChangePassword: numberOf(row, 'must_change_password') === 1,
    sessionEpoch: numberOf(row, 'session_epoch'),
  };
}

/** What is no role we know may look and nothing else. */
export function toRole(text: string): Role {
  return text === 'admin' ? 'admin' : 'viewer';
}
