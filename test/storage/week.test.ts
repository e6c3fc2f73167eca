import { expect } from 'chai';
import fc from 'fast-check';
import { isoWeekOf, WEEK_FOLDER } from '../../src/storage/week.ts';

describe('isoWeekOf (ISO 8601)', () => {
  // Weeks at the edges of years, from the calendar of ISO 8601.
  for (const [day, week] of [
    ['2004-12-31', '2004-W53'],
    ['2005-01-02', '2004-W53'],
    ['2005-01-03', '2005-W01'],
    ['2007-12-30', '2007-W52'],
    ['2007-12-31', '2008-W01'],
    ['2008-12-28', '2008-W52'],
    ['2008-12-29', '2009-W01'],
    ['2009-12-31', '2009-W53'],
    ['2010-01-03', '2009-W53'],
    ['2010-01-04', '2010-W01'],
    ['2016-01-03', '2015-W53'],
    ['2020-02-29', '2020-W09'],
    ['2024-12-30', '2025-W01'],
    ['2026-11-21', '2026-W47'],
    ['2027-01-03', '2026-W53'],
  ]) {
    it(`has ${day} in ${week}`, () => {
      expect(isoWeekOf(Date.parse(`${day}T00:00:00.000Z`))).to.equal(week);
      expect(isoWeekOf(Date.parse(`${day}T23:59:59.999Z`))).to.equal(week);
    });
  }

  it('names a folder, changes at midnight before Monday (UTC) alone, and never goes back', () => {
    const day = 86_400_000;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (at) => {
        const midnight = at - (at % day);
        const isMonday = new Date(midnight).getUTCDay() === 1;
        const before = isoWeekOf(midnight - 1);
        const after = isoWeekOf(midnight);

        expect(isoWeekOf(at)).to.equal(after).and.to.match(WEEK_FOLDER);
        expect(after !== before).to.equal(isMonday);
        expect(after >= before).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });
});
