import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSpk } from '../../../spk/spk.ts';
import { madeOnce } from '../../helpers/made-once.ts';

const ROOT = join(import.meta.dirname, '../../..');
const OLD_VERSION = '0.1.0';
const NEW_VERSION = '0.1.1';
const TIME = new Date('2026-01-01T00:00:00Z');

export interface Packages {
  /** A release, and an update to it with the same program in it. */
  readonly old: string;
  readonly new: string;
}

/** Both packages, built once for all suites of a run. @returns their paths */
export async function builtPackages(): Promise<Packages> {
  const folder = await madeOnce('spk', build);
  const [older = '', newer = ''] = readdirSync(folder).sort();
  return { old: join(folder, older), new: join(folder, newer) };
}

async function build(folder: string): Promise<void> {
  mkdirSync(folder);
  for (const [number, version] of [OLD_VERSION, NEW_VERSION].entries()) {
    const made = await buildSpk({ root: ROOT, version, build: number + 1, time: TIME });
    writeFileSync(join(folder, made.fileName), made.bytes);
  }
}
