import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Catalog, openCatalog } from '../../src/catalog/catalog.ts';
import { Database } from '../../src/catalog/database.ts';
import { hasMariadb, Mariadb } from './mariadb.ts';

/** What a suite gets: an empty catalogue before each test, and ways to look at it from the side. */
export interface Opened {
  readonly catalog: Catalog;
  readonly url: string;
  /** An empty catalogue beside it, migrated. */
  another(): Promise<{ catalog: Catalog; url: string }>;
}

export type Suite = (opened: Opened) => void;

/** A `*.test.ts` runs the suite on this engine … */
export function describeOnSqlite(title: string, suite: Suite): void {
  describe(`${title}, SQLite`, () => {
    let dir = '';
    let count = 0;
    before(() => {
      dir = mkdtempSync(join(tmpdir(), 'dicomkeep-catalog-'));
    });
    after(() => rmSync(dir, { recursive: true, force: true }));
    runSuite(suite, () => `sqlite:${join(dir, `${++count}.db`)}`);
  });
}

/** One server for all suites of a process: each test has a database of its own in it. */
let ofAllSuites: Mariadb | undefined;
after(async () => ofAllSuites?.stop());

/** … and a `*.itest.ts` on this one. */
export function describeOnMariadb(title: string, suite: Suite): void {
  describe(`${title}, MariaDB`, function () {
    this.timeout(60_000);
    before(async function () {
      if (!hasMariadb) this.skip();
      ofAllSuites ??= await Mariadb.start();
    });
    runSuite(suite, () => {
      if (ofAllSuites === undefined) throw new Error('MariaDB was not started');
      return ofAllSuites.freshDatabase();
    });
  });
}

/** Opens a catalogue with a short patience and its tables made. */
export async function openMigrated(url: string): Promise<Catalog> {
  const catalog = await openCatalog({ url, poolMax: 4, acquireTimeoutMs: 5000, queryTimeoutMs: 10_000 });
  await catalog.migrate();
  return catalog;
}

/** Rows of a table as they are, without ids: what two catalogues of the same files must agree on. */
export async function dumpRows(url: string): Promise<Record<string, string[]>> {
  const database = new Database({ url, poolMax: 1, acquireTimeoutMs: 5000, queryTimeoutMs: 10_000 });
  try {
    const dump: Record<string, string[]> = {};
    const tables = ['patients', 'studies', 'series', 'instances', 'conflicts', 'arrival_statistics'];
    for (const table of tables) {
      const rows: Record<string, unknown>[] = await database.read((db) => db(table).select('*'));
      dump[table] = rows.map(withoutIds).sort();
    }
    const words: Record<string, unknown>[] = await database.read((db) =>
      db({ w: 'study_words' })
        .join({ t: 'studies' }, 't.id', 'w.study_row_id')
        .select('t.study_instance_uid', 'w.word'),
    );
    dump['study_words'] = words.map(withoutIds).sort();
    return dump;
  } finally {
    await database.close();
  }
}

function withoutIds(row: Record<string, unknown>): string {
  const columns = Object.entries(row).filter(([name]) => name !== 'id' && !name.endsWith('_row_id'));
  return JSON.stringify(
    Object.fromEntries(
      columns.map(([name, value]) => {
        if (value instanceof Uint8Array) return [name, Buffer.from(value).toString('hex')];
        return [name, name === 'attributes' ? sortedJson(String(value)) : value];
      }),
    ),
  );
}

/** The order of elements in a row's JSON says nothing. */
function sortedJson(json: string): string {
  const parsed: object = JSON.parse(json);
  return JSON.stringify(
    Object.fromEntries(Object.entries(parsed).sort(([one], [other]) => (one < other ? -1 : 1))),
  );
}

function runSuite(suite: Suite, freshUrl: () => string): void {
  let url = '';
  let catalog: Catalog | undefined;
  const others: Catalog[] = [];
  beforeEach(async () => {
    url = freshUrl();
    catalog = await openMigrated(url);
  });
  afterEach(async () => {
    await catalog?.close();
    for (const other of others.splice(0)) await other.close();
  });
  suite({
    get catalog() {
      if (catalog === undefined) throw new Error('only within a test');
      return catalog;
    },
    get url() {
      return url;
    },
    async another() {
      const anotherUrl = freshUrl();
      const another = await openMigrated(anotherUrl);
      others.push(another);
      return { catalog: another, url: anotherUrl };
    },
  });
}
