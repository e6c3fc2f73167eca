import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';
import { type Answers, Nas, needsNas } from './helpers/nas.ts';
import { builtPackages } from './helpers/packages.ts';

describe('An installation that cannot succeed is refused with words, before anything is changed', () => {
  const folder = temporaryFolder('refusals');
  let nas: Nas;
  let spk: string;
  before(async function () {
    needsNas.call(this);
    spk = (await builtPackages()).old;
    nas = await Nas.start();
  });
  after(async () => {
    await nas?.stop();
    removeFolder(folder);
  });
  afterEach('nothing is left of it', () => {
    expect(existsSync(nas.path('var/packages/dicomkeep'))).to.equal(false);
    expect(nas.mariadb.execute("SHOW DATABASES LIKE 'dicomkeep'")).to.equal('');
    expect(nas.mariadb.execute("SELECT User FROM mysql.global_priv WHERE User = 'dicomkeep'")).to.equal('');
  });

  async function refused(answers: Answers, ...args: string[]): Promise<string> {
    const { status, output } = await nas.install(spk, answers, '--no-start', ...args);
    expect(status, output).to.equal(1);
    return output;
  }

  it('without Node.js v22', async () => {
    expect(await refused({}, '--without', 'Node.js_v22')).to.match(/Node\.js_v22 is not there/);
  });

  it('with a Node.js v22 that is too old: which one is needed', async () => {
    const old = join(folder, 'node');
    writeFileSync(old, '#!/bin/sh\ncase "$*" in *execPath*) echo "$0 v22.3.0" ;; *) echo 22.3.0 ;; esac\n');
    chmodSync(old, 0o755);

    const words = await refused({}, '--node', old);

    expect(words).to.match(/22\.3\.0/);
    expect(words).to.match(/22\.18/);
  });

  it('without MariaDB 10', async () => {
    expect(await refused({}, '--without', 'MariaDB10')).to.match(/MariaDB10 is not there/);
  });

  it('with the wrong root password of MariaDB', async () => {
    const words = await refused({ rootPassword: 'not it' });

    expect(words).to.match(/message:.*password/i);
    expect(words).not.to.include('not it');
  });

  it('with a MariaDB 10 that is stopped', async () => {
    await nas.mariadb.pause();
    try {
      expect(await refused({})).to.match(/message:.*MariaDB/);
    } finally {
      await nas.mariadb.resume();
    }
  });

  it("with a database of that name that is somebody else's", async () => {
    nas.mariadb.execute('CREATE DATABASE dicomkeep; CREATE TABLE dicomkeep.theirs (id INT)');
    try {
      expect(await refused({})).to.match(/message:.*dicomkeep/);
      expect(nas.mariadb.execute('SHOW TABLES', 'dicomkeep')).to.equal('theirs\n');
    } finally {
      nas.mariadb.execute('DROP DATABASE dicomkeep');
    }
  });

  for (const [name, answers] of [
    ['port of DICOM', { dicomPort: 11999 }],
    ['port of the page', { webPort: 11999 }],
  ] as const) {
    it(`with a ${name} that another program has: which one`, async () => {
      const listener = await nas.machine.listen(11999);
      try {
        expect(await refused(answers)).to.match(/message:.*11999/);
      } finally {
        await listener.stop();
      }
    });
  }

  for (const [name, field, answers] of [
    ['an AE title of 17 characters', 'ae_title', { aeTitle: 'SEVENTEEN_LETTERS' }],
    ['a folder that is none', 'share', { share: '../etc' }],
    ['a short password', 'admin_password', { adminPassword: 'short' }],
  ] as const) {
    it(`with ${name}, in the form already`, async () => {
      expect(await refused(answers)).to.include(`wizard_${field}`);
    });
  }
});
