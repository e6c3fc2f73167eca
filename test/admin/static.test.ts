import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import Koa from 'koa';
import { inject } from 'light-my-request';
import { HttpRefusal } from '../../src/admin/problems.ts';
import { pageFiles } from '../../src/admin/static.ts';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';

describe('The files of the page', () => {
  const INDEX = `<!doctype html>${'<p>page</p>'.repeat(50)}`;
  let folder = '';
  before(() => {
    folder = temporaryFolder('page');
    mkdirSync(join(folder, 'public/chunks'), { recursive: true });
    writeFileSync(join(folder, 'public/index.html'), INDEX);
    writeFileSync(join(folder, 'public/main-ABCD2345.js'), `console.log(${'1,'.repeat(100)}1)`);
    writeFileSync(join(folder, 'public/chunks/fr-QWER2345.js'), 'export default {}');
    writeFileSync(join(folder, 'public/picture.png'), Buffer.from([0x89, 0x50]));
    writeFileSync(join(folder, 'public/.secret'), 'no type of ours');
    writeFileSync(join(folder, 'outside.js'), 'never served');
  });
  after(() => removeFolder(folder));

  const get = async (
    path: string,
    headers: Record<string, string> = {},
    method: 'GET' | 'HEAD' | 'POST' = 'GET',
  ) => {
    const app = new Koa();
    app.use(async (context, next) => {
      try {
        await next();
      } catch (error) {
        if (!(error instanceof HttpRefusal)) throw error;
        context.status = error.code === 'page-not-built' ? 503 : 404;
        context.body = error.message;
      }
    });
    app.use(pageFiles(pathToFileURL(`${join(folder, 'public')}/`)));
    return inject(app.callback(), { method, url: path, headers });
  };

  it('are index.html for the paths of the page', async () => {
    for (const path of [
      '/',
      '/login',
      '/studies',
      '/studies/1.2.840.1',
      '/peers',
      '/activity',
      '/settings',
    ]) {
      const { statusCode, body, headers } = await get(path);

      expect([statusCode, body], path).to.deep.equal([200, INDEX]);
      expect(headers['content-type']).to.equal('text/html; charset=utf-8');
      expect(headers['cache-control']).to.equal('no-cache');
    }
  });

  it('are not there for any other path', async () => {
    const others = [
      '/nothing',
      '/studies<x>',
      '/peers/1',
      '/main.js',
      '/.secret',
      '/outside.js',
      '/../outside.js',
      '/..%2foutside.js',
      '/chunks/../../outside.js',
      '/chunks',
      '/chunks/',
      '/%00',
      '/api/index.html',
      '/__proto__',
      '/constructor',
    ];
    for (const path of others) expect((await get(path)).statusCode, path).to.equal(404);
    expect((await get('/', {}, 'POST')).statusCode).to.equal(404);
  });

  it('are kept for good by browsers where their name has the hash of their content', async () => {
    const hashed = await get('/main-ABCD2345.js');
    const chunk = await get('/chunks/fr-QWER2345.js');
    const picture = await get('/picture.png');

    expect(hashed.headers['cache-control']).to.equal('public, max-age=31536000, immutable');
    expect(hashed.headers['content-type']).to.equal('text/javascript; charset=utf-8');
    expect(chunk.statusCode).to.equal(200);
    expect(picture.headers).to.include({ 'content-type': 'image/png', 'cache-control': 'no-cache' });
    expect(picture.rawPayload).to.deep.equal(Buffer.from([0x89, 0x50]));
  });

  it('are compressed as the browser takes it', async () => {
    const brotli = await get('/', { 'accept-encoding': 'gzip, deflate, br' });
    const gzipped = await get('/', { 'accept-encoding': 'gzip' });
    const plain = await get('/', { 'accept-encoding': 'br;q=0, gzip;q=0' });

    expect(brotli.headers['content-encoding']).to.equal('br');
    expect(brotliDecompressSync(brotli.rawPayload).toString()).to.equal(INDEX);
    expect(gzipped.headers).to.include({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    expect(gunzipSync(gzipped.rawPayload).toString()).to.equal(INDEX);
    expect(plain.headers).not.to.have.property('content-encoding');
    expect(plain.body).to.equal(INDEX);
  });

  it('are not sent again to a browser that has them', async () => {
    const { headers } = await get('/', { 'accept-encoding': 'br' });
    const etag = String(headers['etag']);

    const again = await get('/', { 'accept-encoding': 'br', 'if-none-match': etag });
    const other = await get('/', { 'accept-encoding': 'gzip', 'if-none-match': etag });

    expect(again.statusCode).to.equal(304);
    expect(again.rawPayload).to.have.lengthOf(0);
    expect(other.statusCode).to.equal(200);
  });

  it('say so in words where the page was not built', async () => {
    const app = new Koa();
    let thrown: unknown;
    app.use(async (_context, next) => {
      await next().catch((error: unknown) => {
        thrown = error;
      });
    });
    app.use(pageFiles(pathToFileURL(join(folder, 'nowhere/'))));

    await inject(app.callback(), { method: 'GET', url: '/' });

    expect(thrown).to.be.instanceOf(HttpRefusal).with.property('message').that.includes('npm run build:page');
  });
});
