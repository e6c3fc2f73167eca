import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { hasMariadb } from '../helpers/mariadb.ts';
import { disks } from './disks/disk.ts';
import type { DisksRow } from './disks/row.ts';
import type { LoadRow } from './load/row.ts';
import type { ExaminationRow, LifecycleRow, ResultFile, Row, StudiesRow } from './results.ts';
import type { ScaleRow } from './scale/results.ts';

const script = fileURLToPath(new URL('./run.ts', import.meta.url));

describe('Benchmark', function () {
  this.timeout(900_000);
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bench-test-'));
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** @throws with what the benchmark said, which names what failed */
  const run = async (...args: string[]): Promise<void> => {
    try {
      await promisify(execFile)(process.execPath, [script, '--dir', join(directory, 'archives'), ...args]);
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`the benchmark failed:\n${stdout}${stderr}`);
    }
  };

  describe('of all that needs no other disk and no other database', () => {
    let result: ResultFile;
    let report: string;
    let leftovers: string[];

    /** In one run, for each has to build the program first. */
    before(async () => {
      directory = mkdtempSync(join(tmpdir(), 'bench-test-'));
      try {
        const [json, markdown] = [join(directory, 'bench.json'), join(directory, 'benchmarks.md')];
        await run(
          ...['--smoke', '--only', 'ingest,retrieve,find,examination,lifecycle,load,scale'],
          ...['--servers', 'raw,dicomkeep-sqlite', '--associations', '2', '--studies', '100'],
          ...['--json', json, '--markdown', markdown],
        );
        result = JSON.parse(readFileSync(json, 'utf8')) as ResultFile;
        report = readFileSync(markdown, 'utf8');
        leftovers = readdirSync(join(directory, 'archives'));
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });

    const rowsOf = <T extends Row>(scenario: T['scenario']): T[] =>
      result.rows.filter((row) => row.scenario === scenario) as T[];

    it('leaves a report, rows in the format of this version, and nothing else', () => {
      expect([result.format, result.version]).to.deep.equal(['dicomkeep-benchmark', 1]);
      expect(report)
        .to.match(/^# Benchmarks\n/)
        .and.contain('| ct | 2 | raw |');
      expect(leftovers).to.deep.equal([]);
    });

    it('measures the raw limit and our server in storing, retrieving and finding with nothing lost', () => {
      const counts = new Map<string, number>();
      for (const row of [...rowsOf('ingest'), ...rowsOf('retrieve'), ...rowsOf('find')]) {
        const key = `${row.scenario} ${row.server}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      expect(Object.fromEntries(counts)).to.deep.equal({
        'ingest raw': 3,
        'ingest dicomkeep-sqlite': 3,
        'retrieve dicomkeep-sqlite': 2,
        'find dicomkeep-sqlite': 5,
      });
      expect(result.rows.filter((row) => 'lost' in row && row.lost !== 0)).to.deep.equal([]);
    });

    it('retrieves an examination of small files beside tar, whole by every way', () => {
      const rows = rowsOf<ExaminationRow>('examination');
      expect(
        rows.map(({ server, method, cache, instances, lost }) => [server, method, cache, instances, lost]),
      ).to.deep.equal([
        ['raw', 'tar', 'warm', 56, 0],
        ['raw', 'one by one', 'warm', 56, 0],
        ['dicomkeep-sqlite', 'C-MOVE in flight', 'warm', 56, 0],
        ['dicomkeep-sqlite', 'C-GET in flight', 'warm', 56, 0],
        ['dicomkeep-sqlite', 'C-MOVE', 'warm', 56, 0],
        ['dicomkeep-sqlite', 'C-GET', 'warm', 56, 0],
      ]);
      expect(rows.filter((row) => !(row.firstInstanceMs > 0 && row.seconds > 0))).to.deep.equal([]);
    });

    it('starts, stops, recovers what was not filed, reindexes and verifies, every step of it right', () => {
      const rows = rowsOf<LifecycleRow>('lifecycle');
      expect(rows.map(({ step, instances }) => [step, instances])).to.deep.equal([
        ['start', 0],
        ['stop', 0],
        ['recovery, ready', 50],
        ['recovery', 50],
        ['start', 80],
        ['stop', 80],
        ['command', 0],
        ['sha256sum', 80],
        ['verify', 80],
        ['reindex', 80],
      ]);
      expect(rows.filter((row) => !row.isRight)).to.deep.equal([]);
    });

    it('asks and fills a catalogue as it grows, every answer right', () => {
      const rows = rowsOf<ScaleRow>('scale');
      expect(rows.filter(({ what }) => what === 'find')).to.have.lengthOf(14);
      expect(
        rows.filter((row) => row.what === 'find' && (!row.isRight || row.lastMs.length !== 3)),
      ).to.deep.equal([]);
      expect(rows.map(({ what }) => what)).to.include.members(['fill', 'insert']);
    });

    it('takes what 16 modalities send while others ask and retrieve: nobody refused, nothing lost or answered wrongly', () => {
      const rows = rowsOf<LoadRow>('load');
      expect(rows.map(({ variant }) => variant)).to.deep.equal(['busy', 'saturated']);
      for (const row of rows) {
        expect([row.modalities, row.lost]).to.deep.equal([16, 0]);
        expect([row.refusals, row.failures, row.wrong]).to.deep.equal([{}, {}, {}]);
        expect(Math.min(row.instances, row.queries, row.moves, row.backlog.length)).to.be.above(0);
      }
    });
  });

  it('measures the list of studies beside SELECT 1, every page of it right', async function () {
    if (!hasMariadb) this.skip();
    const json = join(directory, 'bench.json');

    await run('--smoke', '--only', 'studies', '--servers', 'dicomkeep-mariadb', '--json', json);

    const { rows } = JSON.parse(readFileSync(json, 'utf8')) as { rows: StudiesRow[] };
    expect(rows).to.have.lengthOf.above(10);
    expect(rows.filter((row) => !row.isRight || !(row.selectOneP95Ms > 0))).to.deep.equal([]);
  });

  it('stores on every kind of disk that can be had here with nothing lost, and leaves nothing mounted', async () => {
    const json = join(directory, 'bench.json');
    const expected = disks
      .filter((disk) => disk.missing() === undefined)
      .flatMap(({ name, associations = [2] }) => associations.map((count) => `${name} ×${count}`));

    await run(
      ...['--smoke', '--only', 'disks', '--sets', 'small', '--associations', '2'],
      ...['--servers', 'dicomkeep-sqlite', '--json', json],
    );

    const { rows } = JSON.parse(readFileSync(json, 'utf8')) as { rows: DisksRow[] };
    expect(rows.map((row) => `${row.disk} ×${row.associations}`)).to.deep.equal(expected);
    expect(rows.filter((row) => row.lost !== 0)).to.deep.equal([]);
    expect(readFileSync('/proc/mounts', 'utf8')).not.to.contain(directory);
    expect(readdirSync(join(directory, 'archives'))).to.deep.equal([]);
  });

  it('names an option value that it does not know', async () => {
    const failure = await run('--servers', 'orthank').catch((error: Error) => error.message);

    expect(failure).to.contain('--servers: orthank is none of raw, dicomkeep-sqlite');
  });
});
