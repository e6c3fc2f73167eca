import { expect } from 'chai';
import fc from 'fast-check';
import { vrOf } from '../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import type { JsonElement, JsonValue } from '../../src/dicom/json.ts';
import { isUniversal, matcherFor, matchesWildcards } from '../../src/dicom/matching.ts';
import { dateSpan, dateTimeSpan, timeSpan } from '../../src/dicom/time-spans.ts';
import { atMost } from '../helpers/time-bounds.ts';

type Keyword = keyof typeof tags;

/** Whether the key `values` of an attribute matches what is stored of it. */
function matches(keyword: Keyword, values: string | string[], ...stored: JsonValue[]): boolean {
  const key = {
    tag: tags[keyword],
    vr: vrOf(tags[keyword]),
    values: Array.isArray(values) ? values : [values],
  };
  const element: JsonElement = { vr: key.vr, Value: stored };
  return matcherFor(key)(element);
}

describe('Matching (PS3.4 §C.2.2.2)', () => {
  it('is universal without a value, with empty ones, with * alone, and for sequences', () => {
    const isUniversalKey = (vr: string, ...values: string[]) =>
      isUniversal({ tag: tags.PatientID, vr, values });

    expect(isUniversalKey('LO')).to.equal(true);
    expect(isUniversalKey('LO', '', ' ')).to.equal(true);
    expect(isUniversalKey('PN', '**')).to.equal(true);
    expect(isUniversalKey('UI', '*')).to.equal(true);
    expect(isUniversalKey('SQ', 'x')).to.equal(true);
    expect(isUniversalKey('DA', '-')).to.equal(true);
    expect(isUniversalKey('LO', '*a')).to.equal(false);
    expect(isUniversalKey('LO', '-')).to.equal(false);
    expect(matcherFor({ tag: tags.PatientID, vr: 'LO', values: [''] })(undefined)).to.equal(true);
  });

  it('never matches what is absent or empty, unless it is universal', () => {
    const matcher = matcherFor({ tag: tags.PatientID, vr: 'LO', values: ['?*'] });

    expect(matcher(undefined)).to.equal(false);
    expect(matcher({ vr: 'LO' })).to.equal(false);
    expect(matcher({ vr: 'LO', Value: [null] })).to.equal(false);
    expect(matcher({ vr: 'LO', Value: [''] })).to.equal(false);
  });

  it('compares single values: identifiers and codes as they are, words folded, blanks around them aside', () => {
    expect(matches('PatientID', 'a1 ', 'a1')).to.equal(true);
    expect(matches('PatientID', 'A1', 'a1')).to.equal(false);
    expect(matches('AccessionNumber', 'x1', 'X1')).to.equal(false);
    expect(matches('Modality', 'CT', 'CT')).to.equal(true);
    expect(matches('StudyDescription', 'schädel  nativ', 'SCHADEL NATIV')).to.equal(true);
    expect(matches('InstanceNumber', '07', 7)).to.equal(true);
    expect(matches('InstanceNumber', '7', 8)).to.equal(false);
    expect(matches('SliceThickness', '5.0', 5)).to.equal(true);
    expect(matches('SliceThickness', 'thin', 'thin')).to.equal(true);
  });

  it('matches any of several values on either side', () => {
    expect(matches('StudyInstanceUID', ['1.2', '1.3'], '1.3')).to.equal(true);
    expect(matches('StudyInstanceUID', ['1.2', '1.3'], '1.33')).to.equal(false);
    expect(matches('StudyInstanceUID', '1.2\0', '1.2')).to.equal(true);
    expect(matches('ModalitiesInStudy', 'SR', 'CT', 'SR')).to.equal(true);
    expect(matches('ModalitiesInStudy', ['MR', 'US'], 'CT', 'SR')).to.equal(false);
  });

  it('knows wild cards in text, and none in UIDs, dates and numbers', () => {
    expect(matches('PatientID', 'A?1*', 'Ab123')).to.equal(true);
    expect(matches('PatientID', 'A?1*', 'Abb1')).to.equal(false);
    expect(matches('StudyInstanceUID', '1.*', '1.2')).to.equal(false);
    expect(matches('StudyDate', '2026*', '20260101')).to.equal(false);
    expect(matches('InstanceNumber', '1*', 11)).to.equal(false);
    expect(matches('PatientID', '?', '\u{20bb7}')).to.equal(true);
  });

  it('compares names by component group, one group of the key with all that are stored', () => {
    const yamada = { Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' };

    expect(matches('PatientName', 'yamada^tarou', yamada)).to.equal(true);
    expect(matches('PatientName', '山田*', yamada)).to.equal(true);
    expect(matches('PatientName', '=山田^太郎', yamada)).to.equal(true);
    expect(matches('PatientName', '==やまだ*', yamada)).to.equal(true);
    expect(matches('PatientName', 'Yamada^Tarou=山田^太郎', yamada)).to.equal(true);
    expect(matches('PatientName', '*=山田*', yamada)).to.equal(true);
    expect(matches('PatientName', '*=山田*', { Alphabetic: 'SMITH^JOHN' })).to.equal(false);
    expect(matches('PatientName', '*=*', { Alphabetic: 'SMITH^JOHN' })).to.equal(true);
    expect(matches('PatientName', 'Yamada^Tarou=山田^次郎', yamada)).to.equal(false);
    expect(matches('PatientName', 'Yamada^Tarou=山田^太郎', { Alphabetic: 'YAMADA^TAROU' })).to.equal(true);
    expect(matches('PatientName', 'Suzuki*', yamada)).to.equal(false);
  });

  it('lets empty components at the end of a name be left out', () => {
    expect(matches('PatientName', 'Smith^^', { Alphabetic: 'SMITH' })).to.equal(true);
    expect(matches('PatientName', 'Smith^*', { Alphabetic: 'Smith' })).to.equal(true);
    expect(matches('PatientName', 'Smith', { Alphabetic: 'Smith^John' })).to.equal(false);
    expect(matches('PatientName', 'Smith*', { Alphabetic: 'Smith^John' })).to.equal(true);
  });

  it('matches ranges of dates, also of the old form', () => {
    expect(matches('StudyDate', '20260101-20260131', '20260131')).to.equal(true);
    expect(matches('StudyDate', '20260101-20260131', '20260201')).to.equal(false);
    expect(matches('StudyDate', '20260101-', '2026.05.05')).to.equal(true);
    expect(matches('StudyDate', '-20251231', '20260101')).to.equal(false);
    expect(matches('StudyDate', '20260101-', 'unknown')).to.equal(false);
    expect(matches('StudyDate', 'unknown', 'unknown')).to.equal(true);
  });

  it('takes a time of less precision for all that it names', () => {
    expect(matches('StudyTime', '10', '105959.9')).to.equal(true);
    expect(matches('StudyTime', '10', '11')).to.equal(false);
    expect(matches('StudyTime', '0900-1030', '10:30:59')).to.equal(true);
    expect(matches('StudyTime', '0900-1030', '1031')).to.equal(false);
    expect(matches('StudyTime', '-0859', '0900')).to.equal(false);
  });

  it('matches DT, with offsets from UTC where both have one', () => {
    expect(matches('AcquisitionDateTime', '20260101', '20260101235959')).to.equal(true);
    expect(matches('AcquisitionDateTime', '20260101-20260102', '20260102120000.5')).to.equal(true);
    expect(matches('AcquisitionDateTime', '20260101-20260102', '20260103')).to.equal(false);
    expect(matches('AcquisitionDateTime', '2026010110+0000', '20260101110000+0100')).to.equal(true);
    expect(matches('AcquisitionDateTime', '2026010110+0000', '20260101100000+0100')).to.equal(false);
    expect(matches('AcquisitionDateTime', '2026010110-0500', '20260101150000+0000')).to.equal(true);
    const overSummertime = '20260328120000+0100-20260329120000+0200';
    expect(matches('AcquisitionDateTime', overSummertime, '20260329095959+0000')).to.equal(true);
    expect(matches('AcquisitionDateTime', overSummertime, '20260329103000+0000')).to.equal(false);
    expect(matches('AcquisitionDateTime', '202601-', '20260101')).to.equal(true);
    expect(matches('AcquisitionDateTime', '2025-2027', '20260101')).to.equal(true);
    expect(matches('AcquisitionDateTime', '2025-2027', '2028')).to.equal(false);
  });

  it('throws at nothing, whatever key and value are', () => {
    const keyword = fc.constantFrom<Keyword>(
      'PatientName',
      'PatientID',
      'StudyDate',
      'StudyTime',
      'AcquisitionDateTime',
    );
    fc.assert(
      fc.property(
        keyword,
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        (attribute, value, stored) => {
          expect(matches(attribute, value, stored)).to.be.a('boolean');
        },
      ),
    );
  });
});

describe('Wild cards', () => {
  it('match as the regular expression of the same meaning does', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', '.'), { maxLength: 8 })
      .map((letters) => letters.join(''));
    const pattern = fc
      .array(fc.constantFrom('a', 'b', '.', '*', '?'), { maxLength: 8 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, text, (wanted, given) => {
        const source = wanted.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(matchesWildcards(wanted, given)).to.equal(new RegExp(`^${source}$`).test(given));
      }),
      { numRuns: 2000 },
    );
  });

  it('cost little even where a regular expression would never end', () => {
    const started = performance.now();

    expect(matchesWildcards(`${'*a'.repeat(500)}b`, 'a'.repeat(5000))).to.equal(false);

    expect(performance.now() - started).to.be.lessThan(atMost(2000));
  });
});

describe('Spans of dates and times', () => {
  it('refuse what is none', () => {
    for (const text of ['', '2026', '20260101-20260102-', 'x', '2026010', '--'])
      expect(dateSpan(text), text).to.equal(undefined);
    for (const text of ['', '1', '10-11-12', '10.5', '1:00'])
      expect(timeSpan(text), text).to.equal(undefined);
    for (const text of ['', '202', 'x', '2026-2027-']) expect(dateTimeSpan(text), text).to.equal(undefined);
  });

  it('are open where an end is missing', () => {
    expect(dateSpan('-20260101')).to.deep.equal({ from: '00000000', to: '20260101' });
    expect(timeSpan('10-')).to.deep.equal({ from: '100000.000000', to: '235959.999999' });
    expect(dateTimeSpan('2026-')).to.deep.equal({
      from: '20260101000000.000000',
      to: '99991231235959.999999',
    });
  });
});
