import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import type { KeptElement } from '../../src/dicom/kept-elements.ts';
import {
  explicitVrLittleEndian,
  implicitVrLittleEndian,
  transferSyntaxOf,
} from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import { Problem } from '../../src/lib/problem.ts';
import { HeaderDecoder } from '../../src/services/header-decoder.ts';
import {
  DataSetInspector,
  type Inspection,
  type InstanceHeader,
  identityOf,
} from '../../src/services/inspection.ts';
import { refusalOf } from '../storage/problems.ts';
import { ctDataSet, dataSetOf, encoded, headerTags, piecesOf, sha256Of } from './fixtures.ts';

const BIG_ENDIAN = transferSyntaxOf(uids.ExplicitVRBigEndian) ?? explicitVrLittleEndian;
const decodeHeader = (header: InstanceHeader) => new HeaderDecoder().decode(header);
const PRIVATE_SYNTAX = '1.2.826.0.1.3680043.10.999.1';

async function inspect(syntaxUid: string, pieces: readonly Buffer[]): Promise<Inspection> {
  const inspector = new DataSetInspector(syntaxUid, headerTags);
  for (const piece of pieces) {
    inspector.write(piece);
    await inspector.settle();
  }
  return inspector.end();
}

const dataSet = ctDataSet(1, 2, 3, { SpecificCharacterSet: 'ISO_IR 192', PatientName: '山田^太郎' });
const IDENTITY = {
  sopClassUid: uids.CTImageStorage,
  sopInstanceUid: '1.2.1.2.3',
  studyInstanceUid: '1.2.1',
  seriesInstanceUid: '1.2.1.2',
};

const VARIANTS: readonly [string, string, Buffer][] = [
  ['Explicit VR Little Endian', uids.ExplicitVRLittleEndian, encoded(dataSet)],
  ['Implicit VR Little Endian', uids.ImplicitVRLittleEndian, encoded(dataSet, implicitVrLittleEndian)],
  ['Explicit VR Big Endian', uids.ExplicitVRBigEndian, encoded(dataSet, BIG_ENDIAN)],
  [
    'Deflated Explicit VR Little Endian',
    uids.DeflatedExplicitVRLittleEndian,
    deflateRawSync(encoded(dataSet)),
  ],
  ['a private one that is explicit', PRIVATE_SYNTAX, encoded(dataSet)],
  ['a private one that is implicit', PRIVATE_SYNTAX, encoded(dataSet, implicitVrLittleEndian)],
];

describe('DataSetInspector', () => {
  for (const [name, uid, bytes] of VARIANTS) {
    it(`takes length, SHA-256, UIDs and header of a data set in ${name}, cut at any byte`, async () => {
      for (let cut = 0; cut < bytes.length; cut += cut < 40 ? 1 : 13) {
        const { sizeBytes, sha256, identity, header } = await inspect(uid, piecesOf(bytes, [cut]));

        expect({ sizeBytes, sha256 }).to.deep.equal({ sizeBytes: bytes.length, sha256: sha256Of(bytes) });
        expect(identity, `cut at ${cut}`).to.deep.equal(IDENTITY);
        expect(decodeHeader(header)['00100010']).to.deep.equal({
          vr: 'PN',
          Value: [{ Alphabetic: '山田^太郎' }],
        });
      }
      const one = await inspect(
        uid,
        Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
      );
      expect(one.identity).to.deep.equal(IDENTITY);
    });

    it(`refuses a data set in ${name} that is cut short`, async () => {
      for (const length of [0, 1, 7, 100, bytes.length - 1]) {
        const refusal = await refusalOf(inspect(uid, [bytes.subarray(0, length)]));
        expect(refusal, `${length} bytes`).to.match(/^unreadable-data-set: /);
      }
    });
  }

  it('needs not a single byte of what it was given once `write` has returned', async () => {
    for (const [, uid, bytes] of VARIANTS) {
      const inspector = new DataSetInspector(uid, headerTags);
      const piece = Buffer.alloc(64);
      for (let at = 0; at < bytes.length; at += 64) {
        const length = bytes.copy(piece, 0, at, at + 64);
        inspector.write(piece.subarray(0, length));
        piece.fill(0xff);
      }
      expect((await inspector.end()).identity).to.deep.equal(IDENTITY);
    }
  });

  it('knows the header as soon as Pixel Data begins', () => {
    const bytes = encoded(dataSet);
    const inspector = new DataSetInspector(uids.ExplicitVRLittleEndian, headerTags);
    inspector.write(bytes.subarray(0, bytes.length - 512 - 12));
    expect(inspector.headerBeforePixelData).to.equal(undefined);

    inspector.write(bytes.subarray(bytes.length - 512 - 12, bytes.length - 512));

    expect(identityOf(inspector.headerBeforePixelData?.elements ?? new Map())).to.deep.equal(IDENTITY);
  });

  it('takes a deflated data set that is padded to an even length (PS3.5 §A.5)', async () => {
    const deflated = deflateRawSync(encoded(dataSet));

    const { identity } = await inspect(uids.DeflatedExplicitVRLittleEndian, [deflated, Buffer.from([0])]);

    expect(identity).to.deep.equal(IDENTITY);
  });

  it('refuses a deflated data set that is none, and any more of it', async () => {
    const refusal = await refusalOf(inspect(uids.DeflatedExplicitVRLittleEndian, [Buffer.alloc(1000, 0xff)]));
    expect(refusal).to.match(/^unreadable-data-set: deflated data set/);

    const inspector = new DataSetInspector(uids.DeflatedExplicitVRLittleEndian, headerTags);
    inspector.write(deflateRawSync(Buffer.alloc(1000, 0xff)));
    const late = (async () => {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        inspector.write(Buffer.alloc(10));
      }
    })();
    expect(await refusalOf(late)).to.match(/^unreadable-data-set/);
  });

  it('holds back a sender whose data set inflates to much more, in bounded memory', async function () {
    this.timeout(60_000);
    const head = encoded(dataSetOf({ StudyDate: '20261121' }));
    const pixelData = Buffer.from('e07f10004f57000000000008', 'hex'); // 128 MB of zeros
    const bomb = deflateRawSync(Buffer.concat([head, pixelData, Buffer.alloc(0x0800_0000)]), { level: 9 });
    expect(bomb.length).to.be.lessThan(200_000);
    const before = process.memoryUsage().rss;
    let peak = 0;

    const inspector = new DataSetInspector(uids.DeflatedExplicitVRLittleEndian, headerTags);
    for (let at = 0; at < bomb.length; at += 16_384) {
      inspector.write(bomb.subarray(at, at + 16_384));
      await inspector.settle();
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    await inspector.end();

    expect(peak - before).to.be.lessThan(64 * 1024 * 1024);
  });

  it('refuses a data set that names two instances', async () => {
    const first = encoded(dataSetOf({ SOPClassUID: '1.2', SOPInstanceUID: '1.2.3' }));
    const second = encoded(dataSetOf({ SOPInstanceUID: '1.2.4' }));

    expect(await refusalOf(inspect(uids.ExplicitVRLittleEndian, [first, second]))).to.equal(
      'unreadable-data-set: sopInstanceUid twice with different values',
    );
  });

  it('has empty UIDs for those that are missing, and no padding in the others', async () => {
    const { identity } = await inspect(uids.ExplicitVRLittleEndian, [
      encoded(dataSetOf({ SOPInstanceUID: ' 1.2.3 ', StudyInstanceUID: '' })),
    ]);

    expect(identity).to.deep.equal({
      sopClassUid: '',
      sopInstanceUid: '1.2.3',
      studyInstanceUid: '',
      seriesInstanceUid: '',
    });
  });

  it('throws nothing but a Problem on any bytes, in any transfer syntax', async () => {
    const syntaxes = [...VARIANTS.map(([, uid]) => uid), uids.JPEGBaseline8Bit];
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(...syntaxes),
        async (bytes, uid) => {
          const work = inspect(uid, [Buffer.from(bytes)]);
          const error: unknown = await work.then(
            () => undefined,
            (reason: unknown) => reason,
          );
          expect(error === undefined || error instanceof Problem).to.equal(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('can be given up at any time', async () => {
    const inspector = new DataSetInspector(uids.DeflatedExplicitVRLittleEndian, headerTags);
    inspector.write(deflateRawSync(randomBytes(1_000_000)));
    inspector.destroy();
    await inspector.settle();
    inspector.destroy();
  });
});

describe('HeaderDecoder', () => {
  const elementsOf = (...elements: KeptElement[]) =>
    new Map(elements.map((element) => [element.tag, element]));
  /** A sequence in which something stands that is no item. */
  const broken: KeptElement = {
    tag: tags.ReferencedPerformedProcedureStepSequence,
    bytes: Buffer.from('0800111153510000080000000800520000000000', 'hex'),
    valueOffset: 12,
  };

  it('leaves out the element that cannot be decoded, and keeps the others', () => {
    const name = {
      tag: tags.PatientName,
      bytes: Buffer.from('10001000504e04004100422a', 'hex'),
      valueOffset: 8,
    };

    const json = decodeHeader({ syntax: explicitVrLittleEndian, elements: elementsOf(broken, name) });

    expect(Object.keys(json)).to.deep.equal(['00100010']);
  });

  it('reads text in the character set of the data set, also one element by one', async () => {
    const { header } = await inspect(uids.ExplicitVRLittleEndian, [encoded(dataSet)]);

    const elements = elementsOf(...header.elements.values(), broken);

    expect(decodeHeader({ ...header, elements })).to.deep.equal(decodeHeader(header));
  });

  it('remembers what it decoded of another data set only where all of it is the same', async () => {
    const decoder = new HeaderDecoder();
    const latin = ctDataSet(1, 2, 3, { SpecificCharacterSet: 'ISO_IR 100', PatientName: 'Ã©' });
    const unicode = ctDataSet(1, 2, 3, { SpecificCharacterSet: 'ISO_IR 192', PatientName: 'é' });
    for (const one of [latin, unicode, dataSet, latin, unicode, dataSet]) {
      for (const syntax of [explicitVrLittleEndian, implicitVrLittleEndian, BIG_ENDIAN]) {
        const { header } = await inspect(syntax.uid, [encoded(one, syntax)]);
        expect(decoder.decode(header)).to.deep.equal(decodeHeader(header));
      }
    }
  });
});
