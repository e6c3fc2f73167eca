import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { hasMariadb } from '../helpers/mariadb.ts';
import type { Row, StudiesRow } from './results.ts';

const script = fileURLToPath(new URL('./run.ts', import.meta.url));

describe('Benchmark', function () {
  this.timeout(240_000);
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bench-test-'));
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const run = (...args: string[]): Promise<{ stdout: string }> =>
    promisify(execFile)(process.execPath, [script, '--dir', join(directory, 'archives'), ...args]);

  it('measures the raw limit and our server in every scenario with nothing lost, and leaves nothing behind', async () => {
    const json = join(directory, 'bench.json');
    const markdown = join(directory, 'benchmarks.md');

    await run(
      '--smoke',
      '--servers',
      'raw,dicomkeep-sqlite',
      '--associations',
      '1,2',
      '--json',
      json,
      '--markdown',
      markdown,
    );

    const { rows } = JSON.parse(readFileSync(json, 'utf8')) as { rows: Row[] };
    const counts = new Map<string, number>();
    for (const row of rows) {
      const key = `${row.scenario} ${row.server}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).to.deep.equal({
      'ingest raw': 6,
      'ingest dicomkeep-sqlite': 6,
      'retrieve dicomkeep-sqlite': 2,
      'find dicomkeep-sqlite': 5,
    });
    expect(rows.filter((row) => 'lost' in row && row.lost !== 0)).to.deep.equal([]);
    expect(readFileSync(markdown, 'utf8'))
      .to.match(/^# Benchmarks\n/)
      .and.contain('| ct | 1 | raw |');
    expect(readdirSync(join(directory, 'archives'))).to.deep.equal([]);
  });

  it('measures the list of studies beside SELECT 1, every page of it right', async function () {
    if (!hasMariadb) this.skip();
    const json = join(directory, 'bench.json');

    await run('--smoke', '--only', 'studies', '--servers', 'dicomkeep-mariadb', '--json', json);

    const { rows } = JSON.parse(readFileSync(json, 'utf8')) as { rows: StudiesRow[] };
    expect(rows).to.have.lengthOf.above(10);
    expect(rows.filter((row) => !row.isRight || !(row.selectOneP95Ms > 0))).to.deep.equal([]);
  });

  it('names an option value that it does not know', async () => {
    const failure = await run('--servers', 'orthank').catch((error: { stderr: string }) => error.stderr);

    expect(failure).to.contain('--servers: orthank is none of raw, dicomkeep-sqlite');
  });
});
