import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const BIN = join(import.meta.dirname, '../../bin/dicomkeep.js');

describe('The commands that only tell', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dicomkeep-questions-'));
  after(() => rmSync(folder, { recursive: true }));

  const dicomkeep = (args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [BIN, ...args], {
      encoding: 'utf8',
      env: { DICOMKEEP_DATA_DIR: folder, ...env },
    });

  it('migrate --pending: 3 while there is something to do, and nothing is done; 0 afterwards', () => {
    for (let time = 0; time < 2; time++) {
      const { status, stdout } = dicomkeep(['migrate', '--pending']);
      expect(status).to.equal(3);
      expect(stdout).to.match(/^pending: 0001_/);
    }
    expect(dicomkeep(['migrate']).stdout).to.match(/^migrated: 0001_/);
    expect(dicomkeep(['migrate', '--pending'])).to.include({ status: 0, stdout: 'nothing to migrate\n' });
  });

  it('migrate --pending: 1 where the catalogue cannot be asked', () => {
    const url = `mysql://a:b@localhost/dicomkeep?socketPath=${folder}/none`;

    expect(dicomkeep(['migrate', '--pending'], { DICOMKEEP_DATABASE_URL: url }).status).to.equal(1);
  });

  it('config KEY...: each value on a line of its own', () => {
    const { status, stdout } = dicomkeep(['config', 'dimse.port', 'aeTitles', 'storage.volumeDir'], {
      DICOMKEEP_AE_TITLE: 'A,B',
    });

    expect(status).to.equal(0);
    expect(stdout).to.equal(`11112\nA,B\n${folder}/volume\n`);
  });

  it('config: everything, without the password of the database', () => {
    const { stdout } = dicomkeep(['config'], { DICOMKEEP_DATABASE_URL: 'mysql://me:secret%40x@localhost/x' });

    const shown = JSON.parse(stdout);
    expect(shown.catalog.url).to.equal('mysql://me:…@localhost/x');
    expect(shown.dimse.port).to.equal(11112);
    expect(stdout).not.to.contain('secret');
  });

  it('config: names a key that there is not', () => {
    const { status, stderr } = dicomkeep(['config', 'dimse.porto']);

    expect(status).to.equal(1);
    expect(stderr).to.equal('dicomkeep: there is no setting dimse.porto\n');
  });
});
