import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { extract, type Headers } from 'tar-stream';
import { buildSpk } from '../../spk/spk.ts';
import { tarHeaders } from './helpers/tar-headers.ts';

const ROOT = join(import.meta.dirname, '../..');
const TIME = new Date(1_767_225_600_000);
const SCRIPTS = [
  'preinst',
  'postinst',
  'preuninst',
  'postuninst',
  'preupgrade',
  'postupgrade',
  'start-stop-status',
];
const LANGUAGES = ['enu', 'cht', 'chs', 'jpn', 'fre', 'ger'];
const NOBODY = 65534;

interface Entry {
  header: Headers;
  bytes: Buffer;
}

describe('The Synology package', function () {
  this.timeout(60_000);
  let folder: string;
  let spk: Buffer;
  let members: Map<string, Entry>;
  let payload: Map<string, Entry>;

  before('build and unpack it', async function () {
    this.timeout(120_000);
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-spk-'));
    const built = await buildSpk({ root: ROOT, version: '9.8.7', build: 65, time: TIME });
    spk = built.bytes;
    expect(built.fileName).to.equal('dicomkeep-9.8.7-0065.spk');
    members = await entriesOf(spk);
    payload = await entriesOf(gunzipSync(bytesOf(members, 'package.tgz')));
    unpack(payload, join(folder, 'dicomkeep/target'));
  });

  after(() => rmSync(folder, { recursive: true }));

  it('holds what DSM asks for, and no more at the top', () => {
    const top = [...members.keys()].filter((path) => !path.includes('/')).sort();

    expect(top).to.deep.equal(['INFO', 'LICENSE', 'PACKAGE_ICON.PNG', 'PACKAGE_ICON_256.PNG', 'package.tgz']);
    expect([...members.keys()]).to.include.members([
      'conf/privilege',
      'conf/resource',
      ...SCRIPTS.map((name) => `scripts/${name}`),
    ]);
    expect(pngSize(bytesOf(members, 'PACKAGE_ICON.PNG'))).to.deep.equal([64, 64]);
    expect(pngSize(bytesOf(members, 'PACKAGE_ICON_256.PNG'))).to.deep.equal([256, 256]);
  });

  it('is for root to unpack, of one time, with programs that may be run', () => {
    for (const [path, { header }] of [...members, ...payload]) {
      expect([header.uid, header.gid, header.mtime?.getTime()], path).to.deep.equal([0, 0, TIME.getTime()]);
      expect(header.mode, path).to.be.oneOf(header.type === 'directory' ? [0o755] : [0o644, 0o755]);
    }
    for (const name of SCRIPTS) expect(members.get(`scripts/${name}`)?.header.mode, name).to.equal(0o755);
    expect(payload.get('bin/dicomkeep')?.header.mode).to.equal(0o755);
    expect(payload.get('app/dist/main.js')?.header.mode).to.equal(0o644);
  });

  it('is made of plain ustar headers alone', () => {
    for (const archive of [spk, gunzipSync(bytesOf(members, 'package.tgz'))]) {
      expect(
        tarHeaders(archive).filter(({ type, magic }) => !'05'.includes(type) || magic !== 'ustar\x0000'),
      ).to.deep.equal([]);
    }
  });

  it('tells in INFO its version, its needs, and what is in package.tgz', () => {
    const info = infoOf(bytesOf(members, 'INFO').toString());
    const packed = bytesOf(members, 'package.tgz');
    const kilobytes = [...payload.values()].reduce((sum, { bytes }) => sum + bytes.length, 0) / 1024;

    expect(info).to.include({
      package: 'dicomkeep',
      version: '9.8.7-0065',
      arch: 'noarch',
      os_min_ver: '7.2-64570',
      install_dep_packages: 'Node.js_v22:MariaDB10',
      adminprotocol: 'https',
      adminport: '8104',
      silent_install: 'no',
      silent_upgrade: 'yes',
      checksum: createHash('md5').update(packed).digest('hex'),
    });
    expect(Number(info['extractsize'])).to.be.within(kilobytes, kilobytes * 1.2);
    for (const language of LANGUAGES)
      expect(info[`description_${language}`], language).to.be.a('string').and.not.empty;
  });

  it('has no source, no package folder and nothing of development in it', () => {
    const strays = [...payload.keys()].filter((path) =>
      /node_modules|\.tsx?$|\.map$|\.d\.ts$|(^|\/)test|\.svg$/.test(path),
    );

    expect(strays).to.deep.equal(['app/dist/admin/public/favicon.svg']);
    expect([...payload.keys()].filter((path) => !/^(app|bin|conf|ui)(\/|$)/.test(path))).to.deep.equal([]);
  });

  it('holds the page, and all that the page names', () => {
    const index = bytesOf(payload, 'app/dist/admin/public/index.html').toString();
    const named = [...index.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1]);

    expect(named).to.have.lengthOf(3);
    for (const path of named) expect(payload.has(`app/dist/admin/public/${path}`), path).to.equal(true);
  });

  it('runs where nothing of the checkout is', () => {
    const { status, stdout } = run(folder, ['--version']);

    expect([status, stdout]).to.deep.equal([0, 'dicomkeep 9.8.7\n']);
  });

  it('says that SQLite is not in it', () => {
    const { status, stderr } = run(folder, ['migrate'], { DICOMKEEP_DATA_DIR: join(folder, 'data') });

    expect(status).to.equal(1);
    expect(stderr).to.equal(
      'dicomkeep: the catalogue is an SQLite file, but the package better-sqlite3 is not installed\n',
    );
  });

  it('has every thread where the program looks for it', () => {
    const program = [...payload]
      .filter(([path]) => /^app\/dist\/[^/]+\.js$/.test(path))
      .map(([, { bytes }]) => bytes.toString())
      .join('');
    const threads = [...program.matchAll(/\.\/([\w-]+-thread)\.\$/g)].map((match) => match[1] ?? '');

    expect(threads.sort()).to.deep.equal([
      'decode-thread',
      'frame-thread',
      'hash-thread',
      'short-files-thread',
    ]);
    expect(payload.has('app/dist/services/hash-thread.js')).to.equal(true);
    expect(payload.has('app/dist/pixels/decode-thread.js')).to.equal(true);
    expect(payload.has('app/dist/pixels/frame-thread.js')).to.equal(true);
    expect(payload.has('app/dist/storage/short-files-thread.js')).to.equal(true);
    expect(program).to.match(/new URL\("services\/hashing\.js", import\.meta\.url\)/);
    expect(program).to.match(/new URL\("pixels\/painter\.js", import\.meta\.url\)/);
    expect(program).to.match(/new URL\("storage\/short-files\.js", import\.meta\.url\)/);
  });

  it('decodes pixels with the WebAssembly beside it', async () => {
    const path = [...payload.keys()].find((name) => /^app\/dist\/dcmjs-codecs.*\.js$/.test(name)) ?? '';

    const { default: codecs } = await import(pathToFileURL(join(folder, 'dicomkeep/target', path)).href);

    await codecs.NativeCodecs.initializeAsync({ logNativeDecodersEncodersMessages: false });
    expect(codecs.NativeCodecs.isInitialized()).to.equal(true);
  });

  it('names those who made what is in it, and nobody else', () => {
    const notices = bytesOf(payload, 'app/THIRD-PARTY-NOTICES.txt').toString();
    const names = [...notices.matchAll(/^-{80}\n(\S+) \S+ \(/gm)].map((match) => match[1]);

    expect(names).to.include.members([
      'preact',
      'koa',
      'knex',
      'mysql2',
      'dcmjs-codecs',
      'dcmjs',
      'loglevel',
      'pako',
      '@koa/router',
    ]);
    expect(names).to.not.include.members(['esbuild']);
    expect(names).to.not.include.members(['better-sqlite3']);
    expect(notices).to.contain('Independent JPEG Group');
  });

  it('has its command, which runs with the settings of the package', () => {
    const { status, stdout, stderr } = runCommand(folder, ['--version']);

    expect([stderr, stdout, status]).to.deep.equal(['', 'dicomkeep 9.8.7\n', 0]);
  });

  it('has its command say what is missing', () => {
    const noSettings = runCommand(folder, ['--version'], { DICOMKEEP_CONFIG: join(folder, 'none.json5') });
    const noNode = runCommand(folder, ['--version'], {}, '/nowhere/node');

    expect([noSettings.status, noNode.status]).to.deep.equal([1, 1]);
    expect(noSettings.stderr).to.match(/^dicomkeep: cannot read .*none\.json5: run this as root/);
    expect(noNode.stderr).to.match(/Node\.js v22 in Package Center/);
  });

  it('gives up being root for a command before it does anything', () => {
    const isRoot = process.getuid?.() === 0;
    const siteFile = join(folder, 'owned.json5');
    writeFileSync(siteFile, '{}');
    if (isRoot) chownSync(siteFile, NOBODY, NOBODY);
    const module = join(ROOT, 'spk/bin/as-package-user.mjs');

    const printed = execFileSync(
      process.execPath,
      ['--import', module, '-p', '[process.getuid(), process.getgid()].join()'],
      {
        encoding: 'utf8',
        env: { DICOMKEEP_CONFIG: siteFile },
      },
    );

    const expected = isRoot ? [NOBODY, NOBODY] : [process.getuid?.(), process.getgid?.()];
    expect(printed.trim()).to.equal(expected.join());
  });

  it('speaks to the desktop in all languages, with icons of all sizes', () => {
    const keysOf = (language: string) =>
      [
        ...bytesOf(payload, `ui/texts/${language}/strings`)
          .toString()
          .matchAll(/^(\w+)="[^"]+"$/gm),
      ].map((match) => match[1]);
    for (const language of LANGUAGES) {
      expect(keysOf(language), language).to.deep.equal(['title', 'description', 'restarted', 'failing']);
      expect(bytesOf(payload, `ui/help/${language}/dicomkeep.html`).toString(), language).to.match(/<h2>/);
    }
    for (const size of [16, 24, 32, 48, 64, 72, 128, 256]) {
      expect(pngSize(bytesOf(payload, `ui/images/dicomkeep_${size}.png`)), String(size)).to.deep.equal([
        size,
        size,
      ]);
    }
  });
});

async function entriesOf(archive: Buffer): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const entry of Readable.from([archive]).pipe(extract())) {
    entries.set(entry.header.name, { header: entry.header, bytes: await buffer(entry) });
  }
  return entries;
}

function bytesOf(entries: Map<string, Entry>, path: string): Buffer {
  const entry = entries.get(path);
  if (entry === undefined) throw new Error(`no ${path} in the archive`);
  return entry.bytes;
}

function unpack(entries: Map<string, Entry>, folder: string): void {
  for (const [path, { header, bytes }] of entries) {
    if (header.type !== 'file') continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
    chmodSync(join(folder, path), header.mode ?? 0);
  }
}

function infoOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^(\w+)="(.*)"$/gm)].map((match) => [match[1], match[2]]));
}

function pngSize(bytes: Buffer): number[] {
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

function run(folder: string, args: string[], env: Record<string, string> = {}) {
  const program = join(folder, 'dicomkeep/target/app/bin/dicomkeep.js');
  return spawnSync(process.execPath, [program, ...args], { cwd: folder, env, encoding: 'utf8' });
}

/** The command of the package in a tree like that of DSM, which lies in `folder` here. */
function runCommand(
  folder: string,
  args: string[],
  env: Record<string, string> = {},
  node = process.execPath,
) {
  const nodeFolder = join(folder, 'Node.js_v22/target/usr/local/bin');
  mkdirSync(nodeFolder, { recursive: true });
  rmSync(join(nodeFolder, 'node'), { force: true });
  symlinkSync(node, join(nodeFolder, 'node'));
  mkdirSync(join(folder, 'dicomkeep/etc'), { recursive: true });
  writeFileSync(join(folder, 'dicomkeep/etc/dicomkeep.json5'), '{}');
  const script = readFileSync(join(ROOT, 'spk/bin/dicomkeep'), 'utf8').replaceAll('/var/packages', folder);
  return spawnSync('/bin/sh', ['-c', script, 'dicomkeep', ...args], { env, encoding: 'utf8' });
}
