import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dataSetOffsetOf } from '../../src/dicom/file-meta.ts';
import { sha256Of } from './corpus.ts';

/** Paths of all instance files that a volume has filed, relative to it. */
export function filedPaths(volumeDir: string): string[] {
  return pathsBelow(volumeDir).filter((path) => /^\d{4}-W\d\d\//.test(path));
}

export function conflictPaths(volumeDir: string): string[] {
  return pathsBelow(volumeDir).filter((path) => path.startsWith('conflicts/'));
}

/** Files of `incoming` that are more than opened ahead of need. */
export function leftovers(volumeDir: string): string[] {
  const incoming = pathsBelow(volumeDir).filter((path) => path.startsWith('incoming/'));
  return incoming.filter((path) => statSync(join(volumeDir, path)).size > 0);
}

/** SHA-256 of the data set in an instance file, by the file's own bytes. */
export function dataSetHashOf(volumeDir: string, path: string): string {
  const bytes = readFileSync(join(volumeDir, path));
  return sha256Of(bytes.subarray(dataSetOffsetOf(bytes)));
}

function pathsBelow(volumeDir: string): string[] {
  if (!existsSync(volumeDir)) return [];
  const entries = readdirSync(volumeDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(volumeDir.length + 1)).sort();
}
