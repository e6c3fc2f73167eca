import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { type ShortFile, ShortFiles } from '../../src/storage/short-files.ts';
import { refusalOf } from './problems.ts';

const OFFSET = 300;
const SIZES = [1, 5000, 64 * 1024, 64 * 1024 + 1, 300_001, 768 * 1024];

describe('ShortFiles', () => {
  let folder = '';
  let files: ShortFiles;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-short-'));
    for (const size of SIZES) writeFileSync(pathOf(size), contentOf(size));
    execFileSync('mkfifo', [join(folder, 'slow')]);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const pathOf = (size: number) => join(folder, `${size}.dcm`);
  const contentOf = (size: number) =>
    Buffer.from(Array.from({ length: OFFSET + size }, (_, at) => (at * 7 + size + (at >> 8)) & 0xff));
  const dataSetOf = (size: number) => contentOf(size).subarray(OFFSET);
  const readAll = (sizes: readonly number[]): Promise<ShortFile[]> =>
    Promise.all(sizes.map((size) => files.read(pathOf(size), OFFSET, size)));

  /** Its thread is there. */
  async function running(): Promise<ShortFiles> {
    const begun = new ShortFiles();
    const deadline = performance.now() + 10_000;
    while (!begun.canRead(1)) {
      if (performance.now() > deadline) throw new Error('no thread within 10 s');
      await wait(2);
    }
    return begun;
  }

  beforeEach(async () => {
    files = await running();
  });
  afterEach(() => files.close());

  it('gives the data set of each file, and no byte of what stands before it', async () => {
    const read = await readAll(SIZES);

    for (const [index, { bytes }] of read.entries())
      expect(bytes.equals(dataSetOf(SIZES[index] ?? 0)), `${SIZES[index]} bytes`).to.equal(true);
  });

  it('leaves bytes alone until they are released, and reads into no buffer twice at a time', async () => {
    const [first] = await readAll([5000]);
    const others = await readAll(Array.from({ length: 20 }, () => 64 * 1024));

    expect(first?.bytes.equals(dataSetOf(5000))).to.equal(true);

    first?.release();
    first?.release();
    const again = await readAll([5000, 1, 5000]);
    expect(again.map(({ bytes }) => bytes.equals(dataSetOf(bytes.length)))).to.deep.equal([true, true, true]);
    expect(others.every(({ bytes }) => bytes.equals(dataSetOf(64 * 1024)))).to.equal(true);
  });

  it('says which file is missing or too short, and reads the others', async () => {
    const missing = files.read(join(folder, 'no.dcm'), 0, 10);
    const short = files.read(pathOf(5000), OFFSET, 5001);
    const ofFolder = files.read(folder, 0, 10);
    const [whole] = await readAll([5000]);

    expect(await refusalOf(missing)).to.match(/^not-found: no file .*no\.dcm$/);
    expect(await refusalOf(short)).to.equal('not-found: the file is shorter than its data set');
    expect(await refusalOf(ofFolder)).to.match(/^volume-offline: .*EISDIR/);
    expect(whole?.bytes.equals(dataSetOf(5000))).to.equal(true);
  });

  it('is not the way for what is not short, and none while its thread is not there', async () => {
    expect([0, 1, 768 * 1024, 768 * 1024 + 1].map((size) => files.canRead(size))).to.deep.equal([
      false,
      true,
      true,
      false,
    ]);

    await files.close();
    expect(files.canRead(1)).to.equal(false);
  });

  it('has so many buffers and no more, and takes none that is not its size', async () => {
    const held = await readAll(Array.from({ length: 16 }, () => 300_001));
    expect(files.canRead(300_001)).to.equal(false);

    held.pop()?.release();
    // A read that took long is no reason any more then.
    await wait(600);
    expect(files.canRead(300_001)).to.equal(true);
    const reading = readAll([300_001]);
    expect(files.canRead(300_001)).to.equal(false);
    expect(files.canRead(64 * 1024)).to.equal(true);
    const [again] = await reading;
    expect(again?.bytes.equals(dataSetOf(300_001))).to.equal(true);
  });

  it('is not the way from the moment in which its thread is told to end', async () => {
    const closing = files.close();

    expect(files.canRead(1)).to.equal(false);
    await closing;
  });

  it('is not the way for a while where a file has kept it waiting', async () => {
    const [before] = await readAll([5000]);
    const slow = files.read(join(folder, 'slow'), 0, 4).catch((error: unknown) => error);
    await wait(50);
    // A pipe that nobody writes to is as a disk that has to start: until then the thread waits, and nobody else.
    const writer = await open(join(folder, 'slow'), 'r+');
    expect(await slow, 'nothing is read from a place of a pipe').to.be.instanceOf(Error);
    await writer.close();

    expect(before?.bytes.length).to.equal(5000);
    expect(files.canRead(5000)).to.equal(false);
    await wait(600);
    expect(files.canRead(5000)).to.equal(true);
  });

  it('tells whoever waits when its thread ends', async () => {
    const slow = files.read(join(folder, 'slow'), 0, 4);
    const refused = refusalOf(slow);
    await wait(20);
    const closing = files.close();
    const writer = await open(join(folder, 'slow'), 'r+');
    await closing;
    await writer.close();

    expect(await refused).to.match(/^volume-offline: .*the reading thread has ended/);
  });
});
