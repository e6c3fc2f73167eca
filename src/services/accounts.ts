import type { Catalog } from '../catalog/catalog.ts';
import type { User } from '../catalog/user-repository.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { type Doer, quoted, type RecordEvent } from './account-events.ts';
import { ApiTokens } from './api-tokens.ts';
import { makeFirstAccount } from './first-account.ts';
import { serviceLimits } from './limits.ts';
import { LoginBackoff } from './login-backoff.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { Sessions } from './sessions.ts';
import { Users } from './users.ts';

export interface AccountsOptions {
  catalog: Pick<Catalog, 'users' | 'sessions' | 'tokens' | 'settings'>;
  /** The password that the installer left in a file, and what follows its first line; undefined where no file is configured. */
  readFirstPassword(): Promise<string | undefined>;
  /** Told of the first password where the catalogue was away during `prepare` and has come back. */
  onFirstPassword(password: string): void;
  record: RecordEvent;
  log: { warn(message: string, fields?: Record<string, string>): void };
  now?(): number;
}

/** What came with a request. */
export interface Credentials {
  /** Value of the session's cookie. */
  cookie: string | undefined;
  /** Header Authorization. */
  authorization: string | undefined;
}

/** Who sent a request. */
export interface Identity {
  /** User name, or `token <name>`. */
  name: string;
  role: User['role'];
  /** Undefined for an API token. */
  session: { id: string; mustChangePassword: boolean } | undefined;
}

export type Check =
  | { outcome: 'right'; user: string }
  | { outcome: 'wrong' }
  | { outcome: 'too-many-attempts'; retryAfterMs: number };

export type Login =
  | { outcome: 'signed-in'; user: User; sessionId: string; cookie: string }
  | { outcome: 'wrong' }
  | { outcome: 'too-many-attempts'; retryAfterMs: number };

/** Who may use the page: people with name and password, who get sessions, and scripts with API tokens. */
export class Accounts {
  readonly users: Users;
  readonly tokens: ApiTokens;
  readonly sessions: Sessions;
  readonly #options: AccountsOptions;
  readonly #now: () => number;
  readonly #backoff: LoginBackoff;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: AccountsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#backoff = new LoginBackoff(this.#now);
    const { catalog, record } = options;
    const { users, settings } = catalog;
    this.sessions = new Sessions({ sessions: catalog.sessions, users, settings, now: this.#now });
    this.users = new Users({ users, sessions: this.sessions, record, now: this.#now });
    this.tokens = new ApiTokens({ tokens: catalog.tokens, record, now: this.#now });
  }

  /**
   * Sees to it that there is a user; where the catalogue is away, later.
   * @returns a password to be told the owner once
   */
  async prepare(): Promise<string | undefined> {
    try {
      return await this.#makeFirst();
    } catch (error) {
      this.#options.log.warn('no look at the accounts yet: tried again', { reason: messageOf(error) });
      this.#prepareLater();
      return undefined;
    }
  }

  stop(): void {
    clearTimeout(this.#retry);
  }

  /** Takes as long for a user that there is not. @throws Problem 'catalog-unavailable' or 'backlog-full' */
  async login(name: string, password: string, address: string): Promise<Login> {
    const retryAfterMs = this.#backoff.delayMs(name, address);
    if (retryAfterMs > 0) return { outcome: 'too-many-attempts', retryAfterMs };
    const user = await this.#verified(name, password, address);
    if (user === undefined) {
      const words = `someone at ${address} tried to sign in as ${quoted(name)}: name or password is wrong`;
      const fields = { by: quoted(name), address };
      this.#options.record({ kind: 'login-failed', severity: 'warning', words, fields });
      return { outcome: 'wrong' };
    }
    const { sessionId, cookie } = await this.sessions.start(user, address);
    await this.#options.catalog.users.change(user.name, { lastLoginAt: this.#now() });
    this.#tell('login', { name: user.name, address }, 'signed in');
    return { outcome: 'signed-in', user, sessionId, cookie };
  }

  /**
   * Whether this is the account's password, or, without one, whether there is such an account: for whoever needs no session. Guessing is slowed down as
   * by `login`.
   * @throws Problem 'catalog-unavailable' or 'backlog-full'
   */
  async check(name: string, password: string | undefined, address: string): Promise<Check> {
    const retryAfterMs = this.#backoff.delayMs(name, address);
    if (retryAfterMs > 0) return { outcome: 'too-many-attempts', retryAfterMs };
    const user = await this.#verified(name, password, address);
    return user === undefined ? { outcome: 'wrong' } : { outcome: 'right', user: user.name };
  }

  /**
   * Undefined for nobody: no credentials, or some that are not good, or not any more.
   * @param isUse whether a session lives on because of it
   * @throws Problem 'catalog-unavailable'
   */
  async authenticate({ cookie, authorization }: Credentials, isUse = true): Promise<Identity | undefined> {
    if (authorization !== undefined) {
      const [, secret = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
      const token = await this.tokens.find(secret);
      if (token === undefined) return undefined;
      return { name: `token ${token.name}`, role: token.role, session: undefined };
    }
    const signedIn = cookie === undefined ? undefined : await this.sessions.find(cookie, isUse);
    if (signedIn === undefined) return undefined;
    const { name, role, mustChangePassword } = signedIn.user;
    return { name, role, session: { id: signedIn.sessionId, mustChangePassword } };
  }

  async logout(sessionId: string, doer: Doer): Promise<void> {
    await this.sessions.end(sessionId);
    this.#tell('logout', doer, 'signed out');
  }

  async logoutEverywhere(doer: Doer): Promise<void> {
    await this.sessions.endOf(doer.name);
    this.#tell('logout', doer, 'signed out everywhere');
  }

  /**
   * Ends all other sessions of the user. This one goes on under a new cookie: who has got hold of the old one has nothing.
   * @throws Problem 'catalog-unavailable' or 'backlog-full'
   */
  async changePassword(current: string, next: string, sessionId: string, doer: Doer): Promise<Login> {
    const { name, address } = doer;
    const retryAfterMs = this.#backoff.delayMs(name, address);
    if (retryAfterMs > 0) return { outcome: 'too-many-attempts', retryAfterMs };
    const user = await this.#verified(name, current, address);
    if (user === undefined) return { outcome: 'wrong' };
    const change = {
      passwordHash: await hashPassword(next),
      mustChangePassword: false,
      sessionEpoch: user.sessionEpoch + 1,
    };
    await this.#options.catalog.users.change(user.name, change);
    await this.sessions.endOf(user.name, sessionId);
    this.#tell('password-changed', doer, 'changed the password');
    const changed = { ...user, ...change };
    const cookie = await this.sessions.cookieOf(sessionId, changed);
    return { outcome: 'signed-in', user: changed, sessionId, cookie };
  }

  /** The user, if this is the password, or none was given. What could not be looked at is no failed attempt. */
  async #verified(name: string, password: string | undefined, address: string): Promise<User | undefined> {
    this.#backoff.failed(name, address);
    try {
      const user = await this.#options.catalog.users.findByName(name.normalize('NFC').trim());
      if (password === undefined) {
        // A name is no proof: it makes good no wrong password.
        if (user !== undefined) this.#backoff.undo(name, address);
        return user;
      }
      const isRight = await verifyPassword(password, user?.passwordHash);
      if (isRight) this.#backoff.succeeded(name, address);
      return isRight ? user : undefined;
    } catch (error) {
      this.#backoff.undo(name, address);
      throw error;
    }
  }

  async #makeFirst(): Promise<string | undefined> {
    const { catalog, readFirstPassword, log } = this.#options;
    return makeFirstAccount({ users: catalog.users, readPassword: readFirstPassword, log, now: this.#now });
  }

  #prepareLater(): void {
    const attempt = async () => {
      try {
        const password = await this.#makeFirst();
        if (password !== undefined) this.#options.onFirstPassword(password);
      } catch (error) {
        if (!(error instanceof Problem)) this.#options.log.warn('accounts', { reason: messageOf(error) });
        this.#prepareLater();
      }
    };
    this.#retry = setTimeout(attempt, serviceLimits.accountRetryMs);
    this.#retry.unref();
  }

  #tell(kind: 'login' | 'logout' | 'password-changed', doer: Doer, did: string): void {
    const { name, address } = doer;
    const words = `${name} ${did} from ${address}`;
    this.#options.record({ kind, severity: 'info', words, fields: { by: name, address } });
  }
}
