import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { openCatalog } from '../../src/catalog/catalog.ts';
import { Database } from '../../src/catalog/database.ts';
import { parseDatabaseUrl } from '../../src/catalog/database-url.ts';
import { Problem } from '../../src/lib/problem.ts';
import { openMigrated } from '../helpers/catalog-engines.ts';
import { collect, firstOf } from './arrivals.ts';

const run = promisify(execFile);

describe('Catalogue: the database URL', () => {
  it('reads a MariaDB URL with percent-encoded parts and a socket', () => {
    const address = parseDatabaseUrl(
      'mysql://ar%40chive:p%2Fw@db.example:3307/dicom?socketPath=%2Frun%2Fmy.sock',
    );

    expect(address).to.deep.equal({
      engine: 'mariadb',
      host: 'db.example',
      port: 3307,
      socketPath: '/run/my.sock',
      user: 'ar@chive',
      password: 'p/w',
      database: 'dicom',
      words: 'dicom at /run/my.sock',
    });
  });

  it('takes everything behind sqlite: for the file', () => {
    expect(parseDatabaseUrl('sqlite:/data/a b%20.db')).to.deep.include({ file: '/data/a b%20.db' });
  });

  it('refuses any other, without repeating the password', () => {
    for (const url of [
      '',
      'sqlite:',
      'mysql://u:secret@h',
      'postgres://u:secret@h/d',
      'mysql://u:secret@h/a/b',
      'x',
    ]) {
      expect(() => parseDatabaseUrl(url), url)
        .to.throw(Problem)
        .with.property('message')
        .not.contains('secret');
    }
  });
});

describe('Catalogue: what can go wrong, SQLite', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'dicomkeep-catalog-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('says that it is unavailable where the folder does not exist, and where there are no tables', async () => {
    const nowhere = await openCatalog({
      url: `sqlite:${join(dir, 'nowhere', 'catalog.db')}`,
      acquireTimeoutMs: 1000,
    });
    const empty = await openCatalog({ url: `sqlite:${join(dir, 'catalog.db')}` });

    for (const catalog of [nowhere, empty]) {
      const problem = await catalog.peers.list().catch((error: unknown) => error);
      expect(problem).to.be.instanceOf(Problem).with.property('code', 'catalog-unavailable');
      await catalog.close();
    }
  });

  it('does not touch the catalogue of a newer release', async () => {
    const url = `sqlite:${join(dir, 'catalog.db')}`;
    const catalog = await openMigrated(url);
    const database = new Database({ url, poolMax: 1, acquireTimeoutMs: 1000, queryTimeoutMs: 1000 });
    await database.write((db) => db('migrations').insert({ name: '9999_future.js', applied_at: 1 }));
    await database.close();

    const problem = await catalog.migrate().catch((error: unknown) => error);

    await catalog.close();
    expect(problem).to.be.instanceOf(Problem).with.property('message').that.contains('9999_future.js');
  });

  it('is migrated by one of two processes that start at once', async function () {
    this.timeout(60_000);
    const module = new URL('../../src/catalog/catalog.ts', import.meta.url).href;
    const url = `sqlite:${join(dir, 'catalog.db')}`;
    const program = `import { openCatalog } from '${module}';
      const catalog = await openCatalog({ url: '${url}' });
      console.log((await catalog.migrate()).length);
      await catalog.close();`;

    const outputs = await Promise.all(
      [1, 2].map(() => run(process.execPath, ['--input-type=module', '-e', program])),
    );

    expect(outputs.map(({ stdout }) => stdout.trim()).sort()).to.deep.equal(['0', '4']);
  });

  it('takes what two processes write at the same time', async function () {
    this.timeout(60_000);
    const url = `sqlite:${join(dir, 'catalog.db')}`;
    const catalog = await openMigrated(url);
    const program = (first: number) => `
      import { openCatalog } from '${new URL('../../src/catalog/catalog.ts', import.meta.url).href}';
      import { ctArrival } from '${new URL('./arrivals.ts', import.meta.url).href}';
      const catalog = await openCatalog({ url: '${url}' });
      for (let number = ${first}; number < ${first} + 1000; number += 20) {
        const batch = Array.from({ length: 20 }, (_, index) => ctArrival(1, 1, number + index));
        await catalog.instances.index(batch);
      }
      await catalog.close();`;

    await Promise.all(
      [0, 500].map((first) => run(process.execPath, ['--input-type=module', '-e', program(first)])),
    );

    const [study] = await collect(catalog.query('STUDY', []));
    await catalog.close();
    expect(firstOf(study, 'NumberOfStudyRelatedInstances')).to.equal(1500);
  });
});
