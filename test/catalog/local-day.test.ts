import { expect } from 'chai';
import { localDayOf } from '../../src/catalog/local-day.ts';

describe('The local day', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  const cases: [zone: string, at: string, day: string][] = [
    ['UTC', '2026-11-20T23:59:59.999Z', '20261120'],
    ['UTC', '2026-11-21T00:00:00Z', '20261121'],
    ['Europe/Berlin', '2026-11-20T23:00:00Z', '20261121'],
    ['Europe/Berlin', '2026-11-20T22:59:59Z', '20261120'],
    // In summer it is two hours ahead: the day begins at 22:00 UTC.
    ['Europe/Berlin', '2026-07-01T22:00:00Z', '20260702'],
    ['Asia/Kathmandu', '2026-01-01T18:15:00Z', '20260102'],
    ['America/Los_Angeles', '2026-01-01T07:59:59Z', '20251231'],
  ];
  for (const [name, at, day] of cases) {
    it(`of ${at} is ${day} in ${name}`, () => {
      process.env['TZ'] = name;

      expect(localDayOf(Date.parse(at))).to.equal(day);
    });
  }
});
