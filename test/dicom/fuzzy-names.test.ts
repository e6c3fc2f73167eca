import { expect } from 'chai';
import fc from 'fast-check';
import { foldPersonName } from '../../src/dicom/fold.ts';
import { fuzzyNameMatcher, fuzzyPattern, fuzzyWordsOf } from '../../src/dicom/fuzzy-names.ts';
import type { PersonName } from '../../src/dicom/json.ts';
import { matchesWildcards } from '../../src/dicom/matching.ts';

function finds(key: string, name: PersonName | string): boolean {
  const words = fuzzyWordsOf(key);
  if (words === undefined) throw new Error(`${key} asks for literal matching`);
  return fuzzyNameMatcher(words)(typeof name === 'string' ? { Alphabetic: name } : name);
}

const YAMADA = { Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' };

describe('Fuzzy semantic matching of person names (PS3.4 §C.2.2.2.1.1)', () => {
  it('takes the words of a name in any order, out of any component, with any case, accent and delimiter', () => {
    expect(finds('tarou yamada', YAMADA)).to.equal(true);
    expect(finds('Smith^Mary', 'Mary^Smith')).to.equal(true);
    expect(finds('Smith, Mary', 'SMITH^MARY^^Dr.')).to.equal(true);
    expect(finds('paul', 'Martin^Jean-Paul')).to.equal(true);
    expect(finds('emilie', 'DUPONT^Émilie')).to.equal(true);
    expect(finds('OBrien', "O'Brien^Pat")).to.equal(true);
    expect(finds('Smith^Mary', 'Smith^John')).to.equal(false);
  });

  it('takes the beginning of a word for the word, with or without a wild card behind it', () => {
    expect(finds('yam tar', YAMADA)).to.equal(true);
    expect(finds('Yam*^Tar*', YAMADA)).to.equal(true);
    expect(finds('Josep', 'Joseph^A')).to.equal(true);
    expect(finds('mada', YAMADA)).to.equal(false);
  });

  it('finds what sounds alike', () => {
    const alike = [
      ['Swayne', 'Swain'],
      ['Mueller', 'MÜLLER^Jörg'],
      ['Müller', 'Mueller^Joerg'],
      ['Taro', 'Yamada^Tarou'],
      ['Meier', 'Mayer'],
      ['Schmitt', 'Schmidt'],
      ['Smyth', 'Smith'],
      ['Christian', 'Kristian'],
      ['Stephen', 'Stefen'],
    ] as const;
    for (const [key, name] of alike) expect(finds(key, name), `${key} ${name}`).to.equal(true);
    expect(finds('Weber', 'Wagner')).to.equal(false);
    expect(finds('ヤマダ', YAMADA)).to.equal(true);
  });

  it('needs one component group of several, and takes a name without blanks for one word', () => {
    expect(finds('Yamada^Tarou=山田^太郎', { Alphabetic: 'YAMADA^TAROU' })).to.equal(true);
    expect(finds('Suzuki=山田', YAMADA)).to.equal(true);
    expect(finds('Suzuki=鈴木', YAMADA)).to.equal(false);
    expect(finds('山田太郎', YAMADA)).to.equal(true);
  });

  it('leaves a wild card within a word to literal matching', () => {
    for (const key of ['*mith', 'Sm?th', 'S*h', '?', '*', '^^']) {
      expect(fuzzyWordsOf(key), key).to.equal(undefined);
    }
  });

  it('makes patterns that let through whatever it finds', () => {
    const letter = fc.constantFrom(
      ...'aeioujyhtdpwvzsckqxmlr',
      'ü',
      'é',
      'や',
      'ヤ',
      'ー',
      '山',
      '-',
      "'",
      '^',
      ' ',
    );
    const name = fc.array(letter, { minLength: 1, maxLength: 10 }).map((letters) => letters.join(''));
    fc.assert(
      fc.property(name, name, fc.nat(8), (stored, other, length) => {
        for (const key of [other, stored.slice(0, length), other.slice(0, 2)]) {
          const words = fuzzyWordsOf(key);
          if (words === undefined || !fuzzyNameMatcher(words)({ Alphabetic: stored })) continue;
          const column = foldPersonName({ Alphabetic: stored }).alphabetic;
          for (const word of words.flat()) {
            expect(matchesWildcards(fuzzyPattern(word), column), `${key} ${stored}`).to.equal(true);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
