import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { WEEK_FOLDER } from './week.ts';

/** The week folders of a volume in the order of time, each with the paths of all instance files in it. */
export async function* filedByWeek(
  volumePath: string,
): AsyncGenerator<{ week: string; paths: string[] }, void, undefined> {
  const weeks = (await foldersIn(volumePath)).filter((name) => WEEK_FOLDER.test(name));
  for (const week of weeks) {
    const paths: string[] = [];
    for (const study of await foldersIn(join(volumePath, week))) {
      for (const series of await foldersIn(join(volumePath, week, study))) {
        paths.push(...(await instancesIn(join(volumePath, week, study, series))));
      }
    }
    yield { week, paths };
  }
}

/** Paths of the files in `conflicts/`, which is made with the first of them. */
export async function conflictPaths(volumePath: string): Promise<string[]> {
  const root = join(volumePath, 'conflicts');
  const paths: string[] = [];
  const folders = await foldersIn(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const folder of folders) paths.push(...(await instancesIn(join(root, folder))));
  return paths;
}

async function foldersIn(path: string): Promise<string[]> {
  const entries = await fs.readdir(path, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

async function instancesIn(path: string): Promise<string[]> {
  const entries = await fs.readdir(path, { withFileTypes: true });
  const names = entries.flatMap((entry) =>
    entry.isFile() && entry.name.endsWith('.dcm') ? [entry.name] : [],
  );
  return names.sort().map((name) => join(path, name));
}
