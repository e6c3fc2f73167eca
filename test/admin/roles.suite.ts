import { expect } from 'chai';
import type { Route } from '../../src/admin/route.ts';
import { allRoutes } from '../../src/admin/routes-table.ts';
import type { AdminSuite, Agent, Method } from '../helpers/admin.ts';

/** Who may what, over every route that there is. */
export const rolesSuite: AdminSuite = (context) => {
  const routes = () => allRoutes(context.parts);
  const nameOf = ({ method, path }: Route) => `${method.toUpperCase()} ${path}`;
  const send = (agent: Agent, { method, path }: Route) =>
    agent.request(method.toUpperCase() as Method, path.replaceAll(/\{\w+\}/g, '1'));
  const isUnsafe = ({ method }: Route) => method !== 'get';
  const cookieOnly = (agent: Agent) => context.agent({ cookie: agent.headers['cookie'] ?? '' });

  it('lets nobody without an account to anything but these', async () => {
    const open: string[] = [];
    for (const route of routes()) {
      const { status, body } = await send(context.nobody, route);
      if (status !== 401) open.push(nameOf(route));
      else expect(body.code, nameOf(route)).to.equal('not-signed-in');
    }

    expect(open).to.have.members(['GET /healthz', 'GET /api/login-page', 'POST /api/session']);
  });

  it('lets a viewer change nothing but what is the own', async () => {
    const allowed: string[] = [];
    for (const route of routes().filter(isUnsafe)) {
      const viewer = await context.signIn('viewer');
      const { status } = await send(viewer, route);
      if (status !== 403) allowed.push(nameOf(route));
    }

    expect(allowed).to.have.members([
      'POST /api/session',
      'DELETE /api/session',
      'DELETE /api/sessions',
      'PUT /api/account/password',
    ]);
  });

  it('lets a viewer not to routes of admins, and to all others', async () => {
    for (const route of routes().filter(({ answer }) => answer !== 'text/event-stream')) {
      const viewer = await context.signIn('viewer');
      const { status, body } = await send(viewer, route);
      if (route.role === 'admin')
        expect([status, body.code], nameOf(route)).to.deep.equal([403, 'forbidden']);
      else expect([401, 403], nameOf(route)).not.to.include(status);
    }
  });

  it('lets an API token not to accounts, be it of an admin, and to all others', async () => {
    const { body } = await context.admin.post('/api/tokens', { name: 'script', role: 'admin' });
    const script = context.agent({ authorization: `Bearer ${body.secret}` });
    const refused: string[] = [];
    for (const route of routes().filter(({ answer }) => answer !== 'text/event-stream')) {
      const { status, body: answer } = await send(script, route);
      expect(status, nameOf(route)).not.to.equal(401);
      if (status === 403) refused.push(nameOf(route));
      if (route.isForPeople === true)
        expect(answer.detail).to.match(/^token script may not see or change accounts/);
    }

    const accounts = routes()
      .filter(({ path }) => /^\/api\/(users|tokens|account)\b/.test(path))
      .map(nameOf);
    expect(accounts.length).to.be.at.least(8);
    expect(refused.filter((name) => !/ \/api\/sessions?$/.test(name))).to.have.members(accounts);
  });

  it('changes nothing for a cookie that comes without the CSRF token of its session', async () => {
    const other = await context.signIn('admin');
    const wrong = {
      ...cookieOnly(context.admin).headers,
      'x-csrf-token': other.headers['x-csrf-token'] ?? '',
    };
    for (const route of routes().filter((route) => isUnsafe(route) && route.role !== 'public')) {
      const without = await send(cookieOnly(context.admin), route);
      const withOther = await send(context.agent(wrong), route);

      expect([without.status, withOther.status], nameOf(route)).to.deep.equal([403, 403]);
      expect(without.body.detail, nameOf(route)).to.include('X-CSRF-Token');
    }
  });

  it('changes nothing for a page of another site, be its token right', async () => {
    const foreign = [
      { ...context.admin.headers, 'sec-fetch-site': 'cross-site' },
      { ...context.admin.headers, origin: 'https://evil.test' },
    ];
    for (const route of routes().filter(isUnsafe)) {
      for (const headers of foreign) {
        expect((await send(context.agent(headers), route)).status, nameOf(route)).to.equal(403);
      }
    }
  });

  it('answers what only reads by the cookie alone', async () => {
    for (const route of routes().filter(
      (route) => !isUnsafe(route) && route.answer !== 'text/event-stream',
    )) {
      const { status } = await send(cookieOnly(context.admin), route);

      expect([401, 403, 500], nameOf(route)).not.to.include(status);
    }
  });
};
