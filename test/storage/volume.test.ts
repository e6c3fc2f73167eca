import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { MARKER_NAME, Volume } from '../../src/storage/volume.ts';
import { refusalOf } from './problems.ts';

const NO_LIMITS = { reserveBytes: 0, expectedId: undefined };
/** Longer than a look at the volume holds good. */
const STALE_MS = 300;

describe('Volume (storage/FORMAT.md)', () => {
  let folder = '';
  let path = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-volume-'));
    path = join(folder, 'volume');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const markerPath = () => join(path, MARKER_NAME);
  const readMarker = () => JSON.parse(readFileSync(markerPath(), 'utf8')) as Record<string, unknown>;

  it('is made of a new folder, with a marker that names it', async () => {
    await Volume.create(path);

    expect(readdirSync(path)).to.deep.equal([MARKER_NAME]);
    expect(readMarker()).to.include({ format: 1 });
    expect(readMarker()['id']).to.match(/^[0-9a-f-]{36}$/);
    const volume = new Volume(path, NO_LIMITS);
    expect(volume.id).to.equal(undefined);
    await volume.assertWritable();
    expect(volume.id).to.equal(readMarker()['id']);
  });

  it('is made of an empty folder, whatever a file system or a NAS keeps in it', async () => {
    mkdirSync(join(path, 'lost+found'), { recursive: true });
    mkdirSync(join(path, '#recycle'));
    mkdirSync(join(path, '@eaDir'));
    writeFileSync(join(path, '.hidden'), '');
    writeFileSync(join(path, `.${MARKER_NAME}`), '{"format":'); // a power cut within an earlier attempt

    await Volume.create(path);

    expect(readMarker()['id']).to.match(/^[0-9a-f-]{36}$/);
  });

  it('keeps its marker when it is made again', async () => {
    await Volume.create(path);
    const { id } = readMarker();

    await Volume.create(path);

    expect(readMarker()['id']).to.equal(id);
  });

  it('is not made of a folder that holds other things', async () => {
    mkdirSync(path);
    writeFileSync(join(path, 'holiday.jpg'), '');

    expect(await refusalOf(Volume.create(path))).to.match(
      /^volume-offline: .* is not empty and has no dicomkeep-volume.json/,
    );

    expect(readdirSync(path)).to.deep.equal(['holiday.jpg']);
  });

  for (const [name, text] of [
    ['no JSON', '{"format":1,'],
    ['null', 'null'],
    ['of another format', '{"format":2,"id":"x"}'],
    ['without an id', '{"format":1}'],
    ['empty', ''],
  ]) {
    it(`is offline, and not made anew, with a marker that is ${name}`, async () => {
      mkdirSync(path);
      writeFileSync(markerPath(), text ?? '');

      expect(await refusalOf(new Volume(path, NO_LIMITS).assertOnline())).to.equal(
        'volume-offline: dicomkeep-volume.json is not of format 1',
      );
      expect(await refusalOf(Volume.create(path))).to.match(/^volume-offline/);
      expect(readFileSync(markerPath(), 'utf8')).to.equal(text);
    });
  }

  it('is offline without its marker, as an empty mount point is, and back when the marker is (promise 7)', async () => {
    await Volume.create(path);
    const volume = new Volume(path, NO_LIMITS);
    await volume.assertWritable();
    renameSync(path, `${path}-unmounted`);
    mkdirSync(path);
    await wait(STALE_MS);

    expect(await refusalOf(volume.assertWritable())).to.equal(
      `volume-offline: volume marker missing in ${path}: not mounted?`,
    );

    rmSync(path, { recursive: true });
    await wait(STALE_MS);
    expect(await refusalOf(volume.assertWritable())).to.match(/^volume-offline/);
    renameSync(`${path}-unmounted`, path);
    await wait(STALE_MS);
    await volume.assertWritable();
  });

  it('is offline where another volume is mounted in its place', async () => {
    await Volume.create(path);
    const volume = new Volume(path, NO_LIMITS);
    await volume.assertOnline();
    rmSync(path, { recursive: true });
    await Volume.create(path);
    await wait(STALE_MS);

    expect(await refusalOf(volume.assertOnline())).to.equal(`volume-offline: ${path} is another volume`);

    const expected = new Volume(path, { ...NO_LIMITS, expectedId: 'another' });
    expect(await refusalOf(expected.assertOnline())).to.equal(`volume-offline: ${path} is another volume`);
    expect(expected.id).to.equal('another');
  });

  it('is full at its reserve, and still online', async () => {
    await Volume.create(path);
    const { bavail, bsize } = statfsSync(path);
    const full = new Volume(path, { ...NO_LIMITS, reserveBytes: bavail * bsize * 2 + 1 });

    expect(await refusalOf(full.assertWritable())).to.match(
      /^storage-full: disk reserve of \d+ bytes reached$/,
    );
    await full.assertOnline();
    expect(full.usableBytes).to.be.lessThan(0);
  });

  it('takes another reserve while it is used', async () => {
    await Volume.create(path);
    const volume = new Volume(path, NO_LIMITS);
    await volume.assertWritable();
    const { freeBytes = 0, totalBytes = 0 } = volume.space ?? {};
    expect(freeBytes).to.be.within(1, totalBytes);

    volume.reserveBytes = totalBytes;

    expect(await refusalOf(volume.assertWritable(1))).to.equal(
      `storage-full: disk reserve of ${totalBytes} bytes reached`,
    );
  });

  it('counts what is about to be written between two looks', async () => {
    await Volume.create(path);
    const volume = new Volume(path, NO_LIMITS);
    await volume.assertWritable();

    expect(await refusalOf(volume.assertWritable(volume.usableBytes + 1))).to.match(/^storage-full/);
  });
});
