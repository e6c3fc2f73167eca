import type { User, UserRepository } from '../catalog/user-repository.ts';
import { Problem } from '../lib/problem.ts';
import type { Doer, RecordEvent } from './account-events.ts';
import { hashPassword } from './passwords.ts';
import type { Sessions } from './sessions.ts';

export interface UsersOptions {
  users: Pick<UserRepository, 'list' | 'findByName' | 'add' | 'change' | 'remove'>;
  sessions: Sessions;
  record: RecordEvent;
  now(): number;
}

export interface UserChange {
  role?: User['role'] | undefined;
  /** Set by someone else than its owner, who should change it. */
  password?: string | undefined;
}

/** The accounts of people, as the admin keeps them. */
export class Users {
  readonly #options: UsersOptions;

  constructor(options: UsersOptions) {
    this.#options = options;
  }

  list(): Promise<User[]> {
    return this.#options.users.list();
  }

  /** @throws Problem 'already-exists' */
  async add(name: string, role: User['role'], password: string, doer: Doer): Promise<User> {
    const user: User = {
      name: name.normalize('NFC'),
      role,
      passwordHash: await hashPassword(password),
      createdAt: this.#options.now(),
      lastLoginAt: null,
      mustChangePassword: true,
      sessionEpoch: 0,
    };
    await this.#options.users.add(user);
    this.#tell('user-added', user.name, doer, `${doer.name} added the user ${user.name} (${role})`, {
      after: role,
    });
    return user;
  }

  /**
   * Ends the sessions of the user where the password changes; a new role counts from the next request on.
   * @throws Problem 'not-found'; 'unusable-setting' where the last admin would be none
   */
  async change(name: string, change: UserChange, doer: Doer): Promise<User> {
    const before = await this.#find(name);
    const { role = before.role, password } = change;
    const changed = {
      role,
      ...(password !== undefined && {
        passwordHash: await hashPassword(password),
        mustChangePassword: true,
        sessionEpoch: before.sessionEpoch + 1,
      }),
    };
    await this.#options.users.change(before.name, changed);
    this.#options.sessions.forget(before.name);
    if (role !== before.role) {
      const words = `${doer.name} made the user ${before.name} ${role} (was ${before.role})`;
      this.#tell('user-changed', before.name, doer, words, { before: before.role, after: role });
    }
    if (password !== undefined) {
      await this.#options.sessions.endOf(before.name);
      this.#tell('password-changed', before.name, doer, `${doer.name} set a password for ${before.name}`);
    }
    return { ...before, ...changed };
  }

  /** @throws Problem 'not-found'; 'unusable-setting' for the last admin */
  async remove(name: string, doer: Doer): Promise<void> {
    const user = await this.#find(name);
    await this.#options.users.remove(user.name);
    await this.#options.sessions.endOf(user.name);
    const words = `${doer.name} removed the user ${user.name}`;
    this.#tell('user-removed', user.name, doer, words, { before: user.role });
  }

  async #find(name: string): Promise<User> {
    const user = await this.#options.users.findByName(name.normalize('NFC'));
    if (user === undefined) throw new Problem('not-found', `no user ${name}`);
    return user;
  }

  #tell(
    kind: 'user-added' | 'user-changed' | 'user-removed' | 'password-changed',
    user: string,
    doer: Doer,
    words: string,
    fields: Record<string, string> = {},
  ): void {
    this.#options.record({
      kind,
      severity: 'info',
      words,
      fields: { by: doer.name, address: doer.address, user, ...fields },
    });
  }
}
