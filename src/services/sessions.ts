import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Session, SessionRepository } from '../catalog/session-repository.ts';
import type { SettingRepository } from '../catalog/setting-repository.ts';
import type { User, UserRepository } from '../catalog/user-repository.ts';
import { FreshCache } from './fresh-cache.ts';
import { serviceLimits } from './limits.ts';

export interface SessionsOptions {
  sessions: Pick<SessionRepository, 'add' | 'find' | 'touch' | 'remove' | 'removeOf' | 'removeExpired'>;
  users: Pick<UserRepository, 'findByName'>;
  settings: Pick<SettingRepository, 'get' | 'set'>;
  now(): number;
}

/** A session that is alive, and whose it is. */
export interface SignedIn {
  sessionId: string;
  user: User;
}

interface Known {
  session: Session;
  user: User;
}

const ID_BYTES = 32;
const SECRET_BYTES = 32;
const SECRET_NAME = 'session-secret';
/** `<id>.<session epoch of the user>.<signature>`; id and signature: 32 bytes in base64url. */
const COOKIE = /^([\w-]{43})\.(\d{1,15})\.([\w-]{43})$/;

/**
 * Sessions of the page. The cookie carries a random id, signed, so that a made-up one costs no look into the catalogue; the catalogue holds
 * its hash, so that nobody who reads it can sign in.
 */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #known: FreshCache<Known>;
  #secret: Buffer | undefined;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#known = new FreshCache({
      freshMs: serviceLimits.accountFreshMs,
      staleMs: serviceLimits.sessionIdleMs,
      patienceMs: serviceLimits.accountPatienceMs,
      entriesMax: serviceLimits.accountEntriesMax,
      now: options.now,
    });
  }

  /**
   * @param user as it was when its password was checked: where it has changed since, the session is no good
   * @returns the value of the cookie
   */
  async start(user: User, address: string): Promise<{ sessionId: string; cookie: string }> {
    const now = this.#options.now();
    const sessionId = randomBytes(ID_BYTES).toString('base64url');
    const cookie = await this.cookieOf(sessionId, user);
    await this.#options.sessions.removeExpired(now);
    await this.#options.sessions.add({
      idHash: hashOf(sessionId),
      userName: user.name,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: now + serviceLimits.sessionMs,
      address,
    });
    return { sessionId, cookie };
  }

  /** The value of the cookie that is good until the session epoch of the user changes. */
  async cookieOf(sessionId: string, { sessionEpoch }: Pick<User, 'sessionEpoch'>): Promise<string> {
    return `${sessionId}.${sessionEpoch}.${await this.#sign(`${sessionId}.${sessionEpoch}`)}`;
  }

  /**
   * Whose session it is; undefined for a cookie that is none of ours, or whose session is over.
   * @param isUse whether the session lives on because of it
   */
  async find(cookie: string, isUse = true): Promise<SignedIn | undefined> {
    const [, sessionId, epoch, signature] = COOKIE.exec(cookie) ?? [];
    if (sessionId === undefined || epoch === undefined || signature === undefined) return undefined;
    if (!isEqual(signature, await this.#sign(`${sessionId}.${epoch}`))) return undefined;
    const idHash = hashOf(sessionId);
    const known = await this.#known.get(idHash, () => this.#look(idHash));
    if (known === undefined || known.user.sessionEpoch !== Number(epoch)) return undefined;
    const now = this.#options.now();
    const idleMs = now - known.session.lastUsedAt;
    if (now >= known.session.expiresAt || idleMs > serviceLimits.sessionIdleMs) return undefined;
    if (isUse && idleMs >= serviceLimits.sessionTouchMs) this.#touch(known.session, now);
    return { sessionId, user: known.user };
  }

  /** What the page has to send beside the cookie with whatever changes something. */
  async csrfTokenOf(sessionId: string): Promise<string> {
    return await this.#sign(`csrf ${sessionId}`);
  }

  async isCsrfTokenOf(sessionId: string, token: string): Promise<boolean> {
    return isEqual(token, await this.csrfTokenOf(sessionId));
  }

  async end(sessionId: string): Promise<void> {
    const idHash = hashOf(sessionId);
    await this.#options.sessions.remove(idHash);
    this.#known.delete(idHash);
  }

  /** Ends all sessions of a user, but one. */
  async endOf(userName: string, exceptSessionId?: string): Promise<void> {
    const except = exceptSessionId === undefined ? undefined : hashOf(exceptSessionId);
    await this.#options.sessions.removeOf(userName, except);
    this.forget(userName);
  }

  /** The user has changed: the next request looks into the catalogue. */
  forget(userName: string): void {
    this.#known.deleteWhere((known) => known?.user.name === userName);
  }

  async #look(idHash: string): Promise<Known | undefined> {
    const session = await this.#options.sessions.find(idHash);
    if (session === undefined) return undefined;
    const user = await this.#options.users.findByName(session.userName);
    return user === undefined ? undefined : { session, user };
  }

  /** The session in memory moves on at once; the catalogue's follows, and what it misses costs the next touch. */
  #touch(session: Session, now: number): void {
    session.lastUsedAt = now;
    this.#options.sessions.touch(session.idHash, now).catch(() => undefined);
  }

  async #sign(text: string): Promise<string> {
    this.#secret ??= await this.#readSecret();
    return createHmac('sha256', this.#secret).update(text).digest('base64url');
  }

  /** Read again after it was made: of two servers that start at once, one has the last word. */
  async #readSecret(): Promise<Buffer> {
    const { settings } = this.#options;
    if ((await settings.get(SECRET_NAME)) === undefined) {
      await settings.set(SECRET_NAME, randomBytes(SECRET_BYTES).toString('base64url'));
    }
    const kept = await settings.get(SECRET_NAME);
    return Buffer.from(String(kept?.value), 'base64url');
  }
}

function hashOf(sessionId: string): string {
  return createHash('sha256').update(sessionId).digest('hex');
}

/** In constant time. */
function isEqual(one: string, other: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}
