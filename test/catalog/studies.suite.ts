import { expect } from 'chai';
import type { StudyRow } from '../../src/catalog/catalog.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { Opened } from '../helpers/catalog-engines.ts';
import { ctArrival, type Values } from './arrivals.ts';
import { key } from './query.suite.ts';

type PageOptions = Parameters<Opened['catalog']['studies']['page']>[0];

const NEWEST: PageOptions = { keys: [], sort: 'lastArrivedAt', isDescending: true, limit: 50 };

/** The list of studies that the admin page shows. */
export function studiesSuite(opened: Opened): void {
  const file = (...studies: Values[]) =>
    opened.catalog.instances.index(
      studies.map((values, index) => ctArrival(index + 1, 1, 1, values, { arrivedAt: 1000 + index })),
    );
  const uidsOf = (items: readonly { studyInstanceUid: string }[]) =>
    items.map(({ studyInstanceUid }) => studyInstanceUid);
  const page = async (options: Partial<PageOptions>) =>
    uidsOf((await opened.catalog.studies.page({ ...NEWEST, ...options })).items);
  const typed = async (text: string) => (await page({ text })).sort();
  const refusal = async (work: () => Promise<unknown>) => work().catch((error: unknown) => error);

  it('shows a study as its data set has it', async () => {
    await file({
      PatientName: { Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' },
      ReferringPhysicianName: 'Dr. MÜLLER',
      StudyDescription: 'CT Thorax',
      StudyDate: '20261120',
      StudyTime: '0930',
      AccessionNumber: 'A1',
      PatientBirthDate: '19500102',
      PatientSex: 'M',
    });
    await opened.catalog.instances.index([
      ctArrival(1, 2, 1, { Modality: 'SR', SeriesNumber: '' }, { arrivedAt: 5000 }),
    ]);

    const found = await opened.catalog.studies.find('1.1');
    const series = await opened.catalog.studies.seriesOf('1.1');

    const expected: StudyRow = {
      studyInstanceUid: '1.1',
      patientName: { alphabetic: 'Yamada^Tarou', ideographic: '山田^太郎', phonetic: 'やまだ^たろう' },
      patientId: 'ID1',
      patientBirthDate: '19500102',
      patientSex: 'M',
      studyDate: '20261120',
      studyTime: '0930',
      accessionNumber: 'A1',
      studyId: '',
      studyDescription: 'CT Thorax',
      referringPhysicianName: { alphabetic: 'Dr. MÜLLER', ideographic: '', phonetic: '' },
      institutionName: '',
      modalities: ['CT', 'SR'],
      seriesCount: 2,
      instanceCount: 2,
      firstArrivedAt: 1000,
      lastArrivedAt: 5000,
    };
    expect(found).to.deep.equal(expected);
    expect((await opened.catalog.studies.page(NEWEST)).items).to.deep.equal([expected]);
    expect(series.map(({ seriesNumber, modality }) => [seriesNumber, modality])).to.deep.equal([
      [1, 'CT'],
      [null, 'SR'],
    ]);
    expect(await opened.catalog.studies.find('1.9')).to.equal(undefined);
    expect(await opened.catalog.studies.seriesOf('1.9')).to.deep.equal([]);
  });

  it('gives every study once, page by page, in each order and either direction', async () => {
    await file(
      ...Array.from({ length: 23 }, (_, index) => ({
        PatientName: `Name${index % 5}`,
        PatientID: `P${index % 4}`,
        StudyDate: `2026010${1 + (index % 3)}`,
        StudyTime: index % 2 === 0 ? '101500' : '',
      })),
    );

    for (const sort of ['lastArrivedAt', 'studyDate', 'patientName', 'patientId'] as const) {
      const all = await page({ sort, isDescending: false });
      for (const isDescending of [false, true]) {
        const inPages: string[] = [];
        let cursor: string | undefined;
        do {
          const next = await opened.catalog.studies.page({ ...NEWEST, sort, isDescending, limit: 4, cursor });
          inPages.push(...uidsOf(next.items));
          cursor = next.nextCursor ?? undefined;
        } while (cursor !== undefined);
        expect(inPages, `${sort} ${isDescending}`).to.deep.equal(isDescending ? all.toReversed() : all);
      }
      expect(new Set(all).size, sort).to.equal(23);
    }
    const names = (await opened.catalog.studies.page({ ...NEWEST, sort: 'patientName' })).items.map(
      ({ patientName }) => patientName.alphabetic,
    );
    expect(names).to.deep.equal(names.toSorted().reverse());
  });

  it('finds by the beginning of any word of the name, in any group, without case, accents and width', async () => {
    await file(
      { PatientName: 'MÜLLER-Schmidt^Anna Maria' },
      { PatientName: { Alphabetic: 'Wang^XiaoMing', Ideographic: '王^小明' } },
      { PatientName: { Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'ヤマダ^タロウ' } },
      { PatientName: 'van der Berg^Jan' },
    );

    expect(await typed('mul')).to.deep.equal(['1.1']);
    expect(await typed('müller-sch')).to.deep.equal(['1.1']);
    expect(await typed('SCHMIDT maria')).to.deep.equal(['1.1']);
    expect(await typed('van der berg')).to.deep.equal(['1.4']);
    expect(await typed('王小明')).to.deep.equal(['1.2']);
    expect(await typed('小明')).to.deep.equal(['1.2']);
    expect(await typed('山田　太')).to.deep.equal(['1.3']);
    expect(await typed('ﾔﾏﾀﾞ')).to.deep.equal(['1.3']);
    expect(await typed('uller')).to.deep.equal([]);
    expect(await typed('mul wang')).to.deep.equal([]);
    expect(await typed('  ')).to.have.lengthOf(4);
  });

  it('finds by the beginning of an ID or accession number, a modality and a date', async () => {
    await file(
      { PatientName: 'Ctesias', PatientID: 'Ab12', StudyDate: '20240517', Modality: 'MR' },
      { PatientName: 'Smith', PatientID: 'AB12', AccessionNumber: 'X20240517', StudyDate: '20240601' },
      { PatientName: 'Smith', PatientID: '2024-7', StudyDate: '20230517', Modality: 'US' },
    );

    expect(await typed('ab1')).to.deep.equal(['1.2']);
    expect(await typed('Ab1')).to.deep.equal(['1.1', '1.2']);
    expect(await typed('x2024')).to.deep.equal(['1.2']);
    expect(await typed('ct')).to.deep.equal(['1.1', '1.2']);
    expect(await typed('ct smi')).to.deep.equal(['1.2']);
    expect(await typed('c')).to.deep.equal(['1.1']);
    expect(await typed('us')).to.deep.equal(['1.3']);
    expect(await typed('2024')).to.deep.equal(['1.1', '1.2', '1.3']);
    for (const day of ['2024-05-17', '20240517', '17.05.2024', '17.5.2024']) {
      expect(await typed(day), day).to.deep.equal(['1.1']);
    }
    expect(await typed('2024-06')).to.deep.equal(['1.2']);
    expect(await typed('smith 2023')).to.deep.equal(['1.3']);
  });

  it('finds by what a study was given later: a modality, a name', async () => {
    await file({ PatientName: [] });
    expect(await typed('smith')).to.deep.equal([]);

    await opened.catalog.instances.index([
      ctArrival(1, 2, 1, { Modality: 'SR', PatientName: 'Smith^John' }),
      ctArrival(1, 2, 2, { Modality: 'SR', PatientName: 'Smith^John' }),
    ]);

    expect(await typed('smith')).to.deep.equal(['1.1']);
    expect(await typed('john sr ct')).to.deep.equal(['1.1']);
  });

  it('takes what means something to SQL, and what is no text at all, as text', async () => {
    await file({ PatientID: '100%_x' }, { PatientID: '100ab' }, { PatientName: "O'Neill^%" });

    expect(await typed('100%')).to.deep.equal(['1.1']);
    expect(await typed('100_')).to.deep.equal([]);
    expect(await typed("o'nei")).to.deep.equal(['1.3']);
    for (const text of ["'; --", '%', '\\', '\\CT', '\0', '\ud800', '💀', '\u{10ffff}', '*'.repeat(200)]) {
      await typed(text);
    }
  });

  it('matches keys as a C-FIND does, with a text and without', async () => {
    await file(
      { PatientName: 'Müller^Anna', StudyDescription: 'CT Thorax', StudyDate: '20260101' },
      { PatientName: 'Muller', StudyDescription: 'CT Abdomen', StudyDate: '20260201' },
      { PatientName: 'Smith', StudyDescription: 'CT Thorax', StudyDate: '20260301', PatientComments: 'Tall' },
    );

    const thorax = key('StudyDescription', '*THORAX');
    expect(await page({ keys: [thorax] })).to.deep.equal(['1.3', '1.1']);
    expect(await page({ keys: [key('PatientName', 'muller')] })).to.deep.equal(['1.2']);
    expect(await page({ keys: [thorax, key('StudyDate', '20260115-')] })).to.deep.equal(['1.3']);
    expect(await page({ keys: [thorax], text: 'mull' })).to.deep.equal(['1.1']);
    expect(await page({ keys: [key('PatientComments', 't*')] })).to.deep.equal(['1.3']);
    expect(await page({ keys: [key('StudyInstanceUID', '1.2', '1.3')], limit: 1 })).to.deep.equal(['1.3']);
    expect(await page({ keys: [key('PatientID', '')] })).to.have.lengthOf(3);
  });

  it('fills a page although the rule refuses most of what the database lets through', async () => {
    await file(
      ...Array.from({ length: 450 }, (_, index) => ({
        PatientName: `Muller^${index}`,
        OtherPatientIDs: index % 30 === 0 ? 'X' : 'Y',
      })),
    );
    const keys = [key('OtherPatientIDs', 'X')];

    const first = await opened.catalog.studies.page({ ...NEWEST, keys, limit: 10 });
    const second = await opened.catalog.studies.page({
      ...NEWEST,
      keys,
      limit: 10,
      cursor: first.nextCursor ?? '',
    });

    expect(first.items).to.have.lengthOf(10);
    expect(second.items).to.have.lengthOf(5);
    expect(second.nextCursor).to.equal(null);
    expect(uidsOf(second.items).at(-1)).to.equal('1.1');
  });

  it('goes on where it was although the last study has been given more meanwhile, and names no patient in a cursor', async () => {
    await file({}, {}, {}, {});
    const first = await opened.catalog.studies.page({ ...NEWEST, limit: 2 });
    await opened.catalog.instances.index([ctArrival(3, 1, 2, {}, { arrivedAt: 9000 })]);

    expect(await page({ limit: 2, cursor: first.nextCursor ?? '' })).to.deep.equal(['1.2', '1.1']);
    const byName = await opened.catalog.studies.page({ ...NEWEST, sort: 'patientName', limit: 2 });
    expect(Buffer.from(byName.nextCursor ?? '', 'base64url').toString()).not.to.match(/patient\^/i);
  });

  it('refuses a cursor that it did not make, or made for another list', async () => {
    await file({}, {}, {});
    const { nextCursor } = await opened.catalog.studies.page({ ...NEWEST, limit: 1 });
    const made = (...values: unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url');
    const list = 'studies by lastArrivedAt desc';

    const wrong: [string, Partial<PageOptions>][] = [
      ['nonsense', {}],
      ['', {}],
      [nextCursor ?? '', { isDescending: false }],
      [nextCursor ?? '', { sort: 'patientId' }],
      [made(list), {}],
      [made(list, '1', 1), {}],
      [made(list, 1, 1.5), {}],
      [made(list, 1, 1, 1), {}],
      [made('studies by patientId desc', 'a', 1), { sort: 'patientId' }],
      [made('studies by patientId desc', 999), { sort: 'patientId' }],
    ];
    for (const [cursor, options] of wrong) {
      const problem = await refusal(() => page({ ...options, cursor }));
      expect(problem, cursor).to.be.instanceOf(Problem).with.property('code', 'unusable-identifier');
    }
    const keys = [key('Modality', 'CT')];
    for (const list of [
      () => opened.catalog.seriesPage({ keys, limit: 1, cursor: nextCursor ?? '' }),
      () => opened.catalog.instancesPage({ keys, limit: 1, cursor: nextCursor ?? '' }),
      () => opened.catalog.instances.ofSeries('1.1', '1.1.1', { limit: 1, cursor: nextCursor ?? '' }),
    ]) {
      expect(await refusal(list))
        .to.be.instanceOf(Problem)
        .with.property('code', 'unusable-identifier');
    }
  });
}
