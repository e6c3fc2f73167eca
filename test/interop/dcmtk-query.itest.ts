import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { contextsFor, DimseClient } from '../helpers/dimse-client.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { makeInstance, type StandIn } from '../helpers/stand-ins.ts';
import { threePatients } from './patients.ts';
import { filesOf, readDataSet, run } from './tools.ts';

/** Enough matches that a C-CANCEL comes while they are sent. */
const MANY = 1000;

describe('DCMTK queries', () => {
  const folder = temporaryFolder('dcmtk');
  let server: TestServer;
  before(async () => {
    server = await startServer();
    await server.run('peer', 'add', 'FINDSCU', '127.0.0.1', '11112');
    await storeAll(threePatients());
  });
  after(async () => {
    await server.stop();
    removeFolder(server.dataDir);
    removeFolder(folder);
  });

  async function storeAll(instances: readonly StandIn[]): Promise<void> {
    const client = await DimseClient.connect({ port: server.port, contexts: contextsFor(instances) });
    for (const { sopClass, sopInstance, transferSyntax, dataSet } of instances) {
      const { status } = await client.store(sopClass, sopInstance, transferSyntax, dataSet());
      expect(status).to.equal(0);
    }
    await client.release();
  }

  async function findscu(keys: readonly string[], options: readonly string[] = []) {
    const keyArgs = keys.flatMap((key) => ['-k', key]);
    const out = join(folder, `out${Math.random()}`);
    mkdirSync(out);
    const args = [...options, '-d', '-X', '-od', out, ...keyArgs, '-aet', 'FINDSCU', '-aec', 'DICOMKEEP'];
    const { output } = await run('findscu', [...args, '127.0.0.1', String(server.port)]);
    return { output, responses: filesOf(out).map(readDataSet) };
  }

  /** A query of Study Root at study level: the studies found, by their last component. */
  async function studies(...keys: string[]): Promise<string[]> {
    const { responses, output } = await findscu(
      ['QueryRetrieveLevel=STUDY', 'StudyInstanceUID', ...keys],
      ['-S'],
    );
    expect(output).to.match(/DIMSE Status +: 0x0000/);
    return responses.map((one) => one.uid(tags.StudyInstanceUID)?.split('.').at(-1) ?? '').sort();
  }

  function numbers(responses: readonly DataSet[], tag: number): string[] {
    return responses.map((one) => one.text(tag) ?? '').sort();
  }

  it('patients, in the Patient Root model', async () => {
    const { responses } = await findscu(['QueryRetrieveLevel=PATIENT', 'PatientName', 'PatientID'], ['-P']);

    expect(numbers(responses, tags.PatientID)).to.deep.equal(['P1', 'P2', 'P3']);
  });

  it('studies of a patient, in both models, with counts and modalities', async () => {
    const keys = [
      'QueryRetrieveLevel=STUDY',
      'PatientID=P1',
      'StudyInstanceUID',
      'ModalitiesInStudy',
      'NumberOfStudyRelatedSeries',
      'NumberOfStudyRelatedInstances',
    ];
    for (const model of ['-P', '-S']) {
      const { responses } = await findscu(keys, [model]);

      expect(responses, model).to.have.lengthOf(1);
      expect(responses[0]?.texts(tags.ModalitiesInStudy).sort()).to.deep.equal(['CT', 'MR']);
      expect(responses[0]?.number(tags.NumberOfStudyRelatedSeries)).to.equal(2);
      expect(responses[0]?.number(tags.NumberOfStudyRelatedInstances)).to.equal(3);
      expect(responses[0]?.text(tags.RetrieveAETitle)).to.equal('DICOMKEEP');
      expect(responses[0]?.text(tags.InstanceAvailability)).to.equal('ONLINE');
    }
  });

  it('series of a study and instances of a series, in both models', async () => {
    for (const model of ['-P', '-S']) {
      const above = ['PatientID=P1', 'StudyInstanceUID=2.25.10.1'];
      const series = ['QueryRetrieveLevel=SERIES', ...above, 'SeriesInstanceUID', 'Modality'];
      const images = [
        'QueryRetrieveLevel=IMAGE',
        ...above,
        'SeriesInstanceUID=2.25.10.1.1',
        'SOPInstanceUID',
        'InstanceNumber',
      ];

      const ofSeries = await findscu(series, [model]);
      const ofImages = await findscu(images, [model]);

      expect(numbers(ofSeries.responses, tags.SeriesInstanceUID), model).to.deep.equal([
        '2.25.10.1.1',
        '2.25.10.1.2',
      ]);
      expect(numbers(ofImages.responses, tags.InstanceNumber), model).to.deep.equal(['1', '2']);
    }
  });

  it('a level without the unique key above it is refused in words', async () => {
    const { output, responses } = await findscu(['QueryRetrieveLevel=IMAGE', 'SOPInstanceUID'], ['-S']);

    expect(responses).to.have.lengthOf(0);
    expect(output).to.match(/DIMSE Status +: 0xa900/);
    expect(output).to.match(/\(0000,0902\) LO \[level IMAGE needs one Study Instance UID/);
  });

  it('by single value, wild card, range and list of UIDs', async () => {
    expect(await studies('AccessionNumber=ACC2')).to.deep.equal(['2']);
    expect(await studies('AccessionNumber=ACC?')).to.deep.equal(['1', '2', '3']);
    expect(await studies('AccessionNumber=*3')).to.deep.equal(['3']);
    expect(await studies('StudyDate=20260102')).to.deep.equal(['1']);
    expect(await studies('StudyDate=20260101-20260201')).to.deep.equal(['1']);
    expect(await studies('StudyDate=-20251231')).to.deep.equal(['3']);
    expect(await studies('StudyDate=20260101-')).to.deep.equal(['1', '2']);
    expect(await studies('StudyInstanceUID=2.25.10.1\\2.25.10.3\\2.25.99')).to.deep.equal(['1', '3']);
    expect(await studies('ModalitiesInStudy=CT')).to.deep.equal(['1', '3']);
    expect(await studies('AccessionNumber=NONE')).to.deep.equal([]);
  });

  it('by a name, its case, its accents and its beginning', async () => {
    expect(await studies('PatientName=SMITH^JOHN')).to.deep.equal(['3']);
    expect(await studies('PatientName=smi*')).to.deep.equal(['3']);
    expect(await studies('SpecificCharacterSet=ISO_IR 192', 'PatientName=Müller^Änne')).to.deep.equal(['1']);
    expect(await studies('PatientName=muller*')).to.deep.equal(['1']);
  });

  it('by a Japanese name, in UTF-8 and in ISO 2022 IR 87', async () => {
    const jis = '\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B';

    expect(await studies('SpecificCharacterSet=ISO_IR 192', 'PatientName=*=山田*')).to.deep.equal(['2']);
    expect(await studies('SpecificCharacterSet=ISO_IR 192', 'PatientName=*山田^太郎*')).to.deep.equal(['2']);
    expect(await studies('SpecificCharacterSet=\\ISO 2022 IR 87', `PatientName=*=${jis}*`)).to.deep.equal([
      '2',
    ]);
  });

  it('a Japanese name is answered in the character set of the query where it fits, else in UTF-8', async () => {
    const keys = ['QueryRetrieveLevel=STUDY', 'StudyInstanceUID=2.25.10.2', 'PatientName'];
    const full = 'Yamada^Tarou=山田^太郎=やまだ^たろう';

    const inJis = await findscu([...keys, 'SpecificCharacterSet=\\ISO 2022 IR 87'], ['-S']);
    const inLatin = await findscu([...keys, 'SpecificCharacterSet=ISO_IR 100'], ['-S']);

    expect(inJis.responses[0]?.texts(tags.SpecificCharacterSet)).to.deep.equal(['', 'ISO 2022 IR 87']);
    expect(inJis.responses[0]?.text(tags.PatientName)).to.equal(full);
    expect(inLatin.responses[0]?.text(tags.SpecificCharacterSet)).to.equal('ISO_IR 192');
    expect(inLatin.responses[0]?.text(tags.PatientName)).to.equal(full);
  });

  it('items of a sequence, and refuses dates that are none in words', async () => {
    const keys = ['QueryRetrieveLevel=SERIES', 'StudyInstanceUID=2.25.10.1', 'SeriesInstanceUID'];
    const item = '(0040,0275)[0].RequestedProcedureID';

    const other = await findscu([...keys, `${item}=OTHER`], ['-S']);
    const any = await findscu([...keys, item], ['-S']);
    const two = await findscu([...keys, `${item}=A`, '(0040,0275)[1].RequestedProcedureID=B'], ['-S']);
    const noDate = await findscu(['QueryRetrieveLevel=STUDY', 'StudyDate=2026*'], ['-S']);

    expect(other.responses).to.have.lengthOf(0);
    expect(other.output).to.match(/DIMSE Status +: 0x0000/);
    expect(any.responses).to.have.lengthOf(2);
    expect(two.output).to.match(/DIMSE Status +: 0xa900/);
    expect(two.output).to.match(/RequestAttributesSequence has 2 items, one wanted/);
    expect(noDate.output).to.match(/DIMSE Status +: 0xa900/);
    expect(noDate.output).to.match(/StudyDate "2026\*" is no date or range/);
  });

  it('a caller that is no peer is refused in words, and remembered', async () => {
    const args = ['-S', '-d', '-k', 'QueryRetrieveLevel=STUDY', '-aet', 'STRANGER', '-aec', 'DICOMKEEP'];

    const { output } = await run('findscu', [...args, '127.0.0.1', String(server.port)]);

    expect(output).to.match(/DIMSE Status +: 0x0124/);
    expect(output).to.match(/\(0000,0902\) LO \[STRANGER at 127\.0\.0\.1 is no peer/);
  });

  it('a peer may do what it has the right to, and no more', async () => {
    await server.run('peer', 'add', 'STORESONLY', '127.0.0.1', '104', '--no-find', '--no-echo');
    const port = String(server.port);
    const query = ['-S', '-d', '-k', 'QueryRetrieveLevel=STUDY', '-aet', 'STORESONLY', '-aec', 'DICOMKEEP'];

    const found = await run('findscu', [...query, '127.0.0.1', port]);
    const echoed = await run('echoscu', ['-d', '-aet', 'STORESONLY', '-aec', 'DICOMKEEP', '127.0.0.1', port]);

    expect(found.output).to.match(/DIMSE Status +: 0x0124/);
    expect(found.output).to.match(/peer STORESONLY has no right to find/);
    expect(echoed.output).to.match(/peer STORESONLY has no right to echo/);
  });

  it('C-CANCEL ends a query that has many matches', async () => {
    const many = Array.from({ length: MANY }, (_, index) =>
      makeInstance({
        path: 'many',
        with: {
          PatientID: 'MANY',
          StudyInstanceUID: '2.25.11',
          SeriesInstanceUID: '2.25.11.1',
          SOPInstanceUID: `2.25.11.1.${index}`,
        },
      }),
    );
    await storeAll(many);
    const keys = [
      'QueryRetrieveLevel=IMAGE',
      'StudyInstanceUID=2.25.11',
      'SeriesInstanceUID=2.25.11.1',
      'SOPInstanceUID',
    ];

    const { output, responses } = await findscu(keys, ['-S', '--cancel', '3']);

    expect(responses.length).to.be.within(3, MANY - 1);
    expect(output).to.match(/DIMSE Status +: 0xfe00/);
  });
});
