import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { NasTree } from './helpers/nas-tree.ts';

describe('start-stop-status of the package', function () {
  this.timeout(300_000);
  let nas: NasTree;
  beforeEach(async () => {
    nas = await NasTree.make();
    nas.run('postinst', 'INSTALL');
    // The catalogue of a NAS that has been running.
    writeFileSync(join(nas.mariadb, 'tables'), '20\n');
    writeFileSync(join(nas.var, 'migrations'), '0001_first.js\n');
  });
  afterEach(() => nas.remove());

  const start = (env?: Record<string, string>) => nas.run('start-stop-status start', 'START', env);
  const stop = () => nas.run('start-stop-status stop', 'STOP');
  const status = () => nas.run('start-stop-status status', '').status;
  const pid = (name: string) => Number(nas.read(nas.var, name));
  const packageLog = () => nas.read(nas.var, 'log/package.log');
  const order = (words: string) => writeFileSync(join(nas.program, 'orders'), words);

  async function until(condition: () => boolean): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      if (condition()) return;
      await sleep(100);
    }
    throw new Error(`waited in vain: ${packageLog()}`);
  }

  it('starts, says so, stops, and does not mind being asked twice', () => {
    expect(status()).to.equal(3);
    expect(start()).to.deep.equal({ status: 0, words: '' });
    expect(status()).to.equal(0);
    expect(start()).to.deep.equal({ status: 0, words: '' });
    expect(stop().status).to.equal(0);
    expect(status()).to.equal(3);
    expect(stop().status).to.equal(0);
    expect(readdirSync(nas.var)).not.to.include.members(['dicomkeep.pid', 'daemon.pid', 'state', 'console']);
  });

  it('removes the first password as soon as there is a user', () => {
    expect(existsSync(join(nas.var, 'first-password'))).to.equal(true);

    start();

    expect(existsSync(join(nas.var, 'first-password'))).to.equal(false);
  });

  it('starts the program again after a crash, and keeps the reason', async () => {
    start();
    const before = pid('daemon.pid');

    process.kill(before, 'SIGKILL');

    await until(() => existsSync(join(nas.var, 'daemon.pid')) && pid('daemon.pid') !== before);
    expect(status()).to.equal(0);
    expect(packageLog()).to.match(/ended by itself, exit status 137: it was killed \(signal 9\)/);
  });

  it('does not start again what was ended in order', async () => {
    start();

    process.kill(pid('daemon.pid'), 'SIGTERM');

    await until(() => status() === 3);
    expect(packageLog()).to.match(/ended in order/);
  });

  it('says why the program does not start, and leaves nothing running', () => {
    order('crash');

    const failed = start();

    expect(failed.status).to.equal(1);
    expect(failed.words).to.contain('Dicomkeep could not start. Reason: Error: a bug');
    expect(status()).to.equal(3);
  });

  it('goes on trying at boot, where nobody would press Start again', async () => {
    order('crash');

    expect(start({ SYNOPKG_PKG_STATUS: '' }).status).to.equal(0);
    expect(status(), 'it has died').to.equal(1);
    order('');
    expect(start()).to.deep.equal({ status: 0, words: '' });
    expect(status()).to.equal(0);
  });

  it('tells a stale process number from a process of somebody else', () => {
    writeFileSync(join(nas.var, 'dicomkeep.pid'), `${process.pid}\n`);
    expect(status()).to.equal(1);

    const { status: code, words } = start();

    expect(code).to.equal(0);
    expect(words).to.contain(`process ${process.pid} is gone or is another program`);
    expect(status()).to.equal(0);
  });

  it('ends a program that has lost its parent, and starts a new one', () => {
    start();
    const lost = pid('daemon.pid');
    process.kill(pid('dicomkeep.pid'), 'SIGKILL');

    const { status: code, words } = start();

    expect(code).to.equal(0);
    expect(words).to.contain(`process ${lost}) was left running`);
    // Nobody may have buried it yet.
    const commandLine = existsSync(`/proc/${lost}`) ? nas.read(`/proc/${lost}/cmdline`) : '';
    expect(commandLine).to.equal('');
    expect(pid('daemon.pid')).not.to.equal(lost);
  });

  it('starts without its shared folder and without MariaDB, and says what that means', async () => {
    rmSync(nas.share, { recursive: true });
    await nas.stopMariadb();

    const { status: code, words } = start();

    expect(code).to.equal(0);
    expect(words).to.contain('The shared folder "dicom" is not there');
    expect(words).to.contain('MariaDB 10 does not run. Dicomkeep accepts images all the same');
    await nas.startMariadb();
  });

  it('says what is missing where it cannot start at all', () => {
    renameSync(join(nas.etc, 'dicomkeep.json5'), join(nas.etc, 'away'));
    expect(start().words).to.match(/The settings .*dicomkeep\.json5 are missing/);
    renameSync(join(nas.etc, 'away'), join(nas.etc, 'dicomkeep.json5'));
    rmSync(join(nas.root, 'var/packages/Node.js_v22/target/usr/local/bin/node'));
    expect(start().words).to.contain('Node.js v22 is missing');
  });

  it('names the reason alone of what a program prints that dies of a port', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(Number(nas.answers['wizard_dicom_port']), '127.0.0.1', resolve);
    });
    const failed = start();

    await new Promise((resolve) => other.close(resolve));
    expect(failed.words).to.match(/Reason: Error: listen EADDRINUSE/);
  });

  describe('after an update that changes the catalogue', () => {
    const copies = () => {
      const folder = join(nas.share, 'dicomkeep-catalogue');
      return existsSync(folder) ? readdirSync(folder).sort() : [];
    };
    beforeEach(() => {
      writeFileSync(join(nas.package, 'target/app/migrations/0002_second.js'), '');
      order('pending');
    });

    it('copies the catalogue beside the images, once, then changes it', () => {
      expect(start()).to.deep.equal({ status: 0, words: '' });
      stop();
      expect(start().status).to.equal(0);

      expect(copies()).to.have.length(1);
      expect(existsSync(join(nas.program, 'migrated'))).to.equal(true);
      expect(nas.read(nas.var, 'migrations').trim()).to.equal('0001_first.js 0002_second.js');
    });

    it('keeps the last three copies', () => {
      mkdirSync(join(nas.share, 'dicomkeep-catalogue'));
      for (const day of ['01', '02', '03', '04'])
        writeFileSync(join(nas.share, `dicomkeep-catalogue/catalogue-202501${day}-000000.sql.gz`), '');

      start();

      expect(copies()).to.have.length(3);
      expect(copies().slice(0, 2)).to.deep.equal([
        'catalogue-20250103-000000.sql.gz',
        'catalogue-20250104-000000.sql.gz',
      ]);
    });

    it('does not touch the catalogue where the copy fails, and says what to do', () => {
      writeFileSync(join(nas.mariadb, 'dump-fails'), '');

      const failed = start();

      expect(failed.status).to.equal(1);
      expect(failed.words).to.match(/mysqldump: Lost connection\. The catalogue is as it was\. Make space/);
      expect(existsSync(join(nas.program, 'migrated'))).to.equal(false);
      expect(copies()).to.deep.equal([]);
      expect(status()).to.equal(1);
      rmSync(join(nas.mariadb, 'dump-fails'));
      expect(start().status, 'when there is space again').to.equal(0);
      expect(copies()).to.have.length(1);
    });

    it('does not touch the catalogue where the shared folder is missing', () => {
      rmSync(nas.share, { recursive: true });

      const failed = start();

      expect(failed.status).to.equal(1);
      expect(failed.words).to.contain('the folder for a copy of it is missing');
      expect(existsSync(join(nas.program, 'migrated'))).to.equal(false);
    });

    it('says what a migration that fails has left, and does not run the program', () => {
      order('pending migration-fails');

      const failed = start();

      expect(failed.status).to.equal(1);
      expect(failed.words).to.match(
        /no such column\. It still counts as the old one.*copy of the catalogue is in/,
      );
      expect(copies()).to.have.length(1);
      expect(status()).to.equal(1);
    });
  });
});
