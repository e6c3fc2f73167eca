import { expect } from 'chai';
import fc from 'fast-check';
import { knownNamesMax } from '../../src/catalog/limits.ts';
import { NAME_KINDS } from '../../src/catalog/name-words.ts';
import { hexOfTag } from '../../src/dicom/dictionary/dictionary.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { matcherFor } from '../../src/dicom/matching.ts';
import type { Opened } from '../helpers/catalog-engines.ts';
import { collect, ctArrival, firstOf, type Keyword, type Values } from './arrivals.ts';
import { key } from './query.suite.ts';
import { executeOn } from './raw-rows.ts';

/** Names by what is inside of them. */
export function namesSuite(opened: Opened): void {
  const file = (...studies: Values[]) =>
    opened.catalog.instances.index(studies.map((values, index) => ctArrival(index + 1, 1, 1, values)));
  const find = async (keyword: Keyword, ...values: string[]) =>
    (await collect(opened.catalog.query('STUDY', [key(keyword, ...values)]))).map((study) =>
      firstOf(study, 'StudyInstanceUID'),
    );

  it('are found by their ends, and what is in the middle, in any group, with words of several', async () => {
    await file(
      { PatientName: 'Watanabe^Ken' },
      { PatientName: { Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' } },
      { PatientName: 'Müller-Lüdenscheid^Hans Peter^^Dr.' },
      { ReferringPhysicianName: 'Koch^Robert' },
      {
        ReferringPhysicianName: [{ Alphabetic: 'A^B' }, { Alphabetic: 'Mc Koch^D', Ideographic: '林^郎' }],
      },
      { ReferringPhysicianName: { Alphabetic: 'Hayashi', Ideographic: '林^郎' } },
    );

    expect(await find('PatientName', '*nabe^k*')).to.deep.equal(['1.1']);
    expect(await find('PatientName', 'wa*be^ken')).to.deep.equal(['1.1']);
    expect(await find('PatientName', 'w*nobe^k*')).to.deep.equal([]);
    expect(await find('PatientName', 'm*lüdens?heid^hans*')).to.deep.equal(['1.3']);
    expect(await find('PatientName', '*id^hans peter^^dr.')).to.deep.equal(['1.3']);
    expect(await find('PatientName', '*id^hans pete^^dr.')).to.deep.equal([]);
    expect(await find('PatientName', 'müller-*id^hans*^^dr.')).to.deep.equal(['1.3']);
    expect(await find('PatientName', '?atanabe^*')).to.deep.equal(['1.1']);
    expect(await find('PatientName', '*郎')).to.deep.equal(['1.2']);
    expect(await find('PatientName', '*ろ*')).to.deep.equal(['1.2']);
    expect(await find('PatientName', '*DA^tarou=*^太郎')).to.deep.equal(['1.2']);
    expect(await find('PatientName', '*lüden*pet*')).to.deep.equal(['1.3']);
    expect(await find('PatientName', '*r-l*')).to.deep.equal(['1.3']);
    expect(await find('PatientName', '*ns p*')).to.deep.equal(['1.3']);
    expect(await find('PatientName', '*^dr.')).to.deep.equal(['1.3']);
    expect(await find('PatientName', '*nabe^*', '*lüden*')).to.deep.equal(['1.3', '1.1']);
    expect(await find('PatientName', '*koch*')).to.deep.equal([]);
    expect(await find('ReferringPhysicianName', '*oc*')).to.deep.equal(['1.5', '1.4']);
    expect(await find('ReferringPhysicianName', '*郎')).to.deep.equal(['1.6', '1.5']);
    expect(await collect(opened.catalog.query('PATIENT', [key('PatientName', '*nabe*')]))).to.have.lengthOf(
      1,
    );
    expect(
      await collect(opened.catalog.query('SERIES', [key('PatientName', '*nabe*'), key('Modality', 'CT')])),
    ).to.have.lengthOf(1);
    const { items } = await opened.catalog.studies.page({
      keys: [key('PatientName', '*nabe*')],
      sort: 'studyDate',
      isDescending: true,
      limit: 5,
    });
    expect(items).to.have.lengthOf(1);
  });

  it('are found however long their words are, and however many', async () => {
    await file(
      { PatientName: `${'x'.repeat(70)}yz^Anna` },
      { PatientName: Array.from({ length: 25 }, (_, index) => `w${index}`).join(' ') },
      { PatientName: '\\' },
      { PatientName: 'Other' },
    );

    expect(await find('PatientName', '*yz^anna')).to.deep.equal(['1.1']);
    expect(await find('PatientName', `*${'x'.repeat(66)}*`)).to.deep.equal(['1.1']);
    expect(await find('PatientName', '*w24')).to.deep.equal(['1.2']);
    expect(await find('PatientName', '*\\')).to.deep.equal(['1.3']);
  });

  it('are found by what is filled in later, and by what another instance names the patient', async () => {
    const { instances } = opened.catalog;
    await instances.index([ctArrival(1, 1, 1, { PatientName: [], PatientID: 'P' })]);
    await instances.index([ctArrival(1, 1, 2, { PatientName: 'Later', PatientID: 'P' })]);
    await instances.index([ctArrival(2, 1, 1, { PatientName: 'Married', PatientID: 'P' })]);

    expect(await find('PatientName', '*ater')).to.deep.equal(['1.1']);
    expect(await find('PatientName', '*arried')).to.deep.equal(['1.2']);
    expect(await collect(opened.catalog.query('PATIENT', [key('PatientName', '*ater')]))).to.have.lengthOf(1);
  });

  it('are kept as a whole where they are longer than a name may be: each character would be a row', async () => {
    await file(
      { PatientName: `${'x'.repeat(32)}^${'y'.repeat(31)}` },
      { PatientName: `${'x'.repeat(32)}^${'z'.repeat(32)}` },
      { PatientName: `${'ab^'.repeat(20)}${'w'.repeat(100)}` },
    );

    const endings = await executeOn(opened.url, (db) => db('word_endings').select('ending'));
    expect(endings).to.have.lengthOf(32 + 31 + 1);
    expect(await find('PatientName', '*yy')).to.deep.equal(['1.1']);
    expect(await find('PatientName', '*zz')).to.deep.equal(['1.2']);
    expect(await find('PatientName', '*b^www*')).to.deep.equal(['1.3']);
  });

  it('are found, newest first, where more match than a list may have', async () => {
    const count = knownNamesMax + 50;
    const letters = (index: number) => String.fromCharCode(97 + (index % 26), 97 + Math.floor(index / 26));
    await file(
      ...Array.from({ length: count }, (_, index) => ({
        PatientName: `${letters(index)}berg^${index % 50 === 0 ? 'Zoe' : 'Anna'}`,
      })),
    );

    const found = await find('PatientName', '*berg*');
    expect(found).to.deep.equal(Array.from({ length: count }, (_, index) => `1.${count - index}`));
    expect(await find('PatientName', '*berg^zoe')).to.have.lengthOf(Math.ceil(count / 50));
    expect(await find('PatientName', '*berg*', '*nobody')).to.have.lengthOf(count);
  });

  it('are each kept once for a word, and their words once for an ending', async () => {
    await file({ PatientName: 'Ab^Ab C' }, { PatientName: 'AB^ab c', ReferringPhysicianName: 'Ab' });

    const rows = (table: string) => executeOn(opened.url, (db) => db(table).select('*').orderBy(['word']));
    const { patient_name_alphabetic: patient, referring_physician_alphabetic: physician } = NAME_KINDS;
    expect(await rows('name_words')).to.have.deep.members([
      { word: 'ab', kind: patient, name: 'ab^ab c' },
      { word: 'c', kind: patient, name: 'ab^ab c' },
      { word: 'ab', kind: physician, name: 'ab' },
    ]);
    expect(await rows('word_endings')).to.have.deep.members([
      { ending: 'ab', word: 'ab' },
      { ending: 'b', word: 'ab' },
      { ending: 'c', word: 'c' },
    ]);
  });

  it('are never lost in the database where the rule of matching lets them through', async function () {
    this.timeout(300_000);
    const letter = fc.constantFrom(
      ...['a', 'B', 'ß', 'ü', '^', ' ', '-', '%', '!', '\\', '山', 'ﾔ', '\u{1f600}', '\u{10ffff}'],
    );
    const text = fc.array(letter, { maxLength: 7 }).map((letters) => letters.join(''));
    const stored = fc.sample(fc.tuple(text, text, text), { numRuns: 250, seed: 3 });
    await file(
      ...stored.map(([one, other, third], index) => ({
        PatientName: { Alphabetic: one, Ideographic: other },
        ReferringPhysicianName:
          index % 9 === 0
            ? [{ Alphabetic: third }, { Alphabetic: one }]
            : [{ Alphabetic: third, Phonetic: other }],
      })),
    );
    const all = await collect(opened.catalog.query('STUDY', []));
    const pattern = fc
      .array(fc.oneof(letter, fc.constantFrom('*', '?')), { minLength: 1, maxLength: 5 })
      .map((letters) => letters.join('').replaceAll('\\', ''));

    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Keyword>('PatientName', 'ReferringPhysicianName'),
        fc.constantFrom('*', '?', '*^', '* ', 'a*', 'b?', '-*'),
        pattern,
        async (keyword, beginning, rest) => {
          const matches = matcherFor(key(keyword, beginning + rest));
          const expected = all.filter((entity) => matches(entity[hexOfTag(tags[keyword])]));

          const found = await collect(opened.catalog.query('STUDY', [key(keyword, beginning + rest)]));

          expect(found).to.deep.equal(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
}
