import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/**
 * Builds the web page: `node src/admin/page.generate.ts [folder]`, into src/admin/public unless told otherwise. The names of scripts and styles
 * have their hash, so that a browser may keep them for ever; index.html names those that belong together.
 */
const PAGE = join(import.meta.dirname, 'page');
const target = resolve(process.argv[2] ?? join(import.meta.dirname, 'public'));
/** All scripts and styles together, as a browser gets them. */
const GZIP_BYTES_MAX = 150_000;

const making = `${target}.${process.pid}`;
rmSync(making, { recursive: true, force: true });
mkdirSync(making, { recursive: true });

const { metafile } = await build({
  entryPoints: [join(PAGE, 'main.tsx')],
  outdir: making,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['es2022', 'chrome110', 'firefox115', 'safari16.4'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  legalComments: 'none',
  charset: 'utf8',
  metafile: true,
  logLevel: 'warning',
  // A path of this machine decides nothing of what comes out.
  absWorkingDir: PAGE,
});

const entry = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === 'main.tsx');
const [script, output] = entry ?? [];
if (script === undefined || output?.cssBundle === undefined)
  throw new Error('no script or no style came out');

const index = readFileSync(join(PAGE, 'index.html'), 'utf8')
  .replace('{{script}}', basename(script))
  .replace('{{style}}', basename(output.cssBundle));
writeFileSync(join(making, 'index.html'), index);
cpSync(join(PAGE, 'favicon.svg'), join(making, 'favicon.svg'));

const gzipBytes = readdirSync(making)
  .filter((name) => /\.(js|css)$/.test(name))
  .reduce((sum, name) => sum + gzipSync(readFileSync(join(making, name))).length, 0);
if (gzipBytes > GZIP_BYTES_MAX)
  throw new Error(`scripts and styles are ${gzipBytes} bytes gzipped, more than ${GZIP_BYTES_MAX}`);

// Whole or not at all: who looks meanwhile finds the page before.
rmSync(target, { recursive: true, force: true });
renameSync(making, target);
process.stdout.write(`page: ${(gzipBytes / 1000).toFixed(1)} kB of scripts and styles, gzipped\n`);
