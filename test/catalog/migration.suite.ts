import { expect } from 'chai';
import type { Knex } from 'knex';
import { openCatalog } from '../../src/catalog/catalog.ts';
import { Problem } from '../../src/lib/problem.ts';
import { dumpRows, type Opened } from '../helpers/catalog-engines.ts';
import { ctArrival } from './arrivals.ts';
import { executeOn } from './raw-rows.ts';

/** What migration 0002 added, taken away again. */
const ADDED_TABLES = ['users', 'sessions', 'tokens', 'arrival_statistics', 'study_words'];
const ADDED_COLUMNS: readonly [table: string, column: string][] = [
  ['peers', 'use_tls'],
  ['peers', 'preferred_transfer_syntaxes'],
  ['peers', 'note'],
  ['peers', 'last_seen_at'],
  ['peers', 'last_stored_at'],
  ['unknown_callers', 'called_ae_title'],
  ['unknown_callers', 'proposed'],
  ['events', 'caller'],
  ['events', 'study_instance_uid'],
  ['jobs', 'requested_by'],
  ['jobs', 'words'],
  ['jobs', 'owner'],
];
const ADDED_INDEXES = ['kind', 'severity', 'caller', 'study_instance_uid'].map(
  (column) => `events_${column}`,
);

export function migrationSuite(opened: Opened): void {
  const isSqlite = () => opened.url.startsWith('sqlite:');

  /** The catalogue as release 0.1 had it, with rows. */
  async function backToFirst(db: Knex): Promise<void> {
    const dropIndex = (index: string, table: string) =>
      db.raw(`DROP INDEX ${index}${isSqlite() ? '' : ` ON ${table}`}`);
    for (const index of ADDED_INDEXES) await dropIndex(index, 'events');
    await dropIndex('jobs_state', 'jobs');
    for (const table of ADDED_TABLES) await db.schema.dropTable(table);
    for (const [table, column] of ADDED_COLUMNS) await db.raw(`ALTER TABLE ${table} DROP COLUMN ${column}`);
    await db('migrations').where('name', '0002_admin.js').delete();
  }

  async function fill(): Promise<void> {
    const day = 86_400_000;
    await opened.catalog.instances.index([
      ...[1, 2, 3].map((number) =>
        ctArrival(
          1,
          1,
          number,
          { PatientName: 'Müller-Schmidt^Anna Maria' },
          { arrivedAt: number * 9 * day },
        ),
      ),
      ctArrival(2, 1, 1, { PatientName: { Alphabetic: 'Wang^Wei', Ideographic: '王^伟' }, Modality: 'mr' }),
      ctArrival(2, 2, 1, { Modality: 'SR' }, { sourceAeTitle: 'MR2' }),
      ctArrival(3, 1, 1, { PatientName: `${'x'.repeat(63)}\u{1f600}y`, Modality: '' }),
    ]);
    await opened.catalog.peers.add({ aeTitle: 'ZEUS', host: 'zeus', port: 104, mayFind: false });
  }

  it('bring a catalogue of the first release, with rows, to what this one would have made of them', async () => {
    await fill();
    const expected = await dumpRows(opened.url);
    await executeOn(opened.url, backToFirst);
    expect(await opened.catalog.pendingMigrations()).to.deep.equal(['0002_admin.js']);

    expect(await opened.catalog.migrate()).to.deep.equal(['0002_admin.js']);

    expect(await dumpRows(opened.url)).to.deep.equal(expected);
    expect(expected['study_words']).to.have.lengthOf.above(8);
    const [peer] = await opened.catalog.peers.list();
    expect(peer).to.deep.include({
      aeTitle: 'ZEUS',
      mayFind: false,
      useTls: false,
      preferredTransferSyntaxes: [],
      note: '',
      lastSeenAt: null,
    });
    const { items } = await opened.catalog.studies.page({
      text: 'maria',
      keys: [],
      sort: 'studyDate',
      isDescending: true,
      limit: 5,
    });
    expect(items.map(({ studyInstanceUid }) => studyInstanceUid)).to.deep.equal(['1.1']);
    expect(await opened.catalog.statistics.totals()).to.include({ studies: 3, instances: 6 });
  });

  it('run again after they were killed at any point', async () => {
    await fill();
    const expected = await dumpRows(opened.url);
    const half: ((db: Knex) => Promise<unknown>)[] = [
      (db) => db.schema.dropTable('study_words'),
      (db) => db('study_words').whereRaw("word LIKE 'm%'").delete(),
      (db) => db.schema.renameTable('arrival_statistics', 'arrival_statistics_draft'),
      (db) => db.raw('ALTER TABLE peers DROP COLUMN note'),
      (db) => db.raw(`DROP INDEX jobs_state${isSqlite() ? '' : ' ON jobs'}`),
      async () => undefined,
    ];

    for (const undo of half) {
      await executeOn(opened.url, async (db) => {
        await undo(db);
        await db('migrations').where('name', '0002_admin.js').delete();
      });
      expect(await opened.catalog.migrate()).to.deep.equal(['0002_admin.js']);
      expect(await dumpRows(opened.url)).to.deep.equal(expected);
    }
  });

  it('give jobs their keys and pieces, and run again after they were killed at any point', async () => {
    const { jobs } = opened.catalog;
    const { id } = await jobs.add({ kind: 'send', by: 'anna', payload: { peer: 'WS1' }, runAt: 1 });
    const dropIndex = (db: Knex) => db.raw(`DROP INDEX jobs_request_key${isSqlite() ? '' : ' ON jobs'}`);
    const half: ((db: Knex) => Promise<unknown>)[] = [
      async (db) => {
        await db.schema.dropTable('job_pieces');
        await dropIndex(db);
        await db.raw('ALTER TABLE jobs DROP COLUMN request_key');
      },
      async (db) => {
        await db.schema.dropTable('job_pieces');
        await dropIndex(db);
      },
      (db) => db.schema.dropTable('job_pieces'),
      async () => undefined,
    ];

    for (const [index, undo] of half.entries()) {
      await executeOn(opened.url, async (db) => {
        await undo(db);
        await db('migrations').where('name', '0003_storage-commitment.js').delete();
      });
      expect(await opened.catalog.migrate()).to.deep.equal(['0003_storage-commitment.js']);
      const asked = { kind: 'commit', by: 'CT1', payload: {}, runAt: 1 };
      const { job } = await jobs.addOnce(asked, { key: `CT1 ${index}`, pieces: [{ index }] });
      expect(await jobs.piece(job.id, 0)).to.deep.equal({ index });
    }
    expect(await jobs.findById(id)).to.deep.include({ kind: 'send', payload: { peer: 'WS1' } });
  });

  it('keep the names that are there already, and run again after they were killed at any point', async () => {
    await fill();
    await opened.catalog.instances.index([
      ctArrival(5, 1, 1, {
        PatientName: `${'x'.repeat(65)}^y`,
        ReferringPhysicianName: [{ Alphabetic: 'A' }, { Alphabetic: 'B' }],
      }),
      ctArrival(6, 1, 1, { ReferringPhysicianName: { Alphabetic: 'Koch^Robert', Phonetic: 'コッホ' } }),
    ]);
    const names = () =>
      executeOn(opened.url, async (db) => ({
        words: await db('name_words').select('*').orderBy(['word', 'kind', 'name']),
        endings: await db('word_endings').select('*').orderBy(['ending', 'word']),
      }));
    const index = 'studies_study_date_modalities_in_study';
    const expected = await names();
    expect(expected.words).to.have.lengthOf.above(12);
    const half: ((db: Knex) => Promise<unknown>)[] = [
      async (db) => {
        await db.schema.dropTable('name_words');
        await db.schema.dropTable('word_endings');
        await db.raw(`DROP INDEX ${index}${isSqlite() ? '' : ' ON studies'}`);
      },
      (db) => db.schema.dropTable('word_endings'),
      (db) => db('word_endings').whereRaw("ending LIKE 'm%'").delete(),
      (db) => db('name_words').where('kind', 1).delete(),
      async () => undefined,
    ];

    for (const undo of half) {
      await executeOn(opened.url, async (db) => {
        await undo(db);
        await db('migrations').where('name', '0004_names.js').delete();
      });
      expect(await opened.catalog.migrate()).to.deep.equal(['0004_names.js']);
      expect(await names()).to.deep.equal(expected);
    }
  });

  it('let nothing be filed that would not be counted', async () => {
    await fill();
    await executeOn(opened.url, async (db) => {
      await db.schema.renameTable('arrival_statistics', 'arrival_statistics_draft');
      await db('migrations').where('name', '0002_admin.js').delete();
    });
    const file = () => opened.catalog.instances.index([ctArrival(4, 1, 1)]);

    const refused: unknown = await file().catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(Problem).with.property('code', 'catalog-unavailable');
    expect(await opened.catalog.instances.findByUid('1.4.1.1')).to.equal(undefined);
    await opened.catalog.migrate();
    await file();

    expect(await opened.catalog.statistics.totals()).to.include({ studies: 4, instances: 7 });
  });

  it('are refused while somebody else is not there to be asked', async () => {
    const url = isSqlite() ? 'sqlite:/nonexistent/catalog.db' : 'mysql://u:p@127.0.0.1:1/d';
    const nowhere = await openCatalog({ url, acquireTimeoutMs: 1000 });

    const problem = await nowhere.migrate().catch((error: unknown) => error);

    await nowhere.close();
    expect(problem).to.be.instanceOf(Problem).with.property('code', 'catalog-unavailable');
  });
}
