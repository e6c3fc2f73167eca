import { globSync } from 'node:fs';
import { expect } from 'chai';
import { type Catalog, type InstanceArrival, openCatalog } from '../../src/catalog/catalog.ts';
import { firstWindowRows, sortedIdsMax, sortedStudiesMax } from '../../src/catalog/limits.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { Problem } from '../../src/lib/problem.ts';
import {
  describeOnMariadb,
  describeOnSqlite,
  dumpRows,
  type Opened,
  openMigrated,
} from '../helpers/catalog-engines.ts';
import { hasMariadb, Mariadb } from '../helpers/mariadb.ts';
import { collect, ctArrival, firstOf } from './arrivals.ts';

const MIGRATIONS = globSync('migrations/*.js').length;

describe('Catalogue: several daemons and failures, MariaDB', function () {
  this.timeout(300_000);
  let mariadb: Mariadb | undefined;
  const opened: Catalog[] = [];
  before(async function () {
    if (!hasMariadb) this.skip();
    mariadb = await Mariadb.start();
  });
  after(async () => mariadb?.stop());
  afterEach(async () => {
    for (const catalog of opened.splice(0)) await catalog.close();
  });
  const server = () => {
    if (mariadb === undefined) throw new Error('MariaDB was not started');
    return mariadb;
  };
  const open = async (url: string) => {
    const catalog = await openCatalog({ url, poolMax: 4, acquireTimeoutMs: 2000, queryTimeoutMs: 3000 });
    opened.push(catalog);
    return catalog;
  };

  it('is migrated by one of those that start at once', async () => {
    const url = server().freshDatabase();
    const catalogs = [await open(url), await open(url), await open(url)];

    const applied = await Promise.all(catalogs.map((catalog) => catalog.migrate()));

    expect(applied.flat()).to.have.lengthOf(MIGRATIONS);
  });

  it('finishes a migration that was killed half way', async () => {
    const url = server().freshDatabase();
    const catalog = await open(url);
    await catalog.migrate();
    server().execute('DROP TABLE instances; DELETE FROM migrations', new URL(url).pathname.slice(1));

    expect(await catalog.migrate()).to.have.lengthOf(MIGRATIONS);
    expect(await catalog.instances.index([ctArrival(1, 1, 1)])).to.deep.equal({
      outcomes: [{ outcome: 'filed' }],
    });
  });

  it('counts right when two daemons file the same studies at the same time', async () => {
    const url = server().freshDatabase();
    const catalogs = [await open(url), await open(url)];
    await catalogs[0]?.migrate();
    const arrivals = Array.from({ length: 600 }, (_, index) =>
      ctArrival(index % 7, index % 3, index, {
        PatientID: `ID${index % 4}`,
        Modality: index % 2 === 0 ? 'CT' : 'MR',
      }),
    );
    const fileAll = async (catalog: Catalog, own: readonly InstanceArrival[]) => {
      const outcomes: string[] = [];
      for (let start = 0; start < own.length; start += 20) {
        const answer = await catalog.instances.index(own.slice(start, start + 20));
        outcomes.push(...answer.outcomes.map(({ outcome }) => outcome));
      }
      return outcomes;
    };

    // Two thirds each, so one third comes to both, in another order.
    const [first = [], second = []] = await Promise.all(
      catalogs.map((catalog, index) =>
        fileAll(catalog, index === 0 ? arrivals.slice(0, 400) : arrivals.slice(200).reverse()),
      ),
    );

    expect([...first, ...second].every((outcome) => outcome === 'filed')).to.equal(true);
    const dump = await dumpRows(url);
    expect(dump['instances']).to.have.lengthOf(600);
    const sum = (table: string, column: string) =>
      (dump[table] ?? []).reduce((total, row) => total + Number(JSON.parse(row)[column]), 0);
    expect(sum('series', 'instance_count')).to.equal(600);
    expect(sum('studies', 'instance_count')).to.equal(600);
    expect(sum('patients', 'instance_count')).to.equal(600);
    expect(sum('studies', 'series_count')).to.equal(dump['series']?.length);
    expect(sum('patients', 'study_count')).to.equal(7);
  });

  it('says in every method that it is unavailable while the server is down, and goes on when it is back', async () => {
    const url = server().freshDatabase();
    const catalog = await open(url);
    await catalog.migrate();
    await catalog.instances.index([ctArrival(1, 1, 1)]);
    await server().pause();
    const calls: [string, () => Promise<unknown>][] = [
      ['ping', () => catalog.ping()],
      ['index', () => catalog.instances.index([ctArrival(1, 1, 2, { PatientName: 'Secret^Name' })])],
      ['query', () => collect(catalog.query('STUDY', []))],
      ['retrieve', () => collect(catalog.instances.forRetrieve('PATIENT', { patientId: 'ID1' }))],
      ['find', () => catalog.instances.findByUid('1.1.1.1')],
      ['peers', () => catalog.peers.findByAeTitle('A')],
      ['setting', () => catalog.settings.set('a', 1)],
      ['users', () => catalog.users.list()],
      ['session', () => catalog.sessions.find('a')],
      ['token', () => catalog.tokens.findByHash('a')],
      ['job', () => catalog.jobs.claim(1, 'A')],
      ['events', () => catalog.events.list({ limit: 1 })],
      ['conflicts', () => catalog.conflicts.count(0)],
      ['statistics', () => catalog.statistics.totals()],
      ['studies', () => catalog.studies.page({ ...BY_NAME, text: 'Secret' })],
      ['series', () => catalog.seriesPage({ keys: [], limit: 1 })],
      ['event', () => catalog.events.record({ at: 1, kind: 'a', severity: 'info', words: '', fields: {} })],
      ['migrate', () => catalog.migrate()],
      ['pending', () => catalog.pendingMigrations()],
    ];

    for (const [name, call] of calls) {
      const problem = await call().catch((error: unknown) => error);
      expect(problem, name).to.be.instanceOf(Problem).with.property('code', 'catalog-unavailable');
      expect((problem as Problem).message, name).to.match(
        /^catalogue: \S.* \(database dicomkeep_\d+ at .+\)$/,
      );
      expect((problem as Problem).message, name).not.to.match(/Secret|insert|select/i);
    }
    await server().resume();

    await catalog.ping();
    expect(await catalog.instances.index([ctArrival(1, 1, 1)])).to.deep.equal({
      outcomes: [{ outcome: 'filed' }],
    });
  });

  it('keeps what it said was filed when the server is killed under load', async () => {
    const url = server().freshDatabase();
    const catalog = await open(url);
    await catalog.migrate();
    const filed: string[] = [];
    let number = 0;
    const load = (async () => {
      for (;;) {
        const batch = Array.from({ length: 20 }, () => ctArrival(1, 1, ++number));
        await catalog.instances.index(batch);
        filed.push(...batch.map(({ sopInstanceUid }) => sopInstanceUid));
      }
    })().catch((error: unknown) => error);
    while (filed.length < 200) await new Promise((resolve) => setTimeout(resolve, 10));

    await server().pause('SIGKILL');
    expect(await load)
      .to.be.instanceOf(Problem)
      .with.property('code', 'catalog-unavailable');
    await server().resume();

    const kept = new Set(
      (await collect(catalog.instances.all())).map(({ sopInstanceUid }) => sopInstanceUid),
    );
    expect(filed.filter((uid) => !kept.has(uid))).to.deep.equal([]);
    const [study] = await collect(catalog.query('STUDY', []));
    expect(firstOf(study, 'NumberOfStudyRelatedInstances')).to.equal(kept.size);
  });

  it('retries a read on a connection that the server has closed meanwhile', async () => {
    const url = server().freshDatabase();
    const catalog = await openMigrated(url);
    opened.push(catalog);
    await catalog.ping();
    const ids = server()
      .execute("SELECT id FROM information_schema.processlist WHERE command = 'Sleep'")
      .trim()
      .split('\n');
    server().execute(ids.map((id) => `KILL ${id};`).join('\n'));

    await catalog.ping();
    expect(await catalog.instances.index([ctArrival(1, 1, 1)])).to.deep.equal({
      outcomes: [{ outcome: 'filed' }],
    });
  });

  it('gives up a statement that takes longer than it may', async () => {
    const url = server().freshDatabase();
    const catalog = await open(url);
    await catalog.migrate();
    const database = new URL(url).pathname.slice(1);
    const lock = server();
    const holder = await open(url);
    await holder.ping();
    // Another client that holds the row of a study for longer than a transaction may wait.
    await catalog.instances.index([ctArrival(1, 1, 1)]);
    const { spawn } = await import('node:child_process');
    const client = spawn(
      'mariadb',
      ['--no-defaults', `--socket=${lock.socketPath}`, '--user=root', database],
      {
        stdio: ['pipe', 'ignore', 'ignore'],
      },
    );
    client.stdin.write('START TRANSACTION; SELECT * FROM studies FOR UPDATE;\n');
    const holds = 'SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_rows_locked > 0';
    while (lock.execute(holds).trim() === '0') await new Promise((resolve) => setTimeout(resolve, 20));

    const problem = await catalog.instances.index([ctArrival(1, 1, 2)]).catch((error: unknown) => error);

    const ended = new Promise((resolve) => client.once('exit', resolve));
    client.kill();
    await ended;
    expect(problem).to.be.instanceOf(Problem).with.property('code', 'catalog-unavailable');
    expect(await catalog.instances.index([ctArrival(1, 1, 2)])).to.deep.equal({
      outcomes: [{ outcome: 'filed' }],
    });
  });
});

const BY_NAME = { keys: [], sort: 'patientName', isDescending: true, limit: 20 } as const;

/** More matches than a query takes from an index: it then reads along the primary key. */
function manySuite(opened: Opened): void {
  it('finds the same, newest first, whether it comes from an index or along the primary key', async function () {
    this.timeout(300_000);
    const count = sortedStudiesMax + 600;
    for (let start = 0; start < count; start += 500) {
      const size = Math.min(500, count - start);
      await opened.catalog.instances.index(
        Array.from({ length: size }, (_, index) =>
          ctArrival(start + index, 1, 1, { PatientName: (start + index) % 100 === 0 ? 'Rare' : 'Common' }),
        ),
      );
    }
    const key = (value: string) => [{ tag: tags.PatientName, vr: 'PN', values: [value] }];

    const common = await collect(opened.catalog.query('STUDY', key('common*')));
    const rare = await collect(opened.catalog.query('STUDY', key('rare')));
    const series = await collect(opened.catalog.query('SERIES', key('*o*')));

    expect(common).to.have.lengthOf(count - Math.ceil(count / 100));
    expect(new Set(common.map((study) => firstOf(study, 'StudyInstanceUID'))).size).to.equal(common.length);
    expect(rare).to.have.lengthOf(Math.ceil(count / 100));
    expect(series).to.have.lengthOf(common.length);
    expect(firstOf(common[0], 'StudyInstanceUID')).to.equal(`1.${count - 1}`);
    await expectLists(opened, count);
  });

  it('finds the same where all that matches came long ago, or some of it', async function () {
    this.timeout(300_000);
    const count = sortedIdsMax + firstWindowRows + 700;
    const recent = firstWindowRows + 500;
    await opened.catalog.instances.index(
      Array.from({ length: count }, (_, index) =>
        ctArrival(index, 1, 1, {
          StudyDate: index < count - recent || index === count - 100 ? '20100101' : '20260101',
          PatientName: index % 2 === 0 ? 'Even' : { Alphabetic: 'Odd', Ideographic: 'even' },
        }),
      ),
    );
    const uids = async (level: 'STUDY' | 'SERIES', keys: { tag: number; vr: string; values: string[] }[]) =>
      (await collect(opened.catalog.query(level, keys))).map((one) => firstOf(one, 'StudyInstanceUID'));
    const old = { tag: tags.StudyDate, vr: 'DA', values: ['20100101'] };
    const even = { tag: tags.PatientName, vr: 'PN', values: ['eve*'] };
    const expected = [count - 100, ...Array.from({ length: count - recent }, (_, index) => index).reverse()];

    for (const level of ['STUDY', 'SERIES'] as const) {
      for (const keys of [[old], [old, even], [even, old]]) {
        expect(await uids(level, keys), level).to.deep.equal(expected.map((index) => `1.${index}`));
      }
    }
  });
}

/** A word, and a key, that more studies have than are sorted; with and without one that few have. */
async function expectLists({ catalog }: Opened, count: number): Promise<void> {
  expect(count).to.be.greaterThan(sortedStudiesMax);
  const arrived = { ...BY_NAME, sort: 'lastArrivedAt', isDescending: false } as const;
  const uidsOf = async (options: Parameters<typeof catalog.studies.page>[0]) =>
    (await catalog.studies.page(options)).items.map(({ studyInstanceUid }) => studyInstanceUid);
  const commonUids = Array.from({ length: 22 }, (_, index) => index)
    .filter((index) => index % 100 !== 0)
    .map((index) => `1.${index}`)
    .slice(0, 20);

  expect(await uidsOf({ ...arrived, text: 'comm' })).to.deep.equal(commonUids);
  expect(await uidsOf({ ...arrived, text: 'comm ct' })).to.deep.equal(commonUids);
  expect(await uidsOf({ ...arrived, text: 'ct common 1999' })).to.deep.equal([]);
  expect(await uidsOf({ ...arrived, text: 'ct rare' })).to.deep.equal(
    Array.from({ length: 20 }, (_, index) => `1.${100 * index}`),
  );
  const keys = [{ tag: tags.PatientName, vr: 'PN', values: ['common*'] }];
  expect(await uidsOf({ ...arrived, keys })).to.deep.equal(commonUids);
  const first = await catalog.studies.page({ ...BY_NAME, text: 'ct comm' });
  const second = await catalog.studies.page({ ...BY_NAME, text: 'ct comm', cursor: first.nextCursor ?? '' });
  expect(first.items[0]?.studyInstanceUid).to.equal(`1.${count - 1}`);
  expect(new Set([...first.items, ...second.items].map((item) => item.studyInstanceUid)).size).to.equal(40);
}

describeOnSqlite('Catalogue: queries with many matches', manySuite);
describeOnMariadb('Catalogue: queries with many matches', manySuite);
