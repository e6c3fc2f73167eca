import { expect } from 'chai';
import fc from 'fast-check';
import { DataSet } from '../../src/dicom/data-set.ts';
import type { Encoding } from '../../src/dicom/data-set-decoder.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { toJson } from '../../src/dicom/json.ts';
import { identifierLimits } from '../../src/dicom/limits.ts';
import { Problem } from '../../src/lib/problem.ts';
import { atMost } from '../helpers/time-bounds.ts';

const IMPLICIT: Encoding = { encoding: 'implicit', bigEndian: false };
const EXPLICIT: Encoding = { encoding: 'explicit', bigEndian: false };
const BIG_ENDIAN: Encoding = { encoding: 'explicit', bigEndian: true };

/** A C-FIND identifier, by hand after PS3.5 §7.1. */
const FIXTURES: readonly { name: string; encoding: Encoding; bytes: Buffer }[] = [
  {
    name: 'Implicit VR Little Endian',
    encoding: IMPLICIT,
    bytes: hex(`
      08000500 0a000000 49534f5f495220313932
      08005200 06000000 535455445920
      08001111 18000000  feff00e0 10000000  08005511 08000000 312e322e332e3400
      10001000 06000000 c381c389612a
      20000d00 00000000
      28001000 02000000 0002`),
  },
  {
    name: 'Explicit VR Little Endian',
    encoding: EXPLICIT,
    bytes: hex(`
      08000500 4353 0a00 49534f5f495220313932
      08005200 4353 0600 535455445920
      08001111 5351 0000 18000000  feff00e0 10000000  08005511 5549 0800 312e322e332e3400
      10001000 504e 0600 c381c389612a
      20000d00 5549 0000
      28001000 5553 0200 0002`),
  },
  {
    name: 'Explicit VR Big Endian',
    encoding: BIG_ENDIAN,
    bytes: hex(`
      00080005 4353 000a 49534f5f495220313932
      00080052 4353 0006 535455445920
      00081111 5351 0000 00000018  fffee000 00000010  00081155 5549 0008 312e322e332e3400
      00100010 504e 0006 c381c389612a
      0020000d 5549 0000
      00280010 5553 0002 0200`),
  },
];

function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'hex');
}

function problemOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem && error.code === 'unreadable-data-set') return error.message;
    throw error;
  }
  return 'none';
}

describe('DataSet (PS3.5 §7)', () => {
  for (const { name, encoding, bytes } of FIXTURES) {
    describe(name, () => {
      it('decodes', () => {
        const dataSet = DataSet.decode(bytes, encoding);

        expect(dataSet.tagsInOrder()).to.have.length(6);
        expect(dataSet.text(tags.QueryRetrieveLevel)).to.equal('STUDY');
        expect(dataSet.text(tags.PatientName)).to.equal('ÁÉa*');
        expect(dataSet.number(tags.Rows)).to.equal(512);
        expect(
          dataSet.items(tags.ReferencedPerformedProcedureStepSequence)[0]?.uid(tags.ReferencedSOPInstanceUID),
        ).to.equal('1.2.3.4');
      });

      it('encodes to the same bytes', () => {
        expect(DataSet.decode(bytes, encoding).encode(encoding)).to.deep.equal(bytes);
      });

      it('refuses itself cut at any byte that does not end an element', () => {
        let whole = 0;
        for (let length = 0; length < bytes.length; length++) {
          const problem = problemOf(() => DataSet.decode(bytes.subarray(0, length), encoding));
          if (problem === 'none') whole += 1;
          else expect(problem).to.match(/byte \d+/);
        }
        expect(whole, 'ends of the first five elements, and no bytes at all').to.equal(6);
      });

      it('throws nothing but a Problem on bytes that were tampered with', () => {
        fc.assert(
          fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
            const tampered = Buffer.from(bytes);
            tampered[at] = value;
            problemOf(() => toJson(DataSet.decode(tampered, encoding)));
          }),
          { numRuns: 500 },
        );
      });
    });
  }

  it('comes out the same in every encoding', () => {
    const all = FIXTURES.map(({ bytes, encoding }) => toJson(DataSet.decode(bytes, encoding)));

    expect(all[1]).to.deep.equal(all[0]);
    expect(all[2]).to.deep.equal(all[0]);
  });

  it('throws nothing but a Problem on any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(IMPLICIT, EXPLICIT, BIG_ENDIAN),
        (bytes, encoding) => {
          problemOf(() => toJson(DataSet.decode(Buffer.from(bytes), encoding)));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('DataSet.decode', () => {
  it('reads sequences and items of undefined length (PS3.5 §7.5.1)', () => {
    const bytes = hex(`
      08001111 5351 0000 ffffffff
        feff00e0 ffffffff  08005511 5549 0400 312e3200  feff0de0 00000000
        feff00e0 00000000
      feffdde0 00000000
      28001000 5553 0200 0002`);

    const dataSet = DataSet.decode(bytes, EXPLICIT);

    const items = dataSet.items(tags.ReferencedPerformedProcedureStepSequence);
    expect(items.map((item) => item.uid(tags.ReferencedSOPInstanceUID))).to.deep.equal(['1.2', undefined]);
    expect(dataSet.number(tags.Rows)).to.equal(512);
  });

  it('reads UN of undefined length as a sequence in Implicit VR Little Endian (PS3.5 §6.2.2)', () => {
    const bytes = hex(`
      00091001 554e 0000 ffffffff
        feff00e0 ffffffff  08005511 04000000 312e3200  feff0de0 00000000
      feffdde0 00000000
      00280010 5553 0002 0200`);

    const dataSet = DataSet.decode(bytes, BIG_ENDIAN);

    expect(dataSet.items(0x00091001)[0]?.uid(tags.ReferencedSOPInstanceUID)).to.equal('1.2');
    expect(dataSet.number(tags.Rows)).to.equal(512);
  });

  it('takes a VR of letters that it does not know as a long one, and no letters as an implicit element', () => {
    const bytes = hex(`
      08005200 5a5a 0000 02000000 4142
      08005600 04000000 4f4e2020`);

    const dataSet = DataSet.decode(bytes, EXPLICIT);

    expect(dataSet.get(tags.QueryRetrieveLevel)?.vr).to.equal('UN');
    expect(dataSet.text(tags.QueryRetrieveLevel)).to.equal('AB');
    expect(dataSet.text(tags.InstanceAvailability)).to.equal('ON');
  });

  it('takes blanks or question marks in place of a VR, with a 16-bit length', () => {
    for (const placeholder of ['2020', '3f3f']) {
      const bytes = hex(`28000200 ${placeholder} 0200 0700  28005010 4453 0200 2d32`);

      const dataSet = DataSet.decode(bytes, EXPLICIT);

      expect(dataSet.number(tags.SamplesPerPixel)).to.equal(7);
      expect(dataSet.number(tags.WindowCenter)).to.equal(-2);
    }
  });

  it('bounds the depth of sequences', () => {
    const item = hex('08001111 5351 0000 ffffffff feff00e0 ffffffff');
    const bytes = Buffer.concat(Array.from({ length: 1000 }, () => item));

    expect(problemOf(() => DataSet.decode(bytes, EXPLICIT))).to.match(
      /^\(0008,1111\) at byte \d+: nested more than 32 deep$/,
    );
  });

  it('bounds the number of elements', () => {
    const bytes = Buffer.concat(Array.from({ length: 11 }, () => hex('28001000 5553 0200 0002')));

    expect(problemOf(() => DataSet.decode(bytes, EXPLICIT, { depthMax: 1, elementsMax: 10 }))).to.equal(
      'more than 10 elements',
    );
  });

  it('takes encapsulated Pixel Data of an item for an element like others, and writes it as it was (PS3.5 §A.4)', () => {
    const fragments = 'feff00e0 00000000 feff00e0 02000000 0102';
    const icon = (length: string, inside: string) =>
      hex(
        `88000002 5351 0000 ${length} feff00e0 ${inside} e07f1000 4f42 0000 ffffffff ${fragments} feffdde0 00000000`,
      );
    const bytes = icon('2e000000', '26000000');

    const dataSet = DataSet.decode(bytes, EXPLICIT);

    const pixels = dataSet.items(0x00880200)[0]?.get(0x7fe00010);
    expect(pixels).to.deep.include({ vr: 'OB', isEncapsulated: true, bytes: hex(fragments) });
    expect(dataSet.encode(EXPLICIT).equals(bytes)).to.equal(true);
    for (const cut of ['2e000000 feff00e0 26000000 e07f1000 4f42 0000 ffffffff feff00e0 00000001'])
      expect(
        problemOf(() => DataSet.decode(hex(`88000002 5351 0000 ${cut} ${'00'.repeat(18)}`), EXPLICIT)),
      ).to.match(/longer than what holds it/);
  });

  it('bounds the values of an identifier, all together, but for lists of UIDs', () => {
    const text = identifierLimits.textBytesMax;
    const identifier = new DataSet();
    const decode = () => DataSet.decode(identifier.encode(IMPLICIT), IMPLICIT, identifierLimits);
    identifier.set({ tag: tags.StudyDescription, vr: 'LO', bytes: Buffer.alloc(text - 8) });
    identifier.set({ tag: tags.PatientName, vr: 'PN', bytes: Buffer.alloc(8) });
    identifier.set({ tag: tags.StudyInstanceUID, vr: 'UI', bytes: Buffer.alloc(500_000) });

    expect(decode().tagsInOrder()).to.have.length(3);
    identifier.set({ tag: tags.PatientID, vr: 'LO', bytes: Buffer.alloc(2) });
    expect(problemOf(decode)).to.equal('values of more than 131072 bytes');
  });

  it('refuses delimiters with a length (PS3.5 §7.5)', () => {
    const refused = (text: string) => problemOf(() => DataSet.decode(hex(text), EXPLICIT));

    expect(refused('08001111 5351 0000 ffffffff feffdde0 01000000')).to.match(/delimiter with a length/);
    expect(refused('08001111 5351 0000 ffffffff feff00e0 ffffffff feff0de0 08000000')).to.match(
      /with a length/,
    );
  });

  it('refuses lengths beyond what holds the element, fragments, and misplaced delimiters, with tag and offset', () => {
    const refused = (text: string) => problemOf(() => DataSet.decode(hex(text), EXPLICIT));

    expect(refused('10001000 504e ffff 4142')).to.equal('(0010,0010) at byte 0: longer than what holds it');
    expect(refused('08001111 5351 0000 0c000000 feff00e0 ff000000 00000000')).to.equal(
      '(FFFE,E000) at byte 12: longer than what holds it',
    );
    expect(refused('e07f1000 4f42 0000 ffffffff')).to.match(/^\(7FE0,0010\) at byte 0: fragments/);
    expect(refused('feff0de0 00000000')).to.match(/^\(FFFE,E00D\) at byte 0: delimiter/);
    expect(refused('08001111 5351 0000 ffffffff')).to.match(/sequence without an end/);
    expect(refused('08001111 5351 0000 ffffffff feff00e0 ffffffff')).to.match(/item without an end/);
    expect(refused('08001111 5351 0000 08000000 08005200 00000000')).to.match(/no item, in a sequence/);
  });
});

describe('DataSet in memory', () => {
  it('tells absent, empty and valued elements apart', () => {
    const dataSet = new DataSet();
    dataSet.setEmpty(tags.PatientID);
    dataSet.setText(tags.PatientName, 'A');

    expect([tags.StudyDate, tags.PatientID, tags.PatientName].map((tag) => dataSet.has(tag))).to.deep.equal([
      false,
      true,
      true,
    ]);
    expect(
      [tags.StudyDate, tags.PatientID, tags.PatientName].map((tag) => dataSet.isEmpty(tag)),
    ).to.deep.equal([false, true, false]);
    expect([tags.StudyDate, tags.PatientID, tags.PatientName].map((tag) => dataSet.text(tag))).to.deep.equal([
      undefined,
      '',
      'A',
    ]);
    expect(dataSet.uid(tags.PatientID)).to.equal(undefined);
  });

  it('splits and joins values, without padding', () => {
    const dataSet = new DataSet();
    dataSet.setText(tags.ModalitiesInStudy, ['CT', 'SR', 'PR ']);
    dataSet.setText(tags.StudyComments, 'a\\b');

    expect(dataSet.texts(tags.ModalitiesInStudy)).to.deep.equal(['CT', 'SR', 'PR']);
    expect(dataSet.texts(tags.StudyInstanceUID)).to.deep.equal([]);
  });

  it('keeps leading blanks and backslashes of VRs with one value (PS3.5 Table 6.2-1)', () => {
    const dataSet = new DataSet();
    dataSet.setText(tags.PatientComments, '  C:\\x ');

    expect(dataSet.texts(tags.PatientComments)).to.deep.equal(['  C:\\x']);
  });

  it('takes time in proportion to a value of many blanks', () => {
    const dataSet = new DataSet();
    dataSet.setText(tags.PatientComments, `${' '.repeat(1_000_000)}x`);
    const startedAt = performance.now();

    dataSet.text(tags.PatientComments);
    toJson(dataSet);

    expect(performance.now() - startedAt).to.be.lessThan(atMost(1000));
  });

  it('holds numbers of binary and of text VRs', () => {
    const dataSet = new DataSet();
    dataSet.setNumbers(tags.Rows, [512]);
    dataSet.setNumbers(tags.NumberOfStudyRelatedInstances, [12]);
    dataSet.setText(tags.SeriesNumber, ' x');
    dataSet.setText(tags.Columns, '256');

    expect(dataSet.number(tags.Rows)).to.equal(512);
    expect(dataSet.text(tags.NumberOfStudyRelatedInstances)).to.equal('12');
    expect(dataSet.number(tags.SeriesNumber)).to.equal(undefined);
    expect(dataSet.number(tags.Columns)).to.equal(256);
    expect(() => dataSet.setNumbers(tags.Rows, [65536])).to.throw(RangeError);
  });

  it('encodes text in its Specific Character Set, and says where it does not fit', () => {
    const dataSet = new DataSet();
    dataSet.setText(tags.SpecificCharacterSet, 'ISO_IR 100');

    expect(dataSet.setText(tags.PatientName, 'Jérôme')).to.equal(true);
    expect(dataSet.setText(tags.PatientName, '山田')).to.equal(false);
    expect(dataSet.text(tags.PatientName)).to.equal('Jérôme');
    expect(dataSet.encode(EXPLICIT).toString('latin1')).to.contain('J\xe9r\xf4me');
  });

  it('reads items in the character set of the data set around them, unless they have their own (PS3.3 §C.12.1.1.2)', () => {
    const around = new DataSet();
    around.setText(tags.SpecificCharacterSet, 'ISO_IR 192');
    const plain = new DataSet();
    const own = new DataSet();
    own.setText(tags.SpecificCharacterSet, 'ISO_IR 144');
    around.setItems(tags.OtherPatientIDsSequence, [plain, own]);

    expect(plain.setText(tags.PatientID, '山')).to.equal(true);
    expect(own.setText(tags.PatientID, '山')).to.equal(false);
    expect(own.setText(tags.PatientID, 'Ж')).to.equal(true);

    const read = DataSet.decode(around.encode(IMPLICIT), IMPLICIT).items(tags.OtherPatientIDsSequence);
    expect(read.map((item) => item.text(tags.PatientID))).to.deep.equal(['山', 'Ж']);
  });

  it('writes elements in the order of their tags, padded, without group lengths', () => {
    const dataSet = new DataSet();
    dataSet.setText(tags.StudyInstanceUID, '1.2');
    dataSet.setText(tags.PatientID, 'ABC');
    dataSet.setNumbers(0x00100000, [8]);
    dataSet.delete(tags.StudyInstanceUID);
    dataSet.setText(tags.StudyInstanceUID, '1.3');
    dataSet.setText(tags.Modality, 'CT');

    expect(dataSet.encode(EXPLICIT)).to.deep.equal(
      hex('08006000 4353 0200 4354  10002000 4c4f 0400 41424320  20000d00 5549 0400 312e3300'),
    );
  });

  it('writes a value too long for its VR as UN (PS3.5 §6.2.2)', () => {
    const dataSet = new DataSet();
    dataSet.setText(tags.PatientComments, 'x'.repeat(70_001));

    const read = DataSet.decode(dataSet.encode(EXPLICIT), EXPLICIT);

    expect(read.get(tags.PatientComments)?.vr).to.equal('UN');
    expect(read.text(tags.PatientComments)).to.equal('x'.repeat(70_001));
  });
});
