import { expect } from 'chai';
import { hexOfTag, vrOf } from '../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { entityMatcherFor } from '../../src/dicom/entity-matching.ts';
import type { JsonDataSet, JsonValue } from '../../src/dicom/json.ts';
import { BASELINE_RULES, type MatchingKey, type MatchingRules } from '../../src/dicom/matching.ts';

type Keyword = keyof typeof tags;

const key = (keyword: Keyword, ...values: string[]): MatchingKey => ({
  tag: tags[keyword],
  vr: vrOf(tags[keyword]),
  values,
});
const sequence = (keyword: Keyword, ...items: MatchingKey[]): MatchingKey => ({ ...key(keyword), items });

function entity(values: { [keyword in Keyword]?: JsonValue | JsonValue[] }): JsonDataSet {
  return Object.fromEntries(
    Object.entries(values).map(([keyword, value]) => {
      const tag = tags[keyword as Keyword];
      return [hexOfTag(tag), { vr: vrOf(tag), Value: Array.isArray(value) ? value : [value ?? null] }];
    }),
  );
}

const matches = (keys: MatchingKey[], stored: JsonDataSet, rules: Partial<MatchingRules> = {}) =>
  entityMatcherFor(keys, { ...BASELINE_RULES, ...rules })(stored);

describe('Sequence matching (PS3.4 §C.2.2.2.6)', () => {
  const stored = entity({
    RequestAttributesSequence: [
      entity({ RequestedProcedureID: 'RP1', ScheduledProcedureStepID: 'SPS1' }),
      entity({
        RequestedProcedureID: 'RP2',
        ScheduledProcedureStepID: 'SPS2',
        ScheduledProtocolCodeSequence: [entity({ CodeValue: 'C1', CodingSchemeDesignator: 'L' })],
      }),
    ],
  });
  const find = (...items: MatchingKey[]) =>
    matches([sequence('RequestAttributesSequence', ...items)], stored);

  it('finds where one item matches all keys of the item', () => {
    expect(find(key('RequestedProcedureID', 'RP2'))).to.equal(true);
    expect(find(key('RequestedProcedureID', 'RP2'), key('ScheduledProcedureStepID', 'SPS2'))).to.equal(true);
    expect(find(key('RequestedProcedureID', 'RP2'), key('ScheduledProcedureStepID', 'SPS1'))).to.equal(false);
    expect(find(key('RequestedProcedureID', 'RP*'), key('ScheduledProcedureStepID', ''))).to.equal(true);
    expect(find(key('AccessionNumber', 'A'))).to.equal(false);
  });

  it('is universal without keys, and with keys that are', () => {
    expect(find()).to.equal(true);
    expect(find(key('RequestedProcedureID'))).to.equal(true);
    expect(matches([sequence('RequestAttributesSequence', key('RequestedProcedureID'))], {})).to.equal(true);
    expect(matches([sequence('RequestAttributesSequence', key('RequestedProcedureID', 'RP1'))], {})).to.equal(
      false,
    );
  });

  it('goes on into sequences of the item', () => {
    const code = (value: string) => sequence('ScheduledProtocolCodeSequence', key('CodeValue', value));

    expect(find(code('C1'))).to.equal(true);
    expect(find(key('RequestedProcedureID', 'RP1'), code('C1'))).to.equal(false);
    expect(find(code('C2'))).to.equal(false);
  });
});

describe('Combined date and time matching (PS3.4 §C.2.2.2.5.4)', () => {
  const at = (StudyDate: string, StudyTime?: string) =>
    entity({ StudyDate, ...(StudyTime !== undefined && { StudyTime }) });
  const find = (dates: string, times: string, stored: JsonDataSet, isDateTimeCombined = true) =>
    matches([key('StudyDate', dates), key('StudyTime', times)], stored, { isDateTimeCombined });

  it('takes two ranges of one form for one range of moments, which without negotiation they are not', () => {
    for (const [stored, isCombined, isSeparate] of [
      [at('20060705', '0900'), false, false],
      [at('20060705', '2330'), true, false],
      [at('20060706', '03'), true, false],
      [at('20060706', '12'), true, true],
      [at('20060707', '1759'), true, true],
      [at('20060707', '1801'), false, false],
    ] as const) {
      const words = JSON.stringify(stored);
      expect(find('20060705-20060707', '1000-1800', stored), words).to.equal(isCombined);
      expect(find('20060705-20060707', '1000-1800', stored, false), words).to.equal(isSeparate);
    }
  });

  it('knows open ends, and that a range backwards holds nothing', () => {
    expect(find('20260101-', '10-', at('20260102', '0100'))).to.equal(true);
    expect(find('20260101-', '10-', at('20260101', '0959'))).to.equal(false);
    expect(find('-20260101', '-10', at('20251231', '2300'))).to.equal(true);
    expect(find('-20260101', '-10', at('20260101', '11'))).to.equal(false);
    expect(find('20260102-20260101', '10-11', at('20260101', '1030'))).to.equal(false);
  });

  it('leaves ranges of different forms, and single values, to be matched each by itself', () => {
    expect(find('20260101-', '-10', at('20260105', '0900'))).to.equal(true);
    expect(find('20260101-', '-10', at('20260105', '1100'))).to.equal(false);
    expect(find('20260101', '10-12', at('20260101', '11'))).to.equal(true);
    expect(find('20260101', '10-12', at('20260101', '13'))).to.equal(false);
  });

  it('finds a date without a time where any moment of its day lies within', () => {
    expect(find('20260101-20260102', '10-11', at('20260101'))).to.equal(true);
    expect(find('20260101-20260102', '10-11', at('20260103'))).to.equal(false);
    expect(find('20260101-20260102', '10-11', entity({ StudyTime: '1030' }))).to.equal(false);
  });
});

describe('Empty Value Matching (PS3.4 §C.2.2.2.7)', () => {
  const empty = (keyword: Keyword, stored: JsonDataSet, isEmptyMatched = true) =>
    matches([key(keyword, '""')], stored, { isEmptyMatched });

  it('finds what is absent or empty, where it was agreed on', () => {
    expect(empty('AccessionNumber', {})).to.equal(true);
    expect(empty('AccessionNumber', { '00080050': { vr: 'SH' } })).to.equal(true);
    expect(empty('AccessionNumber', entity({ AccessionNumber: '' }))).to.equal(true);
    expect(empty('AccessionNumber', entity({ AccessionNumber: 'A1' }))).to.equal(false);
    expect(empty('PatientName', entity({ PatientName: { Alphabetic: 'A' } }))).to.equal(false);
    expect(empty('StudyDate', {})).to.equal(true);
  });

  it('is two quotation marks like any other text where it was not, and for VRs that cannot hold them', () => {
    expect(empty('AccessionNumber', {}, false)).to.equal(false);
    expect(empty('AccessionNumber', entity({ AccessionNumber: '""' }), false)).to.equal(true);
    expect(empty('InstanceNumber', {})).to.equal(false);
  });
});
