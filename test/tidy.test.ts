import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative } from 'node:path';
import { expect } from 'chai';

const ROOT = join(import.meta.dirname, '..');

/** A folder of src may import itself and these. main.ts and *.generate.ts may import anything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  config: ['lib'],
  dicom: ['lib'],
  ul: ['lib'],
  storage: ['lib', 'dicom'],
  catalog: ['lib', 'dicom'],
  dimse: ['lib', 'dicom', 'ul'],
  jobs: ['lib', 'dicom', 'catalog', 'storage'],
  pixels: ['lib', 'dicom', 'storage'],
  services: ['lib', 'config', 'dicom', 'dimse', 'catalog', 'storage', 'jobs', 'pixels'],
  net: ['lib', 'dicom', 'ul', 'dimse', 'services', 'jobs'],
  admin: ['lib', 'config', 'dicom', 'catalog', 'storage', 'jobs', 'services'],
  cli: [
    'lib',
    'config',
    'dicom',
    'ul',
    'dimse',
    'storage',
    'catalog',
    'jobs',
    'pixels',
    'services',
    'net',
    'admin',
  ],
};

/** A module, and the folders or files of src that alone may import it. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  'node:net': ['net', 'admin/server.ts'],
  'node:tls': ['net', 'admin/server.ts', 'services/certificates.ts'],
  'node:fs': [
    'storage',
    'admin/static.ts',
    'catalog/migrations.ts',
    'catalog/sqlite-wal.ts',
    'lib/rotating-file.ts',
    'cli',
    'main.ts',
  ],
  knex: ['catalog'],
  mysql2: ['catalog'],
  'better-sqlite3': ['catalog'],
  koa: ['admin'],
  '@koa/router': ['admin'],
  '@koa/bodyparser': ['admin'],
  'koa-helmet': ['admin'],
  'prom-client': ['admin'],
  'node:http': ['admin'],
  'node:https': ['admin'],
  preact: ['admin/page'],
  esbuild: ['admin/page.generate.ts'],
  yazl: ['admin'],
  'dcmjs-codecs': ['pixels'],
  'fast-png': ['pixels'],
  selfsigned: ['services/self-signed.ts'],
  config: ['config'],
  'iconv-lite': ['dicom'],
  'node:child_process': [],
  'node:cluster': [],
};

/** Bytes and values in, bytes and values out: what these folders never name, and never import. */
const SANS_IO_FOLDERS = ['dicom', 'ul', 'dimse'];
const SANS_IO_WORDS =
  /\b(async|await|Promise|setTimeout|setInterval|setImmediate|queueMicrotask|nextTick|console)\b/;
const SANS_IO_BUILTINS = ['node:buffer', 'node:crypto', 'node:zlib', 'node:util'];

const SOURCE_LINES_MAX = 400;

interface SourceFile {
  /** With slashes, below src: `dicom/vr.ts`. */
  readonly path: string;
  readonly text: string;
}

describe('The source tree', () => {
  const sources = filesBelow(join(ROOT, 'src'))
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path: relative(join(ROOT, 'src'), path), text: readFileSync(path, 'utf8') }));
  const handWritten = sources.filter(({ text }) => !/^\/\/ Written by \S+\.generate\.ts/.test(text));

  it('imports along the arrows of MAY_IMPORT alone', () => {
    expect(sources.flatMap(forbiddenArrows)).to.deep.equal([]);
  });

  it('imports the modules of ONLY_IN in their own folders alone', () => {
    expect(sources.flatMap(strayModules)).to.deep.equal([]);
  });

  it('keeps dicom, ul and dimse free of promises, timers, sockets and files', () => {
    expect(sources.flatMap(inputAndOutput)).to.deep.equal([]);
  });

  it(`keeps each file under ${SOURCE_LINES_MAX} lines`, () => {
    const long = handWritten
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > SOURCE_LINES_MAX);

    expect(long).to.deep.equal([]);
  });
});

describe('The tests', () => {
  const tests = filesBelow(join(ROOT, 'test')).filter((path) => path.endsWith('.ts'));

  it('run all: none is marked to run alone or to be left out', () => {
    const marked = tests.filter((path) =>
      /\b(describe|it)\.(only|skip)\(|\bx(it|describe)\(/.test(readFileSync(path, 'utf8')),
    );

    expect(marked).to.deep.equal([]);
  });

  it('are all found by the test runner', () => {
    const strays = tests.filter(
      (path) =>
        /\bdescribe\(/.test(readFileSync(path, 'utf8')) &&
        !/\.i?test\.ts$/.test(path) &&
        !path.includes('/helpers/'),
    );

    expect(strays).to.deep.equal([]);
  });
});

describe('The repository', () => {
  it('speaks of no place outside itself', () => {
    // In pieces, so that this file does not find itself.
    const places = new RegExp(
      [
        ['', 'work', ''],
        ['', 'root', ''],
        ['..', 'shared'],
      ]
        .map((way) => way.join('/'))
        .join('|'),
    );
    const texts = filesBelow(ROOT).filter((path) => !path.startsWith(join(ROOT, 'test/helpers/')));

    const found = texts.flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          places.test(line) ? [`${relative(ROOT, path)}:${index + 1}: ${line.trim()}`] : [],
        ),
    );

    expect(found).to.deep.equal([]);
  });
});

describe('The checks above', () => {
  const arrows = (path: string, text: string) => forbiddenArrows({ path, text });

  it('see every form of import', () => {
    expect(
      importsOf(
        "import a from './a.ts';\nimport type { B } from \"./b.ts\";\nimport {\n  c,\n} from './c.ts';",
      ),
    ).to.deep.equal(['./a.ts', './b.ts', './c.ts']);
    expect(
      importsOf("export * from './d.ts';\nimport './e.ts';\nconst f = await import('./f.ts');"),
    ).to.have.members(['./d.ts', './e.ts', './f.ts']);
    expect(importsOf("// import './a.ts';\n/* import './b.ts'; */ const url = 'http://c';")).to.deep.equal(
      [],
    );
  });

  it('name the file and the arrow that break the rules', () => {
    expect(arrows('ul/pdu/x.ts', "import '../../net/y.ts';")).to.deep.equal([
      'ul/pdu/x.ts: ul → net (../../net/y.ts)',
    ]);
    expect(arrows('lib/x.ts', "import type { A } from '../main.ts';")).to.deep.equal([
      'lib/x.ts: lib → main.ts (../main.ts)',
    ]);
    expect(arrows('services/x.ts', "import '../cli/y.ts';")).to.have.lengthOf(1);
    expect(arrows('elsewhere/x.ts', '')).to.deep.equal(['elsewhere/x.ts: the folder is not in MAY_IMPORT']);
    expect(arrows('dimse/x.ts', "import '../ul/y.ts'; import './z.ts'; import '../lib/a.ts';")).to.deep.equal(
      [],
    );
    expect(arrows('main.ts', "import './net/y.ts';")).to.deep.equal([]);
    expect(strayModules({ path: 'net/x.ts', text: "import 'node:fs/promises';" })).to.deep.equal([
      'net/x.ts: node:fs/promises is for storage, admin/static.ts, catalog/migrations.ts, catalog/sqlite-wal.ts, lib/rotating-file.ts, cli, main.ts alone',
    ]);
    expect(strayModules({ path: 'storage/x.ts', text: "import 'node:fs/promises';" })).to.deep.equal([]);
    expect(inputAndOutput({ path: 'ul/x.ts', text: 'export async function f() {}' })).to.deep.equal([
      "ul/x.ts: names 'async'",
    ]);
    expect(inputAndOutput({ path: 'ul/x.ts', text: "import 'node:stream';" })).to.deep.equal([
      'ul/x.ts: imports node:stream',
    ]);
  });
});

function forbiddenArrows({ path, text }: SourceFile): string[] {
  const from = folderOf(path);
  if (from === 'main.ts' || path.endsWith('.generate.ts')) return [];
  const allowed = MAY_IMPORT[from];
  if (allowed === undefined) return [`${path}: the folder is not in MAY_IMPORT`];
  return importsOf(text)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({ specifier, to: folderOf(join(path, '..', specifier)) }))
    .filter(({ to }) => to !== from && !allowed.includes(to))
    .map(({ specifier, to }) => `${path}: ${from} → ${to} (${specifier})`);
}

function strayModules({ path, text }: SourceFile): string[] {
  if (path.endsWith('.generate.ts')) return [];
  return importsOf(text).flatMap((specifier) => {
    const rule = Object.entries(ONLY_IN).find(
      ([name]) => specifier === name || specifier.startsWith(`${name}/`),
    );
    if (rule === undefined || rule[1].some((place) => path === place || path.startsWith(`${place}/`)))
      return [];
    return [`${path}: ${specifier} is for ${rule[1].join(', ') || 'nobody'} alone`];
  });
}

function inputAndOutput({ path, text }: SourceFile): string[] {
  if (!SANS_IO_FOLDERS.includes(folderOf(path)) || path.endsWith('.generate.ts')) return [];
  const word = SANS_IO_WORDS.exec(withoutComments(text))?.[0];
  const builtins = importsOf(text).filter(
    (specifier) => isBuiltin(specifier) && !SANS_IO_BUILTINS.includes(specifier),
  );
  return [
    ...(word === undefined ? [] : [`${path}: names '${word}'`]),
    ...builtins.map((specifier) => `${path}: imports ${specifier}`),
  ];
}

function importsOf(text: string): string[] {
  const IMPORT =
    /\b(?:import|export)\s[^'"`;()]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g;
  return [...withoutComments(text).matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? '');
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*.*?\*\//gs, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}

/** The first part of a path below src: the folder, or the file where it lies in src itself. */
function folderOf(path: string): string {
  return path.split('/')[0] ?? '';
}

/** Every text file below, except what is installed, built or gathered. */
function filesBelow(folder: string): string[] {
  const apart = ['node_modules', 'dist', 'data', 'coverage', '.git', 'package-lock.json'];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !apart.includes(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
    });
}
