import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as netConnect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { connect as tlsConnect } from 'node:tls';
import { expect } from 'chai';
import { type AdminServer, startAdmin } from '../../src/admin/server.ts';
import { type Agent, describeAdminOnSqlite } from '../helpers/admin.ts';
import { TEST_SETTINGS } from '../helpers/admin-parts.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { until } from '../integration/archive.ts';

interface WebAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** Of the certificate that was shown. */
  fingerprint: string | undefined;
}

describeAdminOnSqlite('The web port', (context) => {
  let server: AdminServer;
  beforeEach(async () => {
    server = await startAdmin(context.parts, { host: '127.0.0.1', port: 0 });
  });
  afterEach(() => server.close());

  const ask = (
    scheme: 'http' | 'https',
    path: string,
    { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
  ) =>
    new Promise<WebAnswer>((resolve, reject) => {
      const request = scheme === 'http' ? httpRequest : httpsRequest;
      const options = { host: '127.0.0.1', port: server.port, path, method, headers, agent: false };
      const sent = request({ ...options, rejectUnauthorized: false }, (response) => {
        let body = '';
        const { socket } = response;
        const fingerprint =
          'getPeerCertificate' in socket && typeof socket.getPeerCertificate === 'function'
            ? String(socket.getPeerCertificate().fingerprint256)
            : undefined;
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, fingerprint });
        });
      });
      sent.on('error', reject);
      sent.end();
    });

  it('speaks HTTPS with our certificate', async () => {
    const { status, body, fingerprint, headers } = await ask('https', '/api/login-page');

    expect(status).to.equal(200);
    expect(JSON.parse(body)).to.deep.equal({ language: 'en' });
    expect(fingerprint).to.equal(context.parts.certificates.describe().sha256Fingerprint);
    expect(headers).not.to.have.property('strict-transport-security');
  });

  it('leads plain HTTP to HTTPS on the same host and port', async () => {
    const { status, headers } = await ask('http', '/studies?text=a%20b', {
      headers: { host: 'nas.local:8104' },
    });

    expect(status).to.equal(308);
    expect(headers['location']).to.equal('https://nas.local:8104/studies?text=a%20b');
    expect(headers['cache-control']).to.equal('no-store');
  });

  it('leads to no host that is none', async () => {
    for (const host of ['evil.test/x', 'a b', 'x@y', '[::1', '<script>']) {
      expect((await ask('http', '/', { headers: { host } })).status, host).to.equal(400);
    }
    expect(
      (await ask('http', '/', { headers: { host: '[2001:db8::1]:8104' } })).headers['location'],
    ).to.equal('https://[2001:db8::1]:8104/');
  });

  it('takes nothing by plain HTTP that would change something', async () => {
    const { status, headers, body } = await ask('http', '/api/session', { method: 'POST' });

    expect(status).to.equal(403);
    expect(headers['content-type']).to.equal('application/problem+json');
    expect(JSON.parse(body).detail).to.include('plain HTTP is not served');
  });

  it('says by plain HTTP that it is alive', async () => {
    expect((await ask('http', '/healthz')).body).to.equal('{"status":"ok"}');
  });

  it('serves plain HTTP from the moment on that the owner wants it', async () => {
    const by = { name: 'admin', address: '192.0.2.1' };
    await context.parts.settings.change({ ...TEST_SETTINGS, plainHttp: true }, by);
    expect((await ask('http', '/api/login-page')).status).to.equal(200);

    await context.parts.settings.change({ ...TEST_SETTINGS, plainHttp: false }, by);
    expect((await ask('http', '/api/login-page')).status).to.equal(308);
  });

  it('shows a new certificate without a new start', async () => {
    const before = (await ask('https', '/healthz')).fingerprint;

    await context.parts.certificates.reset();

    const after = (await ask('https', '/healthz')).fingerprint;
    expect(after).to.equal(context.parts.certificates.describe().sha256Fingerprint);
    expect(after).not.to.equal(before);
  });

  it('tells browsers to come by HTTPS alone where the certificate is of the owner', async () => {
    const { certificates } = context.parts;
    const description = certificates.describe();
    certificates.describe = () => ({ ...description, isSelfSigned: false });
    await server.close();
    server = await startAdmin(context.parts, { host: '127.0.0.1', port: 0 });

    expect((await ask('https', '/healthz')).headers['strict-transport-security']).to.equal(
      'max-age=31536000',
    );
    expect((await ask('http', '/healthz')).headers).not.to.have.property('strict-transport-security');
  });

  it('speaks no TLS older than 1.2', async () => {
    const failed = await new Promise<string>((resolve) => {
      const socket = tlsConnect({
        host: '127.0.0.1',
        port: server.port,
        rejectUnauthorized: false,
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      socket.once('secureConnect', () => resolve('connected'));
      socket.once('error', (error) => resolve(error.message));
    });

    expect(failed).to.match(/protocol/i);
  });

  it('gives a cookie for HTTPS alone by HTTPS', async () => {
    const csrf = await new Promise<string>((resolve, reject) => {
      const body = JSON.stringify({ name: 'admin', password: 'correct horse battery' });
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const options = { host: '127.0.0.1', port: server.port, path: '/api/session', method: 'POST', headers };
      const sent = httpsRequest({ ...options, rejectUnauthorized: false }, (response) => {
        response.resume();
        resolve(String(response.headers['set-cookie']));
      });
      sent.on('error', reject);
      sent.end(body);
    });

    expect(csrf).to.match(/^__Host-dicomkeep_session=.+; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
  });

  it('takes the first byte alone, and the rest as it comes', async () => {
    const socket = await connected(server.port);
    const text = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    for (const byte of text) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect(await rest(socket)).to.match(/^HTTP\/1\.1 200 OK\r\n[\s\S]+\{"status":"ok"\}$/);
  });

  it('drops who sends nothing, or only the beginning of a request, after ten seconds', async () => {
    const silent = await connected(server.port);
    const slow = await connected(server.port);
    const half = await connected(server.port);
    slow.write('GET /healthz HTTP/1.1\r\nHost:');
    half.write(Buffer.from([0x16, 0x03, 0x01]));
    const startedAt = performance.now();

    await Promise.all([rest(silent), rest(slow), rest(half)]);

    expect(performance.now() - startedAt).to.be.within(8000, 20_000);
  }).timeout(300_000);

  it('keeps forty connections of one address, and has room for others', async function () {
    const host = ownAddress();
    if (host === undefined) this.skip();
    await server.close();
    server = await startAdmin(context.parts, { host: '0.0.0.0', port: 0 });
    const sockets = await Promise.all(Array.from({ length: 40 }, () => connected(server.port, host)));

    for (let count = 0; count < 3; count++)
      expect(await rest(await connected(server.port, host))).to.equal('');
    expect((await ask('https', '/healthz')).status).to.equal(200);
    expect(context.log.lines.filter(({ message }) => message.includes('dropped'))).to.deep.equal([
      {
        level: 'warn',
        message: 'web connections dropped: too many',
        fields: { address: host, connections: 1 },
      },
    ]);

    sockets[0]?.destroy();
    await until('there is room again', async () => {
      const socket = await connected(server.port, host);
      socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
      return /^HTTP\/1\.1 200 OK/.test(await rest(socket).catch(() => ''));
    });
    for (const one of sockets) one.destroy();
  });

  it('refuses a request that names no path, and takes it for no bug', async () => {
    const socket = tlsConnect({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false });
    socket.write('GET http:// HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');

    expect(await rest(socket)).to.match(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]+the request names no path/);
    expect(context.log.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
  });

  it('ends at once, whoever hangs on without a request', async () => {
    const sockets = [await connected(server.port), await connected(server.port)];
    sockets[1]?.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const ended = sockets.map(rest);
    const startedAt = performance.now();

    await server.close();
    await Promise.all(ended);

    expect(performance.now() - startedAt).to.be.lessThan(atMost(1000));
    const refused = await connected(server.port).catch((error: NodeJS.ErrnoException) => error.code);
    expect(refused).to.equal('ECONNREFUSED');
  });

  it('ends live streams when it ends', async () => {
    const headers = byHttps(context.viewer);
    const ended = new Promise<void>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: server.port, path: '/api/events/stream' };
      const sent = httpsRequest({ ...options, headers, rejectUnauthorized: false }, (response) => {
        response.on('error', () => undefined);
        response.on('close', () => resolve());
        response.once('data', () => void server.close());
      });
      sent.on('error', reject);
      sent.end();
    });

    await ended;
  });

  it('is not troubled by who leaves a live stream', async () => {
    const headers = byHttps(context.viewer);
    await new Promise<void>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: server.port, path: '/api/events/stream' };
      const sent = httpsRequest({ ...options, headers, rejectUnauthorized: false }, (response) => {
        response.once('data', () => {
          response.destroy();
          resolve();
        });
      });
      sent.on('error', reject);
      sent.end();
    });
    await new Promise((resolve) => setTimeout(resolve, 300));

    expect(context.log.lines.filter(({ level }) => level === 'warn' || level === 'error')).to.deep.equal([]);
    expect((await ask('https', '/healthz')).status).to.equal(200);
  });

  it('ends a live stream when its listener has signed out', async () => {
    const agent = await context.signIn('viewer');
    const ended = new Promise<void>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: server.port, path: '/api/events/stream' };
      const sent = httpsRequest(
        { ...options, headers: byHttps(agent), rejectUnauthorized: false },
        (response) => {
          response.on('error', () => undefined);
          response.on('close', () => resolve());
          response.once('data', () => void agent.delete('/api/session'));
          response.resume();
        },
      );
      sent.on('error', reject);
      sent.end();
    });

    await ended;
  }).timeout(300_000);

  it('says which port it cannot have', async () => {
    const words = await startAdmin(context.parts, { host: '127.0.0.1', port: server.port }).catch(
      (error: Error) => error.message,
    );

    expect(words).to.match(new RegExp(`cannot listen on 127.0.0.1 port ${server.port}: .*EADDRINUSE`));
  });
});

/** The agent's headers, with the cookie that it would have got by HTTPS. */
function byHttps({ headers }: Agent): Record<string, string> {
  return { ...headers, cookie: `__Host-${headers['cookie']}` };
}

/** Of this machine, and not the loopback. */
function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

function connected(port: number, host = '127.0.0.1'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = netConnect({ host, port }, () => resolve(socket));
    socket.on('error', reject);
  });
}

/** All that comes until the other side hangs up. */
function rest(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('close', () => resolve(text));
  });
}
