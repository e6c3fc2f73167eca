import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSpk } from './spk.ts';

/**
 * `npm run spk`: writes dist/spk/dicomkeep-VERSION-BUILD.spk; `node spk/build.ts FOLDER` writes it elsewhere. Of the environment,
 * DICOMKEEP_BUILD is the number of the build, 1 unless told otherwise, and SOURCE_DATE_EPOCH the time of all files, seconds since 1970.
 */
const ROOT = join(import.meta.dirname, '..');
/** 2026-01-01, so that who sets no time gets the same bytes too. */
const TIME_SECONDS = 1_767_225_600;

const { DICOMKEEP_BUILD, SOURCE_DATE_EPOCH } = process.env;
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const folder = resolve(process.argv[2] ?? join(ROOT, 'dist/spk'));

const { fileName, bytes } = await buildSpk({
  root: ROOT,
  version,
  build: Number(DICOMKEEP_BUILD || 1),
  time: new Date(Number(SOURCE_DATE_EPOCH || TIME_SECONDS) * 1000),
});
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, fileName), bytes);
process.stdout.write(`${join(folder, fileName)}: ${(bytes.length / 1e6).toFixed(1)} MB\n`);
