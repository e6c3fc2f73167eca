import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DimseClient } from '../helpers/dimse-client.ts';
import { hasMariadb, Mariadb } from '../helpers/mariadb.ts';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';
import { WebClient } from '../helpers/web-client.ts';
import { freePort } from '../interop/tools.ts';
import { blocksOf, ROOT, text } from './install-linux.ts';

const START_TIMEOUT_MS = 60_000;
const PASSWORD = 'correct horse battery';

describe('What `npm run build` makes, laid out and set up as docs/install-linux.md says', () => {
  const folder = temporaryFolder('linux');
  const program = join(folder, 'opt/dicomkeep');
  let mariadb: Mariadb;
  before(async function () {
    if (!hasMariadb) this.skip();
    this.timeout(300_000);
    layOut();
    mariadb = await Mariadb.start();
  });
  after(async () => {
    await mariadb?.stop();
    removeFolder(folder);
  });

  /** The build of package.json, into a folder that is not the checkout's. */
  function layOut(): void {
    const dist = join(program, 'dist');
    const { build } = JSON.parse(text('package.json')).scripts;
    expect(build).to.include(
      'tsc -p tsconfig.build.json && node src/admin/page.generate.ts dist/admin/public',
    );
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    execFileSync(tsc, ['-p', 'tsconfig.build.json', '--outDir', dist], { cwd: ROOT });
    // By a relative path, as in package.json.
    const page = join(ROOT, 'src/admin/page.generate.ts');
    execFileSync(process.execPath, [page, 'dist/admin/public'], { cwd: program, stdio: 'ignore' });
    for (const name of ['bin', 'conf', 'migrations', 'package.json']) {
      cpSync(join(ROOT, name), join(program, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(program, 'node_modules'));
    for (const name of ['etc/dicomkeep', 'var/lib/dicomkeep', 'var/log/dicomkeep']) {
      mkdirSync(join(folder, name), { recursive: true, mode: 0o750 });
    }
  }

  /** The settings of the instructions, below our folder, on our socket and as the user who runs this. */
  function writeSettings(dicomPort: number, webPort: number): string {
    const [settings = ''] = blocksOf(text('docs/install-linux.md'), 'json5');
    const site = join(folder, 'etc/dicomkeep/dicomkeep.json5');
    const here = settings
      .replaceAll(/'(\/(?:etc|var)\/)/g, `'${folder}$1`)
      .replace('/run/mysqld/mysqld.sock', encodeURIComponent(mariadb.socketPath))
      .replace('mysql://dicomkeep@', `mysql://${userInfo().username}@`)
      .replace('admin: {', `dimse: { port: ${dicomPort} }, admin: { port: ${webPort},`);
    writeFileSync(site, here, { mode: 0o640 });
    writeFileSync(join(folder, 'etc/dicomkeep/admin-password'), `${PASSWORD}\n`, { mode: 0o640 });
    return site;
  }

  it('serves DICOM and the page out of MariaDB by its socket, and writes to its two folders alone', async () => {
    const [, sql = ''] = /^sudo mariadb <<'SQL'\n([\s\S]*?)\nSQL$/m.exec(text('docs/install-linux.md')) ?? [];
    mariadb.execute(`ALTER USER ${userInfo().username}@localhost IDENTIFIED VIA unix_socket;\n${sql}`);
    const [dicomPort, webPort] = [await freePort(), await freePort()];
    const site = writeSettings(dicomPort, webPort);
    const before = sums();

    const command = /^ExecStart=(.*)$/m.exec(text('packaging/systemd/dicomkeep.service'))?.[1] ?? '';
    const args = command
      .replace('/usr/bin/env node /opt/dicomkeep', program)
      .replace('/etc/dicomkeep/dicomkeep.json5', site);
    const child = spawn(process.execPath, args.split(' '), {
      cwd: join(folder, 'var/lib/dicomkeep'),
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    try {
      const deadline = performance.now() + START_TIMEOUT_MS;
      while (!/admin page/.test(log) && child.exitCode === null && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const modality = await DimseClient.connect({ port: dicomPort, called: 'DICOMKEEP' });
      expect(await modality.echo()).to.include({ status: 0x0000 });
      await modality.release();
      const client = await WebClient.signIn({ adminPort: webPort, adminPassword: PASSWORD });
      const { body: page } = await client.get('/');
      const script = /src="([^"]+\.js)"/.exec(page)?.[1] ?? '';
      expect((await client.get(script)).body).to.have.length.above(10_000);
      expect((await client.get('/readyz')).status).to.equal(200);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${log}`);
    } finally {
      child.kill('SIGTERM');
    }
    expect(await ended, log).to.equal(0);

    expect(sums()).to.deep.equal(before);
    expect(readdirSync(join(folder, 'var/log/dicomkeep'))).to.include('dicomkeep.log');
    expect(readdirSync(join(folder, 'var/lib/dicomkeep'))).to.include.members(['tls', 'volume']);
    expect(mariadb.execute("SHOW TABLES LIKE 'instances'", 'dicomkeep')).to.equal('instances\n');
  });

  /** Of the program and the settings, which it may not change. */
  function sums(): string[] {
    return globSync(['opt/dicomkeep/{bin,conf,dist,migrations}/**/*', 'etc/**/*'], { cwd: folder })
      .filter((path) => statSync(join(folder, path)).isFile())
      .sort()
      .map(
        (path) =>
          `${path} ${createHash('sha256')
            .update(readFileSync(join(folder, path)))
            .digest('hex')}`,
      );
  }
});
