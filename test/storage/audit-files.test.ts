import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { AuditFiles, type AuditFilesOptions } from '../../src/storage/audit-files.ts';
import { removeFolder, temporaryFolder } from '../helpers/server.ts';

describe('The files of the audit trail', () => {
  let dir: string;
  const opened: AuditFiles[] = [];

  beforeEach(() => {
    dir = join(temporaryFolder('audit'), 'audit');
  });
  afterEach(async () => {
    for (const files of opened.splice(0)) await files.close();
    removeFolder(join(dir, '..'));
  });

  function open(options: Partial<AuditFilesOptions> = {}): AuditFiles {
    const files = new AuditFiles({ dir, fileBytesMax: 100, filesMax: 3, ...options });
    opened.push(files);
    return files;
  }

  const names = () => readdirSync(dir).sort();
  const textOf = (name: string) => readFileSync(join(dir, name), 'utf8');

  it('are for us alone', async () => {
    await open().append('one\n');

    expect(statSync(dir).mode & 0o777).to.equal(0o700);
    expect(statSync(join(dir, 'audit-00000001.xml')).mode & 0o777).to.equal(0o600);
    expect(textOf('audit-00000001.xml')).to.equal('one\n');
  });

  it('are put aside before they become too long, and the oldest are removed', async () => {
    const files = open();

    for (let count = 1; count <= 6; count++) await files.append(`${String(count).repeat(59)}\n`);

    expect(names()).to.deep.equal(['audit-00000004.xml', 'audit-00000005.xml', 'audit-00000006.xml']);
    expect(textOf('audit-00000004.xml')).to.equal(`${'4'.repeat(59)}\n`);
  });

  it('take a line that is longer than a file may be, for no line is cut', async () => {
    const files = open();

    await files.append('short\n');
    await files.append(`${'x'.repeat(500)}\n`);
    await files.append('next\n');

    expect(names()).to.have.lengthOf(3);
    expect(textOf('audit-00000002.xml')).to.have.lengthOf(501);
  });

  it('are gone on with after a restart', async () => {
    await open().append('one\n');

    await open().append('two\n');

    expect(textOf('audit-00000001.xml')).to.equal('one\ntwo\n');
  });

  it('lose the torn line that a power cut has left, and nothing else', async () => {
    await open().append('one\n');
    appendFileSync(join(dir, 'audit-00000001.xml'), 'x'.repeat(200_000));

    await open({ fileBytesMax: 1_000_000 }).append('two\n');

    expect(textOf('audit-00000001.xml')).to.equal('one\ntwo\n');
  });

  it('are begun anew, with the next number, where somebody has removed them while they were written', async () => {
    const files = open();
    await files.append('one\n');
    removeFolder(dir);

    await files.append('two\n');
    await files.append('three\n');

    expect(names()).to.deep.equal(['audit-00000002.xml']);
    expect(textOf('audit-00000002.xml')).to.equal('two\nthree\n');
    expect((await files.read({ file: 1, offset: 4 }, 1000)).lines).to.deep.equal(['two', 'three']);
  });

  it('are opened once, and a torn line cut once, whoever asks for them at the same time', async () => {
    await open().append('one\n');
    appendFileSync(join(dir, 'audit-00000001.xml'), 'torn');
    const files = open();

    const [, end] = await Promise.all([files.append('two\n'), files.end(), files.append('three\n')]);

    expect(textOf('audit-00000001.xml')).to.equal('one\ntwo\nthree\n');
    expect(end).to.deep.equal({ file: 1, offset: 8 });
  });

  it('are none of ours under other names', async () => {
    await open().append('one\n');
    writeFileSync(join(dir, 'audit-9.xml'), 'other');
    writeFileSync(join(dir, 'sent.json'), '{}');

    const { lines } = await open().read({ file: 0, offset: 0 }, 1000);

    expect(lines).to.deep.equal(['one']);
  });

  it('are read from any place on, in pieces, across files, to the end', async () => {
    const files = open({ filesMax: 100 });
    const written = Array.from({ length: 20 }, (_, index) => `line ${index} äöü ${'y'.repeat(index)}`);
    for (const line of written) await files.append(`${line}\n`);

    const read: string[] = [];
    let position = { file: 1, offset: 0 };
    for (;;) {
      const { lines, next, isGap } = await files.read(position, 64);
      expect(isGap).to.equal(false);
      if (lines.length === 0) break;
      read.push(...lines);
      position = next;
    }

    expect(read).to.deep.equal(written);
    expect(position).to.deep.equal(await files.end());
    await files.append('more\n');
    expect((await files.read(position, 64)).lines).to.deep.equal(['more']);
  });

  it('give a line that is longer than what was asked for whole, and a line that is being written not yet', async () => {
    const files = open({ fileBytesMax: 10_000 });
    await files.append(`${'x'.repeat(5000)}\n`);
    appendFileSync(join(dir, 'audit-00000001.xml'), 'half');

    const { lines, next } = await files.read({ file: 1, offset: 0 }, 10);

    expect(lines).to.deep.equal(['x'.repeat(5000)]);
    expect((await files.read(next, 10)).lines).to.deep.equal([]);
  });

  it('say that lines are missing, where the file that was to be read is gone', async () => {
    const files = open();
    for (let count = 1; count <= 5; count++) await files.append(`${String(count).repeat(80)}\n`);

    const { lines, isGap } = await files.read({ file: 1, offset: 0 }, 1000);

    expect(isGap).to.equal(true);
    expect(lines[0]).to.equal('3'.repeat(80));
  });

  it('cannot be written where the folder cannot be made, and can as soon as it can be', async () => {
    const blocked = join(dir, '..', 'blocked');
    writeFileSync(blocked, '');
    const files = open({ dir: join(blocked, 'audit') });

    const failure = await files.append('one\n').catch((error: Error) => error.message);
    expect(failure).to.match(/ENOTDIR|EEXIST/);
    removeFolder(blocked);
    await files.append('two\n');

    expect(existsSync(join(blocked, 'audit/audit-00000001.xml'))).to.equal(true);
  });
});
