import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodeFileMeta } from '../../src/dicom/file-meta.ts';
import { giveBuffer, POOLED_BYTES_MAX, takeBuffer } from '../../src/storage/buffer-pool.ts';
import { InstanceReader, readFileHead } from '../../src/storage/instance-reader.ts';
import { refusalOf } from './problems.ts';

const OFFSET = 700;
const PIECE_BYTES = 64 * 1024;

describe('InstanceReader', () => {
  let folder = '';
  let path = '';
  const content = Buffer.alloc(OFFSET + 5 * PIECE_BYTES + 123);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-reader-'));
    path = join(folder, 'instance.dcm');
    for (let at = 0; at < content.length; at++) content[at] = (at * 7 + (at >> 8)) & 0xff;
    writeFileSync(path, content);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const sizeBytes = content.length - OFFSET;
  const isOpen = () =>
    readdirSync('/proc/self/fd').some((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === path;
      } catch {
        return false;
      }
    });

  /** Until nobody holds the file open: the last call of `close` is not waited for. */
  async function closed(): Promise<void> {
    while (isOpen()) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** The spare buffers of a size, each once or not at all. */
  function sparesOf(bytes: number): Buffer[] {
    const taken = Array.from({ length: 300 }, () => takeBuffer(bytes));
    for (const buffer of taken) giveBuffer(buffer);
    return taken;
  }

  it('gives the data set in pieces', async () => {
    const reader = await InstanceReader.open(path, OFFSET, sizeBytes, PIECE_BYTES);
    const pieces: Buffer[] = [];
    for await (const piece of reader.pieces()) pieces.push(Buffer.from(piece));

    expect(pieces.map(({ length }) => length)).to.deep.equal([
      ...Array.from({ length: 5 }, () => PIECE_BYTES),
      123,
    ]);
    expect(Buffer.concat(pieces).equals(content.subarray(OFFSET))).to.equal(true);
    await closed();
  });

  it('reads no byte beyond the data set', async () => {
    const reader = await InstanceReader.open(path, OFFSET, 10, PIECE_BYTES);
    const pieces: Buffer[] = [];
    for await (const piece of reader.pieces()) pieces.push(Buffer.from(piece));

    expect(pieces).to.deep.equal([content.subarray(OFFSET, OFFSET + 10)]);
  });

  it('leaves a piece alone until the next one is asked for', async () => {
    const reader = await InstanceReader.open(path, OFFSET, sizeBytes, PIECE_BYTES);
    const pieces = reader.pieces();
    let at = OFFSET;
    for (;;) {
      const next = await pieces.next();
      if (next.done === true) break;
      const others = Array.from({ length: 8 }, () => takeBuffer(PIECE_BYTES));
      for (const other of others) other.fill(0xee);
      await new Promise((resolve) => setTimeout(resolve, 2));
      expect(next.value.equals(content.subarray(at, at + next.value.length))).to.equal(true);
      for (const other of others) giveBuffer(other);
      at += next.value.length;
    }
    expect(at).to.equal(content.length);
  });

  for (const taken of [0, 1, 3]) {
    it(`gives every buffer back once, and closes the file, when it is closed after ${taken} pieces`, async () => {
      const reader = await InstanceReader.open(path, OFFSET, sizeBytes, PIECE_BYTES);
      const pieces = reader.pieces();
      for (let count = 0; count < taken; count++) await pieces.next();

      await pieces.return();
      await reader.close();
      await reader.close();

      const spares = sparesOf(PIECE_BYTES);
      expect(new Set(spares).size, 'no buffer twice').to.equal(spares.length);
      await closed();
    });
  }

  it('says so where the file is shorter than its data set, and closes it', async () => {
    const reader = await InstanceReader.open(path, OFFSET, sizeBytes + 1, PIECE_BYTES);
    let count = 0;
    const read = async () => {
      for await (const piece of reader.pieces()) count += piece.length;
    };

    expect(await refusalOf(read())).to.equal('not-found: the file is shorter than its data set');

    expect(count).to.equal(5 * PIECE_BYTES);
    await closed();
  });

  it('reads no piece before it is asked for, where it is told so', async () => {
    const changing = join(folder, 'changing.dcm');
    writeFileSync(changing, content);
    const reader = await InstanceReader.open(changing, OFFSET, sizeBytes, PIECE_BYTES);
    const pieces = reader.pieces(false);
    await pieces.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(changing, Buffer.alloc(content.length, 0xee));

    const rest: Buffer[] = [];
    for await (const piece of pieces) rest.push(Buffer.from(piece));

    expect(Buffer.concat(rest).equals(Buffer.alloc(sizeBytes - PIECE_BYTES, 0xee))).to.equal(true);
  });

  it('says so where there is no file, or none that can be read', async () => {
    expect(await refusalOf(InstanceReader.open(join(folder, 'no.dcm'), 0, 1))).to.match(
      /^not-found: no file/,
    );
    const ofFolder = InstanceReader.open(folder, 0, 1).then(async (reader) => {
      for await (const piece of reader.pieces()) void piece;
    });
    expect(await refusalOf(ofFolder)).to.match(/^volume-offline/);
  });
});

describe('InstanceReader, of a file of which nothing is known', () => {
  let folder = '';
  let path = '';
  const fileMeta = encodeFileMeta({
    sopClassUid: '1.2.3',
    sopInstanceUid: '1.2.3.4',
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    sourceAeTitle: 'CT1',
  });

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dicomkeep-reader-'));
    path = join(folder, 'instance.dcm');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const isOpen = () =>
    readdirSync('/proc/self/fd').some((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === path;
      } catch {
        return false;
      }
    });

  for (const [words, dataSetBytes] of [
    ['short', 1000],
    ['long', 3 * PIECE_BYTES + 5],
    ['empty', 0],
  ] as const) {
    it(`gives what the file says of itself, and a ${words} data set`, async () => {
      const dataSet = Buffer.from(
        Array.from({ length: dataSetBytes }, (_, at) => (at * 7 + (at >> 8)) & 0xff),
      );
      writeFileSync(path, Buffer.concat([fileMeta, dataSet]));

      const { head, reader } = await InstanceReader.openWithHead(path, PIECE_BYTES);
      const pieces: Buffer[] = [];
      for await (const piece of reader.pieces()) pieces.push(Buffer.from(piece));

      expect(head).to.deep.include({ dataSetOffset: fileMeta.length, dataSetBytes, proof: undefined });
      expect(head?.meta.sopInstanceUid).to.equal('1.2.3.4');
      expect(Buffer.concat(pieces).equals(dataSet)).to.equal(true);
      expect(isOpen()).to.equal(false);
      expect(await readFileHead(path)).to.deep.equal(head);
    });
  }

  it('gives no head where nothing stands in its place', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(50), Buffer.alloc(5000)]) {
      writeFileSync(path, bytes);

      const { head, reader } = await InstanceReader.openWithHead(path);
      await reader.close();

      expect(head).to.equal(undefined);
      expect(isOpen()).to.equal(false);
      expect(await refusalOf(readFileHead(path))).to.equal('unreadable-data-set: no DICOM Part 10 file');
    }
  });

  it('says so of a file that is none of ours, one that is cut, and none at all, and leaves nothing open', async () => {
    const refused = async (bytes: Buffer) => {
      writeFileSync(path, bytes);
      const refusal = await refusalOf(InstanceReader.openWithHead(path));
      expect(isOpen()).to.equal(false);
      return refusal;
    };

    expect(await refused(Buffer.from('no DICOM'))).to.equal('unreadable-data-set: no DICOM Part 10 file');
    expect(await refused(fileMeta.subarray(0, -1))).to.equal(
      'unreadable-data-set: File Meta Information cut short',
    );
    rmSync(path);
    expect(await refusalOf(InstanceReader.openWithHead(path))).to.match(/^not-found: no file/);
    expect(await refusalOf(InstanceReader.openWithHead(folder))).to.match(/^volume-offline/);
  });
});

describe('takeBuffer', () => {
  // The pool is one for all: what others gave is taken out first.
  beforeEach(() => {
    for (const bytes of [1, 100_000, POOLED_BYTES_MAX])
      for (let count = 0; count < 300; count++) takeBuffer(bytes);
  });

  it('gives at least as many bytes as asked for, and the same buffers again', () => {
    for (const bytes of [0, 1, 65_536, 65_537, 300_000, POOLED_BYTES_MAX]) {
      const buffer = takeBuffer(bytes);
      expect(buffer.length).to.be.at.least(bytes);
      giveBuffer(buffer);
      expect(takeBuffer(bytes)).to.equal(buffer);
    }
  });

  it('keeps no buffer that it did not give', () => {
    const foreign = Buffer.alloc(1000);
    giveBuffer(foreign);

    expect(takeBuffer(1000)).not.to.equal(foreign);
  });

  it('keeps a bounded number of them', () => {
    const buffers = Array.from({ length: 40 }, () => takeBuffer(POOLED_BYTES_MAX));
    for (const buffer of buffers) giveBuffer(buffer);
    const known = new Set(buffers);

    const again = Array.from({ length: 40 }, () => takeBuffer(POOLED_BYTES_MAX));

    expect(again.filter((buffer) => known.has(buffer)).length).to.be.within(1, 16);
  });
});
