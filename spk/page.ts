import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Bundle, usedInputs } from './bundle.ts';

/** The page of the archive, as `npm run build:page` makes it. @param root the checkout */
export async function builtPage(root: string): Promise<Bundle> {
  const parent = mkdtempSync(join(tmpdir(), 'dicomkeep-page-'));
  const folder = join(parent, 'public');
  try {
    execFileSync(process.execPath, ['src/admin/page.generate.ts', folder], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const files = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
    return { files, inputs: await pageInputs(root) };
  } finally {
    rmSync(parent, { recursive: true });
  }
}

/** What the page is made of; for the licences. */
async function pageInputs(root: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/admin/page/main.tsx'],
    outdir: join(root, 'dist'),
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    metafile: true,
    logLevel: 'warning',
  });
  return usedInputs(metafile);
}
