import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MochaCounts, MochaReport } from './run-reporter.ts';

const MOCHA = join(import.meta.dirname, '../node_modules/mocha/bin/mocha.js');
const REPORTER = join(import.meta.dirname, 'run-reporter.ts');
/** Of the output of a run that breaks off: what is shown again at the end. */
const LAST_WORDS_CHARS = 4000;

/** One process of mocha. */
export interface MochaRun {
  /** The Node that runs it. */
  readonly node: string;
  readonly files: readonly string[];
  /** Of a test that sets none itself. */
  readonly timeoutMs: number;
}

export interface MochaRunsOptions {
  /** How many processes run at the same time; each takes the next run when it is done. */
  readonly atOnce: number;
  /** A run that takes longer hangs: most likely a test left a server or a timer behind. It is killed with all that it started. */
  readonly runTimeoutMs: number;
  /** For the output and the report of each run. */
  readonly folder: string;
  /** Takes the output of a run when it has ended, so that those of runs at the same time do not mix. */
  say(words: string): void;
}

let runsCount = 0;

/** Runs them in their order. A run that breaks off or does not end is a failure beside those that its tests had. */
export async function runMochas(runs: readonly MochaRun[], options: MochaRunsOptions): Promise<MochaReport> {
  const waiting = [...runs];
  const reports: MochaReport[] = [];
  const work = async () => {
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift())
      reports.push(await runMocha(run, options));
  };
  await Promise.all(Array.from({ length: options.atOnce }, work));
  return joined(reports);
}

export function joined(reports: readonly MochaReport[]): MochaReport {
  const sum = (key: keyof MochaCounts) => reports.reduce((total, { counts }) => total + counts[key], 0);
  return {
    counts: { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') },
    failures: reports.flatMap(({ failures }) => failures),
  };
}

async function runMocha(
  run: MochaRun,
  { runTimeoutMs, folder, say }: MochaRunsOptions,
): Promise<MochaReport> {
  const name = join(folder, `mocha-${++runsCount}`);
  const [reportFile, outputFile] = [`${name}.json`, `${name}.txt`];
  const args = ['--reporter', REPORTER, '--reporter-option', `report=${reportFile}`];
  const startedAt = performance.now();
  const ending = await runProcess(
    run.node,
    [MOCHA, ...args, '--timeout', String(run.timeoutMs), ...run.files],
    outputFile,
    runTimeoutMs,
  );
  const output = readFileSync(outputFile, 'utf8');
  const report = completed(run, ending, output, reportFile);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const { passed, failed } = report.counts;
  say(`${output.trimEnd()}\n--- ${titleOf(run)}: ${passed} passed, ${failed} failed, ${seconds} s\n`);
  return report;
}

/** Mocha's exit status is not asked beside its report, except where it ends badly though no test failed. */
function completed(run: MochaRun, ending: string, output: string, reportFile: string): MochaReport {
  const report: MochaReport = existsSync(reportFile)
    ? JSON.parse(readFileSync(reportFile, 'utf8'))
    : { counts: { passed: 0, failed: 0, skipped: 0 }, failures: [] };
  const isComplete = existsSync(reportFile) && (ending === 'exit status 0' || report.counts.failed > 0);
  if (isComplete && ending !== HANGS) return report;
  const words = `${titleOf(run)}\n  mocha broke off (${ending}); its last words:\n${output.slice(-LAST_WORDS_CHARS)}`;
  return {
    counts: { ...report.counts, failed: report.counts.failed + 1 },
    failures: [...report.failures, words],
  };
}

function titleOf({ files }: MochaRun): string {
  return files.length === 1 ? String(files[0]) : `${files.length} files, ${files[0]} …`;
}

const HANGS = 'it did not end, and was killed';

/** Process groups that are running. */
const groups = new Set<number>();

/** A group of its own, so that what it started can be ended with it. @returns how it ended, in words */
function runProcess(program: string, args: string[], outputFile: string, timeoutMs: number): Promise<string> {
  const output = openSync(outputFile, 'w');
  const child = spawn(program, args, { stdio: ['ignore', output, output], detached: true });
  closeSync(output);
  const { pid } = child;
  if (pid !== undefined) groups.add(pid);
  return new Promise((resolve) => {
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      killGroup(pid);
    }, timeoutMs);
    const end = (words: string) => {
      clearTimeout(timer);
      // A process that broke off may have left others.
      if (words !== 'exit status 0') killGroup(pid);
      if (pid !== undefined) groups.delete(pid);
      resolve(isOver ? HANGS : words);
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (status, signal) => end(signal ?? `exit status ${status}`));
  });
}

/** Ends all that is running: whoever breaks off the tests does not reach groups of their own. */
export function killMochas(): void {
  for (const pid of groups) killGroup(pid);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left of it.
  }
}
