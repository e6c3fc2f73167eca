import { cp, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../processes.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
let building: Promise<string> | undefined;

/**
 * The program as it is shipped, JavaScript built from the sources: Node's stripping of types would cost it memory and half a second of start.
 * Built once a run, beside the folders of the measurements.
 */
export function builtProgram(directory: string): Promise<string> {
  building ??= build(join(dirname(directory), 'package'));
  return building;
}

async function build(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await runProgram(process.execPath, [
    tsc,
    '-p',
    join(root, 'tsconfig.build.json'),
    '--outDir',
    join(folder, 'dist'),
  ]);
  for (const name of ['bin', 'conf', 'migrations', 'package.json']) {
    await cp(join(root, name), join(folder, name), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'bin/dicomkeep.js');
}
