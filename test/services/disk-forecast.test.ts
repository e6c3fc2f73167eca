import { expect } from 'chai';
import { type ForecastInput, forecast } from '../../src/services/disk-forecast.ts';

const DAY = 86_400_000;
const NOW = 100 * DAY;

function foreseen(fields: Partial<ForecastInput>) {
  return forecast({
    bytes: 300,
    firstArrivalAt: NOW - 29 * DAY,
    hasOlder: true,
    now: NOW,
    freeBytes: 1000,
    reserveBytes: 100,
    ...fields,
  });
}

describe('Forecast of the disk', () => {
  it('takes the rate of thirty days, and counts the days until the reserve is reached', () => {
    expect(foreseen({})).to.deep.equal({ bytesPerDay: 10, daysLeft: 90 });
  });

  it('takes the days since the first arrival of an archive that is younger', () => {
    const { bytesPerDay, daysLeft } = foreseen({ hasOlder: false, firstArrivalAt: NOW - 3 * DAY });

    expect(bytesPerDay).to.equal(100);
    expect(daysLeft).to.equal(9);
  });

  it('takes the first day as a whole one, so that the first study does not announce the end', () => {
    expect(foreseen({ hasOlder: false, firstArrivalAt: NOW - 60_000 }).bytesPerDay).to.equal(300);
  });

  it('counts the quiet days of an archive that is older', () => {
    expect(foreseen({ firstArrivalAt: NOW - DAY }).bytesPerDay).to.equal(10);
  });

  it('foresees nothing where nothing came', () => {
    const nothing = { bytesPerDay: null, daysLeft: null };
    expect(foreseen({ firstArrivalAt: undefined, bytes: 0 })).to.deep.equal(nothing);
    expect(foreseen({ bytes: 0 })).to.deep.equal(nothing);
  });

  it('knows the rate but not the days of a volume that is away', () => {
    expect(foreseen({ freeBytes: undefined })).to.deep.equal({ bytesPerDay: 10, daysLeft: null });
  });

  it('says none are left when the reserve is reached, not fewer', () => {
    expect(foreseen({ freeBytes: 20 }).daysLeft).to.equal(0);
  });
});
