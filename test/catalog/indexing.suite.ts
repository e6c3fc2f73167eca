import { expect } from 'chai';
import fc from 'fast-check';
import type { InstanceArrival } from '../../src/catalog/catalog.ts';
import { hexOfTag } from '../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { dumpRows, type Opened } from '../helpers/catalog-engines.ts';
import { attributes, collect, ctArrival, firstOf } from './arrivals.ts';

const OTHER_HASH = 'ab'.repeat(32);

export function indexingSuite(opened: Opened): void {
  const index = async (...arrivals: InstanceArrival[]) =>
    (await opened.catalog.instances.index(arrivals)).outcomes;
  const studies = () => collect(opened.catalog.query('STUDY', []));

  it('files new instances and keeps the counts of study, series and patient', async () => {
    const outcomes = await index(ctArrival(1, 1, 1), ctArrival(1, 1, 2), ctArrival(1, 2, 1));
    await index(ctArrival(1, 2, 2), ctArrival(2, 1, 1, { PatientID: 'ID1' }));

    expect(outcomes).to.deep.equal([{ outcome: 'filed' }, { outcome: 'filed' }, { outcome: 'filed' }]);
    const study = (await studies()).find((entity) => firstOf(entity, 'StudyInstanceUID') === '1.1');
    expect(firstOf(study, 'NumberOfStudyRelatedSeries')).to.equal(2);
    expect(firstOf(study, 'NumberOfStudyRelatedInstances')).to.equal(4);
    const [series] = await collect(
      opened.catalog.query('SERIES', [{ tag: tags.SeriesInstanceUID, vr: 'UI', values: ['1.1.2'] }]),
    );
    expect(firstOf(series, 'NumberOfSeriesRelatedInstances')).to.equal(2);
    const [patient] = await collect(opened.catalog.query('PATIENT', []));
    expect(firstOf(patient, 'NumberOfPatientRelatedStudies')).to.equal(2);
    expect(firstOf(patient, 'NumberOfPatientRelatedSeries')).to.equal(3);
    expect(firstOf(patient, 'NumberOfPatientRelatedInstances')).to.equal(5);
  });

  it('lists the modalities and SOP classes of a study, each once', async () => {
    const sopClassUid = '1.2.840.10008.5.1.4.1.1.88.59';
    await index(ctArrival(1, 1, 1), ctArrival(1, 1, 2));
    await index(
      ctArrival(1, 9, 1, { Modality: 'KO' }, { sopClassUid }),
      ctArrival(1, 8, 1, { Modality: 'SR' }),
    );

    const [study] = await studies();

    expect(study?.[hexOfTag(tags.ModalitiesInStudy)]?.Value).to.deep.equal(['CT', 'KO', 'SR']);
    expect(study?.[hexOfTag(tags.SOPClassesInStudy)]?.Value).to.deep.equal([
      '1.2.840.10008.5.1.4.1.1.2',
      sopClassUid,
    ]);
  });

  it('answers filed for the very file again, duplicate for the same data set in another, and counts neither', async () => {
    const arrival = ctArrival(1, 1, 1);
    await index(arrival);

    const outcomes = await index(arrival, { ...arrival, arrivedAt: arrival.arrivedAt + 1 });

    expect(outcomes).to.deep.equal([{ outcome: 'filed' }, { outcome: 'duplicate' }]);
    const [study] = await studies();
    expect(firstOf(study, 'NumberOfStudyRelatedInstances')).to.equal(1);
  });

  it('files an instance whose name was too long to be kept when it came before', async () => {
    const named = (number: number) => ctArrival(1, 1, number, { PatientName: `Long^${'"'.repeat(40_000)}` });
    await index(named(1));
    await index(ctArrival(1, 1, 2, { PatientName: [] }));

    expect(await index(named(3))).to.deep.equal([{ outcome: 'filed' }]);
  });

  it('lets the first of a batch win', async () => {
    const arrival = ctArrival(1, 1, 1);

    const outcomes = await index(arrival, { ...arrival, sha256: OTHER_HASH }, arrival);

    expect(outcomes).to.deep.equal([
      { outcome: 'filed' },
      { outcome: 'conflict', currentSha256: arrival.sha256 },
      { outcome: 'duplicate' },
    ]);
    expect((await opened.catalog.instances.findByUid('1.1.1.1'))?.sha256).to.equal(arrival.sha256);
  });

  it('records each other version of an instance once, with an event, and leaves the first current', async () => {
    const arrival = ctArrival(1, 1, 1);
    const other = { ...arrival, sha256: OTHER_HASH, arrivedAt: arrival.arrivedAt + 5 };
    await index(arrival);

    await index(other);
    const again = await index(other);

    expect(again).to.deep.equal([{ outcome: 'conflict', currentSha256: arrival.sha256 }]);
    expect((await dumpRows(opened.url))['conflicts']).to.have.lengthOf(1);
    const events = await opened.catalog.events.list({ limit: 10 });
    expect(events.map(({ kind }) => kind)).to.deep.equal(['instance-conflict']);
    expect(events[0]?.fields['sha256']).to.equal(OTHER_HASH);
    expect((await opened.catalog.instances.findByUid('1.1.1.1'))?.sha256).to.equal(arrival.sha256);
  });

  it('keeps the first values of a study where instances disagree, and fills what was empty', async () => {
    await index(ctArrival(1, 1, 1, { StudyDescription: 'Thorax', AccessionNumber: '' }));
    await index(ctArrival(1, 1, 2, { StudyDescription: 'Abdomen', AccessionNumber: 'A7' }));

    const found = await collect(
      opened.catalog.query('STUDY', [{ tag: tags.AccessionNumber, vr: 'SH', values: ['A7'] }]),
    );

    expect(found.map((study) => firstOf(study, 'StudyDescription'))).to.deep.equal(['Thorax']);
  });

  it('leaves a study with the patient of its first instance', async () => {
    await index(ctArrival(1, 1, 1, { PatientID: 'A', PatientName: 'Smith' }));
    await index(ctArrival(1, 1, 2, { PatientID: 'B', PatientName: 'Jones', PatientBirthDate: '19700101' }));

    const patients = await collect(opened.catalog.query('PATIENT', []));

    expect(patients.map((patient) => firstOf(patient, 'PatientID'))).to.deep.equal(['A']);
    expect(firstOf(patients[0], 'PatientBirthDate')).to.equal(undefined);
    expect(firstOf(patients[0], 'NumberOfPatientRelatedInstances')).to.equal(2);
  });

  it('tells patients without an ID apart by name and birth date, and equal IDs by their issuer', async () => {
    await index(
      ctArrival(1, 1, 1, { PatientID: '', PatientName: 'Smith', PatientBirthDate: '19700101' }),
      ctArrival(2, 1, 1, { PatientID: '', PatientName: 'SMITH', PatientBirthDate: '19700101' }),
      ctArrival(3, 1, 1, { PatientID: '', PatientName: 'Smith', PatientBirthDate: '19700102' }),
      ctArrival(4, 1, 1, { PatientID: '7', IssuerOfPatientID: 'NORTH' }),
      ctArrival(5, 1, 1, { PatientID: '7', IssuerOfPatientID: 'SOUTH' }),
    );

    expect(await collect(opened.catalog.query('PATIENT', []))).to.have.lengthOf(4);
  });

  it('takes two series of one UID in two studies for two', async () => {
    const seriesInstanceUid = '1.99';
    await index(ctArrival(1, 1, 1, {}, { seriesInstanceUid }), ctArrival(2, 1, 1, {}, { seriesInstanceUid }));

    const counts = (await studies()).map((study) => firstOf(study, 'NumberOfStudyRelatedSeries'));

    expect(counts).to.deep.equal([1, 1]);
  });

  it('gives the same rows whatever the order and the batches', async function () {
    this.timeout(300_000);
    const arrivals = [1, 2, 3].flatMap((study) =>
      [1, 2, 3, 4, 5, 6, 7, 8].map((number) =>
        ctArrival(study, 1 + (number % 3), number, {
          PatientID: study === 3 ? 'ID1' : `ID${study}`,
          PatientName: study === 3 ? 'Patient^1' : `Patient^${study}`,
          Modality: number % 3 === 0 ? 'SR' : 'CT',
        }),
      ),
    );
    await index(...arrivals);
    const expected = await dumpRows(opened.url);
    expect(expected['instances']).to.have.lengthOf(24);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(arrivals, { minLength: arrivals.length }),
        fc.integer({ min: 1, max: 24 }),
        async (shuffled, batchSize) => {
          const { catalog, url } = await opened.another();
          for (let start = 0; start < shuffled.length; start += batchSize) {
            await catalog.instances.index(shuffled.slice(start, start + batchSize));
          }
          expect(await dumpRows(url)).to.deep.equal(expected);
        },
      ),
      { numRuns: 6 },
    );
  });

  it('files whatever an attribute holds', async () => {
    const long = 'Ä'.repeat(5000);
    const hostile = '\0\ud800 %_!\\\'";--\u{1f600}\udc00';
    await index(
      ctArrival(1, 1, 1, {
        PatientName: { Alphabetic: long, Ideographic: hostile, Phonetic: hostile },
        PatientID: hostile,
        StudyDate: '2026.99.99',
        StudyTime: 'noon',
        StudyDescription: [long, hostile],
        SeriesNumber: '99999999999999999999',
        InstanceNumber: 1e300,
        Modality: long,
        ReferencedSeriesSequence: [attributes({ PatientComments: 'x'.repeat(200_000) })],
      }),
      ctArrival(2, 1, 1, { SeriesNumber: Number.NaN, Modality: [], PatientID: null, InstanceNumber: '-3.5' }),
    );

    const found = await collect(
      opened.catalog.instances.forRetrieve('STUDY', { studyInstanceUids: ['1.1', '1.2'] }),
    );

    expect(found.map(({ sopInstanceUid }) => sopInstanceUid)).to.have.members(['1.1.1.1', '1.2.1.1']);
  });

  it('refuses a batch with a UID that is no file name, and files nothing of it', async () => {
    let refusal: unknown;
    await index(ctArrival(1, 1, 1), ctArrival(1, 1, 2, {}, { sopInstanceUid: '../../etc' })).catch(
      (error: unknown) => {
        refusal = error;
      },
    );

    expect(refusal).to.be.instanceOf(Error).with.property('message').that.contains('../../etc');
    expect(await studies()).to.deep.equal([]);
  });

  it('files a thousand studies in one batch', async () => {
    const arrivals = Array.from({ length: 1000 }, (_, study) => ctArrival(study, 1, 1));

    await index(...arrivals);
    const outcomes = await index(...arrivals.map((arrival) => ({ ...arrival, week: '2026-W48' })));

    expect(new Set(outcomes.map(({ outcome }) => outcome))).to.deep.equal(new Set(['duplicate']));
    expect(await studies()).to.have.lengthOf(1000);
  });
}
