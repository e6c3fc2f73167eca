import { expect } from 'chai';
import { Database } from '../../src/catalog/database.ts';
import { Problem } from '../../src/lib/problem.ts';
import { Accounts, type AccountsOptions } from '../../src/services/accounts.ts';
import type { NewEvent } from '../../src/services/activity-kinds.ts';
import { describeOnSqlite } from '../helpers/catalog-engines.ts';

const HOUR_MS = 3_600_000;
const DOER = { name: 'admin', address: '192.0.2.1' };

describeOnSqlite('Accounts', (opened) => {
  let now = 0;
  let events: NewEvent[] = [];
  let warnings: string[] = [];
  beforeEach(() => {
    now = 1_750_000_000_000;
    events = [];
    warnings = [];
  });

  const accountsOn = (more: Partial<AccountsOptions> = {}) =>
    new Accounts({
      catalog: opened.catalog,
      readFirstPassword: async () => undefined,
      onFirstPassword: () => undefined,
      record: (event) => events.push(event),
      log: { warn: (message, fields) => warnings.push(`${message}: ${fields?.['reason']}`) },
      now: () => now,
      ...more,
    });
  /** A catalogue that can be taken away. */
  const fragile = () => {
    let isAway = false;
    const { users, sessions, tokens, settings } = opened.catalog;
    const guarded = <T extends object>(repository: T): T =>
      new Proxy(repository, {
        get: (target, name) => {
          const method: unknown = Reflect.get(target, name);
          return (...parameters: unknown[]) =>
            isAway
              ? Promise.reject(new Problem('catalog-unavailable', 'the catalogue is away'))
              : (method as (...parameters: unknown[]) => unknown).apply(target, parameters);
        },
      });
    return {
      catalog: {
        users: guarded(users),
        sessions: guarded(sessions),
        tokens: guarded(tokens),
        settings: guarded(settings),
      },
      take: () => {
        isAway = true;
      },
      giveBack: () => {
        isAway = false;
      },
    };
  };
  const withCookie = (cookie: string) => ({ cookie, authorization: undefined });
  const signIn = async (accounts: Accounts, name: string, password: string) => {
    const login = await accounts.login(name, password, DOER.address);
    if (login.outcome !== 'signed-in') throw new Error(login.outcome);
    return login;
  };

  it('make the first admin with a password that is told once', async () => {
    const accounts = accountsOn();

    const password = await accounts.prepare();

    expect(password).to.match(/^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
    const { user } = await signIn(accounts, 'admin', password ?? '');
    expect(user).to.include({ name: 'admin', role: 'admin', mustChangePassword: true });
    expect(await accounts.prepare()).to.equal(undefined);
    expect(await opened.catalog.users.count()).to.equal(1);
  });

  it('make the first admin with the first line of the file of the installer, and tell nothing', async () => {
    const accounts = accountsOn({ readFirstPassword: async () => 'set by the installer\r\nnot this\n' });

    expect(await accounts.prepare()).to.equal(undefined);

    const { user } = await signIn(accounts, 'admin', 'set by the installer');
    expect(user.mustChangePassword).to.equal(false);
  });

  it('say why a password of the installer is not used, and make one up', async () => {
    const reasons: string[] = [];
    for (const readFirstPassword of [
      async () => 'too short',
      async () => '\nin the second line',
      async () => 'x'.repeat(257),
      async () => Promise.reject(new Error('ENOENT: no such file')),
    ]) {
      const { catalog } = await opened.another();
      expect(await accountsOn({ catalog, readFirstPassword }).prepare()).to.be.a('string');
      reasons.push(warnings.at(-1) ?? '');
    }

    expect(reasons.map((reason) => reason.split(': ').at(-1))).to.deep.equal([
      'shorter than 10 characters',
      'shorter than 10 characters',
      'longer than 256 characters',
      'no such file',
    ]);
    expect(reasons.join()).not.to.include('too short');
  });

  it('make one first admin where two servers start at once', async () => {
    const passwords = await Promise.all([accountsOn().prepare(), accountsOn().prepare()]);

    expect(passwords.filter((password) => password !== undefined)).to.have.lengthOf(1);
    expect(await opened.catalog.users.count()).to.equal(1);
  });

  it('make the first admin later where the catalogue is away at the start', async () => {
    const { catalog, take, giveBack } = fragile();
    take();
    let tell: (password: string) => void = () => undefined;
    const told = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const accounts = accountsOn({ catalog, onFirstPassword: (password) => tell(password) });

    expect(await accounts.prepare()).to.equal(undefined);
    giveBack();

    const { user } = await signIn(accounts, 'admin', await told);
    expect(user.name).to.equal('admin');
    accounts.stop();
  }).timeout(60_000);

  it('end a session that was not used for twelve hours, and any after seven days', async () => {
    const accounts = accountsOn();
    const { cookie } = await signIn(accounts, 'admin', (await accounts.prepare()) ?? '');

    now += 12 * HOUR_MS;
    expect(await accounts.authenticate(withCookie(cookie))).to.include({ name: 'admin' });
    for (let hours = 12; hours < 7 * 24 - 6; hours += 6) {
      now += 6 * HOUR_MS;
      expect(await accounts.authenticate(withCookie(cookie)), `${hours} h`).not.to.equal(undefined);
    }
    now += 6 * HOUR_MS;
    expect(await accounts.authenticate(withCookie(cookie))).to.equal(undefined);

    const again = await accounts.users.change('admin', { password: 'another password' }, DOER);
    const { cookie: unused } = await signIn(accounts, again.name, 'another password');
    now += 12 * HOUR_MS + 1;
    expect(await accounts.authenticate(withCookie(unused))).to.equal(undefined);
  });

  it('do not prolong a session by what is no use of it', async () => {
    const accounts = accountsOn();
    const { cookie } = await signIn(accounts, 'admin', (await accounts.prepare()) ?? '');

    now += 11 * HOUR_MS;
    expect(await accounts.authenticate(withCookie(cookie), false)).to.include({ name: 'admin' });
    now += 2 * HOUR_MS;

    expect(await accounts.authenticate(withCookie(cookie), false)).to.equal(undefined);
  });

  it('ask the catalogue for a session every ten seconds at most, and write its use every minute', async () => {
    const { catalog } = opened;
    let finds = 0;
    let touches = 0;
    const sessions = Object.assign(Object.create(catalog.sessions), {
      find(idHash: string) {
        finds++;
        return catalog.sessions.find(idHash);
      },
      touch(idHash: string, at: number) {
        touches++;
        return catalog.sessions.touch(idHash, at);
      },
      add: catalog.sessions.add.bind(catalog.sessions),
      removeExpired: catalog.sessions.removeExpired.bind(catalog.sessions),
    });
    const { users, tokens, settings } = catalog;
    const accounts = accountsOn({ catalog: { users, tokens, settings, sessions } });
    const { cookie } = await signIn(accounts, 'admin', (await accounts.prepare()) ?? '');

    for (let second = 0; second < 120; second++) {
      await accounts.authenticate(withCookie(cookie));
      now += 1000;
    }

    expect(finds).to.be.within(10, 12);
    expect(touches).to.equal(1);
  });

  it('know who is signed in while the catalogue is away, and let nobody else in', async () => {
    const { catalog, take } = fragile();
    const accounts = accountsOn({ catalog });
    const password = (await accounts.prepare()) ?? '';
    const known = await signIn(accounts, 'admin', password);
    const unknown = await signIn(accounts, 'admin', password);
    await accounts.authenticate(withCookie(known.cookie));
    take();
    now += HOUR_MS;

    expect(await accounts.authenticate(withCookie(known.cookie))).to.include({ name: 'admin' });
    for (const refused of [
      accounts.authenticate(withCookie(unknown.cookie)),
      accounts.login('admin', password, '192.0.2.9'),
    ]) {
      expect(await refused.catch((error: Problem) => error.code)).to.equal('catalog-unavailable');
    }
  });

  it('do not count as a failure what could not be looked at', async () => {
    const { catalog, take, giveBack } = fragile();
    const accounts = accountsOn({ catalog });
    const password = (await accounts.prepare()) ?? '';
    take();
    for (let count = 0; count < 10; count++)
      await accounts.login('admin', password, DOER.address).catch(() => undefined);
    giveBack();

    expect((await accounts.login('admin', password, DOER.address)).outcome).to.equal('signed-in');
  });

  it('look at the passwords of a hundred attempts at once only as far as the back-off lets them', async () => {
    const accounts = accountsOn();
    await accounts.prepare();

    const outcomes = await Promise.all(
      Array.from(
        { length: 100 },
        async (_, index) => (await accounts.login('admin', `guess ${index}`, '192.0.2.66')).outcome,
      ),
    );

    expect(outcomes.filter((outcome) => outcome === 'wrong')).to.have.lengthOf(4);
    expect(outcomes.filter((outcome) => outcome === 'too-many-attempts')).to.have.lengthOf(96);
    expect(events.filter(({ kind }) => kind === 'login-failed')).to.have.lengthOf(4);
  });

  it('check a password for who needs no session, and tell it from a wrong one and from nobody', async () => {
    const accounts = accountsOn();
    const password = (await accounts.prepare()) ?? '';
    const { address } = DOER;

    expect(await accounts.check(' ADMIN', password, address)).to.deep.equal({
      outcome: 'right',
      user: 'admin',
    });
    expect(await accounts.check('admin', 'guess', address)).to.deep.equal({ outcome: 'wrong' });
    expect(await accounts.check('nobody', password, address)).to.deep.equal({ outcome: 'wrong' });
    expect(await accounts.check('admin', undefined, address)).to.deep.equal({
      outcome: 'right',
      user: 'admin',
    });
    expect(await accounts.check('nobody', undefined, address)).to.deep.equal({ outcome: 'wrong' });
    expect(events.map(({ kind }) => kind)).to.not.include('login');
  });

  it('hold back who guesses by `check`, names alone too, and forgive nothing for a name that is right', async () => {
    const accounts = accountsOn();
    await accounts.prepare();
    const outcomes: string[] = [];

    for (let count = 0; count < 6; count++) {
      outcomes.push((await accounts.check('admin', `guess ${count}`, '192.0.2.66')).outcome);
      outcomes.push((await accounts.check('admin', undefined, '192.0.2.66')).outcome);
    }
    const names: string[] = [];
    for (let count = 0; count < 5; count++)
      names.push((await accounts.check(`name ${count}`, undefined, '192.0.2.67')).outcome);

    expect(outcomes.slice(0, 7)).to.deep.equal([
      'wrong',
      'right',
      'wrong',
      'right',
      'wrong',
      'right',
      'wrong',
    ]);
    expect(outcomes.slice(7)).to.deep.equal(Array(5).fill('too-many-attempts'));
    expect(names).to.deep.equal(['wrong', 'wrong', 'wrong', 'wrong', 'too-many-attempts']);
    expect((await accounts.login('admin', 'x', '192.0.2.66')).outcome).to.equal('too-many-attempts');
  });

  it('hold back who guesses the current password of a session that was left open', async () => {
    const accounts = accountsOn();
    const { sessionId } = await signIn(accounts, 'admin', (await accounts.prepare()) ?? '');

    const outcomes: string[] = [];
    for (let count = 0; count < 5; count++) {
      outcomes.push(
        (await accounts.changePassword(`guess ${count}`, 'a new password', sessionId, DOER)).outcome,
      );
    }

    expect(outcomes).to.deep.equal(['wrong', 'wrong', 'wrong', 'wrong', 'too-many-attempts']);
  });

  it('keep of a session a hash alone, by which nobody signs in', async () => {
    const accounts = accountsOn();
    const { cookie, sessionId } = await signIn(accounts, 'admin', (await accounts.prepare()) ?? '');

    const database = await textOfTable('sessions');

    expect(database).to.include('admin').and.not.to.include(sessionId);
    expect(cookie).to.include(sessionId);
  });

  async function textOfTable(table: string): Promise<string> {
    const side = new Database({ url: opened.url, poolMax: 1, acquireTimeoutMs: 5000, queryTimeoutMs: 5000 });
    const rows: unknown = await side.read((db) => db(table).select('*'));
    await side.close();
    return JSON.stringify(rows);
  }
});
