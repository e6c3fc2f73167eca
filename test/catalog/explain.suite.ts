import { expect } from 'chai';
import { Catalog, type Level, type QueryKey } from '../../src/catalog/catalog.ts';
import { Database } from '../../src/catalog/database.ts';
import { rowsOf } from '../../src/catalog/rows.ts';
import { vrOf } from '../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { fillCatalogue } from '../bench/scale/fill.ts';
import { ArchivePlan, fifteenYears } from '../bench/scale/plan.ts';
import { arrivalsOf, makeStudy } from '../bench/scale/study.ts';
import { type Opened, openMigrated } from '../helpers/catalog-engines.ts';
import { collect } from './arrivals.ts';
import { executeOn } from './raw-rows.ts';

/** So many that a full scan of the series, some 5000, is never the cheaper way. */
const STUDIES = 500;

type Plan = { [column: string]: unknown };
type Keyword = keyof typeof tags;

/** What the catalogue is asked, and the SQL that it really runs for it. */
export function explainSuite(opened: Opened): void {
  const plan = new ArchivePlan(fifteenYears(STUDIES, 2));
  const study = makeStudy(plan, 250);
  const series = study.series[0];
  const instance = series?.instances[0];
  const { name, id } = study.patient;
  const [family = '', given = ''] = (name.Alphabetic ?? '').split('^');
  const week = `${study.date}-${String(Number(study.date) + 6)}`;
  let database: Database;
  let catalog: Catalog;

  beforeEach(async function () {
    this.timeout(300_000);
    await fillCatalogue(opened.url, plan);
    await keepNames(opened.url);
    database = new Database({ url: opened.url, poolMax: 2, acquireTimeoutMs: 5000, queryTimeoutMs: 30_000 });
    catalog = new Catalog(database);
  });
  afterEach(() => database.close());

  const query = (level: Level, keys: Partial<Record<Keyword, string>>) => (): Promise<unknown> =>
    collect(catalog.query(level, keysOf(keys)));

  /** By study: none of these may read all of its table either. */
  const byIndex: Record<string, () => Promise<unknown>> = {
    'Patient ID': query('STUDY', { PatientID: id }),
    'Accession Number': query('STUDY', { AccessionNumber: study.accessionNumber }),
    'Study Date': query('STUDY', { StudyDate: study.date }),
    'a week': query('STUDY', { StudyDate: week }),
    "beginning of a patient's name": query('STUDY', { PatientName: `${family}*` }),
    'name with a wildcard inside': query('STUDY', {
      PatientName: `${family.slice(0, 3)}*^${given.slice(0, 1)}*`,
    }),
    'modality and date': query('STUDY', { ModalitiesInStudy: 'CT', StudyDate: study.date }),
    'modality and week': query('STUDY', { ModalitiesInStudy: 'CT', StudyDate: week }),
    'Study Instance UID': query('STUDY', { StudyInstanceUID: study.uid }),
    'name with a leading wildcard': query('STUDY', {
      PatientName: `*${family.slice(-3)}^${given.slice(0, 1)}*`,
    }),
    'referring physician with a leading wildcard': query('STUDY', { ReferringPhysicianName: '*koch^A*' }),
  };
  const others: Record<string, () => Promise<unknown>> = {
    'series of a study': query('SERIES', { StudyInstanceUID: study.uid }),
    'series by modality in a study': query('SERIES', { StudyInstanceUID: study.uid, Modality: 'CT' }),
    'series of a patient': query('SERIES', { PatientID: id }),
    'series of a date': query('SERIES', { StudyDate: study.date }),
    'a series by its UID': query('SERIES', { SeriesInstanceUID: series?.uid ?? '' }),
    'instances of a series': query('IMAGE', {
      StudyInstanceUID: study.uid,
      SeriesInstanceUID: series?.uid ?? '',
    }),
    'instances of a study': query('IMAGE', { StudyInstanceUID: study.uid }),
    'an instance by its UID': query('IMAGE', { SOPInstanceUID: instance?.sopInstanceUid ?? '' }),
    'retrieving a study': () =>
      collect(catalog.instances.forRetrieve('STUDY', { studyInstanceUids: [study.uid] })),
    'what a study needs to be retrieved': () =>
      catalog.instances.summaryForRetrieve('STUDY', { studyInstanceUids: [study.uid] }),
    'an instance, for the page': () => catalog.instances.findByUid(instance?.sopInstanceUid ?? ''),
    'series of a study, for the page': () => catalog.studies.seriesOf(study.uid),
    'instances of a series, for the page': () =>
      catalog.instances.ofSeries(study.uid, series?.uid ?? '', { limit: 50 }),
    'the list of studies, as it opens': () =>
      catalog.studies.page({ keys: [], sort: 'lastArrivedAt', isDescending: true, limit: 50 }),
    'the list of studies, as one types': () =>
      catalog.studies.page({
        text: `${family} ct`,
        keys: [],
        sort: 'studyDate',
        isDescending: true,
        limit: 50,
      }),
    'filing instances of a known study': () => catalog.instances.index(newInstancesOf(plan)),
  };

  it('reads no table of series or instances from end to end, whatever is asked', async function () {
    this.timeout(300_000);
    const scans: string[] = [];
    for (const [what, ask] of Object.entries({ ...byIndex, ...others })) {
      const plans = await plansOf(database, ask);
      expect(plans, what).to.not.be.empty;
      for (const { sql, scanned } of plans) {
        for (const table of scanned)
          if (/^(s|i|series|instances)$/.test(table)) scans.push(`${what}: ${sql}`);
      }
    }

    expect(scans).to.deep.equal([]);
  });

  it('sees a table that is read from end to end, and an index', async () => {
    const whole = 'SELECT COUNT(*) AS total FROM instances AS i WHERE size_bytes > 1';
    const index = 'SELECT COUNT(series_description) AS total FROM series WHERE series_description LIKE ?';

    const plans = await plansOf(database, async () => {
      await database.read((db) => db.raw(whole));
      await database.read((db) => db.raw(index, ['%a%']));
    });

    expect(plans.map(({ scanned }) => scanned)).to.deep.equal([['i'], ['series']]);
  });

  it('finds studies by their indexed keys without reading all of them', async function () {
    this.timeout(300_000);
    const scans: string[] = [];
    for (const [what, ask] of Object.entries(byIndex)) {
      for (const { sql, scanned } of await plansOf(database, ask)) {
        if (scanned.length > 0) scans.push(`${what}: ${scanned.join(', ')} by ${sql}`);
      }
    }

    expect(scans).to.deep.equal([]);
  });
}

/** Rows that were written past the catalogue have none of their names kept. */
async function keepNames(url: string): Promise<void> {
  await executeOn(url, (db) => db('migrations').where('name', '0004_names.js').delete());
  const catalog = await openMigrated(url);
  await catalog.close();
}

function keysOf(values: Partial<Record<Keyword, string>>): QueryKey[] {
  return Object.entries(values).map(([keyword, value]) => {
    const tag = tags[keyword as Keyword];
    return { tag, vr: vrOf(tag), values: [value] };
  });
}

/** Of a study that is there: its rows are read, locked and changed. */
function newInstancesOf(plan: ArchivePlan): ReturnType<typeof arrivalsOf> {
  return arrivalsOf(makeStudy(plan, 100)).map((arrival, index) => ({
    ...arrival,
    sopInstanceUid: `1.2.3.${index}`,
  }));
}

/** The statements that `ask` runs, but for INSERT and what belongs to transactions, each with the tables that it reads from end to end. */
async function plansOf(
  database: Database,
  ask: () => Promise<unknown>,
): Promise<{ sql: string; scanned: string[] }[]> {
  const statements = new Map<string, readonly unknown[]>();
  const note = ({ sql, bindings }: { sql: string; bindings?: readonly unknown[] }): void => {
    if (/^\s*(select|update|delete)\b/i.test(sql)) statements.set(sql, bindings ?? []);
  };
  database.knex.on('query', note);
  await ask();
  database.knex.off('query', note);
  const plans = [];
  for (const [sql, bindings] of statements) {
    const words = database.engine === 'mariadb' ? 'EXPLAIN' : 'EXPLAIN QUERY PLAN';
    const answer = await database.read((db) => db.raw(`${words} ${sql}`, [...bindings] as string[]));
    const steps = rowsOf<Plan>(answer);
    const scanned = database.engine === 'mariadb' ? steps.flatMap(scannedByMariadb) : scannedBySqlite(steps);
    plans.push({ sql, scanned });
  }
  return plans;
}

/** `ALL` is the table, `index` a whole index of it. One of those that are made on the way, `<derived2>`, is no table. */
function scannedByMariadb(plan: Plan): string[] {
  const table = String(plan['table']);
  return /^(ALL|index)$/.test(String(plan['type'])) && !table.startsWith('<') ? [table] : [];
}

/** `SCAN t` and `SCAN t USING INDEX …` read all of it; the others begin with `SEARCH`. What is made on the way is no table. */
function scannedBySqlite(steps: readonly Plan[]): string[] {
  const details = steps.map((step) => String(step['detail']));
  const made = details.map((detail) => /^(?:CO-ROUTINE|MATERIALIZE) (\w+)/.exec(detail)?.[1]);
  const scanned = details.map((detail) => /^SCAN (?!SUBQUERY|CONSTANT)(\w+)/.exec(detail)?.[1]);
  return scanned.filter((table) => table !== undefined && !made.includes(table)) as string[];
}
