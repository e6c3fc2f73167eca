import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSpk } from '../../../spk/spk.ts';
import { removeFolder, temporaryFolder } from '../../helpers/server.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TIME = new Date('2026-01-01T00:00:00Z');

export interface Packages {
  /** A release, and an update to it with the same program in it. */
  readonly old: string;
  readonly new: string;
}

let building: Promise<Packages> | undefined;

/** Both packages, built once for all suites of a run. @returns their paths */
export function builtPackages(): Promise<Packages> {
  building ??= build();
  return building;
}

async function build(): Promise<Packages> {
  const folder = temporaryFolder('spk');
  process.once('exit', () => removeFolder(folder));
  const write = async (version: string, number: number) => {
    const { fileName, bytes } = await buildSpk({ root: ROOT, version, build: number, time: TIME });
    const path = join(folder, fileName);
    writeFileSync(path, bytes);
    return path;
  };
  return { old: await write('0.1.0', 1), new: await write('0.1.1', 2) };
}
