import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const BIN = join(import.meta.dirname, '../../bin/dicomkeep.js');

/** Queues 60 jobs for libuv's pool, counts the threads of the process, and says what it was called with. */
const MAIN = `
import { pbkdf2 } from 'node:crypto';
import { readdirSync } from 'node:fs';
const threads = () => readdirSync('/proc/self/task').length;
export async function main(argv) {
  const before = threads();
  const jobs = Array.from({ length: 60 }, () => new Promise((done) => pbkdf2('a', 'b', 20000, 64, 'sha512', done)));
  const added = threads() - before;
  await Promise.all(jobs);
  process.stdout.write(JSON.stringify({ argv, added }));
  return 3;
}`;

describe('bin/dicomkeep.js', () => {
  let folder: string;
  let launcher: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-bin-'));
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    launcher = join(folder, 'bin/dicomkeep.js');
    cpSync(BIN, launcher);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function addMain(file: string): void {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), MAIN);
  }

  function run(args: string[], env: Record<string, string> = {}) {
    return spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  }

  it('hands its arguments to main of the sources or of the package, and exits with what main returns', () => {
    for (const file of ['src/main.ts', 'dist/main.js']) {
      rmSync(join(folder, 'src'), { recursive: true, force: true });
      addMain(file);

      const { stdout, status } = run([launcher, 'peer', 'list']);

      expect(JSON.parse(stdout).argv, file).to.deep.equal(['peer', 'list']);
      expect(status).to.equal(3);
    }
  });

  it('gives file access 24 threads, or as many as UV_THREADPOOL_SIZE says', function () {
    if (!existsSync('/proc/self/task')) this.skip();
    addMain('dist/main.js');

    expect(JSON.parse(run([launcher]).stdout).added).to.equal(24);
    expect(JSON.parse(run([launcher], { UV_THREADPOOL_SIZE: '7' }).stdout).added).to.equal(7);
  });

  it('finds its program when it is started through a link', () => {
    addMain('dist/main.js');
    symlinkSync(launcher, join(folder, 'dicomkeep'));

    expect(run([join(folder, 'dicomkeep'), 'x']).status).to.equal(3);
  });

  it('tells an old Node what is wanted', () => {
    addMain('dist/main.js');
    for (const [version, status] of [
      ['12.22.1', 1],
      ['22.17.1', 1],
      ['22.18.0', 3],
      ['24.0.0', 3],
    ] as const) {
      const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;

      const result = run(['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, launcher]);

      expect(result.status, version).to.equal(status);
      if (status === 1) expect(result.stderr).to.contain(`needs Node.js 22.18 or newer, this is ${version}`);
    }
  });

  it('tells when its program is missing', () => {
    const { stderr, status } = run([launcher]);

    expect(status).to.equal(1);
    expect(stderr).to.contain('Dicomkeep is not complete');
  });
});
