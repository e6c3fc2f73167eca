import { expect } from 'chai';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { explicitVrLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import { contextsFor, DimseClient, identifierOf, queryRetrieveContexts } from '../helpers/dimse-client.ts';
import { removeFolder, startServer, type TestServer } from '../helpers/server.ts';
import { makeInstance, type StandIn } from '../helpers/stand-ins.ts';

const FIND = uids.StudyRootQueryRetrieveInformationModelFind;
const GET = uids.StudyRootQueryRetrieveInformationModelGet;
const EVERYTHING = [1, 1, 1, 1, 1, 1, 1];

/** Two patients: one examined in Paris shortly before midnight, one in Tokyo. */
function instances(): StandIn[] {
  const request = (id: string) => {
    const item = new DataSet();
    item.setText(tags.RequestedProcedureID, id);
    item.setText(tags.ScheduledProcedureStepID, `S-${id}`);
    const dataSet = new DataSet();
    dataSet.setItems(tags.RequestAttributesSequence, [item]);
    return dataSet.encode(explicitVrLittleEndian);
  };
  const paris = {
    PatientName: 'MÜLLER^Jörg',
    PatientID: 'P1',
    StudyInstanceUID: '2.25.30.1',
    StudyDate: '20260101',
    StudyTime: '2330',
    TimezoneOffsetFromUTC: '+0100',
    AccessionNumber: '100%_!\'"',
  };
  const tokyo = {
    PatientName: 'Yamada^Tarou',
    PatientID: 'P2',
    StudyInstanceUID: '2.25.30.2',
    StudyDate: '20260103',
    StudyTime: '0900',
    TimezoneOffsetFromUTC: '+0900',
    AccessionNumber: '',
  };
  return [
    { ...paris, SeriesInstanceUID: '2.25.30.1.1', SOPInstanceUID: '2.25.30.1.1.1' },
    { ...paris, SeriesInstanceUID: '2.25.30.1.2', SOPInstanceUID: '2.25.30.1.2.1' },
    { ...tokyo, SeriesInstanceUID: '2.25.30.2.1', SOPInstanceUID: '2.25.30.2.1.1' },
  ].map((texts, index) =>
    makeInstance({ path: '', characterSet: 'ISO_IR 192', with: texts, insert: request(`RP${index + 1}`) }),
  );
}

describe('Extended negotiation of queries and retrievals (PS3.4 §C.5.1.1)', function () {
  this.timeout(300_000);
  const stored = instances();
  let server: TestServer;
  before(async () => {
    server = await startServer();
    await server.run('peer', 'add', 'TESTSCU', '127.0.0.1', '11112');
    const client = await DimseClient.connect({ port: server.port, contexts: contextsFor(stored) });
    for (const { sopClass, sopInstance, transferSyntax, dataSet } of stored) {
      expect((await client.store(sopClass, sopInstance, transferSyntax, dataSet())).status).to.equal(0);
    }
    await client.release();
  });
  after(async () => {
    await server.stop();
    removeFolder(server.dataDir);
  });

  /** An association that asks for these bytes, for queries and for C-GET. */
  async function connect(asked: readonly number[] | undefined): Promise<DimseClient> {
    const extendedNegotiations = [FIND, GET].map((sopClassUid) => ({
      sopClassUid,
      information: Buffer.from(asked ?? []),
    }));
    return await DimseClient.connect({
      port: server.port,
      contexts: [...queryRetrieveContexts, ...contextsFor(stored)],
      roles: [uids.SecondaryCaptureImageStorage],
      userInformation: asked === undefined ? {} : { extendedNegotiations },
    });
  }

  async function withClient<T>(
    asked: readonly number[] | undefined,
    use: (client: DimseClient) => Promise<T>,
  ) {
    const client = await connect(asked);
    const result = await use(client);
    await client.release();
    return result;
  }

  /** What is found, by the last components of the lowest UID; or the status and its words. */
  async function find(asked: readonly number[] | undefined, keys: Record<string, string>) {
    const level = keys['QueryRetrieveLevel'] ?? 'STUDY';
    const uid =
      ({ SERIES: 'SeriesInstanceUID', IMAGE: 'SOPInstanceUID' } as const)[level] ?? 'StudyInstanceUID';
    const identifier = identifierOf({ QueryRetrieveLevel: level, [uid]: '', ...keys });
    const result = await withClient(asked, (client) => client.find('STUDY', identifier));
    if (result.status !== 0) return [`${result.status.toString(16)} ${result.errorComment}`];
    return result.responses.map((one) => one.uid(tags[uid])?.replace('2.25.30.', '') ?? '').sort();
  }

  it('answers truthfully, byte by byte, and nothing where nothing was asked', async () => {
    const answered = (asked: readonly number[] | undefined) =>
      withClient(asked, async (client) => {
        const [ofFind, ofGet] = [FIND, GET].map((uid) => client.extendedNegotiationOf(uid));
        return [ofFind && [...ofFind], ofGet && [...ofGet]];
      });

    expect(await answered(EVERYTHING)).to.deep.equal([
      [1, 1, 1, 1, 0, 1, 1],
      [1, 0],
    ]);
    expect(await answered([1])).to.deep.equal([[1], [1]]);
    expect(await answered([0, 1, 0])).to.deep.equal([
      [0, 1, 0],
      [0, 0],
    ]);
    expect(await answered([])).to.deep.equal([undefined, undefined]);
    expect(await answered(undefined)).to.deep.equal([undefined, undefined]);
  });

  it('finds at any level without the keys above, where relational queries were agreed on (PS3.4 §C.4.1.3.2.1)', async () => {
    const images = { QueryRetrieveLevel: 'IMAGE', PatientID: 'P1' };

    expect(await find([1], images)).to.deep.equal(['1.1.1', '1.2.1']);
    expect(await find([0, 1], images)).to.deep.equal(['a900 level IMAGE needs one Study Instance UID']);
    expect(await find(undefined, images)).to.deep.equal(['a900 level IMAGE needs one Study Instance UID']);
  });

  it('retrieves without the keys above, where relational retrieval was agreed on (PS3.4 §C.4.3.2.2.1)', async () => {
    const image = identifierOf({
      QueryRetrieveLevel: 'IMAGE',
      SOPInstanceUID: ['2.25.30.1.2.1', '2.25.30.2.1.1'],
    });
    const get = (asked: readonly number[] | undefined) =>
      withClient(asked, (client) => client.get('STUDY', image));

    const agreed = await get([1]);
    const refused = await get(undefined);

    expect(agreed.status).to.equal(0);
    expect(agreed.received.map((one) => one.sopInstanceUid).sort()).to.deep.equal([
      '2.25.30.1.2.1',
      '2.25.30.2.1.1',
    ]);
    expect(refused.status).to.equal(0xa900);
    expect(refused.errorComment).to.equal('level IMAGE needs one Study Instance UID');
    expect(refused.received).to.deep.equal([]);
  });

  it('takes ranges of date and time for one, names fuzzily, quotation marks for nothing, each only where agreed on', async () => {
    const range = { StudyDate: '20260101-20260103', StudyTime: '2300-1000' };

    expect(await find([0, 1], range)).to.deep.equal(['1', '2']);
    expect(await find(undefined, range)).to.deep.equal([]);
    expect(await find([0, 0, 1], { PatientName: 'taro yamada' })).to.deep.equal(['2']);
    expect(await find(undefined, { PatientName: 'taro yamada' })).to.deep.equal([]);
    expect(await find([0, 0, 0, 0, 0, 1], { AccessionNumber: '""' })).to.deep.equal(['2']);
    expect(await find(undefined, { AccessionNumber: '""' })).to.deep.equal([]);
  });

  it('reads and answers times in the zone of who asks, where that was agreed on (PS3.4 §C.4.1.1.3.2)', async () => {
    const inTokyo = { StudyDate: '20260102', StudyTime: '0730', TimezoneOffsetFromUTC: '+0900' };

    expect(await find([0, 0, 0, 1], inTokyo)).to.deep.equal(['1']);
    expect(await find(undefined, inTokyo)).to.deep.equal([]);
    const identifier = identifierOf({ QueryRetrieveLevel: 'STUDY', ...inTokyo });
    const { responses } = await withClient([0, 0, 0, 1], (client) => client.find('STUDY', identifier));
    const answered = [tags.StudyDate, tags.StudyTime, tags.TimezoneOffsetFromUTC].map((tag) =>
      responses[0]?.text(tag),
    );
    expect(answered).to.deep.equal(['20260102', '0730', '+0900']);
  });

  it('matches items of sequences, and answers those alone (PS3.4 §C.2.2.2.6)', async () => {
    const item = identifierOf({ RequestedProcedureID: 'RP2', ScheduledProcedureStepID: '' });
    item.delete(tags.SpecificCharacterSet);
    const identifier = identifierOf({
      QueryRetrieveLevel: 'SERIES',
      StudyInstanceUID: '2.25.30.1',
      SeriesInstanceUID: '',
    });
    identifier.setItems(tags.RequestAttributesSequence, [item]);

    const { responses } = await withClient(undefined, (client) => client.find('STUDY', identifier));

    expect(responses.map((one) => one.uid(tags.SeriesInstanceUID))).to.deep.equal(['2.25.30.1.2']);
    const [answered] = responses[0]?.items(tags.RequestAttributesSequence) ?? [];
    expect(answered?.text(tags.ScheduledProcedureStepID)).to.equal('S-RP2');
  });

  it('takes what means something to SQL as text, and refuses what is no date with words', async () => {
    expect(await find(undefined, { AccessionNumber: '100%_!*\'"' })).to.deep.equal(['1']);
    expect(await find(undefined, { AccessionNumber: '1__%*' })).to.deep.equal([]);
    expect(await find(undefined, { PatientID: "P1' OR '1'='1" })).to.deep.equal([]);
    expect(await find(undefined, { StudyDate: 'today' })).to.deep.equal([
      'a900 StudyDate "today" is no date or range',
    ]);
    expect(await find(undefined, { PatientName: `*${'a*'.repeat(500)}` })).to.deep.equal([]);
    expect(await find(undefined, { PatientName: `*${'a*'.repeat(5000)}` })).to.deep.equal([
      'a900 too much to look for in key 00100010',
    ]);
    expect(await find(undefined, { PatientName: 'a'.repeat(60_000) })).to.deep.equal([]);
  });

  it('answers what cannot be read at all with C000H, an empty identifier with A900H, and goes on', async () => {
    const raw = (hex: string) => ({ encode: () => Buffer.from(hex, 'hex') }) as unknown as DataSet;
    const level = identifierOf({ QueryRetrieveLevel: 'STUDY' })
      .encode(explicitVrLittleEndian)
      .toString('hex');
    await withClient(undefined, async (client) => {
      const statusOf = async (hex: string) => (await client.find('STUDY', raw(hex))).status;

      expect(await statusOf('')).to.equal(0xa900);
      expect(await statusOf(level.slice(0, -4)), 'cut off').to.equal(0xc000);
      expect(await statusOf('ffffffffffffffff'), 'noise').to.equal(0xc000);
      // Rows (0028,0010) US of three bytes; a tag that comes twice: the last counts.
      expect(await statusOf(`${level}2800100055530300010203`), 'odd length').to.equal(0);
      expect(await statusOf(level + level), 'twice').to.equal(0);
      expect(
        (await client.find('STUDY', identifierOf({ QueryRetrieveLevel: 'STUDY' }))).responses,
      ).to.have.lengthOf(2);
    });
  });
});
