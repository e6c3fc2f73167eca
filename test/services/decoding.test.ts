import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { explicitVrLittleEndian, implicitVrLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import { Problem } from '../../src/lib/problem.ts';
import { memorySource } from '../../src/pixels/data-set-source.ts';
import { decompressed } from '../../src/pixels/decode.ts';
import type { PixelModule } from '../../src/pixels/pixel-module.ts';
import { DecodedInstance } from '../../src/services/decoded-instance.ts';
import { FramePacker } from '../../src/services/decoded-packing.ts';
import type { Decoder } from '../../src/services/decoded-pixels.ts';
import {
  encapsulatedPixelData,
  type ImageRecipe,
  imageOf,
  item,
  nativePixelData,
} from '../pixels/fixtures.ts';
import { refusalOf } from '../storage/problems.ts';

const EXPLICIT = explicitVrLittleEndian;
const IMPLICIT = implicitVrLittleEndian;
const UNCOMPRESSED = uids.EncapsulatedUncompressedExplicitVRLittleEndian;
/** Decodes where it stands. */
const INLINE: Decoder = { decode: decompressed };
/** Gives frames that are laid out so, all of zeros. */
const decoderOf = (changes: Partial<PixelModule>): Decoder => ({
  decode: async (_stream, module) => ({ module: { ...module, ...changes }, bytes: Buffer.alloc(24) }),
});

interface Decoding extends ImageRecipe {
  decoder?: Decoder;
  to?: typeof EXPLICIT;
  /** What follows Pixel Data. */
  behind?: Buffer;
}

async function prepared(recipe: Decoding) {
  const { transferSyntaxUid = UNCOMPRESSED, decoder = INLINE, to = EXPLICIT, behind } = recipe;
  const bytes = Buffer.concat([imageOf(recipe), behind ?? Buffer.alloc(0)]);
  const instance = await DecodedInstance.open(memorySource(bytes), transferSyntaxUid, to.uid, decoder);
  if (instance === undefined) throw new Error('nothing is compressed');
  return await instance.prepare();
}

async function decode(recipe: Decoding): Promise<DataSet> {
  const { pieces, sizeBytes } = await prepared(recipe);
  const all: Buffer[] = [];
  for await (const piece of pieces) {
    expect(piece.length % 2).to.equal(0);
    all.push(Buffer.from(piece));
  }
  const bytes = Buffer.concat(all);
  expect(bytes.length).to.equal(sizeBytes);
  return DataSet.decode(bytes, recipe.to ?? EXPLICIT);
}

function pixelsOf(dataSet: DataSet): number[] {
  const element = dataSet.get(tags.PixelData);
  return element === undefined || element.vr === 'SQ' ? [] : [...element.bytes];
}

/** A frame of 2 × 4 bytes, all the same. */
const frame = (shade: number) => Buffer.alloc(8, shade);
const shades = (...all: number[]) => all.flatMap((shade) => Array(8).fill(shade));

/** A JPEG stream as far as Fragments look at it; FAKE makes a frame of its last byte. */
const stream = (shade: number) => Buffer.from([0xff, 0xd8, 0xff, shade]);
const FAKE: Decoder = {
  decode: async (bytes, module) => ({ module, bytes: frame(bytes.at(-1) ?? 0) }),
};
const jpeg = (
  table: number[],
  fragments: Buffer[],
  frames: number,
  more: Partial<Decoding> = {},
): Decoding => ({
  module: { numberOfFrames: frames },
  transferSyntaxUid: uids.JPEGBaseline8Bit,
  pixelData: encapsulatedPixelData(table, fragments),
  decoder: FAKE,
  ...more,
});

describe('A decoded instance: its frames (PS3.5 §A.4)', () => {
  it('are put behind each other, whatever the offset tables say: none, Basic, Extended', async () => {
    const longs = (numbers: number[]) => Buffer.from(BigUint64Array.from(numbers.map(BigInt)).buffer);
    const extended = (offsets: number[], lengths: number[]) => (dataSet: DataSet) => {
      dataSet.set({ tag: tags.ExtendedOffsetTable, vr: 'OV', bytes: longs(offsets) });
      dataSet.set({ tag: tags.ExtendedOffsetTableLengths, vr: 'OV', bytes: longs(lengths) });
    };
    const streams = [stream(1), stream(2), stream(3)];
    // What stands behind a stream is told by the Extended Offset Table Lengths alone.
    const padded = streams.map((one) => Buffer.concat([one, Buffer.from([9, 9])]));
    for (const recipe of [
      jpeg([], streams, 3),
      jpeg([0, 12, 24], streams, 3),
      jpeg([0, 13, 24], streams, 3),
      jpeg([], padded, 3, { dataSet: extended([0, 14, 28], [4, 4, 4]) }),
      jpeg([], streams, 3, { dataSet: extended([0, 12, 99], [4, 4, 4]) }),
      jpeg([], streams, 3, { dataSet: extended([0, 12, 24], [4, 4, 5]) }),
    ]) {
      const dataSet = await decode(recipe);

      expect(pixelsOf(dataSet)).to.deep.equal(shades(1, 2, 3));
      expect(dataSet.has(tags.ExtendedOffsetTable) || dataSet.has(tags.ExtendedOffsetTableLengths)).to.equal(
        false,
      );
    }
  });

  it('may have several fragments each, found by the offset table, or by where streams begin', async () => {
    const parts = [stream(9), Buffer.from([0, 1]), stream(9), Buffer.alloc(0), Buffer.from([0, 2])];

    expect(pixelsOf(await decode(jpeg([0, 22], parts, 2)))).to.deep.equal(shades(1, 2));
    expect(pixelsOf(await decode(jpeg([], parts, 2)))).to.deep.equal(shades(1, 2));
    expect(pixelsOf(await decode(jpeg([], parts.slice(0, 2), 1)))).to.deep.equal(shades(1));
  });

  it('are refused before anything is sent where one is missing or empty, or there are more than there should be', async () => {
    const streams = [stream(1), stream(2), stream(3)];
    for (const [recipe, words] of [
      [jpeg([], streams, 4), /Pixel Data has no frame 4/],
      [jpeg([], [stream(1), Buffer.alloc(0), stream(3)], 3), /Pixel Data has no frame 2/],
      [jpeg([0, 12, 20], [stream(1), Buffer.alloc(0), stream(3)], 3), /Pixel Data has no frame 2/],
      [jpeg([], [], 1), /Pixel Data has no frame 1/],
      [jpeg([], streams, 2), /3 fragments of 2 frames, and nothing tells which are whose/],
      [jpeg([], streams, 1), /3 fragments of 1 frames/],
      [jpeg([0, 12], streams, 2), /3 fragments of 2 frames/],
      [jpeg([0, 12, 24], streams, 2), /3 fragments of 2 frames/],
    ] as const) {
      expect(await refusalOf(prepared(recipe))).to.match(words);
    }
  });

  it('may be as many as Number of Frames says or not, and are told apart in no time', async () => {
    const module = { rows: 1, columns: 1 };
    const parts = Array.from({ length: 10_000 }, () => [stream(1), Buffer.from([0, 2])]).flat();
    const decoder: Decoder = { decode: async (_stream, of) => ({ module: of, bytes: Buffer.alloc(1, 3) }) };
    const recipe = (numberOfFrames: number) =>
      jpeg([], parts, 0, { module: { ...module, numberOfFrames }, decoder });

    expect(await refusalOf(prepared(recipe(4_000_000_000)))).to.match(/no frame 20001/);
    expect((await prepared(recipe(10_000))).sizeBytes).to.be.above(10_000);
  });

  it('of odd length are not padded but at the end of all (PS3.5 §8.1.1)', async () => {
    const frames = [1, 2, 3].map((shade) => Buffer.alloc(3, shade));
    const module = { rows: 1, columns: 3, numberOfFrames: 3 };
    const padded = frames.map((one) => Buffer.concat([one, Buffer.alloc(1)]));

    const dataSet = await decode({ module, pixelData: encapsulatedPixelData([], padded) });

    expect(pixelsOf(dataSet)).to.deep.equal([1, 1, 1, 2, 2, 2, 3, 3, 3, 0]);
  });

  it('of single bits follow each other within a byte (PS3.5 §8.1.1), deflated too', async () => {
    // Nine bits each: all set, none, and every other.
    const frames = [
      [0xff, 0x01],
      [0, 0],
      [0x55, 0x01],
    ].map((bytes) => Buffer.from(bytes));
    const module = { rows: 3, columns: 3, bitsAllocated: 1, numberOfFrames: 3 };
    const expected = [0b1111_1111, 0b0000_0001, 0b0101_0100, 0b0000_0101];

    const plain = await decode({ module, pixelData: encapsulatedPixelData([], frames) });
    const deflated = await decode({
      module,
      transferSyntaxUid: uids.DeflatedImageFrameCompression,
      pixelData: encapsulatedPixelData(
        [],
        frames.map((one) => deflateRawSync(one)),
      ),
    });

    expect(pixelsOf(plain)).to.deep.equal(expected);
    expect(pixelsOf(deflated)).to.deep.equal(expected);
  });

  it('are decoded a few ahead, never all', async () => {
    let decoding = 0;
    let decodedMost = 0;
    let used = 0;
    const decoder: Decoder = {
      decode: async (_stream, module) => {
        decoding += 1;
        decodedMost = Math.max(decodedMost, decoding - used);
        return { module, bytes: frame(1) };
      },
    };
    const streams = Array.from({ length: 50 }, (_, index) => stream(index));
    const { pieces } = await prepared(jpeg([], streams, 50, { decoder }));

    for await (const piece of pieces) if (piece.length === 8) used += 1;

    expect(used).to.equal(50);
    expect(decodedMost).to.be.at.most(4);
  });

  it('that fail on the way are thrown where their turn comes, and the first before all', async () => {
    const failing = (at: number): Decoder => ({
      decode: async (bytes, module) => {
        if (bytes.at(-1) === at) throw new Problem('not-renderable', `frame ${at} is broken`);
        return { module, bytes: frame(at) };
      },
    });
    const streams = [stream(1), stream(2), stream(3)];

    const first = await refusalOf(prepared(jpeg([], streams, 3, { decoder: failing(1) })));
    const third = await refusalOf(decode(jpeg([], streams, 3, { decoder: failing(3) })));

    expect(first).to.equal('not-renderable: frame 1 is broken');
    expect(third).to.equal('not-renderable: frame 3 is broken');
  });

  it('have to be of one kind, for the data set describes one', async () => {
    const decoder: Decoder = {
      decode: async (bytes, module) => ({
        module: { ...module, photometricInterpretation: bytes.at(-1) === 2 ? 'YBR_FULL' : 'RGB' },
        bytes: Buffer.alloc(24),
      }),
    };
    const recipe = jpeg([], [stream(1), stream(2)], 2, {
      decoder,
      module: { numberOfFrames: 2, samplesPerPixel: 3 },
    });

    expect(await refusalOf(decode(recipe))).to.match(/frames of YBR_FULL and of others in one instance/);
  });

  it('are refused where all of them are longer than any length can say (PS3.5 §7.1.1)', async () => {
    const module = { rows: 8192, columns: 8192, numberOfFrames: 64 };

    expect(await refusalOf(prepared(jpeg([], [], 1, { module })))).to.match(/more than 4 GB/);
  });

  it('are none where Pixel Data is native or absent, whatever the transfer syntax says', async () => {
    const native = imageOf({ pixelData: nativePixelData(frame(1)) });
    const report = imageOf({ pixelData: Buffer.alloc(0) });

    for (const bytes of [native, report]) {
      const source = memorySource(bytes);
      const opened = await DecodedInstance.open(source, uids.JPEGBaseline8Bit, EXPLICIT.uid, FAKE);
      expect(opened).to.equal(undefined);
    }
  });
});

describe('A decoded instance: its elements (PS3.5 §8.2)', () => {
  const color = { rows: 2, columns: 4, samplesPerPixel: 3, photometricInterpretation: 'YBR_FULL_422' };

  it('say how the samples lie now: Photometric Interpretation and Planar Configuration (PS3.3 §C.7.6.3.1)', async () => {
    const dataSet = await decode(
      jpeg([], [stream(1)], 1, {
        module: color,
        decoder: decoderOf({ photometricInterpretation: 'YBR_FULL', isPlanar: true }),
      }),
    );

    expect(dataSet.text(tags.PhotometricInterpretation)).to.equal('YBR_FULL');
    expect(dataSet.number(tags.PlanarConfiguration)).to.equal(1);
    expect(pixelsOf(dataSet)).to.have.lengthOf(24);
  });

  it('stay as they are where nothing else is true now, those of grey images above all', async () => {
    const bare = (dataSet: DataSet) => {
      dataSet.delete(tags.PlanarConfiguration);
      dataSet.delete(tags.PhotometricInterpretation);
    };

    const dataSet = await decode(
      jpeg([], [stream(1)], 1, { dataSet: bare, transferSyntaxUid: uids.RLELossless }),
    );

    expect(dataSet.has(tags.PlanarConfiguration) || dataSet.has(tags.PhotometricInterpretation)).to.equal(
      false,
    );
    expect(dataSet.has(tags.LossyImageCompression)).to.equal(false);
  });

  it('mark as lossy what came in a lossy transfer syntax, with ratio and method as they were (PS3.3 §C.7.6.1.1.5)', async () => {
    const marked = async (transferSyntaxUid: string, said: string | undefined) => {
      const recipe = jpeg([], [stream(1)], 1, {
        transferSyntaxUid,
        dataSet: (dataSet) => {
          if (said !== undefined) dataSet.setText(tags.LossyImageCompression, said);
          dataSet.setText(tags.LossyImageCompressionRatio, '10.5');
        },
      });
      const dataSet = await decode(recipe);
      expect(dataSet.text(tags.LossyImageCompressionRatio)).to.equal('10.5');
      return dataSet.text(tags.LossyImageCompression);
    };

    expect(await marked(uids.JPEGBaseline8Bit, undefined)).to.equal('01');
    expect(await marked(uids.JPEGBaseline8Bit, '00')).to.equal('01');
    expect(await marked(uids.JPEG2000, undefined)).to.equal('01');
    expect(await marked(uids.JPEG2000, '00')).to.equal('00');
    expect(await marked(uids.JPEG2000, '01')).to.equal('01');
    expect(await marked(uids.JPEG2000Lossless, undefined)).to.equal(undefined);
    expect(await marked(uids.RLELossless, '01')).to.equal('01');
  });

  it('are all there, private and unknown ones and those behind Pixel Data too, in both transfer syntaxes', async () => {
    const behind = new DataSet();
    behind.set({ tag: tags.DataSetTrailingPadding, vr: 'OB', bytes: Buffer.from([1, 2, 3, 4]) });
    const recipe = jpeg([], [stream(1)], 1, {
      behind: behind.encode(EXPLICIT),
      dataSet: (dataSet) => {
        dataSet.setText(0x00090010, 'MAKER', 'LO');
        dataSet.set({ tag: 0x00091001, vr: 'UN', bytes: Buffer.from('whatever') });
        dataSet.setText(tags.SOPInstanceUID, '1.2.3');
      },
    });
    for (const to of [EXPLICIT, IMPLICIT]) {
      const dataSet = await decode({ ...recipe, to });

      expect(dataSet.text(0x00090010)).to.equal('MAKER');
      expect(dataSet.get(0x00091001)).to.deep.include({ vr: 'UN', bytes: Buffer.from('whatever') });
      expect(dataSet.text(tags.SOPInstanceUID)).to.equal('1.2.3');
      expect(dataSet.get(tags.DataSetTrailingPadding)).to.deep.include({ bytes: Buffer.from([1, 2, 3, 4]) });
    }
  });

  it('have Pixel Data of VR OB up to a byte, and OW above (PS3.5 §A.2)', async () => {
    const wide: Decoder = { decode: async (_stream, module) => ({ module, bytes: Buffer.alloc(16) }) };

    const narrow = await decode(jpeg([], [stream(1)], 1));
    const words = await decode(jpeg([], [stream(1)], 1, { decoder: wide, module: { bitsAllocated: 16 } }));

    expect([narrow, words].map((one) => one.get(tags.PixelData)?.vr)).to.deep.equal(['OB', 'OW']);
  });

  it('have icons decoded that are encapsulated, and leave those that are native (PS3.5 §A.4)', async () => {
    const fragments = Buffer.concat([item(Buffer.alloc(0)), item(stream(7))]);
    const iconOf = (isEncapsulated: boolean) => {
      const icon = DataSet.decode(imageOf({ pixelData: Buffer.alloc(0) }), EXPLICIT);
      const bytes = isEncapsulated ? fragments : frame(5);
      icon.set({ tag: tags.PixelData, vr: 'OB', bytes, ...(isEncapsulated && { isEncapsulated }) });
      return icon;
    };
    const recipe = jpeg([], [stream(1)], 1, {
      dataSet: (dataSet) => dataSet.setItems(tags.IconImageSequence, [iconOf(true), iconOf(false)]),
    });

    const [first, second] = (await decode(recipe)).items(tags.IconImageSequence);

    expect(first && pixelsOf(first)).to.deep.equal(shades(7));
    expect(second && pixelsOf(second)).to.deep.equal(shades(5));
  });

  it('have pixels of items decoded behind Pixel Data too, and are refused where other things are in fragments', async () => {
    const bytes = Buffer.concat([item(Buffer.alloc(0)), item(stream(7))]);
    const itemOf = (tag: number) => {
      const icon = DataSet.decode(imageOf({ pixelData: Buffer.alloc(0) }), EXPLICIT);
      icon.set({ tag, vr: 'OB', bytes, isEncapsulated: true });
      const behind = new DataSet();
      behind.setItems(0x7fe11001, [icon]);
      return behind.encode(EXPLICIT);
    };
    const withItem = (tag: number) => prepared(jpeg([], [stream(1)], 1, { behind: itemOf(tag) }));

    const sent = await decode(jpeg([], [stream(1)], 1, { behind: itemOf(tags.PixelData) }));
    const [icon] = sent.items(0x7fe11001);

    expect(icon && pixelsOf(icon)).to.deep.equal(shades(7));
    expect(await refusalOf(withItem(0x00091005))).to.match(/\(0009,1005\) of an item is encapsulated/);
    expect(await refusalOf(withItem(0x7fe11005))).to.match(/\(7FE1,1005\) of an item is encapsulated/i);
  });

  it('fail as a whole where an icon cannot be decoded: nothing is left out without a word', async () => {
    const icon = DataSet.decode(imageOf({ pixelData: Buffer.alloc(0) }), EXPLICIT);
    const bytes = item(Buffer.alloc(0));
    icon.set({ tag: tags.PixelData, vr: 'OB', bytes, isEncapsulated: true });
    const recipe = jpeg([], [stream(1)], 1, {
      dataSet: (dataSet) => dataSet.setItems(tags.IconImageSequence, [icon]),
    });

    expect(await refusalOf(prepared(recipe))).to.match(/Pixel Data has no frame 1/);
  });
});

describe('FramePacker', () => {
  it('gives a frame itself where nothing has to be moved', () => {
    const packer = new FramePacker(64);
    const whole = frame(1);

    expect(packer.add(whole).buffer).to.equal(whole.buffer);
    expect(packer.end()).to.have.lengthOf(0);
  });
});
