import { expect } from 'chai';
import fc from 'fast-check';
import type { Level, QueryKey } from '../../src/catalog/catalog.ts';
import { fewRowsMax } from '../../src/catalog/limits.ts';
import { hexOfTag, vrOf } from '../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { matcherFor } from '../../src/dicom/matching.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { Opened } from '../helpers/catalog-engines.ts';
import { collect, ctArrival, firstOf, type Keyword, type Values } from './arrivals.ts';

export function key(keyword: Keyword, ...values: string[]): QueryKey {
  return { tag: tags[keyword], vr: vrOf(tags[keyword]), values };
}

export function querySuite(opened: Opened): void {
  const file = (...studies: Values[]) =>
    opened.catalog.instances.index(studies.map((values, index) => ctArrival(index + 1, 1, 1, values)));
  /** Study Instance UIDs of what is found, sorted. */
  const find = async (level: Level, ...keys: QueryKey[]) =>
    (await collect(opened.catalog.query(level, keys)))
      .map((entity) => String(firstOf(entity, level === 'PATIENT' ? 'PatientID' : 'StudyInstanceUID')))
      .sort();

  it('finds names by prefix, in any component group, without case, accents and width', async () => {
    await file(
      { PatientName: 'MÜLLER^Jörg' },
      { PatientName: { Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'ヤマダ^タロウ' } },
      { PatientName: 'Smith' },
      { PatientName: '' },
    );

    expect(await find('STUDY', key('PatientName', 'muller*'))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('PatientName', 'Muller^J?rg'))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('PatientName', 'muller'))).to.deep.equal([]);
    expect(await find('STUDY', key('PatientName', 'YAMADA^TAROU'))).to.deep.equal(['1.2']);
    expect(await find('STUDY', key('PatientName', '山田*'))).to.deep.equal(['1.2']);
    expect(await find('STUDY', key('PatientName', 'ﾔﾏﾀﾞ*'))).to.deep.equal(['1.2']);
    expect(await find('STUDY', key('PatientName', 'Yamada^Tarou=山田^太郎'))).to.deep.equal(['1.2']);
    expect(await find('STUDY', key('PatientName', 'smith^*'))).to.deep.equal(['1.3']);
    expect(await find('PATIENT', key('PatientName', '*A*'))).to.deep.equal(['ID2']);
    expect(await find('STUDY', key('PatientName', '*'))).to.have.lengthOf(4);
    expect(await find('STUDY', key('PatientName', ''))).to.have.lengthOf(4);
  });

  it('compares identifiers as they are, descriptions without case', async () => {
    await file(
      { PatientID: 'a1', AccessionNumber: 'X1 ', StudyDescription: 'CT Thorax' },
      { PatientID: 'A1', AccessionNumber: 'x1', StudyDescription: 'CT Abdomen' },
    );

    expect(await find('STUDY', key('PatientID', 'a1'))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('PatientID', 'a*'))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('AccessionNumber', 'X1'))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('StudyDescription', 'ct thorax '))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('StudyDescription', '*abdo*'))).to.deep.equal(['1.2']);
  });

  it('takes what means something to SQL as text', async () => {
    await file(
      { PatientID: '100%_\\!' },
      { PatientID: '100xy!' },
      { PatientID: "'; DROP TABLE studies; --" },
    );

    expect(await find('STUDY', key('PatientID', '100%*'))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('PatientID', '???%_*'))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('PatientID', '*!'))).to.deep.equal(['1.1', '1.2']);
    expect(await find('STUDY', key('PatientID', "'*--"))).to.deep.equal(['1.3']);
  });

  it('matches ranges of dates and times, and never what has none', async () => {
    await file(
      { StudyDate: '20260101', StudyTime: '0930' },
      { StudyDate: '2026.01.31', StudyTime: '10:15:00' },
      { StudyDate: '20260201', StudyTime: '101500.5' },
      { StudyDate: '' },
    );

    expect(await find('STUDY', key('StudyDate', '20260101-20260131'))).to.deep.equal(['1.1', '1.2']);
    expect(await find('STUDY', key('StudyDate', '20260131-'))).to.deep.equal(['1.2', '1.3']);
    expect(await find('STUDY', key('StudyDate', '-20260101'))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('StudyDate', '20260201'))).to.deep.equal(['1.3']);
    expect(await find('STUDY', key('StudyTime', '10'))).to.deep.equal(['1.2', '1.3']);
    expect(await find('STUDY', key('StudyTime', '-093000'))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('StudyDate', 'yesterday'))).to.deep.equal([]);
  });

  it('matches lists of UIDs and any of the modalities in a study', async () => {
    await file({ Modality: 'CT' }, { Modality: 'MR' }, { Modality: 'US' });
    await opened.catalog.instances.index([ctArrival(1, 2, 1, { Modality: 'SR' })]);

    expect(await find('STUDY', key('StudyInstanceUID', '1.1', '1.3', '1.77'))).to.deep.equal(['1.1', '1.3']);
    expect(await find('STUDY', key('StudyInstanceUID', '1.*'))).to.deep.equal([]);
    expect(await find('STUDY', key('ModalitiesInStudy', 'SR'))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('ModalitiesInStudy', 'MR', 'US'))).to.deep.equal(['1.2', '1.3']);
    expect(await find('STUDY', key('ModalitiesInStudy', 'S'))).to.deep.equal([]);
    expect(await find('SERIES', key('Modality', 'SR'))).to.deep.equal(['1.1']);
  });

  it('answers a series and an instance with the attributes above, whatever level a key is of', async () => {
    await opened.catalog.instances.index([
      ctArrival(1, 1, 1, { PatientName: 'Smith', SeriesDescription: 'Thin', Rows: 512 }),
      ctArrival(1, 1, 2, { PatientName: 'Smith', Rows: 256 }),
      ctArrival(2, 1, 1, { PatientName: 'Jones' }),
    ]);

    const [series] = await collect(opened.catalog.query('SERIES', [key('PatientName', 'SMITH')]));
    expect(firstOf(series, 'SeriesDescription')).to.equal('Thin');
    expect(firstOf(series, 'PatientID')).to.equal('ID1');
    expect(firstOf(series, 'NumberOfStudyRelatedInstances')).to.equal(2);
    expect(firstOf(series, 'NumberOfPatientRelatedStudies')).to.equal(undefined);
    const images = await collect(
      opened.catalog.query('IMAGE', [
        key('SeriesInstanceUID', '1.1.1'),
        key('Rows', '256'),
        key('NumberOfPatientRelatedStudies'),
      ]),
    );
    expect(images.map((image) => firstOf(image, 'SOPInstanceUID'))).to.deep.equal(['1.1.1.2']);
    expect(firstOf(images[0], 'SOPClassUID')).to.equal('1.2.840.10008.5.1.4.1.1.2');
    expect(firstOf(images[0], 'AvailableTransferSyntaxUID')).to.equal('1.2.840.10008.1.2.1');
    expect(firstOf(images[0], 'PatientName')).to.equal('Smith');
    expect(firstOf(images[0], 'NumberOfPatientRelatedStudies')).to.equal(1);
    const byUid = [key('SOPInstanceUID', '1.1.1.1', '1.2.1.1')];
    expect(await find('IMAGE', ...byUid)).to.deep.equal(['1.1', '1.2']);
    expect(await find('IMAGE', ...byUid, key('PatientName', 'Jones'))).to.deep.equal(['1.2']);
    expect(await find('IMAGE', key('StudyInstanceUID', '1.1'), key('InstanceNumber', '2'))).to.deep.equal([
      '1.1',
    ]);
  });

  it('ignores keys that it does not keep, or that belong to a lower level', async () => {
    await file({}, {});

    expect(await find('STUDY', { tag: 0x00091001, vr: 'LO', values: ['private'] })).to.have.lengthOf(2);
    expect(await find('STUDY', key('Modality', 'MR'), key('Rows', '1'))).to.have.lengthOf(2);
  });

  it('matches attributes that are no column', async () => {
    await file({ OtherPatientIDs: ['X', 'Y'] }, { PatientComments: 'Claustrophobic' });

    expect(await find('STUDY', key('OtherPatientIDs', 'Y'))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('PatientComments', 'claustro*'))).to.deep.equal(['1.2']);
  });

  it('gives every study of several pages once, newest first, and lets others have their turn', async () => {
    const arrivals = Array.from({ length: 1300 }, (_, study) => ctArrival(study, 1, 1));
    await opened.catalog.instances.index(arrivals);
    let turns = 0;
    const turn = setInterval(() => turns++, 0);

    const all = await find('STUDY');
    const restricted = await collect(opened.catalog.query('STUDY', [key('StudyDate', '20261120')]));

    clearInterval(turn);
    expect(new Set(all).size).to.equal(1300);
    expect(restricted.map((study) => firstOf(study, 'StudyInstanceUID'))).to.deep.equal(
      arrivals.map(({ studyInstanceUid }) => studyInstanceUid).reverse(),
    );
    expect(turns).to.be.greaterThan(1);
  });

  it('finds all that have an identifier, newest first, be they few or many', async () => {
    const counts = [fewRowsMax - 1, fewRowsMax, fewRowsMax + 1];
    for (const count of counts) {
      const series = Array.from({ length: count }, (_, index) =>
        ctArrival(count, index + 1, 1, { AccessionNumber: `A${count}`, PatientName: 'Even^Li' }),
      );
      const studies = Array.from({ length: count }, (_, index) =>
        ctArrival(1000 * count + index, 1, 1, { PatientID: `P${count}` }),
      );
      await opened.catalog.instances.index([...series, ...studies]);
    }
    const uids = async (level: Level, keyword: Keyword, keys: QueryKey[]) =>
      (await collect(opened.catalog.query(level, keys))).map((one) => firstOf(one, keyword));

    for (const count of counts) {
      const series = Array.from({ length: count }, (_, index) => `1.${count}.${count - index}`);
      const studies = Array.from({ length: count }, (_, index) => `1.${1000 * count + count - 1 - index}`);
      const ofStudy = [key('StudyInstanceUID', `1.${count}`)];
      const ofPatient = [key('PatientID', `P${count}`)];
      expect(await uids('SERIES', 'SeriesInstanceUID', ofStudy)).to.deep.equal(series);
      expect(await uids('SERIES', 'SeriesInstanceUID', [key('AccessionNumber', `A${count}`)])).to.deep.equal(
        series,
      );
      expect(
        await uids('SERIES', 'SeriesInstanceUID', [...ofStudy, key('PatientName', '*li')]),
      ).to.deep.equal(series);
      expect(await uids('STUDY', 'StudyInstanceUID', ofPatient)).to.deep.equal(studies);
      expect(
        await uids('STUDY', 'StudyInstanceUID', [...ofPatient, key('StudyDate', '20260101-')]),
      ).to.deep.equal(studies);
      expect(await uids('IMAGE', 'SeriesInstanceUID', ofStudy)).to.deep.equal(series);
    }
  });

  it('stops with Problem cancelled when its signal is aborted', async () => {
    await opened.catalog.instances.index(Array.from({ length: 300 }, (_, study) => ctArrival(study, 1, 1)));
    const abort = new AbortController();
    let count = 0;
    let problem: unknown;

    try {
      for await (const _ of opened.catalog.query('STUDY', [], { signal: abort.signal })) {
        if (++count === 10) abort.abort();
      }
    } catch (error) {
      problem = error;
    }

    expect(problem).to.be.instanceOf(Problem).with.property('code', 'cancelled');
    expect(count).to.be.lessThan(100);
  });

  it('finds by each of the values that devices put where one is due, and by the end of one that is too long', async () => {
    await file(
      {
        StudyDescription: ['CT Abdomen', 'Pelvis'],
        ReferringPhysicianName: [{ Alphabetic: 'A^B' }, { Alphabetic: 'C^D' }],
        StudyID: ['7', '8'],
        BodyPartExamined: ['CHEST', 'ABDOMEN'],
        Modality: ['PT', 'CT'],
      },
      { StudyDescription: `${'long '.repeat(60)}pelvis`, Modality: 'PRESENTATION STATE' },
      {},
    );

    expect(await find('STUDY', key('StudyDescription', '*PELVIS'))).to.deep.equal(['1.1', '1.2']);
    expect(await find('STUDY', key('StudyDescription', 'ct abdomen'))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('ReferringPhysicianName', 'C^D'))).to.deep.equal(['1.1']);
    expect(await find('STUDY', key('StudyID', '8'))).to.deep.equal(['1.1']);
    expect(await find('SERIES', key('BodyPartExamined', 'ABDOMEN'))).to.deep.equal(['1.1']);
    expect(await find('SERIES', key('Modality', 'CT'))).to.deep.equal(['1.1', '1.3']);
    expect(await find('SERIES', key('Modality', 'PRESENTATION STATE'))).to.deep.equal(['1.2']);
  });

  it('finds by numbers that are none of IS, as it answers them', async () => {
    await file({ SeriesNumber: 3_000_000_000, InstanceNumber: 20_260_101_120_000 }, {});

    expect(await find('SERIES', key('SeriesNumber', '3000000000'))).to.deep.equal(['1.1']);
    expect(await find('IMAGE', key('InstanceNumber', '20260101120000'))).to.deep.equal(['1.1']);
    expect(await find('IMAGE', key('InstanceNumber', '2147483647'))).to.deep.equal([]);
  });

  it('takes lists of as many UIDs as a key may have (PS3.4 §C.2.2.2.2)', async () => {
    await file({}, {});
    const list = (prefix: string) => Array.from({ length: 9_998 }, (_, index) => `${prefix}9.${index}`);
    const ct = '1.2.840.10008.5.1.4.1.1.2';

    for (const level of ['STUDY', 'SERIES', 'IMAGE'] as const) {
      const keys = [
        key('StudyInstanceUID', '1.1', ...list('1.')),
        key('SOPClassesInStudy', ct, ...list('1.')),
      ];
      expect(await find(level, ...keys), level).to.deep.equal(['1.1']);
    }
    const ofImage = [key('SOPInstanceUID', '1.2.1.1', ...list('1.')), key('SOPClassUID', ct, ...list('2.'))];
    expect(await find('IMAGE', ...ofImage)).to.deep.equal(['1.2']);
    expect(await find('IMAGE', key('SOPClassUID', ct, ...list('2.')))).to.have.lengthOf(2);
  });

  it('gives others their turn while values cost much to compare', async () => {
    await file(...Array.from({ length: 8 }, () => ({ PatientComments: 'a'.repeat(6_000) })));
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);

    const found = await find('STUDY', key('PatientComments', `*${'a'.repeat(1000)}b*`));
    clearInterval(ticking);

    expect(found).to.deep.equal([]);
    expect(turns).to.be.at.least(4);
  });

  it('refuses a key with values without end', async () => {
    const values = Array.from({ length: 101 }, (_, index) => `ID${index}`);

    const problem = await find('STUDY', key('PatientID', ...values)).catch((error: unknown) => error);

    expect(problem).to.be.instanceOf(Problem).with.property('code', 'unusable-identifier');
  });

  it('never loses in the database what the rule of matching lets through', async function () {
    this.timeout(300_000);
    const letter = fc.constantFrom(
      'a',
      'A',
      'ä',
      'b',
      '^',
      '=',
      ' ',
      '%',
      '_',
      '!',
      '\\',
      "'",
      '山',
      'ﾔ',
      '~',
      '\u{1f600}',
    );
    const text = fc.array(letter, { maxLength: 5 }).map((letters) => letters.join(''));
    const stored = await fc.sample(fc.tuple(text, text, text, text), { numRuns: 300, seed: 7 });
    await file(
      ...stored.map(([name, ideographic, id, words], index) => ({
        PatientName: { Alphabetic: name.replaceAll('=', ''), Ideographic: ideographic.replaceAll('=', '') },
        PatientID: id,
        StudyDescription: words,
        StudyDate: `2026${String(1 + (index % 12)).padStart(2, '0')}01`,
      })),
    );
    const all = await collect(opened.catalog.query('STUDY', []));
    const pattern = fc
      .array(fc.oneof(letter, fc.constantFrom('*', '?')), { minLength: 1, maxLength: 5 })
      .map((letters) => letters.join('').replaceAll('\\', ''));

    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Keyword>('PatientName', 'PatientID', 'StudyDescription'),
        fc.oneof(pattern, fc.nat(stored.length - 1)),
        async (keyword, wanted) => {
          const value = typeof wanted === 'number' ? String(stored[wanted]?.[0] ?? '') : wanted;
          const matches = matcherFor(key(keyword, value));
          const expected = all.filter((entity) => matches(entity[hexOfTag(tags[keyword])]));

          const found = await collect(opened.catalog.query('STUDY', [key(keyword, value)]));

          expect(found).to.deep.equal(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
}
