import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type MochaRunsOptions, runMochas } from './mocha-runs.ts';

const PASSES = "it('passes', () => {});";
const FAILS = "it('fails', () => { throw new Error('for this reason'); });";
const BREAKS_OFF =
  "it('breaks off', () => { process.stdout.write('last words'); process.kill(process.pid, 'SIGKILL'); });";
/** Its child would outlive it. */
const HANGS = `${PASSES}
  import { spawn } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  writeFileSync(new URL('./pid', import.meta.url), String(spawn('sleep', ['600']).pid));`;

describe('Runs of mocha', function () {
  this.timeout(60_000);
  let folder = '';
  let output = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-runs-'));
    output = '';
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(tests: Record<string, string>, options: Partial<MochaRunsOptions> = {}) {
    const runs = Object.entries(tests).map(([name, text]) => {
      const file = join(folder, `${name}.mjs`);
      writeFileSync(file, text);
      return { node: process.execPath, files: [file], timeoutMs: 5000 };
    });
    const say = (words: string) => {
      output += `${words}\n`;
    };
    return runMochas(runs, { atOnce: 2, runTimeoutMs: 30_000, folder, say, ...options });
  }

  it('add up, and tell of each failure its file, its title and its reason', async () => {
    const { counts, failures } = await run({ one: PASSES, two: PASSES + FAILS, three: `absent();` });

    expect(counts).to.deep.equal({ passed: 2, failed: 2, skipped: 0 });
    expect(failures).to.have.lengthOf(2);
    const words = failures.find((failure) => failure.includes('two.mjs'));
    expect(words).to.match(/two\.mjs\n.*fails.*for this reason/s);
    expect(failures.find((failure) => failure.includes('three.mjs'))).to.match(/absent is not defined/);
    expect(output).to.match(/one\.mjs: 1 passed, 0 failed/);
  });

  it('count one that breaks off as failed, with its last words', async () => {
    const { counts, failures } = await run({ one: PASSES, two: BREAKS_OFF });

    expect(counts).to.deep.equal({ passed: 1, failed: 1, skipped: 0 });
    expect(failures[0]).to.match(/two\.mjs.*SIGKILL.*last words/s);
  });

  it('end one that hangs with what it started, and count that as failed beside what passed', async () => {
    const { counts, failures } = await run({ one: HANGS }, { runTimeoutMs: 8000 });

    expect(counts).to.deep.equal({ passed: 1, failed: 1, skipped: 0 });
    expect(failures[0]).to.match(/one\.mjs.*did not end/s);
    const pid = readFileSync(join(folder, 'pid'), 'utf8');
    expect(isRunning(pid)).to.equal(false);
  });
});

function isRunning(pid: string): boolean {
  const file = `/proc/${pid}/stat`;
  // Killed and not yet waited for is not running: proc(5), state Z.
  return existsSync(file) && !readFileSync(file, 'utf8').includes(') Z ');
}
