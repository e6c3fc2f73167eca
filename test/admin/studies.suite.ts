import { expect } from 'chai';
import { Problem } from '../../src/lib/problem.ts';
import type { AdminContext } from '../helpers/admin.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { putter } from './put.ts';

/** Search for studies, series and instances; on either engine, as all suites here. */
export function searchSuite(context: AdminContext): void {
  const put = putter(context);

  beforeEach(async () => {
    await put(
      1,
      1,
      1,
      { PatientName: 'Adams^John', PatientID: 'A1', StudyDate: '20260101' },
      { arrivedAt: 1000 },
    );
    await put(
      2,
      1,
      1,
      { PatientName: 'Baker^Ann', PatientID: 'B2', StudyDate: '20260202' },
      { arrivedAt: 2000 },
    );
    await put(2, 2, 1, { PatientName: 'Baker^Ann', PatientID: 'B2', Modality: 'PT' }, { arrivedAt: 3000 });
  });
  const uidsOf = (answer: { body: { items: { studyInstanceUid: string }[] } }) =>
    answer.body.items.map(({ studyInstanceUid }) => studyInstanceUid);

  it('lists studies, the last arrival first, complete at a glance', async () => {
    const answer = await context.viewer.get('/api/studies');

    expect(answer.status).to.equal(200);
    expect(uidsOf(answer)).to.deep.equal(['1.2.2', '1.2.1']);
    expect(answer.body.nextCursor).to.equal(null);
    expect(answer.body.items[0]).to.deep.include({
      patientId: 'B2',
      patientName: { alphabetic: 'Baker^Ann', ideographic: '', phonetic: '' },
      modalities: ['CT', 'PT'],
      seriesCount: 2,
      instanceCount: 2,
      firstArrivedAt: 2000,
      lastArrivedAt: 3000,
    });
  });

  it('finds by words, by the keys of a C-FIND, and by both', async () => {
    const queries = {
      'text=bak': ['1.2.2'],
      'text=a': ['1.2.2', '1.2.1'],
      'text=bak+2026-02': ['1.2.2'],
      'patientName=ADAMS*': ['1.2.1'],
      'studyDate=20260101-20260131': ['1.2.1'],
      'modalitiesInStudy=PT': ['1.2.2'],
      [`studyInstanceUid=${encodeURIComponent('1.2.1\\1.2.2')}&order=ascending`]: ['1.2.1', '1.2.2'],
      'text=bak&patientId=A1': [],
      'patientId=': ['1.2.2', '1.2.1'],
      'sort=patientName&order=ascending': ['1.2.1', '1.2.2'],
    };
    for (const [query, expected] of Object.entries(queries)) {
      expect(uidsOf(await context.viewer.get(`/api/studies?${query}`)), query).to.deep.equal(expected);
    }
  });

  it('goes on where the page before has ended', async () => {
    const first = await context.viewer.get('/api/studies?limit=1');
    const second = await context.viewer.get(`/api/studies?limit=1&cursor=${first.body.nextCursor}`);

    expect([...uidsOf(first), ...uidsOf(second)]).to.deep.equal(['1.2.2', '1.2.1']);
    expect(second.body.nextCursor).to.equal(null);
  });

  it('lists series and instances by keys of all levels above', async () => {
    const series = await context.viewer.get('/api/series?patientId=B2&modality=PT');
    const instances = await context.viewer.get('/api/instances?patientId=B2&limit=1');
    const more = await context.viewer.get(
      `/api/instances?patientId=B2&limit=1&cursor=${instances.body.nextCursor}`,
    );

    expect(
      series.body.items.map((one: { seriesInstanceUid: string }) => one.seriesInstanceUid),
    ).to.deep.equal(['1.2.2.2']);
    expect(instances.body.items[0]).to.deep.include({
      sopClassName: 'CT Image Storage',
      transferSyntaxName: 'Explicit VR Little Endian',
      instanceNumber: 1,
      numberOfFrames: 1,
    });
    expect([...instances.body.items, ...more.body.items]).to.have.lengthOf(2);
  });

  it('refuses broken cursors, sorts and keys in words', async () => {
    for (const path of ['studies', 'series', 'instances', 'conflicts']) {
      const answer = await context.viewer.get(`/api/${path}?cursor=bm9uc2Vuc2U`);
      expect(answer.status, path).to.equal(400);
      expect(answer.body.detail, path).to.match(/cursor/);
    }
    for (const query of [
      'sort=shoeSize',
      'limit=0',
      'limit=1000',
      'shoeSize=44',
      `text=${'x'.repeat(201)}`,
    ]) {
      expect((await context.viewer.get(`/api/studies?${query}`)).status, query).to.equal(400);
    }
  });

  it('lets nobody in without an account', async () => {
    await put(1, 1, 1);
    for (const path of ['studies', 'studies/1.2.1/archive', 'instances/1.2.1.1.1/file', 'conflicts'])
      expect((await context.nobody.get(`/api/${path}`)).status, path).to.equal(401);
  });
}

/** While not everything that was accepted is filed. */
export function unsettledSuite(context: AdminContext): void {
  const put = putter(context);

  beforeEach(async () => {
    await put(1, 1, 1);
    context.parts.filer.settled = () =>
      Promise.reject(new Problem('catalog-unavailable', '3 instances wait to be filed'));
  });

  it('answers what is there, and never that there is nothing', async () => {
    expect((await context.viewer.get('/api/studies')).status).to.equal(200);
    expect((await context.viewer.get('/api/studies/1.2.1')).status).to.equal(200);
    for (const path of ['studies?text=zz', 'studies/1.2.9', 'instances/1.2.9', 'studies/1.2.9/archive']) {
      const answer = await context.viewer.get(`/api/${path}`);
      expect(answer.status, path).to.equal(503);
      expect(answer.body.detail, path).to.equal('3 instances wait to be filed');
    }
  });

  it('waits two seconds and no longer', async function () {
    this.timeout(300_000);
    context.parts.filer.settled = () => new Promise(() => undefined);
    const startedAt = performance.now();

    const answer = await context.viewer.get('/api/studies?text=zz');

    expect(answer.status).to.equal(503);
    expect(performance.now() - startedAt).to.be.within(1900, atMost(3500));
  });
}

export function detailSuite(context: AdminContext): void {
  const put = putter(context);

  it('describes a study with its series and the conflicts in it', async () => {
    await put(1, 2, 1, { SeriesNumber: '2' });
    await put(1, 1, 1, { SeriesNumber: '1' });
    await put(1, 1, 1, { SeriesNumber: '1', ImageComments: 'another one' });

    const { status, body } = await context.viewer.get('/api/studies/1.2.1');

    expect(status).to.equal(200);
    expect(body.study.studyInstanceUid).to.equal('1.2.1');
    expect(body.series.map((one: { seriesNumber: number }) => one.seriesNumber)).to.deep.equal([1, 2]);
    expect(body.conflicts).to.have.lengthOf(1);
    expect(body.conflicts[0]).to.deep.include({ sopInstanceUid: '1.2.1.1.1', sourceAeTitle: 'CT1' });
    expect((await context.viewer.get('/api/conflicts?study=1.2.1')).body.items).to.deep.equal(body.conflicts);
    expect((await context.viewer.get('/api/conflicts?study=1.2.2')).body.items).to.deep.equal([]);
  });

  it('lists the instances of a series by number, page by page', async () => {
    for (const number of [10, 9, 2]) await put(1, 1, number);

    const first = await context.viewer.get('/api/studies/1.2.1/series/1.2.1.1?limit=2');
    const second = await context.viewer.get(
      `/api/studies/1.2.1/series/1.2.1.1?limit=2&cursor=${first.body.nextCursor}`,
    );

    const numbers = [...first.body.items, ...second.body.items].map(({ instanceNumber }) => instanceNumber);
    expect(numbers).to.deep.equal([2, 9, 10]);
  });

  it('describes an instance with the attributes of its file', async () => {
    await put(1, 1, 1, { SpecificCharacterSet: 'ISO_IR 192', PatientName: '山田^太郎' });

    const { status, body } = await context.viewer.get('/api/instances/1.2.1.1.1');

    expect(status).to.equal(200);
    expect(body.instance).to.deep.include({
      sopInstanceUid: '1.2.1.1.1',
      sopClassName: 'CT Image Storage',
    });
    const values = Object.fromEntries(
      body.attributes.map(({ keyword, value }: { keyword: string; value: string }) => [keyword, value]),
    );
    expect(values).to.deep.include({ PatientName: '山田^太郎', PixelData: '512 bytes', Rows: '16' });
    expect(body.omitted).to.equal(0);
  });

  it('tells the audit trail who looks at which study, and from where (PS3.15 §A.5.3.6)', async () => {
    await put(1, 1, 1);
    const seen: string[] = [];
    context.parts.audit.studyViewed = ({ name, address }, uid) => seen.push(`${name} ${address} ${uid}`);

    await context.viewer.get('/api/studies/1.2.1');
    await context.admin.get('/api/studies/1.2.1/series/1.2.1.1');
    await context.viewer.get('/api/instances/1.2.1.1.1', { address: '192.0.2.77' });
    await context.viewer.get('/api/studies/1.2.9');
    await context.nobody.get('/api/studies/1.2.1');

    expect(seen).to.deep.equal([
      'viewer 192.0.2.1 1.2.1',
      'admin 192.0.2.1 1.2.1',
      'viewer 192.0.2.77 1.2.1',
    ]);
  });

  it('says 404 of what is not there, naming it', async () => {
    await put(1, 1, 1);
    const words = {
      'studies/1.2.9': 'no study 1.2.9',
      'studies/1.2.1/series/1.2.9': 'no series 1.2.9 in study 1.2.1',
      'studies/1.2.9/series/1.2.1.1': 'no series 1.2.1.1 in study 1.2.9',
      'instances/1.2.9': 'no instance 1.2.9',
      'instances/1.2.9/file': 'no instance 1.2.9',
      'studies/1.2.9/archive': 'no study 1.2.9',
      'studies/1.2.1/series/1.2.9/archive': 'no series 1.2.9 in study 1.2.1',
    };
    for (const [path, detail] of Object.entries(words)) {
      const answer = await context.viewer.get(`/api/${path}`);
      expect([answer.status, answer.body.detail], path).to.deep.equal([404, detail]);
    }
  });
}
