import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import type { Message } from '../../src/dimse/message.ts';
import { corpusOrStandIns } from '../helpers/corpus.ts';
import { removeFolder, startServer, type TestServer } from '../helpers/server.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { Attacker, command, dataSet } from '../integration/attacker.ts';
import { costOf } from '../integration/bystander.ts';

const ANSWER_MS_MAX = atMost(5_000);
const GROWTH_BYTES_MAX = 100 * 1024 * 1024;

const QUERIES = [
  ['C-FIND-RQ', uids.StudyRootQueryRetrieveInformationModelFind],
  ['C-GET-RQ', uids.PatientRootQueryRetrieveInformationModelGet],
] as const;
const SYNTAXES = [uids.ImplicitVRLittleEndian, uids.ExplicitVRLittleEndian, uids.ExplicitVRBigEndian];

describe('broken files of the corpus: answered in time, in bounded memory', () => {
  const broken = corpusOrStandIns().filter(({ expect }) => expect === 'reject');
  let server: TestServer;

  before(async () => {
    server = await startServer({
      env: { DICOMKEEP_UNKNOWN_CALLERS: 'all', DICOMKEEP_LOG_LEVEL: 'info' },
    });
  });

  after(async () => {
    const code = await server.stop();
    removeFolder(server.dataDir);
    expect(server.log(), 'log').to.not.match(/ error bug /);
    expect(code, 'exit status').to.equal(0);
  });

  it(`all ${broken.length} stored (PS3.4 §B.2)`, async () => {
    const { growthBytes } = await costOf(server, async () => {
      for (const { path, sopClass, sopInstance, transferSyntax, dataSet } of broken) {
        const request = {
          type: 'C-STORE-RQ',
          affectedSopClassUid: sopClass,
          affectedSopInstanceUid: sopInstance,
          messageId: 1,
          priority: 0,
          hasDataSet: true,
        } as const;
        // A context that was not accepted is no place to send anything: that ends the association.
        expect(await answerTo(request, transferSyntax, dataSet()), path).to.not.equal(0x0110);
      }
    });

    expect(growthBytes, 'growth').to.be.below(GROWTH_BYTES_MAX);
  });

  for (const [type, affectedSopClassUid] of QUERIES) {
    it(`all ${broken.length} as identifiers of ${type}, in every transfer syntax (PS3.4 §C.4)`, async () => {
      const request = { type, affectedSopClassUid, messageId: 1, priority: 0, hasDataSet: true } as const;
      const { growthBytes } = await costOf(server, async () => {
        for (const { path, dataSet } of broken) {
          for (const transferSyntax of SYNTAXES) {
            const answer = await answerTo(request, transferSyntax, dataSet());
            expect(answer, `${path} in ${transferSyntax}`).to.be.a('number');
          }
        }
      });

      expect(growthBytes, 'growth').to.be.below(GROWTH_BYTES_MAX);
    });
  }

  /** On an association of its own. */
  async function answerTo(
    request: Message & { affectedSopClassUid: string },
    transferSyntax: string,
    bytes: Buffer,
  ): Promise<number | 'closed'> {
    const contexts = [{ abstractSyntax: request.affectedSopClassUid, transferSyntaxes: [transferSyntax] }];
    const attacker = await Attacker.associate(server.port, contexts);
    try {
      await attacker.send(command(request), dataSet(bytes, true));
      return await attacker.answer(ANSWER_MS_MAX);
    } finally {
      attacker.end();
    }
  }
});
