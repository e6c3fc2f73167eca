import { expect } from 'chai';
import { hexOfTag, vrOf } from '../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import type { JsonDataSet } from '../../src/dicom/json.ts';
import { BASELINE_RULES, matcherFor } from '../../src/dicom/matching.ts';
import { offsetMinutesOf } from '../../src/dicom/time-spans.ts';
import { inTimezone } from '../../src/dicom/time-zones.ts';

type Values = { [keyword in keyof typeof tags]?: string };

function dataSet(values: Values): JsonDataSet {
  return Object.fromEntries(
    Object.entries(values).map(([keyword, value]) => {
      const tag = tags[keyword as keyof typeof tags];
      return [hexOfTag(tag), { vr: vrOf(tag), Value: [value] }];
    }),
  );
}

/** What `values`, made at +0100, read at `offset`. */
const seenAt = (offset: string, values: Values) =>
  inTimezone(dataSet({ TimezoneOffsetFromUTC: '+0100', ...values }), offset);

describe('Time zones (PS3.4 §C.2.2.2.1.3)', () => {
  it('reads offsets from UTC of -1200 to +1400, and nothing else', () => {
    expect(offsetMinutesOf('+0530')).to.equal(330);
    expect(offsetMinutesOf('-0800')).to.equal(-480);
    for (const text of ['', '0100', '+1', '+01:00', '+1560', 'CET']) {
      expect(offsetMinutesOf(text), text).to.equal(undefined);
    }
  });

  it('moves a time and its date, over midnight, months and leap days, in the precision that it had', () => {
    const east = (StudyDate: string, StudyTime: string) => seenAt('+0900', { StudyDate, StudyTime });
    const at = (StudyDate: string, StudyTime: string) =>
      dataSet({ TimezoneOffsetFromUTC: '+0900', StudyDate, StudyTime });

    expect(east('20260101', '2230')).to.deep.equal(at('20260102', '0630'));
    expect(east('20240228', '17')).to.deep.equal(at('20240229', '01'));
    expect(east('20251231', '235959.5')).to.deep.equal(at('20260101', '075959.5'));
    expect(seenAt('-0800', { StudyDate: '20260101', StudyTime: '08' })).to.deep.equal(
      dataSet({ TimezoneOffsetFromUTC: '-0800', StudyDate: '20251231', StudyTime: '23' }),
    );
    expect(seenAt('+0530', { StudyDate: '2026.01.01', StudyTime: '10' })).to.deep.equal(
      dataSet({ TimezoneOffsetFromUTC: '+0530', StudyDate: '20260101', StudyTime: '1430' }),
    );
  });

  it('moves a date time without an offset of its own, and none that says its own or no hour', () => {
    const moved = seenAt('+0000', {
      AcquisitionDateTime: '20260101003000.5',
      ObservationDateTime: '202601010030+0100',
    });

    expect(moved).to.deep.include(dataSet({ AcquisitionDateTime: '20251231233000.5' }));
    expect(moved).to.deep.include(dataSet({ ObservationDateTime: '202601010030+0100' }));
    expect(seenAt('+0000', { AcquisitionDateTime: '20260101' })).to.deep.include(
      dataSet({ AcquisitionDateTime: '20260101' }),
    );
  });

  it('leaves dates without a time, birthdays, and what is no time as they are', () => {
    const values = {
      StudyDate: '20260101',
      PatientBirthDate: '19500101',
      PatientBirthTime: '0030',
      SeriesDate: '20260101',
      SeriesTime: 'early',
    };

    expect(seenAt('-1200', values)).to.deep.equal(dataSet({ ...values, TimezoneOffsetFromUTC: '-1200' }));
  });

  it('compares date times with an offset of their own with keys that are of the zone agreed on', () => {
    const find = (value: string, stored: string, timezoneOffset: string | undefined) =>
      matcherFor(
        { tag: tags.AcquisitionDateTime, vr: 'DT', values: [value] },
        { ...BASELINE_RULES, timezoneOffset },
      )({ vr: 'DT', Value: [stored] });

    expect(find('2026010110-2026010111', '202601010230+0100', '+0900')).to.equal(true);
    expect(find('2026010110-2026010111', '202601010230+0100', undefined)).to.equal(false);
    expect(find('2026010110-2026010111', '202601011030', '+0900')).to.equal(true);
    expect(find('-20260101+0000', '18500101120000+0100', undefined)).to.equal(true);
  });

  it('moves what stands within sequences', () => {
    const item = dataSet({
      ScheduledProcedureStepStartDate: '20260101',
      ScheduledProcedureStepStartTime: '23',
    });
    const entity = {
      ...dataSet({ TimezoneOffsetFromUTC: '+0100' }),
      '00400275': { vr: 'SQ', Value: [item] },
    };

    expect(inTimezone(entity, '+0200')['00400275']?.Value).to.deep.equal([
      dataSet({ ScheduledProcedureStepStartDate: '20260102', ScheduledProcedureStepStartTime: '00' }),
    ]);
  });

  it('leaves everything as it is where nobody knows the zone that it was made in', () => {
    const entity = dataSet({ StudyDate: '20260101', StudyTime: '10' });

    expect(inTimezone(entity, '+0900')).to.equal(entity);
  });
});
