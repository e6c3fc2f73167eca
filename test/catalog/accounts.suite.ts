import { expect } from 'chai';
import type { User } from '../../src/catalog/user-repository.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { Opened } from '../helpers/catalog-engines.ts';

/** Settings, users, sessions and tokens. */
export function accountsSuite(opened: Opened): void {
  const user = (name: string, role: User['role'] = 'admin'): User => ({
    name,
    role,
    passwordHash: `scrypt$${name.length}`,
    createdAt: 1000,
    lastLoginAt: null,
    mustChangePassword: true,
    sessionEpoch: 0,
  });
  const codeOf = async (work: () => Promise<unknown>) => {
    const problem: unknown = await work().catch((error: unknown) => error);
    return problem instanceof Problem ? problem.code : problem;
  };

  it('keeps a setting until it is set again, whatever JSON can say', async () => {
    const { settings } = opened.catalog;
    expect(await settings.get('settings')).to.equal(undefined);

    await settings.set('settings', { aeTitles: ['A'], note: 'é 山 💀' });
    expect((await settings.get('settings'))?.value).to.deep.equal({ aeTitles: ['A'], note: 'é 山 💀' });
    await settings.set('settings', null);
    await settings.set('other', 'x');

    const kept = await settings.get('settings');
    expect(kept?.value).to.equal(null);
    expect(kept?.changedAt).to.be.closeTo(Date.now(), 10_000);
  });

  it('adds, finds, changes and lists users, whose names are one in any case', async () => {
    const { users } = opened.catalog;
    expect(await users.count()).to.equal(0);
    await users.add(user('Zoë'));
    await users.add(user('Anna', 'viewer'));

    expect(await users.findByName('zOË')).to.deep.equal(user('Zoë'));
    expect(await users.findByName('Zoe')).to.equal(undefined);
    await users.change('anna', {
      role: 'admin',
      passwordHash: 'other',
      mustChangePassword: false,
      sessionEpoch: 3,
      lastLoginAt: 2000,
    });
    await users.change('ANNA', {});

    const changed = { role: 'admin' as const, passwordHash: 'other', mustChangePassword: false };
    expect(await users.list()).to.deep.equal([
      { ...user('Anna'), ...changed, sessionEpoch: 3, lastLoginAt: 2000 },
      user('Zoë'),
    ]);
    expect(await users.count()).to.equal(2);
    expect(await codeOf(() => users.add(user('ANNA')))).to.equal('already-exists');
    expect(await codeOf(() => users.change('nobody', { sessionEpoch: 1 }))).to.equal('not-found');
    expect(await codeOf(() => users.remove('nobody'))).to.equal('not-found');
  });

  it('never lets the last admin go', async () => {
    const { users } = opened.catalog;
    await users.add(user('one'));
    await users.add(user('viewer', 'viewer'));

    expect(await codeOf(() => users.remove('ONE'))).to.equal('unusable-setting');
    expect(await codeOf(() => users.change('one', { role: 'viewer' }))).to.equal('unusable-setting');
    await users.add(user('two'));
    const outcomes = await Promise.all([
      codeOf(() => users.remove('one')),
      codeOf(() => users.change('two', { role: 'viewer' })),
    ]);
    expect(outcomes.filter((code) => code === 'unusable-setting')).to.have.lengthOf(1);
    expect((await users.list()).filter(({ role }) => role === 'admin')).to.have.lengthOf(1);
    await users.remove('viewer');
  });

  it('keeps sessions until they end, are ended, or their user goes', async () => {
    const { sessions, users } = opened.catalog;
    const session = (idHash: string, userName = 'anna', expiresAt = 9000) => ({
      idHash,
      userName,
      createdAt: 1000,
      lastUsedAt: 1000,
      expiresAt,
      address: '192.0.2.7',
    });
    await users.add(user('zeus'));
    await users.add(user('anna'));
    for (const hash of ['a', 'b', 'c']) await sessions.add(session(hash));
    await sessions.add(session('d', 'zeus'));
    await sessions.add(session('e', 'zeus', 2000));

    await sessions.touch('a', 5000);
    await sessions.touch('a', 4000);
    await sessions.removeExpired(2000);
    expect(await sessions.find('a')).to.deep.equal({ ...session('a'), lastUsedAt: 5000 });
    expect(await sessions.find('e')).to.equal(undefined);
    await sessions.removeOf('anna', 'b');
    await sessions.remove('nothing');
    expect(await sessions.find('a')).to.equal(undefined);
    expect(await sessions.find('c')).to.equal(undefined);
    expect(await sessions.find('b')).to.deep.equal(session('b'));
    await users.remove('ANNA');
    expect(await sessions.find('b')).to.equal(undefined);
    await sessions.removeOf('zeus');
    expect(await sessions.find('d')).to.equal(undefined);
  });

  it('adds, finds, lists and removes tokens', async () => {
    const { tokens } = opened.catalog;
    const token = (name: string) => ({
      name,
      role: 'viewer' as const,
      secretHash: `hash of ${name}`,
      createdAt: 1000,
      createdBy: 'anna',
    });
    const second = await tokens.add(token('second'));
    const first = await tokens.add(token('first'));

    expect(await codeOf(() => tokens.add(token('first')))).to.equal('already-exists');
    expect(await tokens.findByHash('hash of first')).to.deep.equal(first);
    expect(await tokens.findByHash('hash of none')).to.equal(undefined);
    await tokens.touch(first.id, 2000);
    expect(await tokens.list()).to.deep.equal([{ ...first, lastUsedAt: 2000 }, second]);
    expect(await tokens.remove(second.id)).to.deep.equal(second);
    expect(await codeOf(() => tokens.remove(second.id))).to.equal('not-found');
    expect(await tokens.list()).to.have.lengthOf(1);
  });
}
