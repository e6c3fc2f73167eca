import { expect } from 'chai';
import { normalizeDate, normalizeDateTime, normalizeTime } from '../../src/dicom/values.ts';

describe('Dates and times (PS3.5 Table 6.2-1)', () => {
  it('normalizeDate takes the form of today and that of ACR-NEMA', () => {
    expect(normalizeDate('19990301')).to.equal('19990301');
    expect(normalizeDate('1999.03.01 ')).to.equal('19990301');
    expect(normalizeDate('20240229')).to.equal('20240229');
  });

  it('normalizeDate refuses what is no day of the calendar', () => {
    for (const date of [
      '',
      '1999',
      '19990230',
      '19000229',
      '19991301',
      '19990100',
      '1999-3-1',
      'ANONYMIZED',
    ]) {
      expect(normalizeDate(date), date).to.equal(undefined);
    }
  });

  it('normalizeTime fills up what is missing', () => {
    expect(normalizeTime('07')).to.equal('070000.000000');
    expect(normalizeTime('0709')).to.equal('070900.000000');
    expect(normalizeTime('070907.0705 ')).to.equal('070907.070500');
    expect(normalizeTime('07:09:07')).to.equal('070907.000000');
    expect(normalizeTime('235960')).to.equal('235960.000000');
    expect(normalizeTime('070907.')).to.equal('070907.000000');
    expect(normalizeTime('070907.1234567')).to.equal('070907.123456');
  });

  it('normalizeTime refuses what is no time', () => {
    for (const time of ['', '7', '24', '0760', '070961', '07:9', 'noon']) {
      expect(normalizeTime(time), time).to.equal(undefined);
    }
  });

  it('normalizeDateTime takes any precision, and the offset from UTC', () => {
    expect(normalizeDateTime('2007')).to.deep.equal({ date: '20070101', time: '000000.000000' });
    expect(normalizeDateTime('20070630130500.5-0530')).to.deep.equal({
      date: '20070630',
      time: '130500.500000',
      utcOffsetMinutes: -330,
    });
    for (const dateTime of ['', '07', '20071301', '2007+1500', '2007+0060']) {
      expect(normalizeDateTime(dateTime), dateTime).to.equal(undefined);
    }
  });
});
