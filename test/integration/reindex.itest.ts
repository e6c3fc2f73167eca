import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { dumpRows } from '../helpers/catalog-engines.ts';
import { type CorpusFile, corpusOrStandIns } from '../helpers/corpus.ts';
import { contextsFor, DimseClient } from '../helpers/dimse-client.ts';
import { hasMariadb, Mariadb } from '../helpers/mariadb.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { connectTo, store, writeSiteFile } from './archive.ts';
import { ctInstance, filedPaths, filesIn, sha256Of } from './instances.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/dicomkeep.js');
const FILES_MAX = 300;
const FILE_BYTES_MAX = 200_000;
const CONTEXTS_PER_ASSOCIATION = 100;
/** Small, so that a reindex can be killed half way. */
const BATCH = { batchInstancesMax: 7 };

describe('dicomkeep reindex and verify (DESIGN promise 3)', function () {
  this.timeout(300_000);

  describe('on SQLite', () => {
    let count = 0;
    describeEngine((dataDir) => {
      count += 1;
      return `sqlite:${join(dataDir, `catalog-${count}.sqlite`)}`;
    });
  });

  describe('on MariaDB', () => {
    let mariadb: Mariadb | undefined;
    before(async function () {
      if (!hasMariadb) this.skip();
      mariadb = await Mariadb.start();
    });
    after(async () => mariadb?.stop());
    describeEngine(() => mariadb?.freshDatabase() ?? '');
  });
});

/** @param freshUrl an empty catalogue: what is left when the old one is lost */
function describeEngine(freshUrl: (dataDir: string) => string): void {
  let dataDir = '';
  let server: TestServer | undefined;
  let url = '';
  let rows: Record<string, string[]> = {};

  before(async () => {
    dataDir = temporaryFolder('reindex');
    url = freshUrl(dataDir);
    server = await startServer({ dataDir, env: settings(url) });
    await storeAll(server);
    // What was accepted is filed before the end.
    expect(await server.stop(), 'exit status').to.equal(0);
    rows = await dumpRows(url);
  });
  after(async () => {
    await server?.kill();
    removeFolder(dataDir);
  });

  it('has the same rows from the files alone, and from one more run', async () => {
    const freshCatalog = freshUrl(dataDir);

    const first = await run('reindex', freshCatalog);
    const rebuilt = await dumpRows(freshCatalog);
    const second = await run('reindex', freshCatalog);

    expect(first.stdout, first.stderr).to.match(/^\d+ instances indexed, 0 known already, 0 skipped\n$/);
    expect(first.status).to.equal(0);
    expectSame(rebuilt, rows);
    expect(second.stdout).to.match(/ 0 skipped\n$/);
    expectSame(await dumpRows(freshCatalog), rows);
    expect(rows['conflicts']).to.have.length.above(1);
    expect(rows['instances']).to.have.length.above(20);
  });

  it('has the same rows when it was killed half way and started again', async () => {
    const freshCatalog = freshUrl(dataDir);
    const total = rows['instances']?.length ?? 0;
    const indexedAtDeath: number[] = [];
    for (const share of [0.2, 0.6]) {
      const child = spawn(process.execPath, [PROGRAM, 'reindex'], {
        env: environment(freshCatalog),
        stdio: 'ignore',
      });
      await untilIndexed(child, freshCatalog, share * total);
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
      indexedAtDeath.push(await countIndexed(freshCatalog));
    }

    const last = await run('reindex', freshCatalog);

    expect(indexedAtDeath[1], 'rows at the second death').to.be.within(1, total - 1);
    expect(last.stdout, last.stderr).to.match(/ 0 skipped\n$/);
    expect(last.stdout).to.not.match(/ 0 known already/);
    expectSame(await dumpRows(freshCatalog), rows);
  });

  it('names damaged and foreign files, leaves them as they are, and indexes all others', async () => {
    const volumeDir = server?.volumeDir ?? '';
    const [uid = '', path = ''] = [...filedPaths(volumeDir)].find(([, filed]) => isOurs(filed)) ?? [];
    const folder = dirname(path);
    const foreign = join(folder, 'notes.dcm');
    const misplaced = join(folder, '1.2.3.4.5.dcm');
    const original = readFileSync(path);
    writeFileSync(foreign, 'what somebody has put here');
    copyFileSync(path, misplaced);
    truncateSync(path, original.length - 10);
    const before = [foreign, misplaced, path].map((one) => sha256Of(readFileSync(one)));
    const freshCatalog = freshUrl(dataDir);

    const { status, stdout, stderr } = await run('reindex', freshCatalog);
    const indexed = (await dumpRows(freshCatalog))['instances'] ?? [];

    try {
      expect(status).to.equal(1);
      expect(stdout).to.match(/ 3 skipped\n$/);
      expect(stderr).to.match(new RegExp(`skipped ${foreign}: \\S`));
      expect(stderr).to.match(new RegExp(`skipped ${misplaced}: it does not lie where its UIDs belong`));
      expect(stderr).to.match(new RegExp(`skipped ${path}: \\d+ bytes, not \\d+ as proven`));
      expect([foreign, misplaced, path].map((one) => sha256Of(readFileSync(one)))).to.deep.equal(before);
      expect(indexed).to.have.lengthOf((rows['instances']?.length ?? 0) - 1);
      expect(indexed.join()).to.not.include(`"${uid}"`);
    } finally {
      rmSync(foreign);
      rmSync(misplaced);
      writeFileSync(path, original);
    }
  });

  it('verify finds nothing where nothing is wrong', async () => {
    const { status, stdout, stderr } = await run('verify', url);

    expect(stdout, stderr).to.match(/ verified, 0 findings\n$/);
    expect(status).to.equal(0);
  });

  it('verify names a flipped byte, a missing file and an unknown one, and changes nothing', async () => {
    const volumeDir = server?.volumeDir ?? '';
    const [flipped = '', missing = '', other = ''] = [...filedPaths(volumeDir).values()].filter(isOurs);
    const original = readFileSync(flipped);
    const damaged = Buffer.from(original);
    damaged[damaged.length - 5] = (damaged[damaged.length - 5] ?? 0) ^ 1;
    const unknown = join(dirname(other), '1.2.3.4.5.6.dcm');
    writeFileSync(flipped, damaged);
    renameSync(missing, `${missing}.away`);
    copyFileSync(other, unknown);

    const { status, stdout, stderr } = await run('verify', url);

    try {
      expect(status).to.equal(1);
      expect(stdout).to.match(/, 3 findings\n$/);
      expect(stderr).to.include(`${flipped}: SHA-256 of the data set differs`);
      expect(stderr).to.include(`${missing}: no file`);
      expect(stderr).to.include(`${unknown}: not in the catalogue`);
      expect(readFileSync(flipped).equals(damaged)).to.equal(true);
    } finally {
      writeFileSync(flipped, original);
      renameSync(`${missing}.away`, missing);
      rmSync(unknown);
    }
  });

  it('refuses to rebuild from a volume that is not there', async () => {
    const volumeDir = server?.volumeDir ?? '';
    const freshCatalog = freshUrl(dataDir);
    renameSync(volumeDir, `${volumeDir}.away`);
    mkdirSync(volumeDir);

    const { status, stderr } = await run('reindex', freshCatalog);

    rmSync(volumeDir, { recursive: true });
    renameSync(`${volumeDir}.away`, volumeDir);
    expect(status).to.equal(1);
    expect(stderr).to.match(/volume marker missing/);
  });

  function settings(catalogUrl: string): Record<string, string> {
    return {
      DICOMKEEP_DATABASE_URL: catalogUrl,
      DICOMKEEP_CONFIG: writeSiteFile(dataDir, { catalog: BATCH }),
      DICOMKEEP_RESERVE_BYTES: '0',
    };
  }

  function environment(catalogUrl: string): NodeJS.ProcessEnv {
    return { ...process.env, DICOMKEEP_DATA_DIR: dataDir, ...settings(catalogUrl) };
  }

  async function run(command: string, catalogUrl: string) {
    const child = spawn(process.execPath, [PROGRAM, command], { env: environment(catalogUrl) });
    const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)];
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { status, stdout: stdout(), stderr: stderr() };
  }
}

function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}

/** Whether a filed instance is one that this test has made, large enough to be damaged in its pixel data. */
function isOurs(path: string): boolean {
  return path.includes('1.2.826.0.1.3680043.10.999.7.');
}

/** Part of the corpus, then what a catalogue could get wrong: duplicates, conflicts, and words that differ within a study. */
async function storeAll(server: TestServer): Promise<void> {
  const files = corpusOrStandIns()
    .filter(({ expect: verdict, eitherOk }) => verdict === 'store' && !eitherOk)
    .filter((file) => file.dataSet().length <= FILE_BYTES_MAX)
    .slice(0, FILES_MAX);
  for (const some of bySyntaxes(files)) await storeFiles(server, some);
  await storeFiles(server, files.slice(0, 10)); // once more
  const client = await connectTo(server);
  for (let number = 1; number <= 40; number++) {
    // The first to come lie last in their folder.
    const place = { study: 7, series: 5 - Math.ceil(number / 10), number };
    const texts = {
      PatientName: `Word^Number ${number}`,
      StudyDescription: `Said by ${number}`,
      Modality: number % 3 === 0 ? 'PT' : 'CT',
    };
    const instance = ctInstance(place, 2000, texts);
    expect((await store(client, instance)).status).to.equal(0);
    const other = ctInstance(place, 2000, { PatientName: 'Other^Version' });
    if (number % 5 === 0) expect((await store(client, other)).status).to.equal(0);
    if (number % 4 === 0) expect((await store(client, instance)).status).to.equal(0);
  }
  await client.release();
  expect(filesIn(server.volumeDir, 'damaged')).to.deep.equal([]);
}

/** Files that one association has contexts for. */
function* bySyntaxes(files: readonly CorpusFile[]): Generator<CorpusFile[], void, undefined> {
  let some: CorpusFile[] = [];
  for (const file of files) {
    if (contextsFor([...some, file]).length > CONTEXTS_PER_ASSOCIATION) {
      yield some;
      some = [];
    }
    some.push(file);
  }
  yield some;
}

async function storeFiles(server: TestServer, files: readonly CorpusFile[]): Promise<void> {
  const client = await DimseClient.connect({
    port: server.port,
    calling: 'CORPUS',
    contexts: contextsFor(files),
  });
  for (const { sopClass, sopInstance, transferSyntax, dataSet, path } of files) {
    const { status, errorComment } = await client.store(sopClass, sopInstance, transferSyntax, dataSet());
    expect(status, `${path}: ${errorComment}`).to.equal(0);
  }
  await client.release();
}

function expectSame(found: Record<string, string[]>, expected: Record<string, string[]>): void {
  for (const [table, rows] of Object.entries(expected)) expect(found[table], table).to.deep.equal(rows);
}

async function untilIndexed(child: ChildProcess, url: string, count: number): Promise<void> {
  while (child.exitCode === null && (await countIndexed(url)) < count) await sleep(5);
}

/** None as long as there are no tables. */
async function countIndexed(url: string): Promise<number> {
  const rows = await dumpRows(url).catch(() => undefined);
  return rows?.['instances']?.length ?? 0;
}
