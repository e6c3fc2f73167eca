import { createHash, randomBytes } from 'node:crypto';
import type { Token, TokenRepository } from '../catalog/token-repository.ts';
import type { Doer, RecordEvent } from './account-events.ts';
import { FreshCache } from './fresh-cache.ts';
import { serviceLimits } from './limits.ts';

export interface ApiTokensOptions {
  tokens: Pick<TokenRepository, 'add' | 'findByHash' | 'list' | 'remove' | 'touch'>;
  record: RecordEvent;
  now(): number;
}

const SECRET_BYTES = 32;
const SECRET = /^dk_[\w-]{43}$/;

/** Secrets by which scripts sign in: long random ones, of which the catalogue holds the hash alone. */
export class ApiTokens {
  readonly #options: ApiTokensOptions;
  readonly #known: FreshCache<Token>;

  constructor(options: ApiTokensOptions) {
    this.#options = options;
    this.#known = new FreshCache({
      freshMs: serviceLimits.accountFreshMs,
      staleMs: serviceLimits.sessionIdleMs,
      patienceMs: serviceLimits.accountPatienceMs,
      entriesMax: serviceLimits.accountEntriesMax,
      now: options.now,
    });
  }

  list(): Promise<Token[]> {
    return this.#options.tokens.list();
  }

  /** @throws Problem 'already-exists' where the name is taken */
  async add(name: string, role: Token['role'], doer: Doer): Promise<{ token: Token; secret: string }> {
    const secret = `dk_${randomBytes(SECRET_BYTES).toString('base64url')}`;
    const token = await this.#options.tokens.add({
      name,
      role,
      secretHash: hashOf(secret),
      createdAt: this.#options.now(),
      createdBy: doer.name,
    });
    this.#options.record({
      kind: 'token-added',
      severity: 'info',
      words: `${doer.name} added the API token ${token.name} (${role})`,
      fields: { by: doer.name, address: doer.address, token: token.name, after: role },
    });
    return { token, secret };
  }

  /** @throws Problem 'not-found' */
  async remove(id: number, doer: Doer): Promise<void> {
    const token = await this.#options.tokens.remove(id);
    this.#known.delete(token.secretHash);
    this.#options.record({
      kind: 'token-removed',
      severity: 'info',
      words: `${doer.name} removed the API token ${token.name}`,
      fields: { by: doer.name, address: doer.address, token: token.name, before: token.role },
    });
  }

  /** @param secret as it came after `Bearer` */
  async find(secret: string): Promise<Token | undefined> {
    if (!SECRET.test(secret)) return undefined;
    const hash = hashOf(secret);
    const token = await this.#known.get(hash, () => this.#options.tokens.findByHash(hash));
    if (token !== undefined) this.#touch(token);
    return token;
  }

  #touch(token: Token): void {
    const now = this.#options.now();
    if (token.lastUsedAt !== null && now - token.lastUsedAt < serviceLimits.sessionTouchMs) return;
    token.lastUsedAt = now;
    this.#options.tokens.touch(token.id, now).catch(() => undefined);
  }
}

/** Without salt and cost: what is hashed has 256 random bits. */
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
