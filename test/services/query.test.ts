import { expect } from 'chai';
import type { Catalog, QueryKey } from '../../src/catalog/catalog.ts';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { type JsonDataSet, toJson } from '../../src/dicom/json.ts';
import type { MatchingRules } from '../../src/dicom/matching.ts';
import { Problem } from '../../src/lib/problem.ts';
import type { ExtendedOption } from '../../src/services/extended-negotiation.ts';
import { type QueryMatch, type QueryRequest, QueryService } from '../../src/services/query.ts';
import { refusalOf } from '../storage/problems.ts';
import { dataSetOf, type Texts } from './fixtures.ts';
import { viewerQueries } from './viewer-queries.ts';

const MATCH: JsonDataSet = {
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎' }] },
  '00100020': { vr: 'LO', Value: ['P1'] },
  '0020000D': { vr: 'UI', Value: ['1.2.1'] },
  '00201208': { vr: 'IS', Value: [3] },
  '00081032': {
    vr: 'SQ',
    Value: [
      {
        '00080100': { vr: 'SH', Value: ['CHEST'] },
        '00080102': { vr: 'SH', Value: ['L'] },
        '00080104': { vr: 'LO', Value: ['Thorax'] },
      },
    ],
  },
};

describe('QueryService (PS3.4 §C.4.1)', () => {
  let asked: { level: string; keys: readonly QueryKey[] }[];
  let rules: MatchingRules[];
  let settle: () => Promise<void>;
  let availability: 'ONLINE' | 'OFFLINE';
  let matches: JsonDataSet[];

  beforeEach(() => {
    asked = [];
    rules = [];
    settle = async () => undefined;
    availability = 'ONLINE';
    matches = [MATCH];
  });

  async function find(
    identifier: DataSet,
    model: QueryRequest['model'] = 'STUDY',
    agreed: readonly ExtendedOption[] = [],
  ): Promise<QueryMatch[]> {
    async function* query(level: string, keys: readonly QueryKey[], options: { rules: MatchingRules }) {
      asked.push({ level, keys });
      rules.push(options.rules);
      yield* matches;
    }
    const service = new QueryService({
      catalog: { query } as unknown as Catalog,
      filer: { indexed: () => settle() },
      retrieveAeTitle: () => 'DICOMKEEP',
      availability: async () => availability,
    });
    const found: QueryMatch[] = [];
    const { signal } = new AbortController();
    for await (const match of service.find({ identifier, model, agreed: new Set(agreed), signal }))
      found.push(match);
    return found;
  }

  const study = (texts: Texts) => dataSetOf({ QueryRetrieveLevel: 'STUDY', ...texts });

  it('answers what was asked for, and where it is to be had', async () => {
    const [match] = await find(
      study({
        PatientName: 'Yamada*',
        StudyInstanceUID: '',
        NumberOfStudyRelatedInstances: '',
        StudyDate: '',
      }),
    );

    expect(match?.isEveryKeySupported).to.equal(true);
    expect(toJson(match?.identifier ?? new DataSet())).to.deep.equal({
      '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
      '00080020': { vr: 'DA' },
      '00080052': { vr: 'CS', Value: ['STUDY'] },
      '00080054': { vr: 'AE', Value: ['DICOMKEEP'] },
      '00080056': { vr: 'CS', Value: ['ONLINE'] },
      '00100010': MATCH['00100010'],
      '0020000D': MATCH['0020000D'],
      '00201208': { vr: 'IS', Value: [3] },
    });
  });

  it('hands the keys to the catalogue as they were asked, those alone that can match', async () => {
    const identifier = study({
      SpecificCharacterSet: 'ISO_IR 192',
      PatientName: '山*',
      ModalitiesInStudy: ['CT', 'MR'],
      StudyDate: '20260101-',
    });
    identifier.setNumbers(0x00100000, [0]);
    identifier.setEmpty(tags.RetrieveAETitle);
    identifier.setEmpty(tags.TimezoneOffsetFromUTC);

    await find(identifier);

    expect(asked).to.deep.equal([
      {
        level: 'STUDY',
        keys: [
          { tag: tags.StudyDate, vr: 'DA', values: ['20260101-'] },
          { tag: tags.ModalitiesInStudy, vr: 'CS', values: ['CT', 'MR'] },
          { tag: tags.PatientName, vr: 'PN', values: ['山*'] },
        ],
      },
    ]);
  });

  it('says so where an optional key is none that we know (FF01H), and still answers the others', async () => {
    const identifier = study({ PatientID: '' });
    identifier.set({ tag: 0x00091001, vr: 'LO', bytes: Buffer.alloc(0) });

    const [match] = await find(identifier);

    expect(match?.isEveryKeySupported).to.equal(false);
    expect(match?.identifier.text(tags.PatientID)).to.equal('P1');
    expect(match?.identifier.has(0x00091001)).to.equal(false);
  });

  it('does not take our own attributes for unknown ones', async () => {
    const identifier = study({});
    for (const tag of [tags.RetrieveAETitle, tags.InstanceAvailability, tags.SpecificCharacterSet])
      identifier.setEmpty(tag);
    availability = 'OFFLINE';

    const [match] = await find(identifier);

    expect(match?.isEveryKeySupported).to.equal(true);
    expect(match?.identifier.text(tags.InstanceAvailability)).to.equal('OFFLINE');
  });

  it('answers in the character set of the request where every value fits it, else in UTF-8', async () => {
    matches = [MATCH, { '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Jérôme' }] } }];

    const [japanese, latin] = await find(study({ SpecificCharacterSet: 'ISO_IR 100', PatientName: '' }));

    expect(japanese?.identifier.text(tags.SpecificCharacterSet)).to.equal('ISO_IR 192');
    expect(japanese?.identifier.text(tags.PatientName)).to.equal('Yamada^Tarou=山田^太郎');
    expect(latin?.identifier.text(tags.SpecificCharacterSet)).to.equal('ISO_IR 100');
    expect(latin?.identifier.text(tags.PatientName)).to.equal('Jérôme');
  });

  it('answers of a sequence what its item asks for, all of it where the item is empty or absent (PS3.4 §C.2.2.2.6)', async () => {
    const answerTo = async (items: DataSet[]) => {
      const identifier = study({});
      identifier.setItems(tags.ProcedureCodeSequence, items);
      const [match] = await find(identifier);
      return match?.identifier.items(tags.ProcedureCodeSequence).map((item) => item.tagsInOrder());
    };
    const all = [[tags.CodeValue, tags.CodingSchemeDesignator, tags.CodeMeaning]];

    expect(await answerTo([dataSetOf({ CodeValue: '', CodeMeaning: '' })])).to.deep.equal([
      [tags.CodeValue, tags.CodeMeaning],
    ]);
    expect(await answerTo([new DataSet()])).to.deep.equal(all);
    expect(await answerTo([])).to.deep.equal(all);
  });

  it('answers of a sequence the items alone that match its key (PS3.4 §C.2.2.2.6)', async () => {
    const item = (id: string) => ({
      '00401001': { vr: 'SH', Value: [id] },
      '00400009': { vr: 'SH', Value: [`S-${id}`] },
    });
    matches = [{ ...MATCH, '00081032': { vr: 'SQ', Value: [item('RP1'), item('RP2')] } }];
    const identifier = study({});
    identifier.setItems(tags.ProcedureCodeSequence, [
      dataSetOf({ RequestedProcedureID: 'RP2', ScheduledProcedureStepID: '', CodeValue: '' }),
    ]);

    const [match] = await find(identifier);

    const items = match?.identifier.items(tags.ProcedureCodeSequence) ?? [];
    expect(items.map((one) => one.text(tags.RequestedProcedureID))).to.deep.equal(['RP2']);
    expect(items[0]?.text(tags.ScheduledProcedureStepID)).to.equal('S-RP2');
    expect(items[0]?.isEmpty(tags.CodeValue)).to.equal(true);
    expect(asked[0]?.keys[0]?.items).to.deep.include({
      tag: tags.RequestedProcedureID,
      vr: 'SH',
      values: ['RP2'],
    });
  });

  for (const { program, level, keys, lower = [] } of viewerQueries) {
    it(`answers every key of: ${program}`, async () => {
      const identifier = dataSetOf({ QueryRetrieveLevel: level });
      for (const keyword of [...keys, ...lower]) identifier.setEmpty(tags[keyword]);
      if (level !== 'STUDY' && level !== 'PATIENT') identifier.setText(tags.StudyInstanceUID, '1.2.1');
      if (level === 'IMAGE') identifier.setText(tags.SeriesInstanceUID, '1.2.1.1');

      const [match] = await find(identifier, level === 'PATIENT' ? 'PATIENT' : 'STUDY');

      expect(match?.isEveryKeySupported, 'FF00H').to.equal(lower.length === 0);
      for (const keyword of keys) {
        // Told where it is known, never of zero length.
        const isAnswered = keyword !== 'TimezoneOffsetFromUTC';
        expect(match?.identifier.has(tags[keyword]), keyword).to.equal(isAnswered);
      }
    });
  }

  it('refuses in words what nothing could ever match, and names the key (A900H)', async () => {
    const refusals: [Texts, string][] = [
      [{ StudyDate: '2026*' }, 'StudyDate "2026*" is no date or range'],
      [{ StudyDate: 'yesterday' }, 'StudyDate "yesterday" is no date or range'],
      [{ StudyDate: '20260101-20260102-' }, 'StudyDate "20260101-20260102-" is no date or range'],
      [{ StudyTime: '25' }, 'StudyTime "25" is no time or range'],
      [{ StudyTime: '10-1060' }, 'StudyTime "10-1060" is no time or range'],
      [{ StudyTime: '1' }, 'StudyTime "1" is no time or range'],
      [{ StudyInstanceUID: '1.2.*' }, 'StudyInstanceUID "1.2.*" is no UID'],
      [{ StudyDate: '""' }, 'StudyDate "\\"\\"" is no date or range'],
    ];
    for (const [texts, words] of refusals) {
      expect(await refusalOf(find(study(texts)))).to.equal(`data-set-mismatch: ${words}`);
    }
    expect(asked).to.deep.equal([]);
  });

  it('takes every form of a date, a time and their ranges (PS3.4 §C.2.2.2.5)', async () => {
    const forms = {
      StudyDate: [
        '20260101',
        '2026.01.01',
        '20260101-',
        '-20260101',
        '20260101-20260131',
        '20260101 - 20260131',
        '20260131-20260101',
        '*',
        '-',
      ],
      StudyTime: [
        '10',
        '1030',
        '103000',
        '103000.123',
        '10:30:00',
        '-10',
        '1030-',
        '10-103000.5',
        '0000-2359',
        '235960',
        '*',
      ],
    };
    for (const [keyword, values] of Object.entries(forms)) {
      for (const value of values) {
        expect(await find(study({ [keyword]: value })), `${keyword} ${value}`).to.have.lengthOf(1);
      }
    }
  });

  it('refuses a sequence of several items, and one where none is due', async () => {
    const several = study({});
    several.setItems(tags.ProcedureCodeSequence, [new DataSet(), new DataSet()]);
    const wrong = study({});
    wrong.set({ tag: tags.PatientID, vr: 'SQ', items: [new DataSet()] });

    expect(await refusalOf(find(several))).to.equal(
      'data-set-mismatch: ProcedureCodeSequence has 2 items, one wanted',
    );
    expect(await refusalOf(find(wrong))).to.equal('data-set-mismatch: PatientID is no sequence');
  });

  it('needs no unique keys above the level where relational queries were agreed on, and all without (PS3.4 §C.4.1.2.2.1)', async () => {
    const images = dataSetOf({ QueryRetrieveLevel: 'IMAGE', PatientID: 'P*', Modality: 'CT' });

    expect(await refusalOf(find(images))).to.equal(
      'data-set-mismatch: level IMAGE needs one Study Instance UID',
    );
    expect(await find(images, 'STUDY', ['relational'])).to.have.lengthOf(1);
    expect(asked.at(-1)?.keys.map(({ tag }) => tag)).to.deep.equal([tags.Modality, tags.PatientID]);
  });

  it('hands on the rules that were agreed on, those alone', async () => {
    await find(study({ TimezoneOffsetFromUTC: '+0900' }));
    await find(study({ TimezoneOffsetFromUTC: '+0900' }), 'STUDY', ['timezone', 'fuzzyNames']);
    await find(study({}), 'STUDY', ['timezone', 'combinedDateTime', 'emptyValue']);

    const none = {
      isDateTimeCombined: false,
      isFuzzy: false,
      isEmptyMatched: false,
      timezoneOffset: undefined,
    };
    expect(rules).to.deep.equal([
      none,
      { ...none, isFuzzy: true, timezoneOffset: '+0900' },
      { ...none, isDateTimeCombined: true, isEmptyMatched: true },
    ]);
    expect(await refusalOf(find(study({ TimezoneOffsetFromUTC: 'CET' }), 'STUDY', ['timezone']))).to.equal(
      'data-set-mismatch: TimezoneOffsetFromUTC "CET" is no offset from UTC',
    );
  });

  it('tells the time zone where it is known and was asked for or agreed on, and never matches it (PS3.4 §C.4.1.1.3.2)', async () => {
    matches = [MATCH, { ...MATCH, '00080201': { vr: 'SH', Value: ['+0100'] } }];
    const told = async (texts: Texts) =>
      (await find(study(texts))).map((match) => match.identifier.text(tags.TimezoneOffsetFromUTC));

    expect(await told({ TimezoneOffsetFromUTC: '' })).to.deep.equal([undefined, '+0100']);
    expect(await told({ TimezoneOffsetFromUTC: '+0900' })).to.deep.equal([undefined, '+0100']);
    expect(await told({})).to.deep.equal([undefined, undefined]);
    expect(asked.flatMap(({ keys }) => keys)).to.deep.equal([]);
  });

  it('answers patients and studies of the retired Patient/Study Only model, and nothing below', async () => {
    expect(await find(dataSetOf({ QueryRetrieveLevel: 'PATIENT' }), 'PATIENT_STUDY')).to.have.lengthOf(1);
    expect(await find(study({ PatientID: 'P1' }), 'PATIENT_STUDY')).to.have.lengthOf(1);
    expect(await refusalOf(find(dataSetOf({ QueryRetrieveLevel: 'SERIES' }), 'PATIENT_STUDY'))).to.equal(
      'data-set-mismatch: Query/Retrieve Level "SERIES": one of PATIENT STUDY wanted',
    );
  });

  it('refuses in words, and never answers a wrong "nothing found"', async () => {
    expect(await refusalOf(find(dataSetOf({ QueryRetrieveLevel: 'SERIES' })))).to.equal(
      'data-set-mismatch: level SERIES needs one Study Instance UID',
    );
    settle = () => Promise.reject(new Problem('catalog-unavailable', 'the database does not answer'));
    expect(await refusalOf(find(study({})))).to.equal('catalog-unavailable: the database does not answer');
    expect(asked).to.deep.equal([]);
  });
});
