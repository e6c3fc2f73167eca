import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Incoming } from '../../src/storage/incoming.ts';
import { Volume } from '../../src/storage/volume.ts';
import { refusalOf } from './problems.ts';

const OPTIONS = { preopenedFiles: 4, rollingSyncBytes: 1024 * 1024 };
const STALE_MS = 300;

describe('Incoming', () => {
  let folder = '';
  let volume: Volume;
  let incoming: Incoming;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-incoming-'));
    const path = join(folder, 'volume');
    await Volume.create(path);
    volume = new Volume(path, { reserveBytes: 0, expectedId: undefined });
    incoming = new Incoming(volume, OPTIONS);
  });
  afterEach(async () => {
    await incoming.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives every caller a file of its own, also more at once than are opened ahead', async () => {
    const files = await Promise.all(Array.from({ length: 19 }, () => incoming.begin()));

    expect(new Set(files.map(({ path }) => path)).size).to.equal(19);
    for (const file of files) expect(existsSync(file.path), file.name).to.equal(true);
    await Promise.all(files.map((file) => file.discard()));
  });

  it('opens files ahead, and removes those that were never used at its end', async () => {
    const file = await incoming.begin();
    file.write(Buffer.from('abc'));
    await file.commit(Buffer.alloc(0));
    while (readdirSync(incoming.folder).length < 4) await wait(5);

    await incoming.close();

    expect(readdirSync(incoming.folder)).to.deep.equal([file.name]);
    expect(readFileSync(file.path, 'latin1')).to.equal('abc');
  });

  it('tells the files of an earlier run from its own', async () => {
    const earlier = new Incoming(volume, OPTIONS);
    const left = await earlier.begin();
    const own = await incoming.begin();
    writeFileSync(join(incoming.folder, 'notes.txt'), '');

    const leftovers = await incoming.leftovers();

    expect(leftovers).to.include(left.name);
    expect(leftovers).not.to.include(own.name);
    expect(leftovers).not.to.include('notes.txt');
    await left.discard();
    await own.discard();
    await earlier.close();
  });

  it('has no leftovers on a new volume', async () => {
    expect(await incoming.leftovers()).to.deep.equal([]);
  });

  it('refuses while the volume is away, also what would be open already', async () => {
    const file = await incoming.begin();
    await file.discard();
    await wait(20);
    renameSync(volume.path, `${volume.path}-away`);
    await wait(STALE_MS);

    expect(await refusalOf(incoming.begin())).to.match(/^volume-offline/);

    renameSync(`${volume.path}-away`, volume.path);
    await wait(STALE_MS);
    const again = await incoming.begin();
    await again.discard();
  });

  it('says what is wrong where its folder cannot be made', async () => {
    writeFileSync(incoming.folder, 'a file in the place of the folder');

    expect(await refusalOf(incoming.begin())).to.match(/^volume-offline: volume not writable/);
  });

  it('gives nothing more once it is closed', async () => {
    await incoming.close();

    expect(await refusalOf(incoming.begin())).to.equal('volume-offline: the server stops');
  });

  it('lets go who waits for a file when it is closed', async () => {
    const waiting = Array.from({ length: 12 }, () =>
      refusalOf(incoming.begin().then((file) => file.discard())),
    );

    await incoming.close();

    for (const refusal of await Promise.all(waiting)) {
      expect(refusal).to.be.oneOf(['none', 'volume-offline: the server stops']);
    }
  });
});
