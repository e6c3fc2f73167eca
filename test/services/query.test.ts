import { expect } from 'chai';
import type { Catalog, QueryKey } from '../../src/catalog/catalog.ts';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { type JsonDataSet, toJson } from '../../src/dicom/json.ts';
import { Problem } from '../../src/lib/problem.ts';
import { type QueryMatch, type QueryRequest, QueryService } from '../../src/services/query.ts';
import { refusalOf } from '../storage/problems.ts';
import { dataSetOf, type Texts } from './fixtures.ts';

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
  let settle: () => Promise<void>;
  let availability: 'ONLINE' | 'OFFLINE';
  let matches: JsonDataSet[];

  beforeEach(() => {
    asked = [];
    settle = async () => undefined;
    availability = 'ONLINE';
    matches = [MATCH];
  });

  async function find(identifier: DataSet, model: QueryRequest['model'] = 'STUDY'): Promise<QueryMatch[]> {
    async function* query(level: string, keys: readonly QueryKey[]) {
      asked.push({ level, keys });
      yield* matches;
    }
    const service = new QueryService({
      catalog: { query } as unknown as Catalog,
      filer: { settled: () => settle() },
      retrieveAeTitle: () => 'DICOMKEEP',
      availability: async () => availability,
    });
    const found: QueryMatch[] = [];
    for await (const match of service.find({ identifier, model, signal: new AbortController().signal }))
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

  it('refuses in words, and never answers a wrong "nothing found"', async () => {
    expect(await refusalOf(find(dataSetOf({ QueryRetrieveLevel: 'SERIES' })))).to.equal(
      'data-set-mismatch: level SERIES needs one Study Instance UID',
    );
    settle = () => Promise.reject(new Problem('catalog-unavailable', 'the database does not answer'));
    expect(await refusalOf(find(study({})))).to.equal('catalog-unavailable: the database does not answer');
    expect(asked).to.deep.equal([]);
  });
});
