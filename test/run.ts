/**
 * `npm test`: formatting, types, all tests, and on the next Node the unit tests and the smoke test.
 * The last line is `N passed, N failed`; a tool or a test run that breaks off counts as failed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { provideDebianPackages } from './debian-packages.ts';
import { SHARED_FOLDER } from './helpers/made-once.ts';
import { TIME_SLACK } from './helpers/time-bounds.ts';
import { joined, killMochas, type MochaRun, runMochas } from './mocha-runs.ts';
import type { MochaReport } from './run-reporter.ts';

const ROOT = join(import.meta.dirname, '..');
const BIN = join(ROOT, 'node_modules/.bin');
const NEXT_NODE_FOLDER = join(ROOT, 'test/node24');
const NEXT_NODE = join(NEXT_NODE_FOLDER, 'node_modules/node/bin/node');

const UNIT_TESTS = 'test/**/*.test.ts';
const INTEGRATION_TESTS = 'test/**/*.itest.ts';
const SMOKE_TEST = 'test/**/smoke.itest.ts';
/** Of one test on a machine that is slow and does other things: only what hangs takes longer. */
const UNIT_TIMEOUT_MS = 60_000;
const INTEGRATION_TIMEOUT_MS = 300_000;
const RUN_TIMEOUT_MS = 1_800_000;

/** Tests wait for disks and timers too: two processes are not too many for one processor. More than eight win nothing. */
const AT_ONCE = Math.min(Math.max(availableParallelism(), 2), 8);
/** Processes for the unit tests, for each of those. */
const UNIT_SHARES = 3;
/** What tests allow in time is for one process; several share the processors, and a machine may be slow. */
const SLACK = 4;
/** The longest first, so that none of them is alone at the end. */
const LONG = [
  'test/interop/previews.itest.ts',
  'test/interop/decoding.itest.ts',
  'test/interop/decoding-retrieve.itest.ts',
  'test/spk/life.itest.ts',
  'test/integration/crash.itest.ts',
  'test/browser/looks.itest.ts',
  'test/spk/running.itest.ts',
  'test/bench/run.itest.ts',
  'test/integration/database-outage.itest.ts',
  'test/interop/storage-commitment.itest.ts',
];
/** What these measure, time or memory, others would disturb: they run after all others, each alone. */
const ALONE = ['test/integration/attacks.itest.ts', 'test/bench/disks/slow-disk.itest.ts'];

const PASSED: MochaReport = { counts: { passed: 1, failed: 0, skipped: 0 }, failures: [] };

process.chdir(ROOT);
const folder = mkdtempSync(join(tmpdir(), 'dicomkeep-test-'));
process.env[SHARED_FOLDER] = folder;
process.env[TIME_SLACK] = String(SLACK);
const results: [step: string, report: MochaReport][] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killMochas();
    rmSync(folder, { recursive: true, force: true });
    process.exit(1);
  });
}
try {
  const obstacle = provideDebianPackages();
  if (obstacle === undefined) await runAll();
  else results.push(['Debian packages', failedRun(obstacle)]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
sumUp();

async function runAll(): Promise<void> {
  await step('format and lint', () => runTool(join(BIN, 'biome'), ['ci', '--colors=off', '.']));
  await step('types', () => runTool(join(BIN, 'tsc'), ['--noEmit']));
  await step('types of the page', () => runTool(join(BIN, 'tsc'), ['--noEmit', '-p', 'tsconfig.page.json']));
  await step('the page', () => runTool(process.execPath, ['src/admin/page.generate.ts']));
  await step('unit tests', () => runUnitTests(process.execPath));
  await step('integration tests', runIntegrationTests);
  await step('the next Node', () =>
    existsSync(NEXT_NODE) ? PASSED : runTool('npm', ['ci'], NEXT_NODE_FOLDER),
  );
  await step('unit tests on the next Node', () => runUnitTests(NEXT_NODE));
  await step('smoke test on the next Node', () =>
    runMochaRuns([{ node: NEXT_NODE, files: filesOf(SMOKE_TEST), timeoutMs: INTEGRATION_TIMEOUT_MS }]),
  );
}

async function step(name: string, run: () => MochaReport | Promise<MochaReport>): Promise<void> {
  console.log(`\n=== ${name}`);
  try {
    results.push([name, await run()]);
  } catch (error) {
    results.push([name, failedRun(String(error))]);
  }
}

function runTool(program: string, args: string[], cwd = ROOT): MochaReport {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit', cwd });
  if (error !== undefined) console.error(error.message);
  return status === 0 ? PASSED : failedRun(`${program} ${args.join(' ')}: failed, see above`);
}

/** Files are many and quick: a few processes for each that runs at the same time, so that none is alone for long at the end, each with every n-th file. */
function runUnitTests(node: string): Promise<MochaReport> {
  const files = filesOf(UNIT_TESTS);
  const count = UNIT_SHARES * AT_ONCE;
  const shares = Array.from({ length: count }, (_, share) =>
    files.filter((_file, index) => index % count === share),
  );
  return runMochaRuns(shares.map((share) => ({ node, files: share, timeoutMs: UNIT_TIMEOUT_MS })));
}

/** A process for each file. */
async function runIntegrationTests(): Promise<MochaReport> {
  const found = filesOf(INTEGRATION_TESTS);
  const runOf = (file: string): MochaRun => ({
    node: process.execPath,
    files: [file],
    timeoutMs: INTEGRATION_TIMEOUT_MS,
  });
  const isIn = (files: readonly string[]) => (file: string) => files.includes(file);
  const together = [
    ...LONG.filter(isIn(found)),
    ...found.filter((file) => !LONG.includes(file) && !ALONE.includes(file)),
  ];
  const reports = [await runMochaRuns(together.map(runOf))];
  delete process.env[TIME_SLACK];
  reports.push(await runMochaRuns(ALONE.filter(isIn(found)).map(runOf), 1));
  process.env[TIME_SLACK] = String(SLACK);
  return joined(reports);
}

async function runMochaRuns(runs: readonly MochaRun[], atOnce = AT_ONCE): Promise<MochaReport> {
  const absent = runs.find(({ node }) => !existsSync(node));
  if (absent !== undefined) return failedRun(`${absent.node} is missing: run npm ci`);
  const say = (words: string) => console.log(words);
  return await runMochas(runs, { atOnce, runTimeoutMs: RUN_TIMEOUT_MS, folder, say });
}

/** @throws Error when there is none: a pattern that matches nothing tests nothing */
function filesOf(pattern: string): string[] {
  const files = globSync(pattern).sort();
  if (files.length === 0) throw new Error(`No test matches ${pattern}`);
  return files;
}

function failedRun(words: string): MochaReport {
  return { counts: { passed: 0, failed: 1, skipped: 0 }, failures: [words] };
}

/** What failed comes last but the counts, since some who look at a long output see its end alone. */
function sumUp(): void {
  const all = joined(results.map(([, report]) => report));
  if (all.failures.length > 0) console.log('\n=== failures');
  for (const [name, { failures }] of results)
    for (const words of failures) console.log(`\n[${name}] ${words}`);
  console.log('\n=== summary');
  for (const [name, { counts }] of results) {
    const left = counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`;
    console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed${left}`);
  }
  process.exitCode = all.counts.failed === 0 ? 0 : 1;
  console.log(`${all.counts.passed} passed, ${all.counts.failed} failed`);
}
