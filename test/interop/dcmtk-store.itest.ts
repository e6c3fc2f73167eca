import { join } from 'node:path';
import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { sha256Of } from '../helpers/corpus.ts';
import { removeFolder, startServer, type TestServer, temporaryFolder } from '../helpers/server.ts';
import { settle } from '../helpers/settle.ts';
import { makeInstance } from '../helpers/stand-ins.ts';
import { dataSetHashOf, filedPaths } from '../helpers/volume.ts';
import { until } from '../integration/archive.ts';
import { run, writeFile } from './tools.ts';

/** storescu's option by which it proposes a transfer syntax. */
const PROPOSALS: readonly [option: string, transferSyntax: string][] = [
  ['-xe', uids.ExplicitVRLittleEndian],
  ['-xi', uids.ImplicitVRLittleEndian],
  ['-xb', uids.ExplicitVRBigEndian],
  ['-xd', uids.DeflatedExplicitVRLittleEndian],
  ['-xs', uids.JPEGLosslessSV1],
  ['-xy', uids.JPEGBaseline8Bit],
  ['-xx', uids.JPEGExtended12Bit],
  ['-xv', uids.JPEG2000Lossless],
  ['-xw', uids.JPEG2000],
  ['-xt', uids.JPEGLSLossless],
  ['-xu', uids.JPEGLSNearLossless],
  ['-xr', uids.RLELossless],
  ['-xm', uids.MPEG2MPML],
  ['-xn', uids.MPEG4HP41],
  ['-x4', uids.HEVCMP51],
];

describe('DCMTK stores', () => {
  const folder = temporaryFolder('dcmtk');
  let server: TestServer;
  before(async () => {
    server = await startServer({ env: { DICOMKEEP_UNKNOWN_CALLERS: 'all' } });
  });
  after(async () => {
    await server.stop();
    removeFolder(server.dataDir);
    removeFolder(folder);
  });

  function scu(program: string, options: readonly string[], ...files: string[]) {
    return run(program, [...options, '-aec', 'DICOMKEEP', '127.0.0.1', String(server.port), ...files]);
  }

  it('echoscu is answered', async () => {
    const { status, output } = await scu('echoscu', ['-d']);

    expect(status, output).to.equal(0);
    expect(output).to.match(/Received Echo Response \(Success\)/);
  });

  it('echoscu is answered under many proposals, again and again', async () => {
    const { status, output } = await scu('echoscu', [
      '--propose-ts',
      '38',
      '--propose-pc',
      '128',
      '--repeat',
      '10',
    ]);

    expect(status, output).to.equal(0);
  });

  it('echoscu is rejected with the reason under a called AE title that is not ours', async () => {
    const { status, output } = await run('echoscu', ['-aec', 'WRONG', '127.0.0.1', String(server.port)]);

    expect(status).to.not.equal(0);
    expect(output).to.match(/Called AE Title Not Recognized/i);
    await until('it is logged', () =>
      /rejected .*called AE title \\?"WRONG\\?" not recognized/.test(server.log()),
    );
  });

  for (const [option, transferSyntax] of PROPOSALS) {
    it(`storescu ${option} is taken, and kept as it came (${transferSyntax})`, async () => {
      const instance = makeInstance({
        path: transferSyntax,
        transferSyntax,
        with: { SOPInstanceUID: `2.25.20${option.charCodeAt(2)}` },
      });
      const file = writeFile(folder, instance);

      const { status, output } = await scu('storescu', [option, '-v'], file);

      expect(status, output).to.equal(0);
      expect(output).to.match(/Received Store Response \(Success\)/);
      await settle(server);
      const path = filedPaths(server.volumeDir).find((one) => one.endsWith(`/${instance.sopInstance}.dcm`));
      expect(path, 'filed').to.be.a('string');
      // What is deflated anew comes out of DCMTK as other bytes.
      if (transferSyntax === uids.DeflatedExplicitVRLittleEndian) return;
      expect(dataSetHashOf(server.volumeDir, path ?? '')).to.equal(sha256Of(instance.dataSet()));
    });
  }

  it('storescu is told in words what is wrong, and goes on with the next', async () => {
    const withoutStudy = writeFile(
      folder,
      makeInstance({ path: 'no study', with: { StudyInstanceUID: null } }),
    );
    const good = writeFile(folder, makeInstance({ path: 'good' }));

    const { output } = await scu('storescu', ['-nh', '-d'], withoutStudy, good);

    expect(output).to.match(/DIMSE Status +: 0xa900/);
    expect(output).to.match(/\(0000,0902\) LO \[no studyInstanceUid in the data set/i);
    expect(output).to.match(/DIMSE Status +: 0x0000/);
  });

  it('a file of dcmdump shows our File Meta Information, and is whole to DCMTK', async () => {
    await settle(server);
    const path = join(server.volumeDir, filedPaths(server.volumeDir)[0] ?? '');

    const { status, output } = await run('dcmdump', ['+E', '+fo', path]);

    expect(status, output).to.equal(0);
    expect(output).to.match(/\(0002,0012\) UI \[2\.25\.121272109960556561316015386627365942721\]/);
    expect(output).to.not.match(/^[EW]: /m);
  });
});
