import { expect } from 'chai';
import { type AdminSuite, PASSWORD } from '../helpers/admin.ts';
import { recorded } from './recorded.ts';

/** Users and API tokens, as an admin keeps them. */
export const accountsSuite: AdminSuite = (context) => {
  const newUser = { name: 'Jürgen.Müller', role: 'viewer', password: 'a password of mine' };

  it('lists users without what their passwords come to', async () => {
    const { status, body } = await context.admin.get('/api/users');

    expect(status).to.equal(200);
    expect(body.items.map(({ name, role }: { name: string; role: string }) => [name, role])).to.deep.equal([
      ['admin', 'admin'],
      ['viewer', 'viewer'],
    ]);
    expect(Object.keys(body.items[0])).to.have.members(['name', 'role', 'createdAt', 'lastLoginAt']);
  });

  it('adds a user, who signs in and should change the password', async () => {
    const added = await context.admin.post('/api/users', newUser);

    expect(added.status).to.equal(201);
    expect(added.body).to.include({ name: 'Jürgen.Müller', role: 'viewer', lastLoginAt: null });
    const { name, password } = newUser;
    const session = await context.nobody.post('/api/session', { name: name.normalize('NFD'), password });
    expect(session.body).to.include({ name, role: 'viewer', mustChangePassword: true });
    const [event] = await recorded(context, ['user-added']);
    expect(event?.fields).to.include({ by: 'admin', address: '192.0.2.1', user: name, after: 'viewer' });
  });

  it('adds no user twice, in whatever case, and none with a bad name or password', async () => {
    const again = await context.admin.post('/api/users', { ...newUser, name: 'ADMIN' });
    const bad = await context.admin.post('/api/users', { name: 'a b', role: 'owner', password: 'short' });

    expect(again.status).to.equal(409);
    expect(again.body).to.include({ code: 'already-exists', detail: 'user ADMIN exists already' });
    expect(bad.status).to.equal(400);
    expect(bad.body.issues.map(({ path }: { path: string }) => path)).to.deep.equal([
      'name',
      'role',
      'password',
    ]);
  });

  it('changes a role, which counts from the next request on', async () => {
    expect((await context.viewer.get('/api/users')).status).to.equal(403);

    const changed = await context.admin.patch('/api/users/viewer', { role: 'admin' });

    expect(changed.body).to.include({ name: 'viewer', role: 'admin' });
    expect((await context.viewer.get('/api/users')).status).to.equal(200);
    const [event] = await recorded(context, ['user-changed']);
    expect(event?.fields).to.include({ by: 'admin', user: 'viewer', before: 'viewer', after: 'admin' });
  });

  it('sets a password, which ends the sessions of the user', async () => {
    const changed = await context.admin.patch('/api/users/viewer', { password: 'set by the admin' });

    expect(changed.status).to.equal(200);
    expect((await context.viewer.get('/api/session')).status).to.equal(401);
    const session = await context.nobody.post('/api/session', {
      name: 'viewer',
      password: 'set by the admin',
    });
    expect(session.body).to.include({ mustChangePassword: true });
    expect(
      (await context.nobody.post('/api/session', { name: 'viewer', password: PASSWORD })).status,
    ).to.equal(401);
  });

  it('removes a user, whose sessions end', async () => {
    expect((await context.admin.delete('/api/users/viewer')).status).to.equal(204);

    expect((await context.viewer.get('/api/session')).status).to.equal(401);
    expect((await context.admin.delete('/api/users/viewer')).status).to.equal(404);
    expect((await context.admin.patch('/api/users/viewer', {})).status).to.equal(404);
    expect((await recorded(context, ['user-removed']))[0]?.fields).to.include({
      by: 'admin',
      user: 'viewer',
    });
  });

  it('leaves the last admin what it is', async () => {
    const removed = await context.admin.delete('/api/users/admin');
    const demoted = await context.admin.patch('/api/users/admin', { role: 'viewer' });

    for (const refused of [removed, demoted]) {
      expect(refused.status).to.equal(422);
      expect(refused.body.detail).to.include('admin is the last admin');
    }
    expect((await context.admin.get('/api/users')).status).to.equal(200);
  });

  it('takes no token whose name cannot be read as it is', async () => {
    for (const name of ['a\nb', 'a\u202eb', 'a\u0007', '\u200b', ' ', 'x'.repeat(65)]) {
      const { status, body } = await context.admin.post('/api/tokens', { name, role: 'viewer' });
      expect(status, JSON.stringify(name)).to.equal(400);
      expect(body.issues).to.deep.equal([{ path: 'name', message: '1 to 64 characters that can be seen' }]);
    }
  });

  it('makes an API token that is told once, and works until it is removed', async () => {
    const created = await context.admin.post('/api/tokens', { name: 'Prometheus', role: 'viewer' });

    expect(created.status).to.equal(201);
    expect(created.body.secret).to.match(/^dk_[\w-]{43}$/);
    const program = context.agent({ authorization: `Bearer ${created.body.secret}` });
    expect((await program.get('/api/session')).body).to.deep.equal({
      name: 'token Prometheus',
      role: 'viewer',
      csrfToken: '',
      mustChangePassword: false,
    });
    expect((await program.get('/api/users')).status).to.equal(403);
    const list = await context.admin.get('/api/tokens');
    expect(list.body.items[0]).to.include({ id: created.body.id, name: 'Prometheus' });
    expect(JSON.stringify(list.body)).not.to.include(created.body.secret);
    expect((await context.admin.delete(`/api/tokens/${created.body.id}`)).status).to.equal(204);
    expect((await program.get('/api/session')).status).to.equal(401);
    const told = await recorded(context, ['token-added', 'token-removed']);
    expect(told.map(({ fields }) => fields['token'])).to.deep.equal(['Prometheus', 'Prometheus']);
  });

  it('keeps of a token the hash alone', async () => {
    const { body } = await context.admin.post('/api/tokens', { name: 'script', role: 'admin' });

    const [kept] = await context.parts.catalog.tokens.list();

    expect(kept?.secretHash).to.match(/^[\da-f]{64}$/);
    expect(JSON.stringify(kept)).not.to.include(body.secret.slice(3));
  });

  it('lets a program change things without a CSRF token, which has no cookie that a browser could send', async () => {
    const { body } = await context.admin.post('/api/tokens', { name: 'script', role: 'admin' });
    const program = context.agent({ authorization: `bearer ${body.secret}` });

    const peer = { aeTitle: 'CT1', host: '192.0.2.7', port: 104 };
    expect((await program.post('/api/peers', peer)).status).to.equal(201);
    expect((await recorded(context, ['peer-added']))[0]?.fields).to.include({ by: 'token script' });
  });

  it('gives a program no session and no password', async () => {
    const { body } = await context.admin.post('/api/tokens', { name: 'script', role: 'admin' });
    const program = context.agent({ authorization: `Bearer ${body.secret}` });

    const refused = [
      await program.delete('/api/session'),
      await program.delete('/api/sessions'),
      await program.put('/api/account/password', { current: PASSWORD, next: 'a new password' }),
    ];

    expect(refused.map(({ status }) => status)).to.deep.equal([403, 403, 403]);
  });

  it('refuses tokens that are none, even beside a good cookie', async () => {
    const { headers } = context.admin;
    const wrong = [`Bearer dk_${'A'.repeat(43)}`, 'Bearer ', 'Bearer x', 'Basic YWRtaW46eA==', 'dk_x'];

    for (const authorization of wrong) {
      const answer = await context.agent({ ...headers, authorization }).get('/api/session');
      expect(answer.status, authorization).to.equal(401);
    }
  });

  it('has no two tokens of one name', async () => {
    await context.admin.post('/api/tokens', { name: 'script', role: 'viewer' });

    const again = await context.admin.post('/api/tokens', { name: 'script', role: 'admin' });

    expect(again.status).to.equal(409);
    expect((await context.admin.delete('/api/tokens/999999')).status).to.equal(404);
    expect((await context.admin.delete('/api/tokens/none')).status).to.equal(400);
  });
};
