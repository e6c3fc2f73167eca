import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../processes.ts';
import { programPath } from '../servers/server.ts';

/** How long one flush of the simulated disk takes, milliseconds: at most 65. */
export interface FlushTime {
  minMs: number;
  maxMs: number;
}

/** Seek and half a turn to a turn of a disk with 5400 to 7200 turns a minute. */
export const hardDisk: FlushTime = { minMs: 8, maxMs: 15 };

/** A disk that is shared by every process started with `env`. */
export interface SlowDisk {
  /** What a process must have in its environment to write to this disk. */
  env: { LD_PRELOAD: string; BENCH_SLOW_DISK: string };
  /** Syncs that came so far, and flushes that served them. */
  counts(): { syncs: number; flushes: number };
}

const source = fileURLToPath(new URL('./slow-disk.c', import.meta.url));
const wordBytes = 8;
/** last_flush, min_us, max_us, syncs, flushes. */
const words = 5;

export function missingSlowDisk(): string | undefined {
  if (process.platform !== 'linux') return 'the simulated hard disk needs Linux';
  const hasCompiler = programPath('cc') !== undefined;
  return hasCompiler ? undefined : 'there is no C compiler (Debian packages gcc, libc6-dev)';
}

/** Compiles the shim into `directory` and makes a disk on which nothing has happened yet. */
export async function makeSlowDisk(directory: string, time: FlushTime): Promise<SlowDisk> {
  const library = join(directory, 'slow-disk.so');
  const cc = programPath('cc') ?? 'cc';
  await runProgram(cc, ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', library, source, '-ldl']);
  const path = join(directory, 'slow-disk.state');
  const state = Buffer.alloc(words * wordBytes);
  state.writeBigUInt64LE(BigInt(Math.round(time.minMs * 1000)), wordBytes);
  state.writeBigUInt64LE(BigInt(Math.round(time.maxMs * 1000)), 2 * wordBytes);
  const fd = openSync(path, 'wx');
  writeSync(fd, state);
  closeSync(fd);
  return {
    env: { LD_PRELOAD: library, BENCH_SLOW_DISK: path },
    counts() {
      const now = readFileSync(path);
      const wordAt = (index: number): number => Number(now.readBigUInt64LE(index * wordBytes));
      return { syncs: wordAt(3), flushes: wordAt(4) };
    },
  };
}

/** Every process that is started while `work` runs writes to this disk; this one does not. */
export async function onSlowDisk<T>(disk: SlowDisk, work: () => Promise<T>): Promise<T> {
  const before = Object.keys(disk.env).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, disk.env);
  try {
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
