import { join } from 'node:path';
import { expect } from 'chai';
import { StoreSink } from '../helpers/dimse-client.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { settle } from '../helpers/settle.ts';
import { dataSetHashOf, filedPaths } from '../helpers/volume.ts';
import { threePatients } from './patients.ts';
import { freePort, run, sumsOfAll, writeFile } from './tools.ts';

/**
 * gdcmscu 3.0.21 aborts at the end of every association, also with DCMTK's servers, so its exit status says nothing. As a move destination it reads
 * all contexts of an association in one transfer syntax; so the instances that it asks for go to a sink of the tests,
 * and gdcmscu, which waits for them, is ended when they are there.
 */
describe('GDCM', () => {
  const folder = temporaryFolder('gdcm');
  const patients = threePatients();
  let server: TestServer;
  let sink: StoreSink;
  before(async () => {
    server = await startServer({ env: { DICOMKEEP_UNKNOWN_CALLERS: 'all' } });
    sink = await StoreSink.listen({ aeTitle: 'GDCMSCU' });
    await server.run('peer', 'add', 'GDCMSCU', '127.0.0.1', String(sink.port));
    for (const instance of patients) writeFile(join(folder, 'in'), instance);
  });
  after(async () => {
    await sink.close();
    await server.stop();
    removeFolder(server.dataDir);
    removeFolder(folder);
  });

  async function gdcmscu(...options: string[]): Promise<string> {
    const place = ['--call', 'DICOMKEEP', '127.0.0.1', String(server.port)];
    const isMoved = () => /retrieve answered .*caller=GDCMSCU/.test(server.log());
    const { output } = await run('gdcmscu', ['-D', ...options, ...place], { until: isMoved });
    return output;
  }

  it('is answered by C-ECHO', async () => {
    const output = await gdcmscu('--echo');

    expect(output).to.match(/\(0000,0100\) .* 32816 /);
    expect(output).to.match(/\(0000,0900\) .* 0 +# 2,1 Status/);
  });

  it('stores a folder, which is kept as it came', async () => {
    await gdcmscu('--store', '--recursive', '-i', join(folder, 'in'));

    await settle(server);
    const kept = filedPaths(server.volumeDir).map((path) => dataSetHashOf(server.volumeDir, path));
    const sent = sumsOfAll(patients).map((line) => line.split(' ')[2]);
    expect(kept.sort()).to.deep.equal(sent.sort());
  });

  it('finds studies by date', async () => {
    const output = await gdcmscu(
      '--find',
      '--studyroot',
      '--study',
      '--key',
      '8,20=20260101-',
      '--key',
      '20,d=',
    );

    expectAnswers(output, 2);
  });

  it('finds patients by name', async () => {
    const output = await gdcmscu(
      '--find',
      '--patientroot',
      '--patient',
      '--key',
      '10,10=smith*',
      '--key',
      '10,20=',
    );

    expectAnswers(output, 1);
  });

  it('moves a study to a peer', async () => {
    const port = String(await freePort());

    await gdcmscu(
      '--move',
      '--studyroot',
      '--study',
      '--key',
      '20,d=2.25.10.1',
      '--port-scp',
      port,
      '-o',
      folder,
    );

    const ofStudy = patients.filter(({ studyInstanceUid }) => studyInstanceUid === '2.25.10.1');
    const moved = sink.received.map(
      ({ sopInstanceUid, transferSyntaxUid, sha256 }) => `${sopInstanceUid} ${transferSyntaxUid} ${sha256}`,
    );
    expect(moved.sort()).to.deep.equal(sumsOfAll(ofStudy));
    expect(sink.received[0]?.originator).to.deep.equal({ aeTitle: 'GDCMSCU', messageId: 1 });
  });

  /** It tells of every response twice, and aborts before it prints the identifiers. */
  function expectAnswers(output: string, count: number): void {
    const statuses = [...output.matchAll(/\(0000,0900\) .* (\d+) +#/g)].map(([, status]) => Number(status));
    expect(statuses.filter((status) => status === 0xff00)).to.have.lengthOf(2 * count);
    expect(statuses.at(-1)).to.equal(0x0000);
  }
});
