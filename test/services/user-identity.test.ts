import { expect } from 'chai';
import { Problem } from '../../src/lib/problem.ts';
import type { Settings } from '../../src/services/settings.ts';
import { UserIdentities, type UserIdentity } from '../../src/services/user-identity.ts';

const ADDRESS = '192.0.2.7';

/** Bytes of a user identity; texts as UTF-8. */
function identity(
  identityType: number,
  primary: string | Buffer,
  secondary: string | Buffer = '',
): UserIdentity {
  return { identityType, primaryField: Buffer.from(primary), secondaryField: Buffer.from(secondary) };
}

describe('UserIdentities (PS3.7 Annex D.3.3.7)', () => {
  let asked: [name: string, password: string | undefined, address: string][];
  let setting: Settings['userIdentity'];
  /** Alice has a password, and there is nobody else. */
  let check: (name: string, password: string | undefined) => Promise<'right' | 'wrong' | number>;
  beforeEach(() => {
    asked = [];
    setting = 'checked';
    check = async (name, password) =>
      name === 'älice' && (password === undefined || password === 'open sesame') ? 'right' : 'wrong';
  });

  const identities = (timeoutMs = 1000) =>
    new UserIdentities({
      timeoutMs,
      settings: {
        get current() {
          return { userIdentity: setting };
        },
      },
      accounts: {
        check: async (name, password, address) => {
          asked.push([name, password, address]);
          const outcome = await check(name, password);
          if (typeof outcome === 'number') return { outcome: 'too-many-attempts', retryAfterMs: outcome };
          return outcome === 'right' ? { outcome, user: name } : { outcome };
        },
      },
    });
  const verdictOn = (one: UserIdentity | undefined) => identities().check(one, ADDRESS);

  it('are not looked at where they are ignored, whatever they are', async () => {
    setting = 'ignored';

    for (const one of [undefined, identity(2, 'älice', 'wrong'), identity(3, 'ticket'), identity(99, '')])
      expect(await verdictOn(one)).to.deep.equal({ user: undefined });

    expect(identities().areChecked).to.equal(false);
    expect(asked).to.deep.equal([]);
  });

  for (const strictness of ['checked', 'required'] as const) {
    describe(`where they are ${strictness}`, () => {
      beforeEach(() => {
        setting = strictness;
      });

      it('are right with the passcode of the account, in UTF-8 and filled up with NULs too', async () => {
        expect(await verdictOn(identity(2, 'älice', 'open sesame'))).to.deep.equal({ user: 'älice' });
        expect(await verdictOn(identity(2, 'älice\0', 'open sesame\0'))).to.deep.equal({ user: 'älice' });
        expect(asked[0]).to.deep.equal(['älice', 'open sesame', ADDRESS]);
        expect(identities().areChecked).to.equal(true);
      });

      it('are wrong with another passcode or name, an empty passcode too, in the same words', async () => {
        for (const one of [
          identity(2, 'älice', 'guess'),
          identity(2, 'älice', ''),
          identity(2, 'bob', 'open sesame'),
        ])
          expect(await verdictOn(one)).to.deep.equal({
            refusal: 'user identity: name or passcode is wrong',
            isTransient: false,
          });
      });

      it('cannot be checked where they are tickets, assertions, tokens, or of a type of the future', async () => {
        for (const [type, what] of [
          [3, 'a Kerberos ticket'],
          [4, 'a SAML assertion'],
          [5, 'a JSON Web Token'],
          [0, 'type 0'],
          [77, 'type 77'],
        ] as const) {
          expect(await verdictOn(identity(type, 'x'))).to.deep.equal({
            refusal: `user identity: ${what} cannot be checked`,
            isTransient: false,
          });
        }
        expect(asked).to.deep.equal([]);
      });

      it('are refused unread where they are no text, empty or endless', async () => {
        for (const one of [
          identity(2, Buffer.from([0xff, 0xfe]), 'x'),
          identity(2, '', 'x'),
          identity(2, 'a'.repeat(65), 'x'),
          identity(2, 'a\0b', 'x'),
        ])
          expect(await verdictOn(one)).to.deep.equal({
            refusal: 'user identity: no readable user name',
            isTransient: false,
          });
        for (const passcode of [Buffer.from([0xc3]), 'x'.repeat(257)])
          expect(await verdictOn(identity(2, 'älice', passcode))).to.deep.equal({
            refusal: 'user identity: no readable passcode',
            isTransient: false,
          });
        expect(asked).to.deep.equal([]);
      });

      it('are to be shown again later by who guessed too often', async () => {
        check = async () => 12_345;

        expect(await verdictOn(identity(2, 'älice', 'x'))).to.deep.equal({
          refusal: 'user identity: too many attempts, again in 13 s',
          isTransient: true,
        });
      });

      it('are to be shown again later where the catalogue is away or hangs, or passwords wait in line', async () => {
        check = () => Promise.reject(new Problem('catalog-unavailable', 'the catalogue is away'));
        expect(await verdictOn(identity(2, 'älice', 'x'))).to.deep.equal({
          refusal: 'user identity not checked: the catalogue is away',
          isTransient: true,
        });

        check = () => new Promise(() => undefined);
        expect(await identities(30).check(identity(2, 'älice', 'x'), ADDRESS)).to.deep.equal({
          refusal: 'user identity not checked: the accounts cannot be looked at',
          isTransient: true,
        });
      });

      it('fail loudly on a bug', async () => {
        check = () => Promise.reject(new TypeError('a bug of ours'));

        const error: unknown = await verdictOn(identity(2, 'älice', 'x')).catch((reason: unknown) => reason);

        expect(error).to.be.instanceOf(TypeError);
      });
    });
  }

  it('may be left out where they are checked, and may not where they are required', async () => {
    expect(await verdictOn(undefined)).to.deep.equal({ user: undefined });
    setting = 'required';

    expect(await verdictOn(undefined)).to.deep.equal({
      refusal: 'no user identity, and one is required',
      isTransient: false,
    });
  });

  it('may be the name of an account alone where they are checked, and no less than a passcode where required', async () => {
    expect(await verdictOn(identity(1, 'älice'))).to.deep.equal({ user: 'älice' });
    expect(await verdictOn(identity(1, 'bob'))).to.have.property('refusal');
    expect(asked[0]).to.deep.equal(['älice', undefined, ADDRESS]);
    setting = 'required';

    expect(await verdictOn(identity(1, 'älice'))).to.deep.equal({
      refusal: 'user identity: a user name without passcode',
      isTransient: false,
    });
  });
});
