import { expect } from 'chai';
import fc from 'fast-check';
import { foldPersonName, foldText } from '../../src/dicom/fold.ts';

describe('foldText', () => {
  const same = (...texts: string[]) => {
    const folded = new Set(texts.map(foldText));
    expect(folded.size, [...folded].join(' | ')).to.equal(1);
  };

  it('makes case and accents one, also of Greek and Cyrillic', () => {
    same('Jérôme', 'JEROME', 'je\u0301ro\u0302me');
    same('Παπαδόπουλος', 'ΠΑΠΑΔΟΠΟΥΛΟΣ');
    same('Пётр', 'ПЕТР');
    same('İstanbul', 'istanbul', 'ıstanbul');
  });

  it('writes letters with a stroke or ligature as people do without', () => {
    expect(foldText('Łódź Straße Sørensen Æther Đurić Þór')).to.equal(
      'lodz strasse sorensen aether duric thor',
    );
    expect(foldText('GROẞ')).to.equal('gross');
  });

  it('makes half and full width one, and keeps the voiced sound marks of kana', () => {
    same('ﾔﾏﾀﾞ', 'ヤマダ');
    same('ＹＡＭＡＤＡ　１２', 'yamada 12');
    expect(foldText('ヤマダ')).to.not.equal(foldText('ヤマタ'));
    expect(foldText('がぱ')).to.equal('がぱ');
  });

  it('keeps Hangul syllables whole, however they came', () => {
    same('홍길동', '홍길동'.normalize('NFD'));
    expect(foldText('홍길동')).to.equal('홍길동');
  });

  it('makes runs of white space one blank and trims', () => {
    expect(foldText('  a \t\u00a0\u3000 b\r\n')).to.equal('a b');
  });

  it('passes wildcards through, and makes none of characters that only look like them', () => {
    expect(foldText('Buc*J?r')).to.equal('buc*j?r');
    expect(foldText('＊？⁇＾')).to.equal('＊？⁇＾');
  });

  it('is idempotent on any text', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 20 });
    const letters = fc.string({
      unit: fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCodePoint(code)),
      maxLength: 12,
    });

    fc.assert(
      fc.property(fc.oneof(anyText, letters), (text) => {
        expect(foldText(foldText(text))).to.equal(foldText(text));
      }),
      { numRuns: 3000 },
    );
  });

  it('gives one result for every normalization form of a text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(foldText(text.normalize('NFD'))).to.equal(foldText(text.normalize('NFC')));
      }),
      { numRuns: 500 },
    );
  });
});

describe('foldPersonName (PS3.5 §6.2.1)', () => {
  it('folds each component group, and drops empty components at its end', () => {
    const folded = foldPersonName({
      Alphabetic: 'Buc ^ Jérôme^^^',
      Ideographic: '山田^太郎',
      Phonetic: 'ﾔﾏﾀﾞ^ﾀﾛｳ',
    });

    expect(folded).to.deep.equal({
      alphabetic: 'buc^jerome',
      ideographic: '山田^太郎',
      phonetic: 'ヤマダ^タロウ',
    });
  });

  it('has an empty string for a group that is not there', () => {
    expect(foldPersonName({})).to.deep.equal({ alphabetic: '', ideographic: '', phonetic: '' });
  });
});
