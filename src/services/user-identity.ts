import { isUtf8 } from 'node:buffer';
import { Problem } from '../lib/problem.ts';
import { within } from '../lib/within.ts';
import type { Accounts } from './accounts.ts';
import type { Settings } from './settings.ts';

/** User Identity of an association request — PS3.7 Annex D.3.3.7.1, Table D.3-14. */
export interface UserIdentity {
  identityType: number;
  primaryField: Buffer;
  secondaryField: Buffer;
}

export type IdentityVerdict =
  /** `user` undefined where nobody asked for an identity, or none is looked at. */
  | { user: string | undefined }
  /** `isTransient`: another attempt may succeed. */
  | { refusal: string; isTransient: boolean };

export interface UserIdentitiesOptions {
  accounts: Pick<Accounts, 'check'>;
  settings: { readonly current: Pick<Settings, 'userIdentity'> };
  /** How long the catalogue and the passwords of others are waited for, milliseconds. */
  timeoutMs?: number;
}

const USERNAME = 1;
const USERNAME_AND_PASSCODE = 2;
const TYPES: Readonly<Record<number, string>> = {
  3: 'a Kerberos ticket',
  4: 'a SAML assertion',
  5: 'a JSON Web Token',
};
/** What an account of the page may have. */
const NAME_CHARS_MAX = 64;
const PASSCODE_CHARS_MAX = 256;
/** Beyond, a requestor gives up. */
const TIMEOUT_MS = 5000;

/**
 * Checks the user identities of association requests against the accounts of the page, if the setting says so. `checked`: one that comes has to be right,
 * a user name alone is the name of an account. `required`: everybody shows user name and passcode.
 */
export class UserIdentities {
  readonly #options: UserIdentitiesOptions;

  constructor(options: UserIdentitiesOptions) {
    this.#options = options;
  }

  /** Whether identities are looked at, and so answered: PS3.7 Annex D.3.3.7 has others ignored without a word. */
  get areChecked(): boolean {
    return this.#options.settings.current.userIdentity !== 'ignored';
  }

  /** @param address of the network, for guessing has its price by address */
  async check(identity: UserIdentity | undefined, address: string): Promise<IdentityVerdict> {
    const { accounts, settings, timeoutMs = TIMEOUT_MS } = this.#options;
    const { userIdentity: setting } = settings.current;
    if (setting === 'ignored') return { user: undefined };
    const shown = shownBy(identity, setting);
    if ('refusal' in shown || shown.name === undefined) return verdictOf(shown);
    const { name, passcode } = shown;
    try {
      const late = () => new Problem('catalog-unavailable', 'the accounts cannot be looked at');
      const outcome = await within(timeoutMs, late, () => accounts.check(name, passcode, address));
      if (outcome.outcome === 'right') return { user: outcome.user };
      if (outcome.outcome === 'wrong') return refused('user identity: name or passcode is wrong');
      const seconds = Math.ceil(outcome.retryAfterMs / 1000);
      return { refusal: `user identity: too many attempts, again in ${seconds} s`, isTransient: true };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { refusal: `user identity not checked: ${error.message}`, isTransient: true };
    }
  }
}

type Shown = { name: string | undefined; passcode?: string } | { refusal: string };

/** What there is to be checked: no name where no identity came and none must. */
function shownBy(identity: UserIdentity | undefined, setting: 'checked' | 'required'): Shown {
  if (identity === undefined)
    return setting === 'checked' ? { name: undefined } : { refusal: 'no user identity, and one is required' };
  const { identityType, primaryField, secondaryField } = identity;
  if (identityType !== USERNAME && identityType !== USERNAME_AND_PASSCODE) {
    const what = TYPES[identityType] ?? `type ${identityType}`;
    return { refusal: `user identity: ${what} cannot be checked` };
  }
  if (identityType === USERNAME && setting === 'required')
    return { refusal: 'user identity: a user name without passcode' };
  const name = textOf(primaryField, NAME_CHARS_MAX);
  if (name === undefined || name === '') return { refusal: 'user identity: no readable user name' };
  if (identityType === USERNAME) return { name };
  const passcode = textOf(secondaryField, PASSCODE_CHARS_MAX);
  return passcode === undefined ? { refusal: 'user identity: no readable passcode' } : { name, passcode };
}

function verdictOf(shown: Shown): IdentityVerdict {
  return 'refusal' in shown ? refused(shown.refusal) : { user: undefined };
}

function refused(refusal: string): IdentityVerdict {
  return { refusal, isTransient: false };
}

/** UTF-8, without the NULs with which some pad to an even length. */
function textOf(bytes: Buffer, charsMax: number): string | undefined {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  const value = bytes.subarray(0, end);
  if (value.length > charsMax * 4 || !isUtf8(value) || value.includes(0)) return undefined;
  const text = value.toString('utf8');
  return text.length > charsMax ? undefined : text;
}
