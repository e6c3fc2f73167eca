/**
 * `npm test`: formatting, types, all tests, and on the next Node the unit tests and the smoke test.
 * The last line is `N passed, N failed`; a tool or a test run that breaks off counts as failed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideDebianPackages } from './debian-packages.ts';
import type { MochaCounts } from './run-reporter.ts';

const ROOT = join(import.meta.dirname, '..');
const BIN = join(ROOT, 'node_modules/.bin');
const MOCHA = join(ROOT, 'node_modules/mocha/bin/mocha.js');
const NEXT_NODE_FOLDER = join(ROOT, 'test/node24');
const NEXT_NODE = join(NEXT_NODE_FOLDER, 'node_modules/node/bin/node');

const UNIT_TESTS = 'test/**/*.test.ts';
const INTEGRATION_TESTS = 'test/**/*.itest.ts';
const SMOKE_TEST = 'test/**/smoke.itest.ts';
const INTEGRATION_TIMEOUT_MS = 120_000;
/** A run that takes longer hangs: most likely a test left a server or a timer behind. */
const RUN_TIMEOUT_MS = 3_600_000;

const PASSED: MochaCounts = { passed: 1, failed: 0, skipped: 0 };
const FAILED_RUN: MochaCounts = { passed: 0, failed: 1, skipped: 0 };

process.chdir(ROOT);
const folder = mkdtempSync(join(tmpdir(), 'dicomkeep-test-'));
const results: [step: string, counts: MochaCounts][] = [];
try {
  const obstacle = provideDebianPackages();
  if (obstacle !== undefined) {
    console.error(obstacle);
    results.push(['Debian packages', FAILED_RUN]);
  } else {
    runAll();
  }
} finally {
  rmSync(folder, { recursive: true });
}
sumUp();

function runAll(): void {
  step('format and lint', () => runTool(join(BIN, 'biome'), ['ci', '--colors=off', '.']));
  step('types', () => runTool(join(BIN, 'tsc'), ['--noEmit']));
  step('types of the page', () => runTool(join(BIN, 'tsc'), ['--noEmit', '-p', 'tsconfig.page.json']));
  step('the page', () => runTool(process.execPath, ['src/admin/page.generate.ts']));
  step('unit tests', () => runMocha(process.execPath, [UNIT_TESTS]));
  step('integration tests', () => runMocha(process.execPath, [INTEGRATION_TESTS], INTEGRATION_TIMEOUT_MS));
  step('the next Node', () => (existsSync(NEXT_NODE) ? PASSED : runTool('npm', ['ci'], NEXT_NODE_FOLDER)));
  step('unit tests on the next Node', () => runMocha(NEXT_NODE, [UNIT_TESTS]));
  step('smoke test on the next Node', () => runMocha(NEXT_NODE, [SMOKE_TEST], INTEGRATION_TIMEOUT_MS));
}

function step(name: string, run: () => MochaCounts): void {
  console.log(`\n=== ${name}`);
  results.push([name, run()]);
}

function runTool(program: string, args: string[], cwd = ROOT): MochaCounts {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit', cwd });
  if (error !== undefined) console.error(error.message);
  return status === 0 ? PASSED : FAILED_RUN;
}

/** Mocha's exit status is not asked beside the counts, except where it ends badly though no test failed. */
function runMocha(node: string, patterns: string[], timeoutMs?: number): MochaCounts {
  const files = globSync(patterns).sort();
  if (files.length === 0 || !existsSync(node)) {
    console.error(
      files.length === 0 ? `No test matches ${patterns.join(' ')}` : `${node} is missing: run npm ci`,
    );
    return FAILED_RUN;
  }
  const countsFile = join(folder, `${results.length}.json`);
  const reporter = [
    '--reporter',
    join(ROOT, 'test/run-reporter.ts'),
    '--reporter-option',
    `counts=${countsFile}`,
  ];
  const timeout = timeoutMs === undefined ? [] : ['--timeout', String(timeoutMs)];
  const { status, signal, error } = spawnSync(node, [MOCHA, ...reporter, ...timeout, ...files], {
    stdio: 'inherit',
    timeout: RUN_TIMEOUT_MS,
  });
  if (error !== undefined) console.error(error.message);
  if (!existsSync(countsFile)) {
    console.error(`mocha broke off (${signal ?? `exit status ${status}`})`);
    return FAILED_RUN;
  }
  const counts: MochaCounts = JSON.parse(readFileSync(countsFile, 'utf8'));
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function sumUp(): void {
  console.log('\n=== summary');
  for (const [name, { passed, failed, skipped }] of results) {
    const left = skipped === 0 ? '' : `, ${skipped} skipped`;
    console.log(`${name}: ${passed} passed, ${failed} failed${left}`);
  }
  const sum = (key: keyof MochaCounts) => results.reduce((total, [, counts]) => total + counts[key], 0);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
}
