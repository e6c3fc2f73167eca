import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readSecretFile, writeSecretFile } from '../../src/storage/secret-files.ts';

describe('A secret file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-secret-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
  const errorOf = (work: Promise<unknown>) => work.then(() => 'none', String);

  it('is read and written by its owner alone, and so is a folder that is made for it', async () => {
    const path = join(folder, 'tls/server.pem');

    await writeSecretFile(path, 'secret');

    expect(await readSecretFile(path, 100)).to.equal('secret');
    expect(modeOf(path)).to.equal('600');
    expect(modeOf(join(folder, 'tls'))).to.equal('700');
  });

  it('takes the place of the one before as a whole, whatever mode that had', async () => {
    const path = join(folder, 'settings.json');
    writeFileSync(path, 'a longer text that was there before');
    chmodSync(path, 0o644);

    await writeSecretFile(path, 'new');

    expect(readFileSync(path, 'utf8')).to.equal('new');
    expect(modeOf(path)).to.equal('600');
    expect(readdirSync(folder)).to.deep.equal(['settings.json']);
  });

  it('takes away, when it is written, drafts that a power cut has left, and nothing else', async () => {
    const path = join(folder, 'server.pem');
    const left = (name: string, ageMs: number) => {
      const time = new Date(Date.now() - ageMs);
      writeFileSync(join(folder, name), 'secret');
      utimesSync(join(folder, name), time, time);
    };
    left('.server.pem.0123456789ab', 3_600_000);
    left('.server.pem.ba9876543210', 1000);
    left('.server.pem.note', 3_600_000);
    left('.other.pem.0123456789ab', 3_600_000);

    await writeSecretFile(path, 'new');

    expect(readdirSync(folder).sort()).to.deep.equal([
      '.other.pem.0123456789ab',
      '.server.pem.ba9876543210',
      '.server.pem.note',
      'server.pem',
    ]);
  });

  it('leaves nothing behind where it cannot be put in place', async () => {
    const path = join(folder, 'taken');
    mkdirSync(path);

    expect(await errorOf(writeSecretFile(path, 'x'))).to.match(/EISDIR|ENOTEMPTY|EEXIST/);

    expect(readdirSync(folder)).to.deep.equal(['taken']);
  });

  it('is undefined where there is none, and refused where it is too long', async () => {
    const path = join(folder, 'long');
    writeFileSync(path, '0123456789');

    expect(await readSecretFile(join(folder, 'absent'), 10)).to.equal(undefined);
    expect(await readSecretFile(path, 10)).to.equal('0123456789');
    expect(await errorOf(readSecretFile(path, 9))).to.contain(`${path} has 10 bytes, more than 9`);
  });
});
