import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { treeOf } from './measure.ts';

export { freePort } from '../helpers/free-port.ts';

const stopTimeoutMs = 15_000;
const running = new Set<ChildProcess>();
/** Where the output of a server goes. */
const logs = new WeakMap<ChildProcess, string>();

/** So that nothing that we started outlives us. */
process.on('exit', () => {
  for (const child of running) killTree(child);
});

/** Notes a child that is to be killed when the benchmark ends before it does. */
export function track(child: ChildProcess): void {
  running.add(child);
  child.on('exit', () => running.delete(child));
}

/** Starts a server whose output goes to a file in `directory`. @throws later, through `waitUntil`, when it ends early */
export function startServer(
  command: string,
  args: readonly string[],
  directory: string,
  options: SpawnOptions = {},
): ChildProcess {
  const path = join(directory, `${basename(command)}.log`);
  const log = openSync(path, 'a');
  const child = spawn(command, args, { ...options, stdio: ['ignore', log, log] });
  closeSync(log);
  logs.set(child, path);
  child.on('error', () => running.delete(child));
  track(child);
  return child;
}

/** Asks the process to end, and kills it and its children when it does not. */
export async function stopServer(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const tree = treeOf([child.pid ?? 0]);
  child.kill('SIGTERM');
  const deadlineMs = Date.now() + stopTimeoutMs;
  while (running.has(child) && Date.now() < deadlineMs) await sleep(20);
  for (const pid of tree) kill(pid);
}

function killTree(child: ChildProcess): void {
  for (const pid of treeOf([child.pid ?? 0])) kill(pid);
}

function kill(pid: number): void {
  try {
    if (pid > 1) process.kill(pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

/** Polls until `isDone` gives true. @throws after `timeoutMs`, or when `child` ends, with the last error of `isDone` */
export async function waitUntil(
  what: string,
  isDone: () => Promise<boolean>,
  { timeoutMs, intervalMs, child }: { timeoutMs: number; intervalMs: number; child?: ChildProcess },
): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  for (let reason: unknown; Date.now() < deadlineMs; await sleep(intervalMs)) {
    try {
      if (await isDone()) return;
    } catch (error) {
      reason = error;
    }
    if (child !== undefined && !running.has(child))
      throw new Error(`${what}: the process ended\n${lastWordsOf(child)}`, { cause: reason });
    if (Date.now() + intervalMs >= deadlineMs)
      throw new Error(`${what}: not in ${timeoutMs} ms`, { cause: reason });
  }
}

/** The end of what a server has written. */
function lastWordsOf(child: ChildProcess): string {
  const path = logs.get(child);
  return path === undefined ? '' : readFileSync(path, 'utf8').slice(-2000);
}

/** Runs a program to its end. @returns its standard output @throws with its standard error when it fails */
export async function runProgram(
  command: string,
  args: readonly string[],
  env?: NodeJS.ProcessEnv,
  timeoutMs = 120_000,
): Promise<string> {
  const options = { env: env ?? process.env, timeout: timeoutMs };
  const { stdout } = await promisify(execFile)(command, args, options);
  return stdout;
}
