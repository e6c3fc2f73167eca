import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Clock ticks of /proc/PID/stat per second: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** Milliseconds on the monotonic clock that all processes of the machine share. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The processes themselves and all that descend from them, zombies included. */
export function treeOf(pids: readonly number[]): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const fields = statFields(Number(name));
    const parent = Number(fields?.[1]);
    if (fields !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [...pids];
  for (let index = 0; index < tree.length; index++) tree.push(...(children.get(tree[index] ?? 0) ?? []));
  return tree;
}

/** Processor seconds, user and system, of the processes and of all their descendants, those already gone included. */
export function cpuSecondsOf(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of treeOf(pids)) {
    // utime, stime, and those of children that were waited for: fields 14 to 17 of proc(5), the 12th after `state`
    for (const field of statFields(pid)?.slice(11, 15) ?? []) ticks += Number(field);
  }
  return ticks / ticksPerSecond;
}

/** The fields of /proc/PID/stat from `state` on; undefined when the process is gone. */
function statFields(pid: number): string[] | undefined {
  if (!Number.isInteger(pid)) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Watches the peak resident memory of process trees; children that come and go are seen if they live for a while. */
export class MemoryWatch {
  readonly #pids: readonly number[];
  readonly #timer: NodeJS.Timeout;
  #peakBytes = 0;

  /** Forgets the peaks of before (proc(5), clear_refs) and begins. */
  constructor(pids: readonly number[], intervalMs = 200) {
    this.#pids = pids;
    for (const pid of treeOf(pids)) forgetPeak(pid);
    this.#timer = setInterval(() => this.#sample(), intervalMs);
  }

  /** @returns bytes: the highest sum of the peaks of the processes that were alive together */
  stop(): number {
    clearInterval(this.#timer);
    this.#sample();
    return this.#peakBytes;
  }

  #sample(): void {
    const sumBytes = treeOf(this.#pids).reduce((sum, pid) => sum + peakRssBytesOf(pid), 0);
    this.#peakBytes = Math.max(this.#peakBytes, sumBytes);
  }
}

function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // another user's process, or gone: its peak since its start stands
  }
}

/** VmHWM of proc(5); 0 for a process that is gone or a zombie. */
function peakRssBytesOf(pid: number): number {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return Number(match?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** A sample as it is written down: milliseconds with three decimals. */
export function toMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The value below which `percent` of the values lie, interpolated; NaN of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = ((sorted.length - 1) * percent) / 100;
  const lower = sorted[Math.floor(position)] ?? Number.NaN;
  const upper = sorted[Math.ceil(position)] ?? Number.NaN;
  return lower + (upper - lower) * (position - Math.floor(position));
}
