import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { explicitVrLittleEndian, implicitVrLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import {
  type AttributeView,
  type DataSetView,
  viewLimits,
  viewOf,
  viewOfInstance,
} from '../../src/services/attributes-view.ts';
import { corpus } from '../helpers/corpus.ts';
import { refusalOf } from '../storage/problems.ts';
import { ctDataSet, dataSetOf, encoded, type TestVolume, testVolume } from './fixtures.ts';

const EXPLICIT = explicitVrLittleEndian;
const IMPLICIT = implicitVrLittleEndian;
const BIG_ENDIAN = { ...EXPLICIT, bigEndian: true };

describe('View of the attributes of an instance', () => {
  const byKeyword = (view: DataSetView, keyword: string) =>
    view.attributes.find((attribute) => attribute.keyword === keyword);

  it('says tag, keyword, VR and value of every element, in every uncompressed transfer syntax', () => {
    const dataSet = ctDataSet(1, 2, 3, { ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'] });
    dataSet.setNumbers(tags.FrameIncrementPointer, [tags.FrameTime]);
    dataSet.setNumbers(tags.RecommendedDisplayFrameRateInFloat, [7.5]);

    for (const syntax of [EXPLICIT, IMPLICIT, BIG_ENDIAN]) {
      const view = viewOf(encoded(dataSet, syntax), syntax, true);

      expect(byKeyword(view, 'ImageType')).to.deep.equal({
        tag: '(0008,0008)',
        keyword: 'ImageType',
        vr: 'CS',
        value: 'ORIGINAL\\PRIMARY\\AXIAL',
      });
      expect(byKeyword(view, 'SOPInstanceUID')?.value).to.equal('1.2.1.2.3');
      expect(byKeyword(view, 'Rows')).to.deep.include({ vr: 'US', value: '16' });
      expect(byKeyword(view, 'FrameIncrementPointer')?.value).to.equal('(0018,1063)');
      expect(byKeyword(view, 'RecommendedDisplayFrameRateInFloat')?.value).to.equal('7.5');
      expect(byKeyword(view, 'PixelData')).to.deep.include({ vr: 'OW', value: '512 bytes' });
      expect(view.attributes).to.have.lengthOf(dataSet.tagsInOrder().length);
      expect(view.omitted).to.equal(0);
    }
  });

  it('decodes text by the specific character set, that of an item before that of the data set', () => {
    const item = dataSetOf({ SpecificCharacterSet: 'ISO_IR 144', PatientName: 'Люкceмбypг' });
    const plain = dataSetOf({});
    const dataSet = dataSetOf({
      SpecificCharacterSet: ['', 'ISO 2022 IR 87'],
      PatientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
    });
    dataSet.setItems(tags.OtherPatientIDsSequence, [item, plain]);
    plain.setText(tags.PatientID, '山田');

    const view = viewOf(encoded(dataSet), EXPLICIT, true);

    expect(byKeyword(view, 'PatientName')?.value).to.equal('Yamada^Tarou=山田^太郎=やまだ^たろう');
    const items = byKeyword(view, 'OtherPatientIDsSequence')?.items;
    expect(items?.[0]?.find(({ keyword }) => keyword === 'PatientName')?.value).to.equal('Люкceмбypг');
    expect(items?.[1]?.[0]?.value).to.equal('山田');
  });

  it('shows of a hundred thousand items as many as of elements', () => {
    const items = Array.from({ length: 100_000 }, () => hex('feff00e0 00000000'));
    const bytes = Buffer.concat([hex('08004011 5351 0000 ffffffff'), ...items, hex('feffdde0 00000000')]);

    const view = viewOf(bytes, EXPLICIT, true);

    expect(view.attributes[0]?.items).to.have.lengthOf(viewLimits.elementsMax - 1);
    expect(view.omitted).to.equal(100_001 - viewLimits.elementsMax);
  });

  it('names private elements by their creator', () => {
    const dataSet = dataSetOf({ PatientID: 'P1' });
    dataSet.setText(0x00290010, 'SIEMENS CSA HEADER', 'LO');
    dataSet.setText(0x00291008, 'IMAGE NUM 4', 'CS');
    dataSet.set({ tag: 0x00291010, vr: 'OB', bytes: Buffer.alloc(11_560) });
    dataSet.setText(0x00311001, 'of nobody', 'LO');

    const { attributes } = viewOf(encoded(dataSet), EXPLICIT, true);

    expect(attributes.map(({ keyword, value }) => [keyword, value])).to.deep.equal([
      ['PatientID', 'P1'],
      ['PrivateCreator', 'SIEMENS CSA HEADER'],
      ['[SIEMENS CSA HEADER]', 'IMAGE NUM 4'],
      ['[SIEMENS CSA HEADER]', '11560 bytes'],
      ['', 'of nobody'],
    ]);
  });

  it('cuts long values, of text and of numbers, and leaves no half characters and no control characters', () => {
    const dataSet = dataSetOf({ SpecificCharacterSet: 'ISO_IR 192' });
    dataSet.setText(tags.TextValue, `${'x'.repeat(998)}😀 and so on`);
    dataSet.setText(tags.ImageComments, 'bell\x07 and\r\nline');
    dataSet.setNumbers(tags.RedPaletteColorLookupTableDescriptor, Array(30_000).fill(7), 'US');

    const { attributes } = viewOf(encoded(dataSet), EXPLICIT, true);

    for (const { value } of attributes) expect(value.length).to.be.at.most(viewLimits.valueCharsMax);
    const texts = attributes.map(({ value }) => value);
    expect(texts.find((text) => text.startsWith('xx'))).to.equal(`${'x'.repeat(998)}\ufffd…`);
    expect(texts).to.include('bell\ufffd and\r\nline');
    expect(texts.find((text) => text.startsWith('7\\7'))).to.match(/…$/);
  });

  it('walks sequences of undefined length, UN of undefined length, and nested compressed icons', () => {
    const bytes = Buffer.concat([
      hex('08004011 5351 0000 ffffffff'), // Referenced Image Sequence
      hex('feff00e0 ffffffff 08005511 5549 0400 312e3200 feff0de0 00000000'),
      hex('feff00e0 0c000000 08005511 5549 0400 312e3300 feffdde0 00000000'),
      hex('09001110 554e 0000 ffffffff'), // UN: Implicit VR inside
      hex('feff00e0 0c000000 08005511 04000000 312e3400 feffdde0 00000000'),
      hex('88000002 5351 0000 ffffffff feff00e0 ffffffff'), // Icon Image Sequence
      hex('e07f1000 4f42 0000 ffffffff feff00e0 00000000 feff00e0 04000000 ffd8ffd9 feffdde0 00000000'),
      hex('feff0de0 00000000 feffdde0 00000000'),
      hex('20001300 4953 0200 3520'),
    ]);

    const view = viewOf(bytes, EXPLICIT, true);

    expect(view.omitted).to.equal(0);
    expect(
      view.attributes.map(({ tag, vr, items }) => [tag, vr, items?.map((item) => item.map(brief))]),
    ).to.deep.equal([
      ['(0008,1140)', 'SQ', [['UI 1.2'], ['UI 1.3']]],
      ['(0009,1011)', 'SQ', [['UI 1.4']]],
      ['(0088,0200)', 'SQ', [['OB encapsulated']]],
      ['(0020,0013)', 'IS', undefined],
    ]);
  });

  it('ends at Pixel Data, and says that it is encapsulated where it is', () => {
    const bytes = Buffer.concat([
      hex('e07f1000 4f42 0000 ffffffff feff00e0 00000000 feff00e0 ffff0000 00'), // cut off within the first fragment
    ]);

    expect(viewOf(bytes, EXPLICIT, false)).to.deep.equal({
      attributes: [{ tag: '(7FE0,0010)', keyword: 'PixelData', vr: 'OB', value: 'encapsulated' }],
      omitted: 0,
    });
  });

  it('leaves out what is too much, and says how much that is', () => {
    const dataSet = new DataSet();
    for (let count = 0; count < 6000; count++) dataSet.setText(0x00110000 + count * 0x100 + 0x10, 'x', 'LO');
    const many = viewOf(encoded(dataSet), EXPLICIT, true);
    expect([many.attributes.length, many.omitted]).to.deep.equal([5000, 1000]);

    const deep = viewOf(nested(40), EXPLICIT, true);
    expect(deep.omitted).to.equal(1);
    expect(depthOf(deep.attributes)).to.equal(viewLimits.depthMax + 1);
  });

  it('shows what comes before the place where the bytes end or say nonsense, and counts the rest as one', () => {
    const good = encoded(dataSetOf({ PatientID: 'P1' }));
    const tooLong = hex('08004011 5351 0000 10000000 feff00e0 00010000'); // an item longer than its sequence

    for (const bytes of [
      Buffer.concat([good, hex('2000')]),
      Buffer.concat([good, tooLong, Buffer.alloc(8)]),
    ]) {
      const view = viewOf(bytes, EXPLICIT, true);
      expect(view.attributes[0]).to.deep.include({ keyword: 'PatientID', value: 'P1' });
      expect(view.omitted).to.equal(1);
    }
    expect(viewOf(good, EXPLICIT, false).omitted).to.equal(1);
  });

  it('says the length of a value of which only the beginning is there', () => {
    const head = hex('42001100 4f42 0000 00000001 25504446'); // Encapsulated Document

    const { attributes } = viewOf(head, EXPLICIT, false);

    expect(attributes).to.deep.equal([
      { tag: '(0042,0011)', keyword: 'EncapsulatedDocument', vr: 'OB', value: `${0x01000000} bytes` },
    ]);
  });

  it('takes any bytes whatever, cut anywhere, and ends', () => {
    const whole = encoded(ctDataSet(1, 1, 1));
    for (let end = 0; end < whole.length; end++) viewOf(whole.subarray(0, end), EXPLICIT, false);
    const anyBytes = fc.uint8Array({ maxLength: 400 });
    const pieces = fc.array(
      fc.oneof(
        anyBytes.map((bytes) => Buffer.from(bytes)),
        fc.constantFrom(
          hex('feff00e0 ffffffff'),
          hex('feff0de0 00000000'),
          hex('feffdde0 00000000'),
          hex('08004011 5351 0000 ffffffff'),
          hex('09001110 554e 0000 ffffffff'),
          hex('08004011 ffffffff'),
          hex('00000000 00000000'),
        ),
      ),
    );
    fc.assert(
      fc.property(
        pieces,
        fc.constantFrom(EXPLICIT, IMPLICIT, BIG_ENDIAN),
        fc.boolean(),
        (some, syntax, isWhole) => {
          const { attributes, omitted } = viewOf(Buffer.concat(some), syntax, isWhole);
          expect(attributes.length).to.be.at.most(5000);
          expect(omitted).to.be.at.least(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads the file of an instance up to its bound alone, and inflates a deflated one', async () => {
    const place = await testVolume();
    const dataSet = dataSetOf({ PatientID: 'P1' });
    dataSet.set({ tag: 0x00420011, vr: 'OB', bytes: Buffer.alloc(3 * 1024 * 1024, 1) });
    dataSet.setText(tags.MIMETypeOfEncapsulatedDocument, 'application/pdf');
    const bytes = encoded(dataSet);
    try {
      const stored = put(place, 1, bytes, uids.ExplicitVRLittleEndian);
      const deflated = put(place, 2, deflateRawSync(bytes), uids.DeflatedExplicitVRLittleEndian);
      const broken = put(place, 3, Buffer.from('no deflate stream'), uids.DeflatedExplicitVRLittleEndian);

      for (const instance of [stored, deflated]) {
        const view = await viewOfInstance(place.files, instance);
        expect(view.attributes.map(brief)).to.deep.equal(['LO P1', `OB ${3 * 1024 * 1024} bytes`]);
        expect(view.omitted).to.equal(1);
      }
      expect(await viewOfInstance(place.files, broken)).to.deep.equal({ attributes: [], omitted: 0 });
      expect(await refusalOf(viewOfInstance(place.files, { ...stored, sopInstanceUid: '9.9' }))).to.match(
        /^not-found: /,
      );
    } finally {
      await place.remove();
    }
  });

  it('shows a compressed image of a scanner that has a compressed icon, from its file', async function () {
    const file = corpus?.find(({ path }) => path.endsWith('slicethickness_empty_string.dcm'));
    if (file === undefined) this.skip();
    const place = await testVolume();
    try {
      const view = await viewOfInstance(place.files, put(place, 1, file.dataSet(), file.transferSyntax));

      const icon = byKeyword(view, 'IconImageSequence')?.items?.[0];
      expect(icon?.find(({ keyword }) => keyword === 'Rows')?.value).to.equal('64');
      expect(icon?.at(-1)).to.include({ keyword: 'PixelData', value: 'encapsulated' });
      expect(byKeyword(view, 'Rows')?.value).to.equal('384');
      expect(byKeyword(view, 'OverlayData')?.value).to.equal('18432 bytes');
      expect(view.attributes.at(-1)).to.include({ keyword: 'PixelData', value: 'encapsulated' });
      expect(view.omitted).to.equal(0);
    } finally {
      await place.remove();
    }
  });
});

function put(place: TestVolume, number: number, content: Buffer, transferSyntaxUid: string) {
  const instance = {
    sopInstanceUid: `1.2.${number}`,
    sopClassUid: uids.EncapsulatedPDFStorage,
    seriesInstanceUid: '1.2',
    studyInstanceUid: '1.2',
    transferSyntaxUid,
    sizeBytes: content.length,
    dataSetOffset: 10,
    sha256: '',
    arrivedAt: 0,
    sourceAeTitle: 'CT1',
    week: '2026-W47',
  };
  const path = place.files.pathOf(instance);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, Buffer.concat([Buffer.alloc(10, 0xff), content]));
  return instance;
}

function brief({ vr, value }: AttributeView): string {
  return `${vr} ${value}`;
}

function depthOf(attributes: readonly AttributeView[]): number {
  const below = attributes.flatMap(({ items }) => (items ?? []).map(depthOf));
  return attributes.length === 0 ? 0 : 1 + Math.max(0, ...below);
}

/** A sequence within a sequence within a sequence. */
function nested(depth: number): Buffer {
  if (depth === 0) return encoded(dataSetOf({ PatientID: 'P1' }));
  const inner = nested(depth - 1);
  return Buffer.concat([
    hex('08004011 5351 0000 ffffffff feff00e0 ffffffff'),
    inner,
    hex('feff0de0 00000000 feffdde0 00000000'),
  ]);
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}
