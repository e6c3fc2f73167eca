import { existsSync, globSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';
import { makeInstance } from '../helpers/stand-ins.ts';
import { until } from '../integration/archive.ts';
import { writeFile } from '../interop/tools.ts';
import { Nas, needsNas } from './helpers/nas.ts';
import { builtPackages, type Packages } from './helpers/packages.ts';

const ANSWERS = {
  aeTitle: 'ROOM 2',
  dicomPort: 11199,
  webPort: 8199,
  share: 'angio',
  adminPassword: 'a password for the page',
  rootPassword: 'a password for MariaDB',
};
const VAR = 'volume1/@appdata/dicomkeep';
const ETC = 'volume1/@appconf/dicomkeep';
const RUNNING = 0;
const STOPPED = 3;

describe('The package, once it is installed on a NAS', () => {
  let nas: Nas;
  let packages: Packages;
  const folder = temporaryFolder('running');
  before(async function () {
    needsNas.call(this);
    packages = await builtPackages();
    nas = await Nas.start(ANSWERS.rootPassword);
    const { status, output } = await nas.install(packages.new, ANSWERS);
    expect(status, `${output}\n${nas.log()}`).to.equal(0);
  });
  after(async () => {
    await nas?.stop();
    removeFolder(folder);
  });

  async function answers(port = ANSWERS.dicomPort, aeTitle = ANSWERS.aeTitle): Promise<boolean> {
    return (await nas.machine.run('echoscu', ['-aec', aeTitle, '127.0.0.1', String(port)])).status === 0;
  }

  async function status(): Promise<number | null> {
    return (await nas.dsm('status', 'dicomkeep')).status;
  }

  /** In the numbers of the processes there, as the scripts see them; empty between two daemons. */
  function daemonPid(): string {
    const path = nas.path(`${VAR}/daemon.pid`);
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  }

  it('answers under the AE title and on the ports of the wizard when start has ended, and says that it runs', async () => {
    expect(await answers(), nas.log()).to.equal(true);
    expect(await status()).to.equal(RUNNING);
    const url = `https://127.0.0.1:${ANSWERS.webPort}/healthz`;
    expect((await nas.machine.run('curl', ['-skf', url])).output).to.equal('{"status":"ok"}');
    const icon = JSON.parse(readFileSync(nas.path('volume1/@appstore/dicomkeep/ui/config'), 'utf8'));
    expect(JSON.stringify(icon)).to.include(`"port":"${ANSWERS.webPort}"`);
  });

  it('keeps neither password of the wizard in any file, and its own where it alone can read it', () => {
    for (const password of [ANSWERS.rootPassword, ANSWERS.adminPassword]) {
      expect(filesWith(password), password).to.deep.equal([]);
    }
    expect(statSync(nas.path(`${ETC}/dicomkeep.json5`)).mode & 0o777).to.equal(0o600);
    const url = /mysql:\/\/dicomkeep:([^@]+)@/.exec(readFileSync(nas.path(`${ETC}/dicomkeep.json5`), 'utf8'));
    expect(url?.[1]).to.have.length.at.least(20);
    const places = filesWith(url?.[1] ?? '');
    expect(places).to.include(nas.path(`${ETC}/dicomkeep.json5`));
    for (const path of places) {
      expect(path.startsWith(nas.path(ETC)), path).to.equal(true);
      expect(statSync(path).mode & 0o077, path).to.equal(0);
    }
  });

  function filesWith(text: string): string[] {
    return globSync('{etc,run,usr/local/etc,var/log,var/packages/*/*,volume1/**}/*', { cwd: nas.root })
      .map((path) => realpathSync(join(nas.root, path)))
      .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
      .filter((path) => readFileSync(path).includes(text));
  }

  it('gives its user in MariaDB rights over its own database alone', () => {
    const grants = nas.mariadb.execute("SHOW GRANTS FOR 'dicomkeep'@'localhost'").trim().split('\n');
    const rights = grants.map((grant) => grant.replace(/ (TO|IDENTIFIED) .*/, ''));
    expect(rights).to.have.members(['GRANT USAGE ON *.*', 'GRANT ALL PRIVILEGES ON `dicomkeep`.*']);
  });

  it('comes back by itself when its process is killed', async () => {
    const pid = daemonPid();

    await nas.machine.run('kill', ['-KILL', pid]);

    await until('another process answers', async () => daemonPid() !== pid && (await answers()));
    expect(await status()).to.equal(RUNNING);
  });

  it('starts without MariaDB and stores, and enters what came when MariaDB is back', async () => {
    const file = writeFile(folder, makeInstance({ path: 'stored without MariaDB' }));
    await nas.mariadb.pause();
    try {
      expect((await nas.dsm('stop', 'dicomkeep')).status, nas.log()).to.equal(0);
      const started = await nas.dsm('start', 'dicomkeep');

      expect(started.status, `${started.output}\n${nas.log()}`).to.equal(0);
      expect(started.output).to.match(/message:.*MariaDB/);
      const address = ['-aec', ANSWERS.aeTitle, '127.0.0.1', String(ANSWERS.dicomPort)];
      const stored = await nas.machine.run('storescu', [...address, file]);
      expect(stored.status, stored.output).to.equal(0);
    } finally {
      await nas.mariadb.resume();
    }
    const count = () => nas.mariadb.execute('SELECT COUNT(*) FROM instances', 'dicomkeep').trim();
    await until('it is in the catalogue', () => count() === '1', 30_000);
  });

  it('is stopped when stop has ended, for good, and twice over', async () => {
    for (let turn = 0; turn < 2; turn++) {
      expect((await nas.dsm('stop', 'dicomkeep')).status, nas.log()).to.equal(0);
      expect(await status()).to.equal(STOPPED);
      expect(await answers()).to.equal(false);
    }
  });

  it('starts over what a power cut has left, and says so', async () => {
    await nas.dsm('start', 'dicomkeep');
    const pid = readFileSync(nas.path(`${VAR}/dicomkeep.pid`), 'utf8').trim();
    await nas.machine.run('kill', ['-KILL', pid, daemonPid()]);
    await until('it is dead', async () => !(await answers()));
    expect(await status(), 'dead, and the pid file left').to.equal(1);

    const { status: started, output } = await nas.dsm('start', 'dicomkeep');

    expect(started, `${output}\n${nas.log()}`).to.equal(0);
    expect(output).to.match(/message:/);
    expect(await answers()).to.equal(true);
  });

  it('goes on with what it has kept when it is installed again, whatever the wizard is told, but in no older version', async () => {
    const settings = readFileSync(nas.path(`${ETC}/dicomkeep.json5`), 'utf8');
    const uninstalled = await nas.dsm('uninstall', 'dicomkeep');
    expect(uninstalled.status, uninstalled.output).to.equal(0);
    const older = await nas.install(packages.old, ANSWERS);
    expect(older.status, 'an older version').to.equal(1);
    expect(older.output).to.match(/message:.*0\.1\.0-0001.*0\.1\.1-0002/);
    nas.mariadb.execute("ALTER USER dicomkeep@localhost IDENTIFIED BY 'changed-by-somebody'");

    const { status: installed, output } = await nas.install(packages.new, {
      ...ANSWERS,
      adminPassword: 'this one is not used',
    });

    expect(installed, `${output}\n${nas.log()}`).to.equal(0);
    expect(readFileSync(nas.path(`${ETC}/dicomkeep.json5`), 'utf8')).to.equal(settings);
    expect(await answers()).to.equal(true);
    expect(filesWith('this one is not used')).to.deep.equal([]);
  });
});
