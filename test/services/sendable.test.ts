import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { StoredInstance } from '../../src/catalog/catalog.ts';
import { uids } from '../../src/dicom/uids.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { Decoder } from '../../src/services/decoded-pixels.ts';
import { openSendable, type Sendable } from '../../src/services/sendable.ts';
import type { ShortFile, ShortFiles } from '../../src/storage/short-files.ts';
import { refusalOf } from '../storage/problems.ts';
import { ctDataSet, encoded } from './fixtures.ts';

const OFFSET = 8;
const EXPLICIT = uids.ExplicitVRLittleEndian;
const IMPLICIT = uids.ImplicitVRLittleEndian;

/** In the place of the thread: says how long a file it takes, and what it was asked for. */
class FakeShortFiles {
  sizeBytesMax = Infinity;
  readonly asked: string[] = [];
  held = 0;
  hasEnded = false;

  canRead(sizeBytes: number): boolean {
    return sizeBytes <= this.sizeBytesMax;
  }

  async read(path: string, offset: number, sizeBytes: number): Promise<ShortFile> {
    this.asked.push(`${path} ${offset} ${sizeBytes}`);
    if (this.hasEnded) throw new Problem('volume-offline', 'the reading thread has ended');
    if (path.endsWith('gone')) throw new Problem('not-found', `no file ${path}`);
    this.held += 1;
    let isReleased = false;
    const release = () => {
      if (!isReleased) this.held -= 1;
      isReleased = true;
    };
    return { bytes: Buffer.alloc(sizeBytes, 'x'), release };
  }
}

describe('openSendable', () => {
  const dataSet = encoded(ctDataSet(1, 1, 1));
  let folder = '';
  let path = '';
  let shortFiles: FakeShortFiles;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-sendable-'));
    path = join(folder, 'instance.dcm');
    writeFileSync(path, Buffer.concat([Buffer.alloc(OFFSET), dataSet]));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => {
    shortFiles = new FakeShortFiles();
  });

  function opened(to: string, from = path): Promise<Sendable> {
    const place = { dataSetOffset: OFFSET, sizeBytes: dataSet.length, transferSyntaxUid: EXPLICIT };
    const means = { decoder: {} as Decoder, shortFiles: shortFiles as unknown as ShortFiles };
    return openSendable(from, place as unknown as StoredInstance, to, means);
  }

  async function bytesOf(sendable: Sendable): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of (await sendable.prepare()).pieces) pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  }

  it('reads a short data set that is sent as it lies in one go, and holds it until it is taken', async () => {
    const sendable = await opened(EXPLICIT);

    expect(shortFiles.asked).to.deep.equal([`${path} ${OFFSET} ${dataSet.length}`]);
    expect((await sendable.prepare()).sizeBytes).to.equal(dataSet.length);
    expect(shortFiles.held).to.equal(1);
    expect(await bytesOf(sendable)).to.deep.equal(Buffer.alloc(dataSet.length, 'x'));
    expect(shortFiles.held).to.equal(0);
    await sendable.close();
    expect(shortFiles.held).to.equal(0);
  });

  it('lets go of a short one that is not sent', async () => {
    const sendable = await opened(EXPLICIT);
    expect(shortFiles.held).to.equal(1);

    await sendable.close();
    expect(shortFiles.held).to.equal(0);
  });

  it('reads a short one the other way where the thread ends meanwhile', async () => {
    shortFiles.hasEnded = true;
    const sendable = await opened(EXPLICIT);

    expect((await bytesOf(sendable)).equals(dataSet)).to.equal(true);
    expect(shortFiles.asked).to.have.lengthOf(1);
    await sendable.close();
  });

  it('refuses before anything is sent where a short one cannot be read', async () => {
    expect(await refusalOf(opened(EXPLICIT, join(folder, 'gone')))).to.match(/^not-found: no file /);
  });

  it('reads piece by piece what is longer, and what has to be converted', async () => {
    const converted = await opened(IMPLICIT);
    await bytesOf(converted);
    await converted.close();
    shortFiles.sizeBytesMax = dataSet.length - 1;
    const longer = await opened(EXPLICIT);

    expect((await bytesOf(longer)).equals(dataSet)).to.equal(true);
    await longer.close();
    expect(shortFiles.asked).to.deep.equal([]);
  });
});
