import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Packages that come as one file in which others are contained already, as their authors have bundled them: those count as bundled too.
 */
const CONTAINS_ITS_DEPENDENCIES = ['dcmjs', 'dcmjs-codecs'];

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\.|-|$)/i;
const LINE = '-'.repeat(80);

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The parts of package-lock.json that are read: packages by the folder they lie in. */
export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

/** Folders of the packages that files come from; none for our own files. */
export function packagesOf(inputs: readonly string[], lock: Lock): string[] {
  const found = new Set(inputs.flatMap((path) => folderOf(path) ?? []));
  for (const folder of found) {
    if (!CONTAINS_ITS_DEPENDENCIES.includes(nameOf(folder))) continue;
    // A set that grows while it is gone through is gone through to its end.
    for (const name of Object.keys(lock.packages[folder]?.dependencies ?? {}))
      found.add(resolve(name, folder, lock));
  }
  return [...found].sort();
}

/**
 * Who made what is in the package, and under which licence.
 * @param folders of packages, relative to the root of the project
 * @throws Error for a package without a licence
 */
export function noticesOf(root: string, folders: readonly string[], lock: Lock): string {
  const parts = folders.map((folder) => {
    const { version, license } = lock.packages[folder] ?? {};
    if (version === undefined || license === undefined)
      throw new Error(`package-lock.json names no licence of ${folder}`);
    const texts = licenceTexts(join(root, folder));
    const text = texts.length > 0 ? texts.join('\n\n') : withoutText(root, folder);
    return `${nameOf(folder)} ${version} (${license})\n\n${text}`;
  });
  const codecs = readFileSync(join(root, 'spk/notices/codecs.txt'), 'utf8').trim();
  const head = 'Dicomkeep contains the software named below, under the licences that follow each name.';
  return `${[head, ...parts, codecs].join(`\n\n${LINE}\n`)}\n`;
}

/** `node_modules/a/node_modules/@b/c` of a file therein. */
function folderOf(path: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
}

function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Where Node finds the dependency `name` of the package in `folder`. */
function resolve(name: string, folder: string, lock: Lock): string {
  for (
    let place = folder;
    place !== '';
    place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))
  ) {
    const nested = `${place}/node_modules/${name}`;
    if (nested in lock.packages) return nested;
  }
  return `node_modules/${name}`;
}

function licenceTexts(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => LICENCE_FILE.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim());
}

function withoutText(root: string, folder: string): string {
  const { author } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const name = typeof author === 'object' && author !== null ? author.name : author;
  return `The package holds no text of its licence.${name === undefined ? '' : ` Its author: ${name}.`}`;
}
