import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { Problem } from '../../src/lib/problem.ts';
import { InstanceFiles, isUsableUid } from '../../src/storage/instance-files.ts';
import { refusalOf } from './problems.ts';

const LOCATION = {
  week: '2026-W47',
  studyInstanceUid: '1.2',
  seriesInstanceUid: '1.2.3',
  sopInstanceUid: '1.2.3.4',
};

const NONE = { occupied: [], missing: [] };

describe('InstanceFiles', () => {
  let root = '';
  let files: InstanceFiles;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'dicomkeep-files-'));
    mkdirSync(join(root, 'incoming'));
    files = new InstanceFiles(root);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function arrived(name: string, content = name): string {
    const path = files.incomingPathOf(name);
    writeFileSync(path, content);
    return path;
  }

  it('makes a path of week and UIDs alone', () => {
    expect(files.pathOf(LOCATION)).to.equal(join(root, '2026-W47/1.2/1.2.3/1.2.3.4.dcm'));
    expect(files.conflictPathOf('1.2', 'ab')).to.equal(join(root, 'conflicts/1.2/ab.dcm'));
    expect(files.damagedPathOf('x.dcm')).to.equal(join(root, 'damaged/x.dcm'));
  });

  it('takes UIDs of digits and dots, long ones too, and nothing that could be a path', () => {
    for (const uid of ['1', '1.2.840.10008', '01.02', '1..2', '1.', '9'.repeat(128)]) {
      expect(isUsableUid(uid), uid).to.equal(true);
    }
    for (const uid of [
      '',
      '.',
      '..',
      '.1',
      '1/2',
      '../1',
      '1.2\0',
      '1.2 ',
      '1.2\n',
      '9'.repeat(129),
      '1.2a',
      '١',
    ]) {
      expect(isUsableUid(uid), JSON.stringify(uid)).to.equal(false);
      expect(() => files.pathOf({ ...LOCATION, sopInstanceUid: uid })).to.throw('cannot be used in a path');
      expect(() => files.pathOf({ ...LOCATION, studyInstanceUid: uid })).to.throw('cannot be used in a path');
      expect(() => files.conflictPathOf(uid, 'ab')).to.throw('cannot be used in a path');
    }
  });

  it('tells how long a file is, and that there is none', async () => {
    await files.move([{ from: arrived('a.dcm', '12345'), to: files.pathOf(LOCATION) }]);

    expect(await files.sizeOf(LOCATION)).to.equal(5);
    expect(await files.sizeOf({ ...LOCATION, sopInstanceUid: '1.2.3.5' })).to.equal(undefined);
    expect(await files.sizeOf({ ...LOCATION, studyInstanceUid: '1.3' })).to.equal(undefined);
    writeFileSync(join(root, '2026-W48'), 'a file where a folder should be');
    expect(await refusalOf(files.sizeOf({ ...LOCATION, week: '2026-W48' }))).to.match(/^volume-offline: /);
  });

  it('moves many files to folders that it makes', async () => {
    const moves = Array.from({ length: 40 }, (_, index) => ({
      from: arrived(`${index}.dcm`),
      to: files.pathOf({
        ...LOCATION,
        seriesInstanceUid: `1.2.${index % 7}`,
        sopInstanceUid: `1.2.3.${index}`,
      }),
    }));

    expect(await files.move(moves)).to.deep.equal(NONE);

    for (const [index, { to }] of moves.entries())
      expect(readFileSync(to, 'latin1')).to.equal(`${index}.dcm`);
  });

  it('does no harm when a move is repeated, as after a crash', async () => {
    const move = { from: arrived('a.dcm'), to: files.pathOf(LOCATION) };
    await files.move([move]);

    expect(await files.move([move])).to.deep.equal(NONE);
    expect(await new InstanceFiles(root).move([move])).to.deep.equal(NONE);

    expect(readFileSync(move.to, 'latin1')).to.equal('a.dcm');
  });

  it('replaces nothing, and says whose place is taken', async () => {
    const to = files.pathOf(LOCATION);
    const first = { from: arrived('a.dcm'), to };
    const other = { from: arrived('c.dcm'), to: files.pathOf({ ...LOCATION, sopInstanceUid: '9' }) };
    await files.move([first]);
    const second = { from: arrived('b.dcm'), to };

    expect(await files.move([second, other])).to.deep.equal({ ...NONE, occupied: [second] });

    expect(readFileSync(to, 'latin1')).to.equal('a.dcm');
    expect(readFileSync(second.from, 'latin1')).to.equal('b.dcm');
    expect(readFileSync(other.to, 'latin1')).to.equal('c.dcm');
  });

  it('replaces nothing where two files of one call want the same place', async () => {
    const to = files.pathOf(LOCATION);
    const moves = ['a.dcm', 'b.dcm'].map((name) => ({ from: arrived(name), to }));

    const { occupied } = await files.move(moves);

    expect(occupied).to.have.length(1);
    expect(readFileSync(to, 'latin1')).not.to.equal(readFileSync(occupied[0]?.from ?? '', 'latin1'));
  });

  it('names the file that is nowhere', async () => {
    const move = { from: files.incomingPathOf('gone.dcm'), to: files.pathOf(LOCATION) };

    const other = { from: arrived('a.dcm'), to: files.pathOf({ ...LOCATION, sopInstanceUid: '9' }) };

    expect(await files.move([move, other])).to.deep.equal({ ...NONE, missing: [move] });

    expect(readFileSync(other.to, 'latin1')).to.equal('a.dcm');
  });

  it('makes folders again that somebody has removed', async () => {
    await files.move([{ from: arrived('a.dcm'), to: files.pathOf(LOCATION) }]);
    rmSync(dirname(files.pathOf(LOCATION)), { recursive: true });
    const move = { from: arrived('b.dcm'), to: files.pathOf({ ...LOCATION, sopInstanceUid: '9' }) };

    await refusalOf(files.move([move]));
    await files.move([move]);

    expect(readFileSync(move.to, 'latin1')).to.equal('b.dcm');
  });

  it('refuses as volume-offline what the file system does not do', async () => {
    writeFileSync(join(root, '2026-W47'), 'a file in the place of a folder');

    expect(await refusalOf(files.move([{ from: arrived('a.dcm'), to: files.pathOf(LOCATION) }]))).to.match(
      /^volume-offline/,
    );
  });

  it('moves nothing while the volume is away', async () => {
    const away = new InstanceFiles(root, () => Promise.reject(new Problem('volume-offline', 'away')));
    const move = { from: arrived('a.dcm'), to: files.pathOf(LOCATION) };

    expect(await refusalOf(away.move([move]))).to.equal('volume-offline: away');

    expect(existsSync(dirname(move.to))).to.equal(false);
  });

  it('removes files, gone ones too', async () => {
    const path = arrived('a.dcm');

    await files.remove([path, path, join(root, 'incoming/never.dcm')]);

    expect(existsSync(path)).to.equal(false);
  });
});
