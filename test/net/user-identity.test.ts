import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Problem } from '../../src/lib/problem.ts';
import type { Check } from '../../src/services/accounts.ts';
import type { Certificates } from '../../src/services/certificates.ts';
import type { Settings } from '../../src/services/settings.ts';
import { TestAcceptor } from '../helpers/acceptor.ts';
import { AssociationRejected, DimseClient } from '../helpers/dimse-client.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';
import { A_ASSOCIATE_RQ } from '../ul/fixtures.ts';
import { RawPeer } from './raw-peer.ts';

const NO_CERTIFICATES = {
  current: () => ({ certificate: '', privateKey: '' }),
  onChange: () => () => undefined,
} as unknown as Certificates;

const PASSCODE = 'correct horse';

describe('User identity of an association (PS3.7 Annex D.3.3.7)', () => {
  let acceptor: TestAcceptor;
  let port: number;
  let answer: () => Promise<Check>;

  beforeEach(async () => {
    answer = async () => ({ outcome: 'wrong' });
    const settings = { tls: { ...PLAIN_SETTINGS.tls, isEnabled: false } };
    acceptor = new TestAcceptor(NO_CERTIFICATES, settings, undefined, {
      accounts: {
        check: async (name, password) =>
          name === 'alice' && password === PASSCODE ? { outcome: 'right', user: 'Alice' } : await answer(),
      },
    });
    await acceptor.listeners.open(acceptor.settings.current);
    port = acceptor.portOf('dimse');
  });
  afterEach(() => acceptor.close());

  const set = (userIdentity: Settings['userIdentity']) => {
    acceptor.settings.current = { ...acceptor.settings.current, userIdentity };
  };

  /** Type 2 unless told otherwise; without passcode none at all. */
  async function associate(passcode: string | undefined, identityType = 2, positiveResponseRequested = true) {
    const userIdentity = {
      identityType,
      positiveResponseRequested,
      primaryField: Buffer.from('alice'),
      secondaryField: Buffer.from(passcode ?? ''),
    };
    return await DimseClient.connect({
      port,
      ...(passcode !== undefined && { userInformation: { userIdentity } }),
    });
  }
  async function rejectionOf(work: Promise<DimseClient>): Promise<number[]> {
    const error: unknown = await work.catch((reason: unknown) => reason);
    if (!(error instanceof AssociationRejected)) throw new Error(`not rejected: ${error}`);
    const { result, source, reason } = error.reject;
    return [result, source, reason];
  }
  const responseOf = (client: DimseClient) => client.accepted?.userInformation.userIdentityResponse;
  const told = (method: string) => acceptor.observer.told.filter(([name]) => name === method);

  it('is ignored by setting, and not answered, so that nobody believes it was checked', async () => {
    const client = await associate('wrong');

    expect(responseOf(client)).to.equal(undefined);
    expect((await client.echo()).status).to.equal(0);
    await client.release();
  });

  for (const setting of ['checked', 'required'] as const) {
    it(`is accepted with the right passcode where it is ${setting}, and answered where that was requested`, async () => {
      set(setting);

      const client = await associate(PASSCODE);
      const silent = await associate(PASSCODE, 2, false);

      expect(responseOf(client)).to.deep.equal({ serverResponse: Buffer.alloc(0) });
      expect(responseOf(silent)).to.equal(undefined);
      expect((await client.echo()).status).to.equal(0);
      const accepted = acceptor.log.lines.find(({ message }) => message === 'association accepted');
      expect(accepted?.fields).to.include({ user: 'Alice' });
      await client.release();
      await silent.release();
    });

    it(`is rejected with a wrong passcode where it is ${setting}: permanently, by the ACSE provider`, async () => {
      set(setting);

      expect(await rejectionOf(associate('guess'))).to.deep.equal([1, 2, 1]);

      expect(told('associationRejected').map((one) => one.slice(2))).to.deep.equal([
        ['user-identity', 'user identity: name or passcode is wrong'],
      ]);
    });

    it(`is rejected for the moment where it is ${setting} and the accounts cannot be looked at`, async () => {
      set(setting);
      answer = () => Promise.reject(new Problem('catalog-unavailable', 'the catalogue is away'));

      expect(await rejectionOf(associate('guess'))).to.deep.equal([2, 3, 1]);
    });

    it(`is rejected where it is ${setting} and nobody here can check it`, async () => {
      set(setting);

      for (const type of [3, 4, 5]) expect(await rejectionOf(associate('x', type))).to.deep.equal([1, 2, 1]);
    });
  }

  it('may be left out where it is checked, and may not where it is required', async () => {
    set('checked');
    await (await associate(undefined)).release();
    set('required');

    expect(await rejectionOf(associate(undefined))).to.deep.equal([1, 2, 1]);
  });

  it('is not looked at of who is rejected for another reason, or takes a moment too long', async () => {
    set('checked');
    let asked = 0;
    answer = async () => {
      asked += 1;
      await wait(100);
      return { outcome: 'wrong' };
    };
    const other = DimseClient.connect({ port, called: 'PACS' });
    expect(await rejectionOf(other)).to.deep.equal([1, 1, 7]);
    expect(asked).to.equal(0);

    const hasty = await RawPeer.connect(port);
    hasty.send(A_ASSOCIATE_RQ);
    while (asked === 0) await wait(2);
    hasty.destroy();
    await wait(200);

    expect(told('associationRejected').map((one) => one[2])).to.deep.equal([
      'called-ae-title',
      'protocol-error',
    ]);
    expect(acceptor.acceptor.associations).to.equal(0);
  });

  it('leaves no passcode in the log or in what observers are told', async () => {
    set('checked');
    await (await associate(PASSCODE)).release();
    await associate('a secret guess').catch(() => undefined);

    const all = JSON.stringify([acceptor.log.lines, acceptor.observer.told]);

    expect(all)
      .to.include('user identity')
      .and.not.to.match(/correct horse|a secret guess/);
  });
});
