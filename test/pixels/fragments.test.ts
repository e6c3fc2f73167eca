import { expect } from 'chai';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { uids } from '../../src/dicom/uids.ts';
import { type DataSetSource, memorySource } from '../../src/pixels/data-set-source.ts';
import { Fragments } from '../../src/pixels/fragments.ts';
import { refusalOf } from '../storage/problems.ts';
import { encapsulatedPixelData, item, openImage } from './fixtures.ts';

/** What begins as a JPEG stream, and what goes on with it. */
const start = (tail: string) => Buffer.from(`ffd8ffe0${tail}`, 'hex');
const more = (tail: string) => Buffer.from(tail, 'hex');

const A1 = start('a1a1');
const A2 = more('a2a2a2a2');
const B1 = start('b1b1');
const B2 = more('b2b2');

async function frame(index: number, numberOfFrames: number, pixelData: Buffer): Promise<string> {
  const frames = await openImage({
    module: { numberOfFrames },
    transferSyntaxUid: uids.JPEGBaseline8Bit,
    pixelData,
  });
  const { bytes, isCompressed } = await frames.read(index);
  expect(isCompressed).to.equal(true);
  return bytes.toString('hex');
}

const joined = (...fragments: Buffer[]) => Buffer.concat(fragments).toString('hex');

describe('Fragments of encapsulated Pixel Data (PS3.5 §A.4)', () => {
  const fragments = [A1, A2, B1, B2];
  const secondOffset = item(A1).length + item(A2).length;

  it('are joined as the Basic Offset Table says', async () => {
    // None of these begins as a stream does: the table alone can tell.
    const unmarked = [more('0102'), more('0304'), more('0506')];
    const pixelData = encapsulatedPixelData([0, 20], unmarked);

    expect(await frame(0, 2, pixelData)).to.equal('01020304');
    expect(await frame(1, 2, pixelData)).to.equal('0506');
  });

  it('are taken one a frame without a table', async () => {
    const pixelData = encapsulatedPixelData([], [more('0102'), more('0304')]);

    expect(await frame(1, 2, pixelData)).to.equal('0304');
  });

  it('are all of the one frame', async () => {
    expect(await frame(0, 1, encapsulatedPixelData([], fragments))).to.equal(joined(...fragments));
  });

  it('are parted where streams begin, without a table', async () => {
    const pixelData = encapsulatedPixelData([], fragments);

    expect(await frame(0, 2, pixelData)).to.equal(joined(A1, A2));
    expect(await frame(1, 2, pixelData)).to.equal(joined(B1, B2));
  });

  for (const [what, table] of [
    ['leads between the items', [0, secondOffset + 2]],
    ['goes backwards', [secondOffset, 0]],
    ['leads beyond the end', [0, 1_000_000]],
    ['is too short', [0]],
  ] as const) {
    it(`are parted where streams begin, with a table that ${what}`, async () => {
      const pixelData = encapsulatedPixelData(table, fragments);

      expect(await frame(0, 2, pixelData)).to.equal(joined(A1, A2));
      expect(await frame(1, 2, pixelData)).to.equal(joined(B1, B2));
    });
  }

  it('are found by the Extended Offset Table, without their padding', async () => {
    const longs = (...values: number[]) => {
      const bytes = Buffer.alloc(values.length * 8);
      for (const [at, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), at * 8);
      return bytes;
    };
    const frames = await openImage({
      module: { numberOfFrames: 2 },
      transferSyntaxUid: uids.JPEGBaseline8Bit,
      dataSet(dataSet) {
        dataSet.set({ tag: tags.ExtendedOffsetTable, vr: 'OV', bytes: longs(0, item(A1).length) });
        dataSet.set({ tag: tags.ExtendedOffsetTableLengths, vr: 'OV', bytes: longs(A1.length, 5) });
      },
      pixelData: encapsulatedPixelData([], [A1, B1]),
    });

    expect((await frames.read(1)).bytes).to.deep.equal(B1.subarray(0, 5));
  });

  it('are found far beyond the first look at the file', async () => {
    const large = Array.from({ length: 5 }, (_, at) => Buffer.alloc(100_000, at));

    expect(await frame(4, 5, encapsulatedPixelData([], large))).to.equal(large[4]?.toString('hex'));
  });

  it('are read at once, however many there are of a frame', async () => {
    const pixelData = encapsulatedPixelData([], Array(1000).fill(more('0102')));
    const memory = memorySource(pixelData);
    let readings = 0;
    const source: DataSetSource = {
      sizeBytes: memory.sizeBytes,
      pieces(from, to) {
        readings += 1;
        return memory.pieces(from, to);
      },
    };

    const stream = await new Fragments(source, 12, 1, undefined).frame(0);

    expect(stream.toString('hex')).to.equal('0102'.repeat(1000));
    expect(readings).to.be.below(5);
  });

  it('are refused where nothing tells which are whose', async () => {
    const pixelData = encapsulatedPixelData([], [more('0102'), more('0304'), more('0506')]);

    expect(await refusalOf(frame(0, 2, pixelData))).to.match(/^not-renderable: 3 fragments of 2 frames/);
  });

  it('are refused where there is none for a frame, or an empty one', async () => {
    expect(await refusalOf(frame(2, 3, encapsulatedPixelData([], [A1, B1])))).to.match(/no frame 3$/);
    expect(await refusalOf(frame(0, 1, encapsulatedPixelData([], [Buffer.alloc(0)])))).to.match(
      /no frame 1$/,
    );
    expect(await refusalOf(frame(0, 1, encapsulatedPixelData([], [])))).to.match(/no frame 1$/);
  });

  it('are refused where they are cut off, or something else stands between them', async () => {
    const whole = encapsulatedPixelData([], fragments);
    const longer = Buffer.from(whole);
    longer.writeUInt32LE(0xfffffff0, 24);

    expect(await refusalOf(frame(0, 1, whole.subarray(0, -12)))).to.match(
      /^not-renderable: no item of Pixel Data at byte \d+/,
    );
    expect(await refusalOf(frame(0, 1, longer))).to.match(
      /^not-renderable: no item of Pixel Data at byte \d+/,
    );
    expect(
      await refusalOf(frame(0, 1, Buffer.concat([whole.subarray(0, 20), Buffer.alloc(60, 7)]))),
    ).to.match(/^not-renderable: no item of Pixel Data at byte \d+/);
  });
});
