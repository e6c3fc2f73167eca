import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { contextsFor, DimseClient } from '../helpers/dimse-client.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { makeInstance, type StandIn } from '../helpers/stand-ins.ts';
import { threePatients } from './patients.ts';
import { filesOf, run, type Storescp, startStorescp, sumsOf, sumsOfAll, writeFile } from './tools.ts';

const COMPRESSED = [uids.JPEGLosslessSV1, uids.JPEGBaseline8Bit, uids.JPEG2000Lossless, uids.RLELossless];
const UNCOMPRESSED = [uids.ExplicitVRLittleEndian, uids.ImplicitVRLittleEndian, uids.ExplicitVRBigEndian];

describe('DCMTK retrieves', () => {
  const folder = temporaryFolder('dcmtk');
  const patients = threePatients();
  const compressed = inOneStudy('2.25.12', COMPRESSED);
  const uncompressed = inOneStudy('2.25.13', UNCOMPRESSED);
  let server: TestServer;
  let all: Storescp;
  let implicitOnly: Storescp;
  before(async () => {
    server = await startServer({ env: { DICOMKEEP_UNKNOWN_CALLERS: 'all' } });
    all = await startStorescp(join(folder, 'all'), ['+xa', '+uf']);
    implicitOnly = await startStorescp(join(folder, 'implicit'), ['+xi']);
    await server.run('peer', 'add', 'ALL', '127.0.0.1', String(all.port));
    await server.run('peer', 'add', 'IMPLICIT', '127.0.0.1', String(implicitOnly.port));
    await storeAll([...patients, ...compressed, ...uncompressed]);
  });
  after(async () => {
    await all.stop();
    await implicitOnly.stop();
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

  function scu(program: string, options: readonly string[], keys: readonly string[]) {
    const keyArgs = keys.flatMap((key) => ['-k', key]);
    return run(program, [
      ...options,
      '-d',
      ...keyArgs,
      '-aec',
      'DICOMKEEP',
      '127.0.0.1',
      String(server.port),
    ]);
  }

  function emptyFolder(name: string): string {
    const path = join(folder, name);
    mkdirSync(path);
    return path;
  }

  describe('with movescu', () => {
    it('a study of every patient, in both models and at each level, bit for bit', async () => {
      const queries: [model: string, keys: string[]][] = [
        ['-P', ['QueryRetrieveLevel=PATIENT', 'PatientID=P3']],
        ['-P', ['QueryRetrieveLevel=STUDY', 'PatientID=P2', 'StudyInstanceUID=2.25.10.2']],
        ['-S', ['QueryRetrieveLevel=SERIES', 'StudyInstanceUID=2.25.10.1', 'SeriesInstanceUID=2.25.10.1.2']],
        [
          '-S',
          [
            'QueryRetrieveLevel=IMAGE',
            'StudyInstanceUID=2.25.10.1',
            'SeriesInstanceUID=2.25.10.1.1',
            'SOPInstanceUID=2.25.10.1.1.1\\2.25.10.1.1.2',
          ],
        ],
      ];
      for (const [model, keys] of queries) {
        const { status, output } = await scu('movescu', [model, '-aem', 'ALL'], keys);

        expect(status, output).to.equal(0);
        expect(output).to.match(/DIMSE Status +: 0x0000/);
      }
      expect(sumsOf(all.folder)).to.deep.equal(sumsOfAll(patients));
    });

    it('compressed instances in the transfer syntax in which they are stored, bit for bit', async () => {
      const keys = ['QueryRetrieveLevel=STUDY', 'StudyInstanceUID=2.25.12'];

      const { output } = await scu('movescu', ['-S', '-aem', 'ALL'], keys);

      expect(output).to.match(/Completed Suboperations +: 4/);
      expect(sumsOf(all.folder)).to.include.members(sumsOfAll(compressed));
    });

    it('compressed instances that no decoder takes not, to a destination that does not take them, with their UIDs', async () => {
      const keys = ['QueryRetrieveLevel=STUDY', 'StudyInstanceUID=2.25.12'];

      const { output } = await scu('movescu', ['-S', '-aem', 'IMPLICIT'], keys);

      expect(output).to.match(/DIMSE Status +: 0xa702/);
      expect(output).to.match(/Failed Suboperations +: 4/);
      for (const { sopInstance } of compressed) expect(output).to.contain(sopInstance);
    });

    it('uncompressed instances converted for a destination that takes only Implicit VR, with equal elements', async () => {
      const keys = ['QueryRetrieveLevel=STUDY', 'StudyInstanceUID=2.25.13'];

      const { status, output } = await scu('movescu', ['-S', '-aem', 'IMPLICIT'], keys);

      expect(status, output).to.equal(0);
      const received = filesOf(implicitOnly.folder);
      expect(received).to.have.lengthOf(UNCOMPRESSED.length);
      for (const path of received) {
        const original = uncompressed.find(({ sopInstance }) => basename(path).includes(sopInstance));
        if (original === undefined) throw new Error(`${path} was never sent`);
        const wanted = await asImplicit(writeFile(folder, original));
        expect(await elementsOf(path), original.path).to.equal(await elementsOf(wanted));
      }
    });

    it('to a destination that is no peer is refused as unknown', async () => {
      const keys = ['QueryRetrieveLevel=STUDY', 'StudyInstanceUID=2.25.12'];

      const { output } = await scu('movescu', ['-S', '-aem', 'NOBODY'], keys);

      expect(output).to.match(/DIMSE Status +: 0xa801/);
      expect(output).to.match(/\(0000,0902\) LO \[move destination NOBODY is no peer/);
    });

    it('to a destination that is not there fails in words', async () => {
      await server.run('peer', 'add', 'GONE', '127.0.0.1', '1');

      const { output } = await scu(
        'movescu',
        ['-S', '-aem', 'GONE'],
        ['QueryRetrieveLevel=STUDY', 'StudyInstanceUID=2.25.12'],
      );

      expect(output).to.match(/DIMSE Status +: 0xa702/);
      expect(output).to.match(/\(0000,0902\) LO \[GONE at 127\.0\.0\.1:1: connect ECONNREFUSED/);
    });
  });

  describe('with getscu', () => {
    it('uncompressed instances, bit for bit', async () => {
      const out = emptyFolder('get');
      const keys = ['QueryRetrieveLevel=STUDY', 'StudyInstanceUID=2.25.10.1'];

      const { status, output } = await scu('getscu', ['-S', '+B', '-od', out], keys);

      expect(status, output).to.equal(0);
      const ofStudy = patients.filter(({ studyInstanceUid }) => studyInstanceUid === '2.25.10.1');
      expect(sumsOf(out)).to.deep.equal(sumsOfAll(ofStudy));
    });

    it('a patient, in the Patient Root model', async () => {
      const out = emptyFolder('get-patient');

      const { status } = await scu(
        'getscu',
        ['-P', '+B', '-od', out],
        ['QueryRetrieveLevel=PATIENT', 'PatientID=P2'],
      );

      expect(status).to.equal(0);
      expect(filesOf(out)).to.have.lengthOf(1);
    });
  });

  /** The same file in Implicit VR, as DCMTK converts it. */
  async function asImplicit(path: string): Promise<string> {
    const converted = `${path}.implicit`;
    const { status, output } = await run('dcmconv', ['+ti', path, converted]);
    expect(status, output).to.equal(0);
    return converted;
  }

  /** Every element with its whole value, as dcmdump tells. */
  async function elementsOf(path: string): Promise<string> {
    const { output } = await run('dcmdump', ['-q', '+L', '-M', path]);
    return output.slice(output.indexOf('# Dicom-Data-Set'));
  }
});

function inOneStudy(studyUid: string, transferSyntaxes: readonly string[]): StandIn[] {
  return transferSyntaxes.map((transferSyntax, index) =>
    makeInstance({
      path: transferSyntax,
      transferSyntax,
      with: {
        StudyInstanceUID: studyUid,
        SeriesInstanceUID: `${studyUid}.1`,
        SOPInstanceUID: `${studyUid}.1.${index}`,
        PatientID: studyUid,
      },
    }),
  );
}
