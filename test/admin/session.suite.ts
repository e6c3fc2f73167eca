import { expect } from 'chai';
import { type AdminAnswer, type AdminSuite, type Agent, PASSWORD } from '../helpers/admin.ts';
import { recorded } from './recorded.ts';

/** Signing in and out, on a catalogue of either kind. */
export const sessionSuite: AdminSuite = (context) => {
  const login = (
    name: string,
    password: string,
    headers: Record<string, string> = {},
    address = '192.0.2.1',
  ) => context.nobody.request('POST', '/api/session', { body: { name, password }, headers, address });
  const cookieOf = ({ headers }: AdminAnswer) => String(headers['set-cookie']);
  const agentOf = (answer: AdminAnswer): Agent =>
    context.agent({ cookie: cookieOf(answer).split(';')[0] ?? '', 'x-csrf-token': answer.body.csrfToken });

  it('signs in by name and password, and out again', async () => {
    const answer = await login('admin', PASSWORD);

    expect(answer.status).to.equal(200);
    expect(answer.body).to.include({ name: 'admin', role: 'admin', mustChangePassword: false });
    const agent = agentOf(answer);
    expect((await agent.get('/api/session')).body).to.deep.equal(answer.body);
    const out = await agent.delete('/api/session');
    expect(out.status).to.equal(204);
    expect(cookieOf(out)).to.match(/^dicomkeep_session=; .*Max-Age=0/);
    expect((await agent.get('/api/session')).status).to.equal(401);
  });

  it('gives a cookie that scripts cannot read and other sites cannot send', async () => {
    const attributes = cookieOf(await login('admin', PASSWORD))
      .split('; ')
      .slice(1);

    expect(attributes).to.have.members(['Path=/', 'HttpOnly', 'SameSite=Strict']);
  });

  it('gives a cookie for HTTPS alone where a reverse proxy of this machine says that it came by HTTPS', async () => {
    const proxied = { 'x-forwarded-proto': 'https' };

    const secure = await login('admin', PASSWORD, proxied, '127.0.0.1');
    const plain = await login('admin', PASSWORD, proxied, '192.0.2.9');

    expect(cookieOf(secure)).to.match(/^__Host-dicomkeep_session=.+; Path=\/; .*; Secure$/);
    expect(cookieOf(plain))
      .to.match(/^dicomkeep_session=/)
      .and.not.to.include('Secure');
  });

  it('takes by HTTPS the cookie that was given by HTTPS, and by HTTP the other one', async () => {
    const value = String(context.admin.headers['cookie']).replace('dicomkeep_session=', '');
    const statusOf = async (cookie: string, protocol: string) => {
      const options = { headers: { 'x-forwarded-proto': protocol }, address: '127.0.0.1' };
      return (await context.agent({ cookie }).get('/api/session', options)).status;
    };

    expect(await statusOf(`__Host-dicomkeep_session=${value}`, 'https')).to.equal(200);
    expect(await statusOf(`dicomkeep_session=${value}`, 'http')).to.equal(200);
    expect(await statusOf(`dicomkeep_session=${value}`, 'https')).to.equal(401);
    expect(await statusOf(`__Host-dicomkeep_session=${value}`, 'http')).to.equal(401);
  });

  it('ends a session that nobody uses, though its page listens', async () => {
    const hour = 3_600_000;
    const listen = async () => {
      const gone = new AbortController();
      const listening = context.viewer.request('GET', '/api/events/stream', { signal: gone.signal });
      setTimeout(() => gone.abort(), 30);
      await listening.catch(() => undefined);
    };

    await context.clock.advance(11 * hour);
    expect((await context.viewer.get('/api/session')).status).to.equal(200);
    await context.clock.advance(11 * hour);
    await listen();
    await context.clock.advance(2 * hour);

    expect((await context.viewer.get('/api/session')).status).to.equal(401);
  });

  it('answers the same to a wrong password and to a wrong name', async () => {
    const wrongPassword = await login('admin', 'wrong horse battery');
    const wrongName = await login('nobody', 'wrong horse battery');

    expect(wrongPassword.status).to.equal(401);
    expect(wrongPassword.body).to.deep.equal(wrongName.body);
    expect(wrongPassword.body).to.include({ code: 'not-signed-in', detail: 'name or password is wrong' });
    expect(wrongPassword.headers).not.to.have.property('set-cookie');
  });

  it('takes a name without regard to case', async () => {
    expect((await login('ADMIN', PASSWORD)).body).to.include({ name: 'admin' });
  });

  it('refuses a sign-in that a page of another site sends', async () => {
    const refused = [
      await login('admin', PASSWORD, { 'sec-fetch-site': 'cross-site' }),
      await login('admin', PASSWORD, { 'sec-fetch-site': 'same-site' }),
      await login('admin', PASSWORD, { origin: 'https://evil.test' }),
      await login('admin', PASSWORD, { origin: 'null' }),
    ];
    const taken = [
      await login('admin', PASSWORD, { 'sec-fetch-site': 'same-origin', origin: 'https://elsewhere.test' }),
      await login('admin', PASSWORD, { origin: 'http://Archive.test:8104' }),
    ];

    expect(refused.map(({ status }) => status)).to.deep.equal([403, 403, 403, 403]);
    expect(taken.map(({ status }) => status)).to.deep.equal([200, 200]);
  });

  it('lets who guesses wait from the fourth failure on, and says how long', async () => {
    for (let count = 0; count < 4; count++) await login('admin', `guess number ${count}`);

    const answer = await login('admin', PASSWORD);

    expect(answer.status).to.equal(429);
    expect(answer.body).to.include({ code: 'too-many-attempts', retryAfter: 1 });
    expect(answer.headers).to.include({ 'retry-after': '1' });
    const other = await login('viewer', PASSWORD, {}, '198.51.100.9');
    expect(other.status).to.equal(200);
  }).timeout(300_000);

  it('believes a reverse proxy of this machine, and nobody else, whom it speaks for', async () => {
    const guess = (name: string, forwarded: string, address: string) =>
      login(name, 'wrong horse battery', { 'x-forwarded-for': forwarded }, address);
    for (let count = 0; count < 4; count++) await guess(`a${count}`, '203.0.113.7', '127.0.0.1');
    for (let count = 0; count < 4; count++) await guess(`b${count}`, '203.0.113.8', '192.0.2.50');

    const statuses = [
      await guess('x', '10.0.0.1, 203.0.113.7', '::ffff:127.0.0.1'),
      await guess('x', '203.0.113.7, 203.0.113.9', '127.0.0.1'),
      await guess('x', '203.0.113.99', '192.0.2.50'),
      await guess('x', '203.0.113.8', '127.0.0.1'),
      await guess('y', '203.0.113.7:5678', '127.0.0.1'),
    ].map(({ status }) => status);

    expect(statuses).to.deep.equal([429, 401, 429, 401, 429]);
  }).timeout(300_000);

  it('signs out everywhere, and others not', async () => {
    const elsewhere = await context.signIn('viewer');

    expect((await context.viewer.delete('/api/sessions')).status).to.equal(204);

    expect((await elsewhere.get('/api/session')).status).to.equal(401);
    expect((await context.viewer.get('/api/session')).status).to.equal(401);
    expect((await context.admin.get('/api/session')).status).to.equal(200);
  });

  it('changes the own password, which ends all other sessions, and the old cookie', async () => {
    const elsewhere = await context.signIn('viewer');
    const next = 'a new password';

    const answer = await context.viewer.put('/api/account/password', { current: PASSWORD, next });

    expect(answer.status).to.equal(200);
    expect(answer.body.csrfToken).to.equal(context.viewer.headers['x-csrf-token']);
    expect((await agentOf(answer).get('/api/session')).body).to.deep.equal(answer.body);
    expect((await elsewhere.get('/api/session')).status).to.equal(401);
    expect((await context.viewer.get('/api/session')).status).to.equal(401);
    expect((await login('viewer', PASSWORD)).status).to.equal(401);
    expect((await login('viewer', next)).status).to.equal(200);
  });

  it('changes no password for who does not know the current one, and none to a bad one', async () => {
    const wrong = await context.viewer.put('/api/account/password', {
      current: 'guessed',
      next: 'a new password',
    });
    const short = await context.viewer.put('/api/account/password', { current: PASSWORD, next: 'short' });

    expect(wrong.status).to.equal(403);
    expect(wrong.body).to.include({ code: 'forbidden', detail: 'the current password is wrong' });
    expect(short.status).to.equal(400);
    expect(short.body.issues).to.deep.equal([{ path: 'next', message: 'at least 10 characters' }]);
    expect((await context.viewer.get('/api/session')).status).to.equal(200);
  });

  it('refuses cookies that are none of ours', async () => {
    const cookie = context.admin.headers['cookie'] ?? '';
    const [id = '', epoch = '', signature = ''] = cookie.replace('dicomkeep_session=', '').split('.');
    const forged = [
      'x',
      '',
      `${id}.${epoch}`,
      `${id}.${Number(epoch) + 1}.${signature}`,
      `${'A'.repeat(43)}.${epoch}.${signature}`,
      `${id}.${epoch}.${'A'.repeat(43)}`,
    ];

    for (const value of forged) {
      const agent = context.agent({ cookie: `dicomkeep_session=${value}` });
      expect((await agent.get('/api/session')).status, value).to.equal(401);
    }
  });

  it('ends a session that was started while the password was changed', async () => {
    const before = await context.parts.catalog.users.findByName('viewer');
    if (before === undefined) throw new Error('no viewer');
    await context.parts.accounts.users.change(
      'viewer',
      { password: 'a new password' },
      { name: 'admin', address: '' },
    );

    const late = await context.parts.accounts.sessions.start(before, '192.0.2.1');

    const agent = context.agent({ cookie: `dicomkeep_session=${late.cookie}` });
    expect((await agent.get('/api/session')).status).to.equal(401);
  });

  it('tells the activity who signed in, who did not, and from where', async () => {
    await login('admin', PASSWORD);
    await login('x\nFORGED LINE \u202e', 'wrong horse battery', {}, '198.51.100.9');

    const events = await recorded(context, ['login', 'login-failed']);

    expect(events.find(({ kind }) => kind === 'login')?.fields).to.include({
      by: 'admin',
      address: '192.0.2.1',
    });
    const failed = events.find(({ kind }) => kind === 'login-failed');
    expect(failed?.fields).to.include({ by: "'x?FORGED LINE ?'", address: '198.51.100.9' });
    expect(failed?.severity).to.equal('warning');
  });

  it('knows of the first password that it should be changed', async () => {
    await context.parts.catalog.users.change('viewer', { mustChangePassword: true });
    const viewer = await context.signIn('viewer');

    expect((await viewer.get('/api/session')).body).to.include({ mustChangePassword: true });
    const changed = await viewer.put('/api/account/password', { current: PASSWORD, next: 'a new password' });
    expect(changed.body).to.include({ mustChangePassword: false });
  });

  it('says the language before anybody has signed in, and nothing else', async () => {
    expect((await context.nobody.get('/api/login-page')).body).to.deep.equal({ language: 'en' });
  });
};
