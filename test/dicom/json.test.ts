import { expect } from 'chai';
import fc from 'fast-check';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { fromJson } from '../../src/dicom/from-json.ts';
import { type JsonDataSet, toJson, toJsonElement } from '../../src/dicom/json.ts';

const EXPLICIT = { encoding: 'explicit', bigEndian: false } as const;

function text(vr: 'DS' | 'IS' | 'PN' | 'LO' | 'LT' | 'CS', value: string) {
  return toJsonElement({ tag: 0x00100010, vr, bytes: Buffer.from(value) }, ['ISO_IR 192']);
}

describe('toJsonElement (PS3.18 Annex F)', () => {
  it('has names by component groups', () => {
    expect(text('PN', 'Yamada^Tarou=山田^太郎 \\B^^')).to.deep.equal({
      vr: 'PN',
      Value: [{ Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎' }, { Alphabetic: 'B^^' }],
    });
    expect(text('PN', '=山田').Value).to.deep.equal([{ Ideographic: '山田' }]);
    expect(text('PN', '==')).to.deep.equal({ vr: 'PN' });
  });

  it('has decimal text as a number only where it comes back byte for byte', () => {
    expect(text('DS', '1.5\\1.50\\-2\\+1\\1e400\\').Value).to.deep.equal([
      1.5,
      '1.50',
      -2,
      '+1',
      '1e400',
      null,
    ]);
    expect(text('IS', '00012').Value).to.deep.equal(['00012']);
    expect(text('IS', 'many ').Value).to.deep.equal(['many']);
  });

  it('has no Value for an empty element and for bytes, null for an empty value among others', () => {
    expect(text('LO', '')).to.deep.equal({ vr: 'LO' });
    expect(text('LO', ' ')).to.deep.equal({ vr: 'LO' });
    expect(text('CS', 'A\\\\B ').Value).to.deep.equal(['A', null, 'B']);
    expect(toJsonElement({ tag: 0x7fe00010, vr: 'OW', bytes: Buffer.alloc(8) }, [])).to.deep.equal({
      vr: 'OW',
    });
  });

  it('has the values of a known attribute that was sent as UN, by the dictionary (PS3.5 §6.2.2)', () => {
    const unknown = (tag: number, bytes: Buffer) => toJsonElement({ tag, vr: 'UN', bytes }, []);

    expect(unknown(tags.PatientID, Buffer.from('ID7 '))).to.deep.equal({ vr: 'LO', Value: ['ID7'] });
    expect(unknown(tags.Rows, Buffer.from([0, 2]))).to.deep.equal({ vr: 'US', Value: [512] });
    expect(unknown(0x00091010, Buffer.from('?'))).to.deep.equal({ vr: 'UN' });
  });

  it('has one value where the VR cannot have more', () => {
    expect(text('LT', ' a\\b ').Value).to.deep.equal([' a\\b']);
  });

  it('has binary numbers, and as strings those that JSON lacks', () => {
    const dataSet = new DataSet();
    dataSet.setNumbers(tags.Rows, [512]);
    dataSet.setNumbers(tags.DimensionIndexPointer, [tags.PatientName]);
    dataSet.setNumbers(0x00720083, [2n ** 63n, 5n], 'UV');
    dataSet.setNumbers(0x00720074, [Number.NaN, -0, 0.5], 'FD');

    expect(toJson(dataSet)).to.deep.equal({
      '00209165': { vr: 'AT', Value: ['00100010'] },
      '00280010': { vr: 'US', Value: [512] },
      '00720074': { vr: 'FD', Value: ['NaN', '-0', 0.5] },
      '00720083': { vr: 'UV', Value: ['9223372036854775808', 5] },
    });
    expect(fromJson(toJson(dataSet), []).encode(EXPLICIT)).to.deep.equal(dataSet.encode(EXPLICIT));
  });

  it('nests sequences', () => {
    const json: JsonDataSet = {
      '00101002': { vr: 'SQ', Value: [{ '00100020': { vr: 'LO', Value: ['Ж'] } }, {}] },
    };

    expect(toJson(fromJson(json, ['ISO_IR 144']))['00101002']).to.deep.equal(json['00101002']);
  });
});

describe('fromJson', () => {
  it('answers in the character sets that were asked for', () => {
    const dataSet = fromJson({ '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Jérôme' }] } }, ['ISO_IR 100']);

    expect(dataSet.texts(tags.SpecificCharacterSet)).to.deep.equal(['ISO_IR 100']);
    expect(dataSet.encode(EXPLICIT).toString('latin1')).to.contain('J\xe9r\xf4me');
  });

  it('answers in ISO_IR 192 where some text, in an item too, does not fit them', () => {
    const json: JsonDataSet = {
      '00080005': { vr: 'CS', Value: ['', 'ISO 2022 IR 87'] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Jérôme' }] },
      '00101002': { vr: 'SQ', Value: [{ '00100020': { vr: 'LO', Value: ['山'] } }] },
    };

    const dataSet = fromJson(json, ['ISO_IR 100']);

    expect(dataSet.text(tags.SpecificCharacterSet)).to.equal('ISO_IR 192');
    expect(dataSet.text(tags.PatientName)).to.equal('Jérôme');
    expect(dataSet.items(tags.OtherPatientIDsSequence)[0]?.text(tags.PatientID)).to.equal('山');
  });

  it('declares no character set where none was asked for and none is needed', () => {
    expect(fromJson({ '00100020': { vr: 'LO', Value: ['ID'] } }, []).has(tags.SpecificCharacterSet)).to.equal(
      false,
    );
  });

  it('gives text back that not even UTF-8 can hold, as good as can be', () => {
    const dataSet = fromJson({ '00100020': { vr: 'LO', Value: ['a\ud800'] } }, []);

    expect(dataSet.text(tags.PatientID)).to.equal('a\ufffd');
  });

  it('gives back what toJson made of any text', () => {
    const word = fc
      .string({ unit: 'grapheme', maxLength: 10 })
      .map((value) => value.replace(/[\\=]|\p{Cc}/gu, '').trim());

    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
        const dataSet = new DataSet();
        dataSet.setText(tags.SpecificCharacterSet, 'ISO_IR 192');
        dataSet.setText(tags.OtherPatientIDs, words);
        dataSet.setText(tags.PatientName, words);
        const json = toJson(dataSet);

        expect(toJson(fromJson(JSON.parse(JSON.stringify(json)), ['ISO_IR 192']))).to.deep.equal(json);
      }),
    );
  });
});
