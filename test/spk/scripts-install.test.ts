import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../src/config/load.ts';
import { NasTree } from './helpers/nas-tree.ts';

/** Everything that a shell, SQL, JSON or a file of options could take for its own. */
const HOSTILE = `'"$HOME\`id\`;&|<> \\ %s é 画 -e`;

describe('The install scripts of the package', () => {
  let nas: NasTree;
  beforeEach(async () => {
    nas = await NasTree.make();
  });
  afterEach(() => nas.remove());

  describe('preinst', () => {
    it('lets a good form pass, and changes nothing', () => {
      const { status, words } = nas.run('preinst', 'INSTALL');

      expect(words).to.equal('');
      expect(status).to.equal(0);
      expect(readdirSync(nas.etc)).to.deep.equal([]);
      expect(nas.read(nas.mariadb, 'sql.log')).not.to.match(/\b(CREATE|ALTER|GRANT|DROP)\b/);
    });

    it('names all that is wrong in the form at once', () => {
      const wrong = {
        wizard_ae_title: 'BACK\\SLASH',
        wizard_dicom_port: '104',
        wizard_web_port: '5001',
        wizard_share: 'a/b',
        wizard_admin_password: 'too short',
      };

      const { status, words } = nas.run('preinst', 'INSTALL', wrong);

      expect(status).to.equal(1);
      expect(words.trim().split('\n')).to.have.length(5);
      expect(words).to.match(/"BACK\\SLASH" is not an AE title/);
      expect(words).to.match(/"104" is not a port for Dicomkeep/);
      expect(words).to.match(/Port 5001 belongs to DSM/);
      expect(words).to.match(/"a\/b" cannot be the name of a shared folder/);
      expect(words).to.match(/10 to 256 characters/);
    });

    it('refuses an empty form, as of an installation without a wizard', () => {
      const empty = Object.fromEntries(Object.keys(nas.answers).map((key) => [key, '']));

      expect(nas.run('preinst', 'INSTALL', empty).status).to.equal(1);
    });

    it('refuses one port for both, and a port that another program has', async () => {
      const port = nas.answers['wizard_dicom_port'] ?? '';
      expect(nas.run('preinst', 'INSTALL', { wizard_web_port: port }).words).to.contain(`both ${port}`);
      const other = createServer();
      await new Promise<void>((resolve) => {
        other.listen(Number(port), resolve);
      });

      const { status, words } = nas.run('preinst', 'INSTALL');

      await new Promise((resolve) => other.close(resolve));
      expect(status).to.equal(1);
      expect(words).to.contain(`Port ${port} is in use by another program`);
    });

    it('speaks the language of DSM, and English where it has no words in it', () => {
      const say = (language: string) =>
        nas.run('preinst', 'INSTALL', { wizard_share: '?', SYNOPKG_DSM_LANGUAGE: language }).words;

      expect(say('ger')).to.contain('kann kein gemeinsamer Ordner heißen');
      expect(say('jpn')).to.contain('共有フォルダ名に使えません');
      expect(say('rus')).to.contain('cannot be the name of a shared folder');
    });

    it('takes share names and passwords of any characters, and hands the password on as it is', () => {
      nas.setRootPassword(HOSTILE);

      const form = { wizard_share: "Röntgen 画像 $x 'y'", wizard_mysql_root_password: HOSTILE };
      const { status, words } = nas.run('preinst', 'INSTALL', { ...form, wizard_admin_password: HOSTILE });

      expect(words).to.equal('');
      expect(status).to.equal(0);
      expect(nas.read(nas.mariadb, 'calls.log')).not.to.contain('HOME');
    });

    it('refuses a wrong root password, and says which one is meant', () => {
      const { status, words } = nas.run('preinst', 'INSTALL', { wizard_mysql_root_password: 'wrong' });

      expect(status).to.equal(1);
      expect(words).to.match(/does not accept this root password.*not that of DSM/);
    });

    it('refuses where MariaDB, or a new enough Node.js, is not there', async () => {
      await nas.stopMariadb();
      expect(nas.run('preinst', 'INSTALL').words).to.contain('MariaDB 10 does not answer');

      const node = join(nas.root, 'var/packages/Node.js_v22/target/usr/local/bin/node');
      rmSync(node);
      expect(nas.run('preinst', 'INSTALL').words).to.contain('Node.js v22 is missing');
      writeFileSync(node, '#!/bin/sh\necho 22.9.0\n', { mode: 0o755 });
      expect(nas.run('preinst', 'INSTALL').words).to.contain('Node.js 22.9.0 is too old');
      expect(nas.run('preinst', 'UPGRADE').status).to.equal(1);
    });

    it('refuses a database or a user of its name that is not its own', () => {
      writeFileSync(join(nas.mariadb, 'foreign-database'), '1\n');
      expect(nas.run('preinst', 'INSTALL').words).to.contain('was not made by Dicomkeep');
      rmSync(join(nas.mariadb, 'foreign-database'));
      writeFileSync(join(nas.mariadb, 'foreign-user'), '2\n');

      const { status, words } = nas.run('preinst', 'INSTALL');

      expect(status).to.equal(1);
      expect(words).to.contain('user "dicomkeep" with rights on other databases');
    });

    it('refuses a catalogue of a newer version, where it can look into the package', () => {
      const unpacked = join(nas.root, 'unpacked');
      mkdirSync(join(unpacked, 'app/migrations'), { recursive: true });
      writeFileSync(join(unpacked, 'app/migrations/0001_first.js'), '');
      writeFileSync(join(nas.mariadb, 'migrations'), '0001_first.js\n');
      const look = () => nas.run('preinst', 'INSTALL', { SYNOPKG_PKGINST_TEMP_DIR: unpacked });
      expect(look().status).to.equal(0);
      writeFileSync(join(nas.mariadb, 'migrations'), '0001_first.js\n0002_second.js\n');

      expect(look().status).to.equal(1);
    });
  });

  it('refuse the way back to an older version, numbers counted as numbers', () => {
    const upgrade = (from: string, to: string) =>
      nas.run('preupgrade', 'UPGRADE', { SYNOPKG_OLD_PKGVER: from, SYNOPKG_PKGVER: to });

    expect(upgrade('0.9.0-0007', '0.10.0-0001').status).to.equal(0);
    expect(upgrade('1.0.0-0001', '1.0.0-0001').status).to.equal(0);
    const { status, words } = upgrade('0.10.0-0001', '0.9.0-0007');
    expect(status).to.equal(1);
    expect(words).to.match(/0\.9\.0-0007 is older than 0\.10\.0-0001/);
  });

  describe('postinst', () => {
    const config = () => join(nas.etc, 'dicomkeep.json5');

    it('writes settings that the program understands, for its eyes alone', () => {
      nas.answers['wizard_ae_title'] = `A'"$\`;&|<>`;
      nas.answers['wizard_share'] = `Röntgen "画像" $x`;

      const { status } = nas.run('postinst', 'INSTALL', { SYNOPKG_DSM_LANGUAGE: 'jpn' });

      expect(status).to.equal(0);
      const { config: settings } = loadConfig({ siteFile: config(), env: {} });
      expect(settings.aeTitles).to.deep.equal([`A'"$\`;&|<>`]);
      expect(settings.storage.volumeDir).to.equal(join(nas.package, `shares/Röntgen "画像" $x`));
      expect(String(settings.dimse.port)).to.equal(nas.answers['wizard_dicom_port']);
      expect(settings.language).to.equal('ja');
      expect(settings.catalog.url).to.match(
        /^mysql:\/\/dicomkeep:Dk1-[0-9a-f]{48}@localhost\/dicomkeep\?socketPath=/,
      );
      for (const file of [config(), settings.admin.passwordFile])
        expect(statSync(file).mode & 0o777).to.equal(0o600);
    });

    it('makes database and user with a password of its own, and keeps nothing of that of root', () => {
      nas.setRootPassword(HOSTILE);

      nas.run('postinst', 'INSTALL', { wizard_mysql_root_password: HOSTILE });

      const sql = nas.read(nas.mariadb, 'sql.log');
      const [, password = ''] = /mysql:\/\/dicomkeep:([^@]+)@/.exec(nas.read(config())) ?? [];
      expect(sql).to.contain('CREATE DATABASE IF NOT EXISTS dicomkeep ');
      expect(sql).to.contain(`ALTER USER 'dicomkeep'@'localhost' IDENTIFIED BY '${password}'`);
      expect(sql).to.contain("GRANT ALL PRIVILEGES ON dicomkeep.* TO 'dicomkeep'@'localhost'");
      expect(nas.read(nas.mariadb, 'calls.log')).not.to.contain(password);
      for (const folder of [nas.etc, nas.var])
        for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
          if (statSync(join(folder, name)).isFile())
            expect(nas.read(folder, name), name).not.to.contain('HOME');
        }
    });

    it('leaves the first password as it was typed', () => {
      nas.run('postinst', 'INSTALL', { wizard_admin_password: HOSTILE });

      expect(nas.read(nas.var, 'first-password')).to.equal(`${HOSTILE}\n`);
    });

    it('says what to type into the modality', () => {
      const { words } = nas.run('postinst', 'INSTALL');

      expect(words).to.contain(
        `AE title DICOMKEEP, the address of this NAS, port ${nas.answers['wizard_dicom_port']}`,
      );
      expect(words).to.contain(`https://(address of this NAS):${nas.answers['wizard_web_port']}/`);
    });

    it('lets the icon on the desktop open the port that was chosen', () => {
      const ui = join(nas.package, 'target/ui');
      mkdirSync(ui);
      writeFileSync(join(ui, 'config'), '{ "port": "8104" }');

      nas.run('postinst', 'INSTALL', { wizard_web_port: '18104' });
      expect(nas.read(ui, 'config')).to.equal('{ "port": "18104" }\n');

      writeFileSync(join(ui, 'config'), '{ "port": "8104" }');
      nas.run('postinst', 'UPGRADE');
      expect(nas.read(ui, 'config'), 'after an update').to.equal('{ "port": "18104" }\n');
    });

    it('keeps the settings of an installation before, and asks nothing of root for them', () => {
      nas.run('postinst', 'INSTALL');
      const before = nas.read(config());
      rmSync(join(nas.mariadb, 'sql.log'));

      const { status, words } = nas.run('postinst', 'INSTALL', { wizard_ae_title: 'OTHER' });

      expect(status).to.equal(0);
      expect(words).to.match(/kept from before: AE title DICOMKEEP/);
      expect(nas.read(config())).to.equal(before);
      expect(nas.read(nas.mariadb, 'sql.log')).not.to.contain('ALTER USER');
    });

    it('leaves settings, accounts and database alone in an update', () => {
      nas.run('postinst', 'INSTALL');
      const before = nas.read(config());
      rmSync(join(nas.mariadb, 'sql.log'));

      const { status } = nas.run('postinst', 'UPGRADE', { wizard_mysql_root_password: '' });

      expect(status).to.equal(0);
      expect(nas.read(config())).to.equal(before);
      expect(existsSync(join(nas.mariadb, 'sql.log'))).to.equal(false);
    });
  });

  it('ask for the shared folder of what was kept', () => {
    nas.run('postinst', 'INSTALL');

    const { status, words } = nas.run('preinst', 'INSTALL', { wizard_share: 'another' });

    expect(status).to.equal(1);
    expect(words).to.contain('in the shared folder "dicom"');
  });

  describe('postuninst', () => {
    const remove = (status: string, answers: Record<string, string>) => {
      expect(nas.run('preuninst', status, answers).status).to.equal(0);
      rmSync(join(nas.package, 'target'), { recursive: true });
      return nas.run('postuninst', status, answers);
    };

    beforeEach(() => {
      nas.run('postinst', 'INSTALL');
      writeFileSync(join(nas.share, 'image.dcm'), '');
    });

    it('deletes nothing in an update, whatever is asked', () => {
      remove('UPGRADE', { wizard_delete_data: 'true' });

      expect(existsSync(join(nas.etc, 'dicomkeep.json5'))).to.equal(true);
    });

    it('keeps catalogue and settings unless they were to be deleted', () => {
      const { words } = remove('UNINSTALL', {});

      expect(words).to.contain('stay');
      expect(existsSync(join(nas.etc, 'dicomkeep.json5'))).to.equal(true);
      expect(nas.read(nas.mariadb, 'sql.log')).not.to.contain('DROP');
    });

    it('deletes the database and all settings where that was chosen, and never the images', () => {
      const { words } = remove('UNINSTALL', { wizard_delete_data: 'true' });

      expect(words).to.match(/images are untouched/);
      expect(nas.read(nas.mariadb, 'sql.log')).to.contain('DROP DATABASE IF EXISTS dicomkeep');
      expect(readdirSync(nas.etc)).to.deep.equal([]);
      expect(readdirSync(nas.var)).to.deep.equal([]);
      expect(readdirSync(nas.share)).to.deep.equal(['image.dcm']);
    });

    it('stops before anything is deleted where MariaDB cannot be asked', () => {
      chmodSync(join(nas.mariadb, 'mysql'), 0o600);

      const { status, words } = nas.run('preuninst', 'UNINSTALL', { wizard_delete_data: 'true' });

      expect(status).to.equal(1);
      expect(words).to.contain('Nothing was changed');
      expect(nas.run('preuninst', 'UNINSTALL', {}).status).to.equal(0);
    });
  });
});
