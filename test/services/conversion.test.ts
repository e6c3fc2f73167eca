import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { toJson } from '../../src/dicom/json.ts';
import {
  explicitVrLittleEndian,
  implicitVrLittleEndian,
  type TransferSyntax,
  transferSyntaxOf,
} from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import { CONVERSION_TARGETS, converted, isConvertible } from '../../src/services/conversion.ts';
import { refusalOf } from '../storage/problems.ts';
import { dataSetOf, piecesOf } from './fixtures.ts';

const EXPLICIT = explicitVrLittleEndian;
const IMPLICIT = implicitVrLittleEndian;
const BIG_ENDIAN = transferSyntaxOf(uids.ExplicitVRBigEndian) ?? EXPLICIT;

/** Converts pieces that are overwritten as soon as the next one is asked for. */
async function convert(pieces: readonly Buffer[], from: TransferSyntax, to: TransferSyntax): Promise<Buffer> {
  async function* reused() {
    for (const piece of pieces) {
      const buffer = Buffer.from(piece);
      yield buffer;
      buffer.fill(0xee);
    }
  }
  const out: Buffer[] = [];
  for await (const bytes of converted(reused(), from.uid, to.uid)) out.push(Buffer.from(bytes));
  return Buffer.concat(out);
}

interface Pixels {
  tag: number;
  vr: 'OB' | 'OW' | 'OF' | 'OD';
  bitsAllocated: number;
}

const PIXELS: readonly Pixels[] = [
  { tag: tags.PixelData, vr: 'OW', bitsAllocated: 16 },
  { tag: tags.PixelData, vr: 'OB', bitsAllocated: 8 },
  { tag: tags.FloatPixelData, vr: 'OF', bitsAllocated: 32 },
  { tag: tags.DoubleFloatPixelData, vr: 'OD', bitsAllocated: 64 },
];

/** An image with numbers of every kind, sequences, and something behind its pixels. */
function image({ tag, vr, bitsAllocated }: Pixels, pixels: Buffer, isSigned = false): DataSet {
  const dataSet = dataSetOf({
    SpecificCharacterSet: 'ISO_IR 192',
    PatientName: '山田',
    PatientID: 'P1',
    StudyInstanceUID: '1.2',
  });
  const item = dataSetOf({ CodeValue: 'AB' });
  item.setNumbers(tags.ReferencedFrameNumber, [1]);
  item.setNumbers(tags.PixelPaddingValue, [isSigned ? -5 : 65_531], isSigned ? 'SS' : 'US');
  dataSet.setItems(tags.ReferencedImageSequence, [item, new DataSet()]);
  dataSet.setNumbers(tags.Rows, [512]);
  dataSet.setNumbers(tags.BitsAllocated, [bitsAllocated]);
  dataSet.setNumbers(tags.PixelRepresentation, [isSigned ? 1 : 0]);
  dataSet.setNumbers(tags.SmallestImagePixelValue, [isSigned ? -1000 : 7], isSigned ? 'SS' : 'US');
  dataSet.setNumbers(tags.LossyImageCompressionRatio, [2]);
  dataSet.setNumbers(tags.RecommendedDisplayFrameRateInFloat, [1.5]);
  dataSet.set({ tag, vr, bytes: pixels });
  dataSet.set({ tag: 0xfffcfffc, vr: 'OB', bytes: Buffer.alloc(6) });
  return dataSet;
}

const pixelsOf = (dataSet: DataSet, tag: number) => {
  const element = dataSet.get(tag);
  return element === undefined || element.vr === 'SQ' ? Buffer.alloc(0) : element.bytes;
};

describe('converted (PS3.5 §A.1 to §A.3)', () => {
  for (const pixels of PIXELS) {
    for (const from of [IMPLICIT, EXPLICIT, BIG_ENDIAN]) {
      for (const to of [IMPLICIT, EXPLICIT]) {
        it(`changes nothing of ${pixels.vr} pixels but the encoding, from ${from.name} to ${to.name}, cut anywhere`, async () => {
          const value = Buffer.from(Array.from({ length: 240 }, (_, at) => at));
          const dataSet = image(pixels, value, true);
          const bytes = dataSet.encode(from);
          const whole = await convert([bytes], from, to);

          const back = DataSet.decode(whole, to);
          const expected = DataSet.decode(dataSet.encode(to), to);
          expect(back.tagsInOrder()).to.deep.equal(expected.tagsInOrder());
          expect(toJson(back)).to.deep.equal(toJson(expected));
          expect(pixelsOf(back, pixels.tag).equals(value)).to.equal(true);
          if (to === EXPLICIT) expect(back.get(pixels.tag)?.vr).to.equal(pixels.vr);
          for (let cut = 0; cut <= bytes.length; cut += 3) {
            expect((await convert(piecesOf(bytes, [cut]), from, to)).equals(whole), `cut at ${cut}`).to.equal(
              true,
            );
          }
          const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
          expect((await convert(single, from, to)).equals(whole), 'byte by byte').to.equal(true);
        });
      }
    }
  }

  it('is undone by its opposite, for pixels of any even length in any pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PIXELS.slice(0, 2)),
        fc.nat(2000),
        fc.boolean(),
        fc.array(fc.nat(2000), { maxLength: 6 }),
        async (pixels, words, isSigned, cuts) => {
          const bytes = image(pixels, Buffer.alloc(words * 2, 'pixels'), isSigned).encode(EXPLICIT);
          const pieces = piecesOf(
            bytes,
            cuts.filter((cut) => cut <= bytes.length),
          );

          const implicit = await convert(pieces, EXPLICIT, IMPLICIT);

          expect((await convert([implicit], IMPLICIT, EXPLICIT)).equals(bytes)).to.equal(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('makes Pixel Data of odd length even, as all other values (PS3.5 §7.1.1)', async () => {
    const head = dataSetOf({ PatientID: 'P1' }).encode(EXPLICIT);
    const behind = Buffer.from('fcfffcff4f42000002000000aabb', 'hex');
    const odd = Buffer.concat([head, Buffer.from('e07f10004f42000003000000010203', 'hex'), behind]);
    for (let cut = 0; cut <= odd.length; cut++) {
      const even = await convert(piecesOf(odd, [cut]), EXPLICIT, EXPLICIT);

      const expected = Buffer.concat([head, Buffer.from('e07f10004f4200000400000001020300', 'hex'), behind]);
      expect(even.equals(expected), `cut at ${cut}`).to.equal(true);
    }
    const big = Buffer.from('7fe000104f57000000000003010203', 'hex');
    expect((await convert([big], BIG_ENDIAN, EXPLICIT)).toString('hex')).to.equal(
      'e07f10004f5700000400000002010003',
    );
  });

  it('says SS of what is US or SS where pixels are signed, items too (PS3.6 Table 6-1)', async () => {
    const [pixels] = PIXELS;
    if (pixels === undefined) throw new Error('no pixels');
    for (const isSigned of [true, false]) {
      const implicit = image(pixels, Buffer.alloc(4), isSigned).encode(IMPLICIT);
      const explicit = DataSet.decode(await convert([implicit], IMPLICIT, EXPLICIT), EXPLICIT);

      const [item] = explicit.items(tags.ReferencedImageSequence);
      expect(explicit.get(tags.SmallestImagePixelValue)?.vr).to.equal(isSigned ? 'SS' : 'US');
      expect(explicit.number(tags.SmallestImagePixelValue)).to.equal(isSigned ? -1000 : 7);
      expect(item?.number(tags.PixelPaddingValue)).to.equal(isSigned ? -5 : 65_531);
    }
  });

  it('takes a data set without Pixel Data, such as a report', async () => {
    const report = dataSetOf({ PatientID: 'P1', StudyInstanceUID: '1.2' });

    expect(
      (await convert(piecesOf(report.encode(EXPLICIT), [5]), EXPLICIT, IMPLICIT)).equals(
        report.encode(IMPLICIT),
      ),
    ).to.equal(true);
  });

  it('takes a header as large as that of an enhanced image of ten thousand frames', async function () {
    this.timeout(60_000);
    const dataSet = new DataSet();
    const frames = Array.from({ length: 10_000 }, (_, number) => {
      const frame = new DataSet();
      for (let element = 0; element < 20; element++)
        frame.setText(0x00201000 + element * 2, String(number), 'IS');
      return frame;
    });
    dataSet.setItems(tags.PerFrameFunctionalGroupsSequence, frames);
    dataSet.set({ tag: tags.PixelData, vr: 'OW', bytes: Buffer.alloc(2) });

    const converted = await convert([dataSet.encode(IMPLICIT)], IMPLICIT, EXPLICIT);

    expect(converted.length).to.be.greaterThan(10_000 * 20 * 8);
  });

  it('inflates what is deflated, and refuses a stream that is none (PS3.5 §A.5)', async () => {
    const deflated = transferSyntaxOf(uids.DeflatedExplicitVRLittleEndian) ?? EXPLICIT;
    const [pixels] = PIXELS;
    if (pixels === undefined) throw new Error('no pixels');
    const dataSet = image(pixels, Buffer.alloc(100_000, 'pixels'));
    const bytes = deflateRawSync(dataSet.encode(EXPLICIT));

    for (const to of [EXPLICIT, IMPLICIT]) {
      const whole = await convert(piecesOf(bytes, [1, 100, 500]), deflated, to);
      expect(whole.equals(dataSet.encode(to)), to.name).to.equal(true);
    }
    expect(await refusalOf(convert([Buffer.alloc(50, 0xff)], deflated, EXPLICIT))).to.match(
      /^not-renderable: deflated data set/,
    );
  });

  it('turns samples of 32 bits round as wholes, whatever their VR says (PS3.5 §A.3)', async () => {
    const big = dataSetOf({});
    big.setNumbers(tags.BitsAllocated, [32]);
    const head = Buffer.from('7fe000104f57000000000004', 'hex');
    const bytes = Buffer.concat([big.encode(BIG_ENDIAN), head, Buffer.from([1, 2, 3, 4])]);

    const little = await convert([bytes], BIG_ENDIAN, EXPLICIT);

    expect(little.subarray(-4).toString('hex')).to.equal('04030201');
  });

  it('refuses what is encapsulated, cut short, or in another transfer syntax', async () => {
    const encapsulated = Buffer.from('e07f10004f420000fffffffffeff00e000000000feffdde000000000', 'hex');
    expect(await refusalOf(convert([encapsulated], EXPLICIT, IMPLICIT))).to.equal(
      'unreadable-data-set: encapsulated Pixel Data cannot be converted',
    );
    const [pixels] = PIXELS;
    if (pixels === undefined) throw new Error('no pixels');
    const bytes = image(pixels, Buffer.alloc(100)).encode(EXPLICIT);
    for (const length of [30, bytes.indexOf(Buffer.from('e07f1000', 'hex')) + 50]) {
      expect(
        await refusalOf(convert([bytes.subarray(0, length)], EXPLICIT, IMPLICIT)),
        `${length} bytes`,
      ).to.match(/^unreadable-data-set/);
    }
    const jpeg = transferSyntaxOf(uids.JPEGBaseline8Bit) ?? EXPLICIT;
    expect(await refusalOf(convert([bytes], jpeg, EXPLICIT)), 'decoded elsewhere').to.match(
      /^unreadable-data-set: transfer syntax .* cannot be converted/,
    );
    expect(
      await refusalOf(convert([Buffer.from('e07f1000555300020002', 'hex')], EXPLICIT, IMPLICIT)),
    ).to.match(/^unreadable-data-set/);
  });

  it('throws nothing but a Problem on any bytes', async () => {
    const syntaxes = fc.constantFrom(IMPLICIT, EXPLICIT, BIG_ENDIAN);
    const [pixels] = PIXELS;
    if (pixels === undefined) throw new Error('no pixels');
    await fc.assert(
      fc.asyncProperty(
        syntaxes,
        fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }),
        async (from, changes) => {
          const bytes = image(pixels, Buffer.alloc(20)).encode(from);
          for (const [at, value] of changes) bytes[at] = value;

          await refusalOf(convert([bytes], from, EXPLICIT)); // throws what is no Problem
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('isConvertible', () => {
  it('holds for uncompressed and deflated transfer syntaxes, and for those whose frames can be decoded', () => {
    const decoded = [uids.RLELossless, uids.JPEGBaseline8Bit, uids.JPEG2000, uids.HTJ2K, uids.JPEGLSLossless];
    const native = [...CONVERSION_TARGETS, uids.ExplicitVRBigEndian, uids.DeflatedExplicitVRLittleEndian];
    for (const uid of [...native, ...decoded]) expect(isConvertible(uid), uid).to.equal(true);
    for (const uid of [uids.MPEG2MPML, uids.HEVCMP51, uids.JPIPReferenced, uids.JPEG2000MC, '1.2.3', '']) {
      expect(isConvertible(uid), uid).to.equal(false);
    }
  });
});
