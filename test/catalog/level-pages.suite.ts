import { expect } from 'chai';
import type { QueryKey } from '../../src/catalog/catalog.ts';
import type { Opened } from '../helpers/catalog-engines.ts';
import { ctArrival } from './arrivals.ts';
import { key } from './query.suite.ts';

/** Series and instances, page by page. */
export function levelPagesSuite(opened: Opened): void {
  beforeEach(async () => {
    await opened.catalog.instances.index([
      ...[3, 1, 2].map((number) => ctArrival(1, 1, number, { NumberOfFrames: number })),
      ctArrival(1, 2, 1, { Modality: 'SR', InstanceNumber: '' }),
      ctArrival(2, 1, 1, { PatientName: 'Smith' }),
      ...[1, 2, 3, 4, 5].map((number) => ctArrival(2, 2, number, { PatientName: 'Smith' })),
    ]);
  });

  const all = async <Item>(
    read: (cursor: string | undefined) => Promise<{ items: Item[]; nextCursor: string | null }>,
  ): Promise<Item[]> => {
    const items: Item[] = [];
    let cursor: string | undefined;
    do {
      const next = await read(cursor);
      items.push(...next.items);
      cursor = next.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return items;
  };

  it('are listed by the same keys, the newest series first, page by page', async () => {
    const { catalog } = opened;
    const series = (keys: QueryKey[]) => all((cursor) => catalog.seriesPage({ keys, limit: 1, cursor }));
    const instances = (keys: QueryKey[], limit = 2) =>
      all((cursor) => catalog.instancesPage({ keys, limit, cursor }));

    expect((await series([])).map(({ seriesInstanceUid }) => seriesInstanceUid)).to.deep.equal([
      '1.2.2',
      '1.2.1',
      '1.1.2',
      '1.1.1',
    ]);
    expect(await series([key('Modality', 'CT'), key('PatientName', 'smi*')])).to.have.lengthOf(2);
    const found = await instances([]);
    expect(found.map(({ sopInstanceUid }) => sopInstanceUid)).to.deep.equal(
      ['1.2.2.1', '1.2.2.2', '1.2.2.3', '1.2.2.4', '1.2.2.5', '1.2.1.1', '1.1.2.1'].concat([
        '1.1.1.1',
        '1.1.1.2',
        '1.1.1.3',
      ]),
    );
    expect(await instances([], 100)).to.deep.equal(found);
    const byUid = await instances([key('SOPInstanceUID', '1.1.1.3', '1.1.2.1', '1.9')], 1);
    expect(byUid.map(({ sopInstanceUid }) => sopInstanceUid)).to.deep.equal(['1.1.1.3', '1.1.2.1']);
    expect(await instances([key('PatientName', 'nobody')])).to.deep.equal([]);
  });

  it('of one series come by number, with what is kept of each', async () => {
    const { instances } = opened.catalog;
    const items = await all((cursor) => instances.ofSeries('1.1', '1.1.1', { limit: 2, cursor }));

    expect(items.map(({ instanceNumber }) => instanceNumber)).to.deep.equal([1, 2, 3]);
    const { attributes: _, week: _week, dataSetOffset: _offset, ...kept } = ctArrival(1, 1, 3);
    expect(items[2]).to.deep.equal({ ...kept, instanceNumber: 3, numberOfFrames: 3 });
    const { items: report } = await instances.ofSeries('1.1', '1.1.2', { limit: 2 });
    expect(report).to.have.lengthOf(1);
    expect(report[0]).to.include({ instanceNumber: null, numberOfFrames: 1 });
    expect((await instances.ofSeries('1.2', '1.1.1', { limit: 2 })).items).to.deep.equal([]);
  });

  it('have one in the middle', async () => {
    const { instances } = opened.catalog;

    expect((await instances.middleOf('1.1', '1.1.1'))?.sopInstanceUid).to.equal('1.1.1.2');
    expect((await instances.middleOf('1.2', '1.2.2'))?.sopInstanceUid).to.equal('1.2.2.3');
    expect(await instances.middleOf('1.1', '1.1.2')).to.include({
      sopInstanceUid: '1.1.2.1',
      studyInstanceUid: '1.1',
      seriesInstanceUid: '1.1.2',
    });
    expect(await instances.middleOf('1.2', '1.1.1')).to.equal(undefined);
  });
}
