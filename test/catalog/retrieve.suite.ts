import { expect } from 'chai';
import { Problem } from '../../src/lib/problem.ts';
import type { Opened } from '../helpers/catalog-engines.ts';
import { collect, ctArrival } from './arrivals.ts';

export function retrieveSuite(opened: Opened): void {
  const uidsOf = async (...call: Parameters<Opened['catalog']['instances']['forRetrieve']>) =>
    (await collect(opened.catalog.instances.forRetrieve(...call))).map(
      ({ sopInstanceUid }) => sopInstanceUid,
    );

  beforeEach(async () => {
    await opened.catalog.instances.index([
      ctArrival(1, 2, 10),
      ctArrival(1, 2, 9),
      ctArrival(1, 1, 3, { InstanceNumber: '' }),
      ctArrival(1, 1, 2),
      ctArrival(1, 1, 1),
      ctArrival(2, 1, 1, { PatientID: 'ID1' }),
      ctArrival(3, 1, 1),
    ]);
  });

  it('gives a study series by series in the order of instance numbers, those without one last', async () => {
    const uids = await uidsOf('STUDY', { studyInstanceUids: ['1.1'] });

    expect(uids).to.deep.equal(['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.2.9', '1.1.2.10']);
  });

  it('gives everything that was told when the instance arrived', async () => {
    const { attributes: _, ...stored } = ctArrival(1, 2, 10);

    expect(await opened.catalog.instances.findByUid('1.1.2.10')).to.deep.equal(stored);
    expect(
      await collect(opened.catalog.instances.forRetrieve('IMAGE', { sopInstanceUids: ['1.1.2.10'] })),
    ).to.deep.equal([stored]);
    expect(await opened.catalog.instances.findByUid('1.1.2.11')).to.equal(undefined);
  });

  it('restricts by all levels that are given, from the patient down', async () => {
    expect(await uidsOf('PATIENT', { patientId: 'ID1' })).to.have.lengthOf(6);
    expect(await uidsOf('PATIENT', { patientId: 'id1' })).to.have.lengthOf(0);
    expect(await uidsOf('STUDY', { studyInstanceUids: ['1.1', '1.2', '1.2'] })).to.have.lengthOf(6);
    expect(await uidsOf('STUDY', { patientId: 'ID3', studyInstanceUids: ['1.1', '1.3'] })).to.deep.equal([
      '1.3.1.1',
    ]);
    expect(
      await uidsOf('SERIES', { studyInstanceUids: ['1.2'], seriesInstanceUids: ['1.1.1'] }),
    ).to.deep.equal([]);
    expect(await uidsOf('SERIES', { seriesInstanceUids: ['1.1.2'] })).to.deep.equal(['1.1.2.9', '1.1.2.10']);
    const sopInstanceUids = ['1.1.2.9', '1.3.1.1', '1.9'];
    expect(await uidsOf('IMAGE', { sopInstanceUids })).to.deep.equal(['1.1.2.9', '1.3.1.1']);
    expect(await uidsOf('IMAGE', { studyInstanceUids: ['1.1'], sopInstanceUids })).to.deep.equal(['1.1.2.9']);
  });

  it('counts what it would give by SOP class and transfer syntax', async () => {
    const sopClassUid = '1.2.840.10008.5.1.4.1.1.88.59';
    await opened.catalog.instances.index([ctArrival(1, 9, 1, {}, { sopClassUid })]);
    const countsOf = async (...call: Parameters<Opened['catalog']['instances']['summaryForRetrieve']>) =>
      (await opened.catalog.instances.summaryForRetrieve(...call)).map(({ count }) => count).sort();

    expect(
      await opened.catalog.instances.summaryForRetrieve('SERIES', { seriesInstanceUids: ['1.1.9'] }),
    ).to.deep.equal([{ sopClassUid, transferSyntaxUid: '1.2.840.10008.1.2.1', count: 1 }]);
    expect(await countsOf('PATIENT', { patientId: 'ID1' })).to.deep.equal([1, 6]);
    expect(await countsOf('STUDY', { studyInstanceUids: ['1.1', '1.3'] })).to.deep.equal([1, 6]);
    expect(await countsOf('IMAGE', { sopInstanceUids: ['1.1.2.9', '1.9'] })).to.deep.equal([1]);
    expect(await countsOf('STUDY', { studyInstanceUids: ['1.9'] })).to.deep.equal([]);
  });

  it('refuses a level without its own key', async () => {
    const problem = await uidsOf('SERIES', { studyInstanceUids: ['1.1'] }).catch((error: unknown) => error);

    expect(problem).to.be.instanceOf(Problem).with.property('code', 'unusable-identifier');
  });

  it('reads a series of several pages once each, in order', async () => {
    const arrivals = Array.from({ length: 1203 }, (_, number) =>
      ctArrival(7, 1, number, { InstanceNumber: 5 + (number % 2) }),
    );
    await opened.catalog.instances.index(arrivals);

    const uids = await uidsOf('STUDY', { studyInstanceUids: ['1.7'] });

    expect(uids).to.have.lengthOf(1203);
    expect(new Set(uids).size).to.equal(1203);
  });

  it('walks all instances, from behind a given row on', async () => {
    const all = await collect(opened.catalog.instances.all());
    const third = all[2]?.id ?? 0;

    const rest = await collect(opened.catalog.instances.all({ afterId: third }));

    expect(all).to.have.lengthOf(7);
    expect(rest).to.deep.equal(all.slice(3));
    expect(all.find(({ sopInstanceUid }) => sopInstanceUid === '1.3.1.1')?.studyInstanceUid).to.equal('1.3');
  });

  it('stops with Problem cancelled when its signal is aborted', async () => {
    const signal = AbortSignal.abort();

    const problem = await uidsOf('STUDY', { studyInstanceUids: ['1.1'] }, { signal }).catch(
      (error: unknown) => error,
    );

    expect(problem).to.be.instanceOf(Problem).with.property('code', 'cancelled');
  });
}
