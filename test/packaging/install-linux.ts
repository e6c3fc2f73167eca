import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** @param path in the checkout */
export function text(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** What stands between the fences of a language in a Markdown document. */
export function blocksOf(document: string, language: string): string[] {
  return [...document.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, name]) => name === language)
    .map(([, , block = '']) => block);
}

/** The settings that docs/install-linux.md tells to write, as the program reads them. */
export function siteFileOf(document: string): LoadedConfig {
  const folder = mkdtempSync(join(tmpdir(), 'dicomkeep-site-'));
  try {
    const siteFile = join(folder, 'dicomkeep.json5');
    writeFileSync(siteFile, blocksOf(document, 'json5')[0] ?? '');
    return loadConfig({ siteFile, env: {} });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
