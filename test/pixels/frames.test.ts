import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { uids } from '../../src/dicom/uids.ts';
import { Frames } from '../../src/pixels/frames.ts';
import { pixelLimits } from '../../src/pixels/limits.ts';
import { refusalOf } from '../storage/problems.ts';
import { imageOf, moduleDataSet, nativePixelData, openImage, pixelModule, sourceOf } from './fixtures.ts';

const THREE_FRAMES = Buffer.from(Array.from({ length: 24 }, (_, at) => at));

describe('Frames of native Pixel Data', () => {
  it('are cut out by their number', async () => {
    const frames = await openImage({
      module: { numberOfFrames: 3 },
      pixelData: nativePixelData(THREE_FRAMES),
    });

    expect(await frames.read(1)).to.deep.equal({ bytes: THREE_FRAMES.subarray(8, 16), isCompressed: false });
    expect(frames.module).to.deep.equal(pixelModule({ numberOfFrames: 3 }));
  });

  it('of single bits begin within a byte', async () => {
    // 3 frames of 3 × 1 pixels: 110, 011, 101, the first pixel in the lowest bit.
    const pixelData = nativePixelData(Buffer.from([0b0111_0011, 0b0000_0001]));
    const frames = await openImage({
      module: { rows: 1, columns: 3, bitsAllocated: 1, numberOfFrames: 3 },
      pixelData,
    });

    const bits = await Promise.all(
      [0, 1, 2].map(async (at) => ((await frames.read(at)).bytes[0] ?? 0) & 0b111),
    );
    expect(bits).to.deep.equal([0b011, 0b110, 0b101]);
  });

  it('with chrominance for two pixels together are that much shorter', async () => {
    const module = { samplesPerPixel: 3, photometricInterpretation: 'YBR_FULL_422', numberOfFrames: 2 };
    const value = Buffer.from(Array.from({ length: 32 }, (_, at) => at));

    const frames = await openImage({ module, pixelData: nativePixelData(value) });

    expect((await frames.read(1)).bytes).to.deep.equal(value.subarray(16));
  });

  it('are read past an icon that is compressed', async () => {
    const icon = Buffer.from(
      '88000002' + '5351' + '0000' + 'ffffffff' + // Icon Image Sequence, of undefined length
      'feff00e0' + 'ffffffff' +
      'e07f1000' + '4f42' + '0000' + 'ffffffff' + 'feff00e000000000' + 'feff00e004000000' + 'ffd8ffd9' + 'feffdde000000000' +
      'feff0de000000000' + 'feffdde000000000',
      'hex',
    ); // biome-ignore format: an element a line
    const frames = await openImage({ pixelData: Buffer.concat([icon, nativePixelData(THREE_FRAMES)]) });

    expect((await frames.read(0)).bytes).to.deep.equal(THREE_FRAMES.subarray(0, 8));
  });

  it('of floating point numbers have their own element', async () => {
    const pixelData = nativePixelData(Buffer.alloc(2 * 4 * 4, 1), 'OF');
    pixelData[2] = 0x08;

    const frames = await openImage({ module: { bitsAllocated: 16 }, pixelData });

    expect(frames.module).to.include({ isFloat: true, bitsAllocated: 32 });
    expect((await frames.read(0)).bytes).to.have.lengthOf(32);
  });

  it('are inflated no further than they have to be', async () => {
    const image = imageOf({ module: { numberOfFrames: 3 }, pixelData: nativePixelData(THREE_FRAMES) });
    const deflated = deflateRawSync(image);
    const cut = Buffer.concat([deflated, Buffer.alloc(100, 0xff)]);

    const frames = await Frames.open(sourceOf(cut), uids.DeflatedExplicitVRLittleEndian, '');

    expect((await frames.read(1)).bytes).to.deep.equal(THREE_FRAMES.subarray(8, 16));
  });
});

describe('Frames of Explicit VR Big Endian', () => {
  const transferSyntaxUid = uids.ExplicitVRBigEndian;
  const frameOf = async (bitsAllocated: number, vr: string, value: string, index = 0) => {
    const pixelData = nativePixelData(Buffer.from(value, 'hex'), vr, true);
    const module = { rows: 1, columns: 3, bitsAllocated, numberOfFrames: 2 };
    const frames = await openImage({ module, transferSyntaxUid, pixelData });
    return (await frames.read(index)).bytes.toString('hex');
  };

  it('are turned round by their words', async () => {
    expect(await frameOf(16, 'OW', '000102030405101112131415')).to.equal('010003020504');
    expect(await frameOf(8, 'OB', '000102101112')).to.equal('000102');
  });

  it('of bytes written as words may begin within a word', async () => {
    // Stored as words: the first pixel of each pair in the low byte.
    expect(await frameOf(8, 'OW', '010010021211', 1)).to.equal('101112');
  });

  it('of 32 bits are turned round as wholes', async () => {
    expect(await frameOf(32, 'OW', '000000010000000200000003'.repeat(2))).to.equal(
      '010000000200000003000000',
    );
  });
});

describe('Frames that cannot be read', () => {
  it('are refused where there are not so many', async () => {
    const frames = await openImage({ pixelData: nativePixelData(THREE_FRAMES) });

    expect(await refusalOf(frames.read(1))).to.equal('not-found: no frame 2: the instance has 1');
    expect(await refusalOf(frames.read(-1))).to.match(/^not-found/);
  });

  it('are refused where Pixel Data is too short, and where the file ends before', async () => {
    const short = await openImage({
      module: { numberOfFrames: 4 },
      pixelData: nativePixelData(THREE_FRAMES),
    });
    const cut = await openImage({
      module: { numberOfFrames: 3 },
      pixelData: nativePixelData(THREE_FRAMES).subarray(0, -1),
    });

    expect(await refusalOf(short.read(3))).to.match(/^not-renderable: Pixel Data has 24 bytes, and frame 4 /);
    expect(await refusalOf(cut.read(2))).to.match(/^not-renderable: the data set ends at byte/);
    expect((await cut.read(1)).bytes).to.have.lengthOf(8);
  });

  it('are refused in words where the instance has no pixels', async () => {
    const dataSet = new DataSet();
    dataSet.setText(tags.PatientID, 'P1');
    const bytes = dataSet.encode({ encoding: 'explicit', bigEndian: false });
    const wordsFor = async (sopClassUid: string) => {
      const opening = Frames.open(sourceOf(bytes), uids.ExplicitVRLittleEndian, sopClassUid);
      return await opening.then(
        () => '',
        (error: Error) => error.message,
      );
    };

    expect(await wordsFor(uids.EnhancedSRStorage)).to.equal('a structured report has no picture');
    expect(await wordsFor(uids.EncapsulatedPDFStorage)).to.equal('an encapsulated document has no picture');
    expect(await wordsFor(uids.CTImageStorage))
      .to.contain('no pixels')
      .and.contain('CT Image Storage');
  });

  for (const [what, module, words] of [
    ['no rows', { rows: 0 }, 'no Rows'],
    ['12 bits allocated', { bitsAllocated: 12 }, 'Bits Allocated of 12'],
    ['four samples a pixel', { samplesPerPixel: 4 }, 'Samples per Pixel of 4'],
    ['more pixels than we hold', { rows: 65_535, columns: 65_535 }, 'a frame of 65535 × 65535 pixels'],
  ] as const) {
    it(`are refused with ${what}`, async () => {
      const opening = openImage({ module, pixelData: nativePixelData(THREE_FRAMES) });

      expect(await refusalOf(opening)).to.contain(`not-renderable: ${words}`);
    });
  }

  it('are refused in a transfer syntax that we do not know, and with empty Pixel Data', async () => {
    const unknown = Frames.open(sourceOf(Buffer.alloc(0)), '1.2.3', '');
    const empty = openImage({ pixelData: nativePixelData(Buffer.alloc(0)) });

    expect(await refusalOf(unknown)).to.match(/^not-renderable: transfer syntax 1.2.3 /);
    expect(await refusalOf(empty)).to.equal('not-renderable: Pixel Data is empty');
  });

  it('are refused where too much stands before them', async () => {
    const blob = Buffer.alloc(12);
    Buffer.from('09001010', 'hex').copy(blob);
    blob.write('OB', 4, 'latin1');
    blob.writeUInt32LE(pixelLimits.headBytesMax, 8);
    const endless = {
      sizeBytes: Infinity,
      async *pieces() {
        yield blob;
        for (;;) yield Buffer.alloc(1024 * 1024);
      },
    };

    const opening = Frames.open(endless, uids.ExplicitVRLittleEndian, '');

    expect(await refusalOf(opening)).to.match(/^not-renderable: more than \d+ bytes stand before/);
  });

  it('are refused where a deflated data set never comes to them', async () => {
    const head = moduleDataSet(pixelModule({})).encode({ encoding: 'explicit', bigEndian: false });
    const bomb = deflateRawSync(Buffer.concat([head, Buffer.alloc(pixelLimits.headBytesMax + 1)]));

    const opening = Frames.open(sourceOf(bomb, 4096), uids.DeflatedExplicitVRLittleEndian, '');

    expect(await refusalOf(opening)).to.match(/^not-renderable: more than \d+ bytes stand before/);
  });

  it('are refused where what was deflated is damaged', async () => {
    const opening = Frames.open(sourceOf(Buffer.alloc(50, 0xff)), uids.DeflatedExplicitVRLittleEndian, '');

    expect(await refusalOf(opening)).to.match(/^not-renderable: deflated data set/);
  });
});
