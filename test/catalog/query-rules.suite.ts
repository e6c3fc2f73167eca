import { expect } from 'chai';
import fc from 'fast-check';
import type { Level, QueryKey } from '../../src/catalog/catalog.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { entityMatcherFor } from '../../src/dicom/entity-matching.ts';
import { BASELINE_RULES, type MatchingRules } from '../../src/dicom/matching.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { Opened } from '../helpers/catalog-engines.ts';
import { attributes, collect, ctArrival, firstOf, type Keyword, type Values } from './arrivals.ts';
import { key } from './query.suite.ts';

const sequence = (keyword: Keyword, ...items: QueryKey[]): QueryKey => ({
  tag: tags[keyword],
  vr: 'SQ',
  values: [],
  items,
});

/** What extended negotiation and sequences make of a query, on a real database. */
export function queryRulesSuite(opened: Opened): void {
  const file = (...studies: Values[]) =>
    opened.catalog.instances.index(studies.map((values, index) => ctArrival(index + 1, 1, 1, values)));
  /** Study Instance UIDs of what is found, sorted. */
  const find = async (rules: Partial<MatchingRules>, keys: QueryKey[], level: Level = 'STUDY') =>
    (await collect(opened.catalog.query(level, keys, { rules: { ...BASELINE_RULES, ...rules } })))
      .map((entity) => String(firstOf(entity, level === 'PATIENT' ? 'PatientID' : 'StudyInstanceUID')))
      .sort();

  it('finds names by beginnings and sounds where fuzzy matching was agreed on, and not where it was not (PS3.4 §C.2.2.2.1.1)', async () => {
    await file(
      { PatientName: 'MÜLLER^Jörg', ReferringPhysicianName: 'Weiß^Anna' },
      { PatientName: { Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'ヤマダ^タロウ' } },
      { PatientName: 'Smith^Mary' },
    );
    const isFuzzy = true;

    expect(await find({ isFuzzy }, [key('PatientName', 'joerg mueller')])).to.deep.equal(['1.1']);
    expect(await find({}, [key('PatientName', 'joerg mueller')])).to.deep.equal([]);
    expect(await find({ isFuzzy }, [key('PatientName', 'taro yama')])).to.deep.equal(['1.2']);
    expect(await find({ isFuzzy }, [key('PatientName', '山田太郎')])).to.deep.equal(['1.2']);
    expect(await find({ isFuzzy }, [key('PatientName', 'やまだ')])).to.deep.equal(['1.2']);
    expect(await find({ isFuzzy }, [key('PatientName', 'Mary Smyth')])).to.deep.equal(['1.3']);
    expect(await find({ isFuzzy }, [key('PatientName', 'Mary Smyth')], 'PATIENT')).to.deep.equal(['ID3']);
    expect(await find({ isFuzzy }, [key('PatientName', '*mith*')])).to.deep.equal(['1.3']);
    expect(await find({ isFuzzy }, [key('ReferringPhysicianName', 'anna weis')])).to.deep.equal(['1.1']);
    expect(await find({ isFuzzy }, [key('PatientName', '%_\\\'"')])).to.deep.equal([]);
  });

  it('takes ranges of a date and its time for one where that was agreed on (PS3.4 §C.2.2.2.5.4)', async () => {
    await file(
      { StudyDate: '20060705', StudyTime: '2330' },
      { StudyDate: '20060706', StudyTime: '1200' },
      { StudyDate: '20060707', StudyTime: '2330' },
      { StudyDate: '20060706', StudyTime: '' },
    );
    const keys = [key('StudyDate', '20060705-20060707'), key('StudyTime', '1000-1800')];

    expect(await find({ isDateTimeCombined: true }, keys)).to.deep.equal(['1.1', '1.2', '1.4']);
    expect(await find({}, keys)).to.deep.equal(['1.2']);
  });

  it('reads and answers times in the zone of who asks where that was agreed on (PS3.4 §C.2.2.2.1.3)', async () => {
    await file(
      // In Tokyo half past seven of the next day, in London half past ten.
      { StudyDate: '20260101', StudyTime: '2330', TimezoneOffsetFromUTC: '+0100' },
      { StudyDate: '20260102', StudyTime: '0730', TimezoneOffsetFromUTC: '+0900' },
      { StudyDate: '20260102', StudyTime: '0730' },
    );
    const inTokyo = { timezoneOffset: '+0900' };
    const early = [key('StudyDate', '20260102'), key('StudyTime', '0700-0800')];

    expect(await find(inTokyo, early)).to.deep.equal(['1.1', '1.2', '1.3']);
    expect(await find({}, early)).to.deep.equal(['1.2', '1.3']);
    expect(await find(inTokyo, [key('StudyTime', '0730')])).to.deep.equal(['1.1', '1.2', '1.3']);
    expect(await find({ timezoneOffset: '+0000' }, [key('StudyDate', '20260101')])).to.deep.equal([
      '1.1',
      '1.2',
    ]);
    expect(await find({}, [key('StudyDate', '20260101')])).to.deep.equal(['1.1']);
    expect(await find({ timezoneOffset: '-1200' }, [key('StudyDate', '20260101')])).to.deep.equal([
      '1.1',
      '1.2',
    ]);
    const rules = { ...BASELINE_RULES, timezoneOffset: '+0000' };
    const [moved] = await collect(opened.catalog.query('STUDY', [key('StudyInstanceUID', '1.2')], { rules }));
    expect(firstOf(moved, 'StudyDate')).to.equal('20260101');
    expect(firstOf(moved, 'StudyTime')).to.equal('2230');
    expect(firstOf(moved, 'TimezoneOffsetFromUTC')).to.equal('+0000');
  });

  it('finds what has no value by two quotation marks where that was agreed on (PS3.4 §C.2.2.2.7)', async () => {
    await file(
      { AccessionNumber: 'A1' },
      { AccessionNumber: '' },
      { PatientSex: 'F', AccessionNumber: 'A3' },
    );
    const isEmptyMatched = true;

    expect(await find({ isEmptyMatched }, [key('AccessionNumber', '""')])).to.deep.equal(['1.2']);
    expect(await find({}, [key('AccessionNumber', '""')])).to.deep.equal([]);
    expect(
      await find({ isEmptyMatched }, [key('PatientSex', '""'), key('AccessionNumber', 'A*')]),
    ).to.deep.equal(['1.1']);
    expect(await find({ isEmptyMatched }, [key('ReferringPhysicianName', '""')])).to.have.lengthOf(3);
  });

  it('matches items of sequences, at the level that keeps them and below (PS3.4 §C.2.2.2.6)', async () => {
    const item = (RequestedProcedureID: string, ScheduledProcedureStepID: string) =>
      attributes({ RequestedProcedureID, ScheduledProcedureStepID });
    await file(
      { RequestAttributesSequence: [item('RP1', 'S1'), item('RP2', 'S2')] },
      {
        RequestAttributesSequence: [item('RP2', 'S1')],
        OtherPatientIDsSequence: [attributes({ PatientID: 'X7' })],
      },
      { ProcedureCodeSequence: [attributes({ CodeValue: 'CHEST', CodingSchemeDesignator: 'L' })] },
    );
    const request = (...items: QueryKey[]) => [sequence('RequestAttributesSequence', ...items)];
    const both = [key('RequestedProcedureID', 'RP2'), key('ScheduledProcedureStepID', 'S1')];

    expect(await find({}, request(key('RequestedProcedureID', 'RP2')), 'SERIES')).to.deep.equal([
      '1.1',
      '1.2',
    ]);
    expect(await find({}, request(...both), 'SERIES')).to.deep.equal(['1.2']);
    expect(await find({}, request(...both), 'IMAGE')).to.deep.equal(['1.2']);
    expect(await find({}, request(key('RequestedProcedureID', '')), 'SERIES')).to.have.lengthOf(3);
    expect(await find({}, [sequence('OtherPatientIDsSequence', key('PatientID', 'X7'))])).to.deep.equal([
      '1.2',
    ]);
    expect(
      await find({}, [sequence('OtherPatientIDsSequence', key('PatientID', 'X7'))], 'PATIENT'),
    ).to.deep.equal(['ID2']);
    expect(await find({}, [sequence('ProcedureCodeSequence', key('CodeValue', 'CH*'))])).to.deep.equal([
      '1.3',
    ]);
    expect(await find({}, [sequence('ProcedureCodeSequence', key('CodeValue', "'; --"))])).to.deep.equal([]);
  });

  it('answers in the same order whenever it is asked, and whichever way the rows are found', async () => {
    await file(
      ...Array.from({ length: 60 }, (_, index) => ({
        StudyDate: `202601${String(1 + (index % 28)).padStart(2, '0')}`,
      })),
    );
    const order = async (...keys: QueryKey[]) =>
      (await collect(opened.catalog.query('STUDY', keys))).map((study) => firstOf(study, 'StudyInstanceUID'));
    const newestFirst = Array.from({ length: 60 }, (_, index) => `1.${60 - index}`);

    expect(await order()).to.deep.equal(newestFirst);
    expect(await order(key('StudyDate', '20260101-'))).to.deep.equal(newestFirst);
    expect(await order(key('PatientName', 'p*'))).to.deep.equal(newestFirst);
    expect(await order(key('PatientComments', ''))).to.deep.equal(newestFirst);
  });

  it('counts what a patient has at every level below, where it is asked for (PS3.4 §C.3.4)', async () => {
    await opened.catalog.instances.index([
      ctArrival(1, 1, 1, { PatientID: 'P' }),
      ctArrival(1, 2, 1, { PatientID: 'P', Modality: 'SR' }),
      ctArrival(1, 2, 2, { PatientID: 'P', Modality: 'SR' }),
      ctArrival(2, 1, 1, { PatientID: 'P' }),
    ]);
    const counts: Keyword[] = [
      'NumberOfPatientRelatedStudies',
      'NumberOfPatientRelatedSeries',
      'NumberOfPatientRelatedInstances',
    ];

    for (const level of ['PATIENT', 'STUDY', 'SERIES', 'IMAGE'] as const) {
      const found = await collect(
        opened.catalog.query(
          level,
          counts.map((one) => key(one)),
        ),
      );
      expect(
        counts.map((one) => firstOf(found[0], one)),
        level,
      ).to.deep.equal([2, 3, 4]);
      expect(await find({}, [key('NumberOfPatientRelatedStudies', '2')], level), level).to.not.have.lengthOf(
        0,
      );
      expect(await find({}, [key('NumberOfPatientRelatedStudies', '3')], level), level).to.have.lengthOf(0);
    }
    const [image] = await collect(opened.catalog.query('IMAGE', [key('SOPInstanceUID', '1.1.2.2')]));
    expect(firstOf(image, 'NumberOfStudyRelatedSeries')).to.equal(2);
    expect(firstOf(image, 'NumberOfStudyRelatedInstances')).to.equal(3);
    expect(firstOf(image, 'NumberOfSeriesRelatedInstances')).to.equal(2);
  });

  it('refuses keys that are too long or have too many keys within', async () => {
    const tooLong = find({}, [key('PatientName', 'A'.repeat(65_537))]);
    const tooMany = find({}, [
      sequence('OtherPatientIDsSequence', ...Array.from({ length: 101 }, () => key('PatientID', 'X'))),
    ]);

    const tooMuch = find({}, [key('PatientComments', `*${'a'.repeat(3000)}*`)]);
    const tooMuchWithin = find({}, [
      sequence('ProcedureCodeSequence', key('CodeMeaning', `${'a*'.repeat(2000)}`)),
    ]);
    const tooManyWords = find({ isFuzzy: true }, [key('PatientName', 'a b '.repeat(1000))]);

    for (const refused of [tooLong, tooMany, tooMuch, tooMuchWithin, tooManyWords]) {
      const problem = await refused.catch((error: unknown) => error);
      expect(problem).to.be.instanceOf(Problem).with.property('code', 'unusable-identifier');
    }
  });

  it('takes as many words of a name as a key may have, where fuzzy matching was agreed on', async () => {
    await file({ PatientName: 'a^b' }, { PatientName: 'a^c' });

    expect(await find({ isFuzzy: true }, [key('PatientName', `${'a '.repeat(510)}b`)])).to.deep.equal([
      '1.1',
    ]);
  });

  it('finds by patterns that are longer than what a column holds', async () => {
    await file({ PatientID: 'AB' }, { PatientID: 'B' });

    expect(await find({}, [key('PatientID', `A${'*'.repeat(5000)}B*`)])).to.deep.equal(['1.1']);
    expect(await find({}, [key('PatientID', '?'.repeat(5000))])).to.deep.equal([]);
    expect(await find({}, [key('PatientID', `${'*'.repeat(9000)}B`)])).to.deep.equal(['1.1', '1.2']);
  });

  it('never loses in the database what the rules agreed on let through', async function () {
    this.timeout(300_000);
    const letter = fc.constantFrom(...'aeouhtdpsm', 'ü', '^', ' ', '-', '%', '_', '!', "'", '山', 'ヤ');
    const name = fc.array(letter, { maxLength: 6 }).map((letters) => letters.join(''));
    const stored = await fc.sample(fc.tuple(name, name, fc.nat(27), fc.nat(23)), { numRuns: 150, seed: 11 });
    const two = (number: number) => String(number).padStart(2, '0');
    await file(
      ...stored.map(([alphabetic, ideographic, day, hour], index) => ({
        PatientName: { Alphabetic: alphabetic, Ideographic: ideographic },
        StudyDate: `202601${two(day + 1)}`,
        StudyTime: hour === 0 ? '' : two(hour),
        TimezoneOffsetFromUTC: ['', '+0100', '-0800', '+1345'][index % 4] ?? '',
      })),
    );
    const days = fc
      .tuple(fc.nat(27), fc.nat(23))
      .map(([day, hour]) => ({ day: `202601${two(day + 1)}`, hour: two(hour) }));

    await fc.assert(
      fc.asyncProperty(
        name,
        days,
        days,
        fc.boolean(),
        fc.constantFrom(undefined, '+0900', '-1200'),
        async (wanted, from, to, isDateTimeCombined, timezoneOffset) => {
          const rules = { ...BASELINE_RULES, isFuzzy: true, isDateTimeCombined, timezoneOffset };
          const all = await collect(opened.catalog.query('STUDY', [], { rules }));
          for (const keys of [
            [key('PatientName', wanted)],
            [key('StudyDate', `${from.day}-${to.day}`), key('StudyTime', `${from.hour}-${to.hour}`)],
          ]) {
            const expected = all.filter(entityMatcherFor(keys, rules));

            expect(await collect(opened.catalog.query('STUDY', keys, { rules }))).to.deep.equal(expected);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
}
