import { promises as fs } from 'node:fs';
import { dirname } from 'node:path';

/** Makes the entries of a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await fs.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Makes `path` and what is missing above it, with this mode less the umask; returns the folders whose entries changed, to be synced. */
export async function makeFolder(path: string, mode = 0o777): Promise<string[]> {
  const first = await fs.mkdir(path, { recursive: true, mode });
  const changed: string[] = [];
  if (first === undefined) return changed;
  for (let folder = path; ; folder = dirname(folder)) {
    changed.push(dirname(folder));
    if (folder === first) return changed;
  }
}
