/**
 * Fuzzes for as long as it is told: `npm run fuzz -- --seconds 600 --target deflate`. What fails is kept in findings/, where the unit tests replay it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EDIT_KINDS, type Edit, edited } from './edits.ts';
import { Random } from './random.ts';
import type { FuzzTarget } from './target.ts';
import { targets } from './targets.ts';

const FINDINGS = join(import.meta.dirname, 'findings');
/** One input may take so long, milliseconds of processor time; and all of them may leave so much behind, bytes. */
const CPU_MS_MAX = 2_000;
const HEAP_BYTES_MAX = 512 * 1024 * 1024;
/** How long a target has its turn at most, milliseconds. */
const TURN_MS_MAX = 2_000;
const EDITS_MAX = 8;
/** Inputs of a target that are changed further; the seeds are always among them. */
const CORPUS_MAX = 500;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    target: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() >>> 0) },
  },
});
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) {
  console.error(`no target ${values.target}; there are: ${targets.map(({ name }) => name).join(' ')}`);
  process.exit(2);
}
const seconds = Number(values.seconds);
if (!(seconds > 0)) {
  console.error(`--seconds takes a number above 0, not ${values.seconds}`);
  process.exit(2);
}
// However short the run is, every target has a turn.
const turnMs = Math.min(TURN_MS_MAX, (seconds * 1000) / chosen.length);
const random = new Random(Number(values.seed));
console.log(`seed ${values.seed}, ${values.seconds} seconds`);
const states = chosen.map((target) => ({ target, inputs: [...target.seeds()], executions: 0, ms: 0 }));
const end = performance.now() + seconds * 1000;
let isFailed = false;
for (let turn = 0; performance.now() < end && !isFailed; turn++) {
  const state = states[turn % states.length];
  if (state !== undefined) isFailed = !(await takeTurn(state, Math.min(end, performance.now() + turnMs)));
}
for (const { target, executions, ms } of states) {
  const rate = ms === 0 ? 0 : Math.round((executions * 1000) / ms);
  console.log(
    `${target.name.padEnd(24)} ${String(executions).padStart(9)} inputs ${String(rate).padStart(7)}/s`,
  );
}
process.exitCode = isFailed ? 1 : 0;

/** @returns false where an input failed */
async function takeTurn(state: (typeof states)[number], end: number): Promise<boolean> {
  const { target, inputs } = state;
  const startedAt = performance.now();
  while (performance.now() < end) {
    const input = nextInput(inputs);
    state.executions += 1;
    const failure = await failureOf(target, input);
    if (failure !== undefined) {
      keep(target, input, failure);
      return false;
    }
    // Chance alone chooses what is changed further: there is no coverage to go by.
    if (input.length > 0 && random.below(50) === 0) inputs[placeFor(inputs, target)] = input;
  }
  state.ms += performance.now() - startedAt;
  return true;
}

function placeFor(inputs: readonly Buffer[], target: FuzzTarget): number {
  const seeds = target.seeds().length;
  return inputs.length < CORPUS_MAX + seeds ? inputs.length : seeds + random.below(CORPUS_MAX);
}

function nextInput(inputs: readonly Buffer[]): Buffer {
  const edits: Edit[] = Array.from({ length: 1 + random.below(EDITS_MAX) }, () => ({
    kind: EDIT_KINDS[random.below(EDIT_KINDS.length)] ?? 'cut',
    at: random.next() >>> 8,
    size: random.next() >>> 8,
    value: random.next(),
  }));
  return edited(inputs[random.below(inputs.length)] ?? Buffer.alloc(0), edits, inputs);
}

async function failureOf(target: FuzzTarget, input: Buffer): Promise<string | undefined> {
  const before = process.cpuUsage();
  try {
    await target.check(Buffer.from(input));
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1000;
  if (cpuMs > CPU_MS_MAX) return `took ${cpuMs} ms of processor time`;
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external > HEAP_BYTES_MAX ? `left ${heapUsed + external} bytes behind` : undefined;
}

function keep(target: FuzzTarget, input: Buffer, failure: string): void {
  const name = `${target.name}.${createHash('sha256').update(input).digest('hex').slice(0, 12)}.hex`;
  mkdirSync(FINDINGS, { recursive: true });
  const comment = failure
    .split('\n')
    .slice(0, 3)
    .map((line) => `; ${line.slice(0, 300)}\n`);
  const lines = input.toString('hex').match(/.{1,96}/g) ?? [];
  writeFileSync(join(FINDINGS, name), `; seed ${values.seed}\n${comment.join('')}${lines.join('\n')}\n`);
  console.error(`${target.name}: ${failure}\nkept as ${join(FINDINGS, name)}`);
}
