import { readFileSync } from 'node:fs';

/** One system call of a traced process. */
export interface SystemCall {
  name: string;
  /** The file, folder or connection that the first argument is, as `strace -yy` writes it. */
  target: string;
  /** All arguments, as strace writes them. */
  text: string;
  /** Its place among the beginnings and ends of all calls. */
  startedAt: number;
  endedAt: number;
  /** What it returned; bytes for a write. */
  result: number;
}

const SYSTEM_CALLS =
  'openat,pwrite64,pwritev,pwritev2,write,writev,fsync,fdatasync,rename,renameat,renameat2';

/** Runs a program so that `readTrace` understands `file`; the program stays the child of whoever runs it. */
export function traced(file: string): string[] {
  return [
    'strace',
    '-D',
    '-f',
    '-yy',
    '-s',
    '0',
    '-e',
    `trace=${SYSTEM_CALLS}`,
    '-e',
    'signal=none',
    '-o',
    file,
  ];
}

/** Whether the tracer has written the end of the process. */
export function isTraceWhole(file: string, pid: number): boolean {
  return new RegExp(`^${pid} +\\+\\+\\+ (exited|killed)`, 'm').test(readFileSync(file, 'utf8'));
}

/** Calls in the order of their ends; those that failed are left out. */
export function readTrace(file: string): SystemCall[] {
  const unfinished = new Map<string, { head: string; startedAt: number }>();
  const calls: SystemCall[] = [];
  for (const [at, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const head = /^(.*) <unfinished \.\.\.>$/.exec(rest)?.[1];
    if (head !== undefined) {
      unfinished.set(thread, { head, startedAt: at });
      continue;
    }
    const tail = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)?.[1];
    const begun = tail === undefined ? undefined : unfinished.get(thread);
    const call = parseCall(`${begun?.head ?? ''}${tail ?? rest}`);
    if (call !== undefined) calls.push({ ...call, startedAt: begun?.startedAt ?? at, endedAt: at });
  }
  return calls;
}

function parseCall(line: string): Omit<SystemCall, 'startedAt' | 'endedAt'> | undefined {
  const match = /^(\w+)\((.*)\) += (\d+)/.exec(line);
  if (match === null) return undefined;
  const [, name = '', text = '', result = ''] = match;
  const target = /^\d+<(.*?)>(?:[,)(]|$)/.exec(text)?.[1] ?? '';
  return { name, target, text, result: Number(result) };
}
