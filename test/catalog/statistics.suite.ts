import { expect } from 'chai';
import { localDayOf } from '../../src/catalog/local-day.ts';
import type { Opened } from '../helpers/catalog-engines.ts';
import { ctArrival, type Values } from './arrivals.ts';

/** Statistics and conflicts. */
export function statisticsSuite(opened: Opened): void {
  const noon = new Date(2026, 10, 20, 12).getTime();
  const nextDay = new Date(2026, 10, 21, 0, 0, 1).getTime();
  const arrival = (number: number, arrivedAt: number, values: Values = {}, sourceAeTitle = 'CT1') =>
    ctArrival(1, 1, number, values, { arrivedAt, sizeBytes: 100, sourceAeTitle });

  it('counts what was filed by day, sender and modality, and nothing twice', async () => {
    const { instances, statistics } = opened.catalog;
    const batch = [
      arrival(1, noon),
      arrival(2, noon + 1),
      arrival(3, nextDay),
      arrival(4, noon, { Modality: 'SR' }),
      arrival(5, noon, { Modality: '' }, 'MR2'),
    ];
    await instances.index(batch);
    await instances.index(batch);
    await instances.index([
      arrival(6, noon),
      { ...arrival(1, nextDay), week: '2026-W48' },
      { ...arrival(2, nextDay), sha256: 'f'.repeat(64) },
    ]);

    const row = (day: string, sender: string, modality: string, count: number, lastArrivedAt: number) => ({
      day,
      sourceAeTitle: sender,
      modality,
      instances: count,
      bytes: 100 * count,
      lastArrivedAt,
    });
    expect(await statistics.days('00000000', '99999999')).to.deep.equal([
      row('20261120', 'CT1', 'CT', 3, noon + 1),
      row('20261120', 'CT1', 'SR', 1, noon),
      row('20261120', 'MR2', '', 1, noon),
      row('20261121', 'CT1', 'CT', 1, nextDay),
    ]);
    expect(await statistics.days('20261121', '20261121')).to.have.lengthOf(1);
    expect(await statistics.days('20261122', '20261130')).to.deep.equal([]);
    expect(await statistics.totals()).to.deep.equal({ studies: 1, instances: 6, bytes: 600 });
  });

  it('has no totals of an empty archive', async () => {
    expect(await opened.catalog.statistics.totals()).to.deep.equal({ studies: 0, instances: 0, bytes: 0 });
  });

  it('counts by the day that it is here', () => {
    expect(localDayOf(noon)).to.equal('20261120');
    expect(localDayOf(nextDay)).to.equal('20261121');
    expect(localDayOf(nextDay - 1001)).to.equal('20261120');
  });

  it('lists conflicts newest first, of all or one study, and counts those since a time', async () => {
    const { conflicts, instances } = opened.catalog;
    const first = [ctArrival(1, 1, 1), ctArrival(2, 1, 1)];
    await instances.index(first);
    for (const [index, letter] of ['a', 'b', 'c'].entries()) {
      const arrivedAt = 1000 * (index + 1);
      await instances.index(first.map((one) => ({ ...one, arrivedAt, sha256: letter.repeat(64) })));
    }

    const all = await conflicts.list({ limit: 4 });
    expect(all.map(({ studyInstanceUid, sha256 }) => studyInstanceUid + sha256[0])).to.deep.equal([
      '1.2c',
      '1.1c',
      '1.2b',
      '1.1b',
    ]);
    const rest = await conflicts.list({ limit: 4, beforeId: all[3]?.id ?? 0 });
    expect(rest).to.have.lengthOf(2);
    expect(rest[0]).to.deep.include({ sopInstanceUid: '1.2.1.1', sizeBytes: 526_001, sourceAeTitle: 'CT1' });
    expect(await conflicts.list({ studyInstanceUid: '1.1', limit: 9 })).to.have.lengthOf(3);
    expect(await conflicts.list({ studyInstanceUid: '1.9', limit: 9 })).to.deep.equal([]);
    expect(await conflicts.count(0)).to.equal(6);
    expect(await conflicts.count(2000)).to.equal(4);
    expect(await conflicts.count(3001)).to.equal(0);
  });
}
