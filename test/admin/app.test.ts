import { expect } from 'chai';
import { describeAdminOnSqlite } from '../helpers/admin.ts';

describeAdminOnSqlite('Requests to the API', (context) => {
  it('answers a problem document where there is nothing', async () => {
    const { status, headers, body } = await context.admin.get('/api/nothing');

    expect(status).to.equal(404);
    expect(headers['content-type']).to.match(/^application\/problem\+json/);
    expect(body).to.deep.equal({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'nothing at /api/nothing',
      code: 'not-found',
    });
  });

  it('names the methods that there are where another was meant', async () => {
    const { status, headers, body } = await context.admin.put('/api/users', {});

    expect(status).to.equal(405);
    expect(String(headers['allow']).split(', ')).to.have.members(['GET', 'HEAD', 'POST']);
    expect(body).to.include({ code: 'method-not-allowed' });
  });

  it('answers OPTIONS with the methods, and HEAD as GET without its body', async () => {
    const options = await context.nobody.request('OPTIONS', '/api/users');
    const head = await context.admin.request('HEAD', '/api/users');
    const refused = await context.nobody.request('HEAD', '/api/users');

    expect(String(options.headers['allow'])).to.include('POST');
    expect(head.status).to.equal(200);
    expect(head.bytes).to.have.lengthOf(0);
    expect(refused.status).to.equal(401);
  });

  it('tells everything that is wrong with a request at once', async () => {
    const { status, body } = await context.admin.post('/api/users', {
      name: '',
      role: 'owner',
      password: '',
      x: 1,
    });

    expect(status).to.equal(400);
    expect(body.code).to.equal('invalid-request');
    expect(body.issues.map(({ path }: { path: string }) => path)).to.deep.equal([
      'name',
      'role',
      'password',
      '',
    ]);
    expect(body.issues.at(-1).message).to.include('"x"');
  });

  it('refuses a query parameter that is unknown, or there twice', async () => {
    const unknown = await context.admin.get('/api/users?x=1');
    const twice = await context.admin.get('/api/events?limit=1&limit=2');
    const undecodable = await context.admin.get('/api/events?text=%E0%A4%A');

    expect(unknown.body.issues).to.deep.equal([{ path: 'x', message: 'no such query parameter' }]);
    expect(twice.body.issues).to.deep.equal([{ path: 'limit', message: 'given more than once' }]);
    expect(undecodable.status).to.equal(400);
  });

  it('takes JSON in UTF-8 alone', async () => {
    const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
      context.admin.request('POST', '/api/tokens', { body, headers });
    const token = JSON.stringify({ name: 'é', role: 'viewer' });

    const statuses = [
      await post(token, { 'content-type': 'application/json; charset=UTF-8' }),
      await post(token, { 'content-type': 'text/plain' }),
      await post(token, { 'content-type': 'application/json; charset=latin1' }),
      await post(token, { 'content-type': '' }),
      await post(token, { 'content-encoding': 'gzip' }),
      await post(Buffer.from(token, 'latin1')),
      await post('{"name":'),
      await post(''),
      await post('null'),
      await post('[]'),
    ].map(({ status }) => status);

    expect(statuses).to.deep.equal([201, 415, 415, 415, 415, 400, 400, 400, 400, 400]);
  });

  it('takes a body of so many bytes and no more', async () => {
    const name = 'x'.repeat(70_000);

    const { status, headers, body } = await context.admin.post('/api/tokens', { name, role: 'viewer' });

    expect(status).to.equal(413);
    expect(headers['connection']).to.equal('close');
    expect(body).to.include({ code: 'body-too-large', detail: 'the body has more than 65536 bytes' });
  });

  it('says of a member that no object should have what it is, and not that the body is no JSON', async () => {
    const { status, body } = await context.admin.request('POST', '/api/tokens', { body: '{"__proto__":{}}' });

    expect(status).to.equal(400);
    expect(body.detail).to.equal('the body has a member __proto__, which nothing here takes');
  });

  it('asks who it is before it looks at what was sent', async () => {
    const { status } = await context.nobody.request('POST', '/api/tokens', { body: 'x'.repeat(100_000) });

    expect(status).to.equal(401);
  });

  it('tells nothing of a bug but that there is one, and the log everything', async () => {
    context.parts.catalog.tokens.list = async () => {
      throw new TypeError('SELECT secret FROM somewhere');
    };

    const { status, body } = await context.admin.get('/api/tokens');

    expect(status).to.equal(500);
    expect(body.detail).to.equal('an error that was not foreseen: the log of the server has more');
    const line = context.log.lines.find(({ level }) => level === 'error');
    expect(line?.fields['error']).to.match(/^TypeError: SELECT secret FROM somewhere\n\s+at /);
  });

  it('takes an answer that its route does not declare for a bug', async () => {
    const [token] = await context.parts.catalog.tokens.list();
    expect(token).to.equal(undefined);
    context.parts.catalog.tokens.list = async () => [{ name: 1 } as never];

    expect((await context.admin.get('/api/tokens')).status).to.equal(500);
  });

  it('forbids browsers what the page does not need', async () => {
    const { headers } = await context.nobody.get('/api/login-page');
    const policy = String(headers['content-security-policy']).split(';').sort();

    expect(policy).to.deep.equal([
      "base-uri 'none'",
      "default-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "img-src 'self' blob: data:",
      "object-src 'none'",
    ]);
    expect(headers).to.include({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(headers).not.to.have.any.keys('strict-transport-security', 'x-powered-by');
  });

  it('has paths that are spelled in one way', async () => {
    for (const path of ['/API/users', '/api/users/', '//api/users', '/api//users', '/api/%75sers']) {
      expect((await context.admin.get(path)).status, path).to.equal(404);
    }
  });
});
