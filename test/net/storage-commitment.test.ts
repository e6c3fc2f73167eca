import { writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { uids } from '../../src/dicom/uids.ts';
import type { Services } from '../../src/net/operations/operation.ts';
import { describeOnSqlite } from '../helpers/catalog-engines.ts';
import {
  actionInformation,
  PUSH_MODEL,
  PUSH_MODEL_CONTEXT,
  type Referenced,
  ReportSink,
  requestCommitment,
} from '../helpers/commitment.ts';
import { CommitmentArchive } from '../helpers/commitment-archive.ts';
import { identifierOf } from '../helpers/dimse-client.ts';

const CT = uids.CTImageStorage;
const LOST: Referenced = { sopClass: CT, sopInstance: '1.2.999' };

describeOnSqlite('Storage Commitment Push Model SCP (PS3.4 Annex J)', (opened) => {
  let archive: CommitmentArchive;
  let sinks: ReportSink[];
  let openFind: () => void;

  beforeEach(async () => {
    sinks = [];
    const gate = new Promise<void>((resolve) => {
      openFind = resolve;
    });
    // A query that takes its time and finds nothing.
    const query = {
      async *find() {
        yield* await gate.then(() => []);
      },
    };
    archive = await CommitmentArchive.start(opened.catalog, { query } as unknown as Partial<Services>);
  });
  afterEach(async () => {
    openFind();
    await archive.stop();
    for (const sink of sinks) await sink.close();
  });

  async function sinkOf(options: Parameters<typeof ReportSink.listen>[0] = {}): Promise<ReportSink> {
    const sink = await ReportSink.listen(options);
    sinks.push(sink);
    return sink;
  }

  describe('N-EVENT-REPORT on the association of the request (§J.3.3)', () => {
    it('reports success, event type 1, without a Failed SOP Sequence', async () => {
      const [one, two] = await archive.file(2);
      const { client, receiver } = await archive.connect('CT1', 'ARCHIVE2');

      const answer = await requestCommitment(
        client,
        actionInformation(
          '1.2.9',
          [one, two].flatMap((i) => i ?? []),
        ),
      );
      const reportsBefore = receiver.reports.length;
      const [report] = await receiver.received();

      expect(answer.status).to.equal(0);
      expect(reportsBefore).to.equal(0);
      expect(report).to.deep.equal({
        eventTypeId: 1,
        sopInstanceUid: uids.StorageCommitmentPushModelInstance,
        transactionUid: '1.2.9',
        retrieveAeTitle: 'ARCHIVE2',
        committed: ['1.2.1.1.1', '1.2.1.1.2'],
        failed: [],
        hasCommitted: true,
        hasFailed: false,
      });
      const job = await archive.ended();
      expect(job).to.deep.include({ state: 'done', by: 'CT1', words: '', kind: 'storage-commitment' });
      expect(job.progress).to.deep.equal({ done: 2, failed: 0, total: 2 });
      expect(archive.events.map(({ kind }) => kind)).to.deep.equal(['job-added', 'job-done']);
      expect(archive.events[0]?.words).to.equal(
        `Job ${job.id}, storage commitment of 2 instances for CT1: added`,
      );
      expect(client.ended).to.equal(undefined);
    });

    it('reports failures, event type 2, each with its Failure Reason', async () => {
      const [good, damaged] = await archive.file(2);
      if (good === undefined || damaged === undefined) throw new Error('not filed');
      const bytes = Buffer.from(damaged.file);
      bytes[bytes.length - 1] = 0xff;
      writeFileSync(damaged.path, bytes);
      const references = [
        good,
        damaged,
        LOST,
        { sopClass: uids.MRImageStorage, sopInstance: good.sopInstance },
        { sopClass: uids.ModalityWorklistInformationModelFind, sopInstance: '1.2.998' },
      ];
      const { client, receiver } = await archive.connect();

      await requestCommitment(client, actionInformation('1.2.9', references));
      const [report] = await receiver.received();

      expect(report).to.deep.include({
        eventTypeId: 2,
        committed: [good.sopInstance],
        retrieveAeTitle: 'DICOMKEEP',
      });
      expect(report?.failed).to.deep.equal([
        [damaged.sopInstance, 0x0110],
        ['1.2.999', 0x0112],
        [good.sopInstance, 0x0119],
        ['1.2.998', 0x0122],
      ]);
      const job = await archive.ended();
      expect(job.state).to.equal('failed');
      expect(job.words).to.equal(
        `4 of 5 instances are not committed; the first: ${damaged.sopInstance}: Processing failure (0110H)`,
      );
    });

    it('leaves out the Referenced SOP Sequence where nothing is committed', async () => {
      const { client, receiver } = await archive.connect();

      await requestCommitment(client, actionInformation('1.2.9', [LOST]));
      const [report] = await receiver.received();

      expect(report).to.deep.include({
        eventTypeId: 2,
        hasCommitted: false,
        retrieveAeTitle: undefined,
        failed: [['1.2.999', 0x0112]],
      });
    });

    it('goes in the transfer syntax of the context, implicit too', async () => {
      const references = await archive.file(1);
      const context = { ...PUSH_MODEL_CONTEXT, transferSyntaxes: [uids.ImplicitVRLittleEndian] };
      const { client, receiver } = await archive.connect('CT1', 'DICOMKEEP', [context]);

      await requestCommitment(client, actionInformation('1.2.9', references));

      expect((await receiver.received())[0]?.committed).to.deep.equal(['1.2.1.1.1']);
    });

    it('waits until no operation is under way: the caller may do one thing at a time', async () => {
      const references = await archive.file(1);
      const { client, receiver } = await archive.connect();
      const found = client.find('STUDY', identifierOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '' }));

      await requestCommitment(client, actionInformation('1.2.9', references));
      await wait(800);
      const before = receiver.reports.length;
      openFind();
      await found;
      await receiver.received();

      expect(before).to.equal(0);
    });

    it('reports several transactions one after the other', async () => {
      const references = await archive.file(1);
      const { client, receiver } = await archive.connect();

      const answers = await Promise.all(
        ['1.2.1', '1.2.2', '1.2.3'].map((uid) =>
          requestCommitment(client, actionInformation(uid, references)),
        ),
      );
      const reports = await receiver.received(3);

      expect(answers.map(({ status }) => status)).to.deep.equal([0, 0, 0]);
      expect(reports.map(({ transactionUid }) => transactionUid)).to.have.members([
        '1.2.1',
        '1.2.2',
        '1.2.3',
      ]);
    });
  });

  describe('N-EVENT-REPORT on an association of our own (§J.3.3, PS3.7 §D.3.3.4)', () => {
    /** Asks, and releases at once. */
    async function ask(references = [LOST], called = 'DICOMKEEP'): Promise<void> {
      const { client } = await archive.connect('CT1', called);
      const { status } = await requestCommitment(client, actionInformation('1.2.9', references));
      expect(status).to.equal(0);
      await client.release();
    }

    it('is requested as SCP of the SOP class, by the AE title that was called', async () => {
      const sink = await sinkOf();
      archive.addPeer('CT1', sink.port);

      await ask(await archive.file(1), 'ARCHIVE2');
      const [report] = await sink.receiver.received();

      expect(report).to.deep.include({
        eventTypeId: 1,
        committed: ['1.2.1.1.1'],
        retrieveAeTitle: 'ARCHIVE2',
      });
      const [request] = sink.requests;
      expect(request).to.deep.include({ callingAeTitle: 'ARCHIVE2', calledAeTitle: 'CT1' });
      expect(request?.presentationContexts.map(({ abstractSyntax }) => abstractSyntax)).to.deep.equal([
        PUSH_MODEL,
      ]);
      expect(request?.userInformation.roleSelections).to.deep.equal([
        { sopClassUid: PUSH_MODEL, scuRole: false, scpRole: true },
      ]);
      expect((await archive.ended()).state).to.equal('done');
      expect(sink.requests).to.have.lengthOf(1);
    });

    it('is sent to who does not answer the role selection, in the transfer syntax that it takes', async () => {
      const sink = await sinkOf({ roles: 'silent', transferSyntax: uids.ImplicitVRLittleEndian });
      archive.addPeer('CT1', sink.port);

      await ask();

      expect((await sink.receiver.received())[0]?.failed).to.deep.equal([['1.2.999', 0x0112]]);
    });

    it('is not sent to who refuses the role; the job waits and says so', async () => {
      const sink = await sinkOf({ roles: 'refuse' });
      archive.addPeer('CT1', sink.port);

      await ask();
      const job = await archive.job(({ state, words }) => state === 'waiting' && words !== '');

      expect(job.words).to.contain('does not accept us as SCP of Storage Commitment Push Model');
      expect(sink.receiver.reports).to.deep.equal([]);
    });

    it('is tried again while the caller is away, aborts, closes or rejects, and reads no instance again', async () => {
      const sink = await sinkOf();
      const { port } = sink;
      await sink.close();
      archive.addPeer('CT1', port);
      await ask(await archive.file(3));
      await archive.job(({ words }) => words.includes('ECONNREFUSED'), 'put off');

      const back = await sinkOf({ port });
      back.onAssociate = 'abort';
      await archive.job(({ words }) => words.includes('aborted'), 'put off');
      back.onAssociate = 'close';
      await archive.job(({ words }) => words.includes('closed the connection'), 'put off');
      archive.addPeer('CT1', (await sinkOf({ aeTitle: 'OTHER' })).port);
      await archive.job(({ words }) => words.includes('rejected'), 'put off');
      archive.addPeer('CT1', port);
      back.onAssociate = 'accept';
      await back.receiver.received();

      expect((await archive.ended()).state).to.equal('done');
      expect(back.receiver.reports).to.have.lengthOf(1);
      expect(archive.verifiedCount).to.equal(3);
    });

    it('is tried again after 0110H and without an answer, and is given up after a refusal for good', async () => {
      const sink = await sinkOf();
      archive.addPeer('CT1', sink.port);
      const answers = [0x0110, 0x0213, undefined, 0x0112];
      sink.receiver.answer = () => answers[sink.receiver.reports.length - 1];

      await ask();
      const job = await archive.ended();

      expect(job).to.include({ state: 'failed', attempts: 4 });
      expect(job.words).to.equal('CT1 answered the report with No such SOP Instance (0112H)');
      expect(sink.receiver.reports).to.have.lengthOf(4);
    });

    it('takes a warning for success', async () => {
      const sink = await sinkOf();
      archive.addPeer('CT1', sink.port);
      sink.receiver.answer = () => 0x0107;

      await ask(await archive.file(1));

      expect(await archive.ended()).to.include({ state: 'done', attempts: 1 });
    });

    it('follows where the caller does not take the report on its own association', async () => {
      const sink = await sinkOf();
      archive.addPeer('CT1', sink.port);
      for (const status of [undefined, 0x0211]) {
        const { client, receiver } = await archive.connect();
        receiver.answer = () => status;
        await requestCommitment(client, actionInformation(`1.2.${status ?? 0}`, [LOST]));
        await receiver.received();
        await sink.receiver.received(status === undefined ? 1 : 2);
        await client.release();
      }

      expect(sink.receiver.reports.map(({ transactionUid }) => transactionUid)).to.deep.equal([
        '1.2.0',
        '1.2.529',
      ]);
    });

    it('waits for a caller that is no peer, says so, and is had by asking again', async () => {
      await ask();
      const { words } = await archive.job((job) => job.state === 'waiting' && job.words !== '');
      expect(words).to.equal('CT1 is no peer: no address to report to');

      const { client, receiver } = await archive.connect();
      const { status } = await requestCommitment(client, actionInformation('1.2.9', [LOST]));
      await receiver.received();
      await archive.ended();

      expect(status).to.equal(0);
      expect(await archive.queue.list({ limit: 9 })).to.have.lengthOf(1);
      expect(receiver.reports).to.have.lengthOf(1);
    });
  });

  describe('a Transaction UID that is in use (PS3.3 §C.14.1.1)', () => {
    it('is one transaction where the request is the same, and is reported once', async () => {
      const references = await archive.file(1);
      const { client, receiver } = await archive.connect();

      const information = () => actionInformation('1.2.9', references);
      const answers = [
        await requestCommitment(client, information()),
        await requestCommitment(client, information()),
      ];
      await receiver.received();
      await wait(700);

      expect(answers.map(({ status }) => status)).to.deep.equal([0, 0]);
      expect(receiver.reports).to.have.lengthOf(1);
    });

    it('fails the other request with 0131H, and nothing of it is committed', async () => {
      const references = await archive.file(2);
      const { client, receiver } = await archive.connect();

      await requestCommitment(client, actionInformation('1.2.9', references.slice(0, 1)));
      const { status } = await requestCommitment(client, actionInformation('1.2.9', references));
      const reports = await receiver.received(2);

      expect(status).to.equal(0);
      const failed = reports.filter(({ eventTypeId }) => eventTypeId === 2);
      expect(failed.map((report) => report.failed)).to.deep.equal([
        [
          ['1.2.1.1.1', 0x0131],
          ['1.2.1.1.2', 0x0131],
        ],
      ]);
      expect(reports.find(({ eventTypeId }) => eventTypeId === 1)?.committed).to.deep.equal(['1.2.1.1.1']);
    });

    it("is another caller's own", async () => {
      const references = await archive.file(1);
      const one = await archive.connect('CT1');
      const other = await archive.connect('CT2');

      for (const { client } of [one, other])
        await requestCommitment(client, actionInformation('1.2.9', references));

      expect((await one.receiver.received())[0]?.eventTypeId).to.equal(1);
      expect((await other.receiver.received())[0]?.eventTypeId).to.equal(1);
    });

    it('may be used again when it was reported', async () => {
      const references = await archive.file(1);
      const { client, receiver } = await archive.connect();

      await requestCommitment(client, actionInformation('1.2.9', [LOST]));
      await receiver.received(1);
      await archive.ended();
      await requestCommitment(client, actionInformation('1.2.9', references));

      expect((await receiver.received(2))[1]?.committed).to.deep.equal(['1.2.1.1.1']);
    });
  });

  describe('N-ACTION that is refused (PS3.7 §10.1.4.1.10)', () => {
    const information = () => actionInformation('1.2.9', [LOST]);

    it('answers 0112H, 0118H and 0123H for an instance, a class and an action that there are not', async () => {
      const { client } = await archive.connect();

      const instance = await requestCommitment(client, information(), {
        sopInstance: '1.2.840.10008.1.20.1.2',
      });
      const sopClass = await requestCommitment(client, information(), { sopClass: CT });
      const action = await requestCommitment(client, information(), { actionType: 2 });

      expect([instance.status, sopClass.status, action.status]).to.deep.equal([0x0112, 0x0118, 0x0123]);
      expect(instance.errorComment).to.equal('no SOP instance 1.2.840.10008.1.20.1.2');
      expect(action.errorComment).to.equal('no action 2');
      expect(await archive.queue.list({ limit: 1 })).to.deep.equal([]);
    });

    it('answers 0115H for information that is missing, empty, garbage or lacks what it must have', async () => {
      const { client } = await archive.connect();
      const noUid = information();
      noUid.delete(tags.TransactionUID);
      const refused = [
        undefined,
        Buffer.alloc(0),
        Buffer.alloc(10_000, 0xff),
        Buffer.from('<!DOCTYPE html><html></html>'),
        noUid,
        actionInformation('1.2.9', []),
        actionInformation('not a UID', [LOST]),
      ];

      for (const bytes of refused) {
        const { status, errorComment } = await requestCommitment(client, bytes);
        expect(status).to.equal(0x0115);
        expect(errorComment).to.match(/\w/);
      }

      expect((await requestCommitment(client, information())).status).to.equal(0);
    });

    it('answers 0213H for more than 16 MB, reads them to their end, and goes on', async () => {
      const { client } = await archive.connect();
      const flood = Buffer.alloc(17 * 1024 * 1024);

      const answers = await Promise.all([flood, flood].map((bytes) => requestCommitment(client, bytes)));

      expect(answers.map(({ status }) => status)).to.deep.equal([0x0213, 0x0213]);
      expect(answers[0]?.errorComment).to.equal('action information of more than 16777216 bytes');
      expect((await requestCommitment(client, information())).status).to.equal(0);
    });

    it('gives back the room of an association that ends in the middle', async () => {
      const { room } = archive.commitment;
      for (let count = 0; count < 4; count++) {
        const { client } = await archive.connect();
        const bytes = Buffer.alloc(12 * 1024 * 1024);
        client.driver.send(1, {
          type: 'N-ACTION-RQ',
          requestedSopClassUid: PUSH_MODEL,
          messageId: 1,
          requestedSopInstanceUid: uids.StorageCommitmentPushModelInstance,
          actionTypeId: 1,
          hasDataSet: true,
        });
        await client.driver.sendPdvs([
          { contextId: 1, isCommand: false, isLast: false, bytes: bytes.subarray(0, 100_000) },
        ]);
        await client.abort();
      }
      const bytes = 32 * 1024 * 1024;
      let isFree = room.take(bytes);
      for (let tries = 0; tries < 500 && !isFree; tries++) {
        await wait(10);
        isFree = room.take(bytes);
      }

      expect(isFree).to.equal(true);
      room.give(bytes);
    });

    it('answers 0110H while the catalogue does not answer, for nothing was written', async () => {
      const { client } = await archive.connect();
      await opened.catalog.close();

      const { status, errorComment } = await requestCommitment(client, information());

      expect(status).to.equal(0x0110);
      expect(errorComment).to.contain('catalogue');
    });

    it('answers 0213H to a caller with too many transactions that wait, and not to another one', async () => {
      const add = (transactionUid: string) => {
        const payload = {
          callingAeTitle: 'CT1',
          calledAeTitle: '',
          transactionUid,
          references: '1',
          digest: 'd',
        };
        const job = { kind: 'storage-commitment', by: 'CT1', payload, runAt: Date.now() + 1e9 };
        return opened.catalog.jobs.addOnce(job, { key: transactionUid, pieces: [] });
      };
      for (let count = 0; count < 200; count++) await add(`1.2.3.${count}`);
      const one = await archive.connect('CT1');
      const other = await archive.connect('CT2');

      const refused = await requestCommitment(one.client, information());
      const taken = await requestCommitment(other.client, information());

      expect([refused.status, taken.status]).to.deep.equal([0x0213, 0]);
      expect(refused.errorComment).to.equal('200 of 200 transactions that wait are yours');
    });
  });

  it('takes 10,000 references, and reports all of them', async function () {
    this.timeout(60_000);
    const [good] = await archive.file(1);
    if (good === undefined) throw new Error('not filed');
    const references = Array.from({ length: 10_000 }, (_, index) =>
      index % 100 === 0
        ? good
        : { sopClass: CT, sopInstance: `1.2.840.113619.2.55.3.604688119.868.${index}` },
    );
    const { client, receiver } = await archive.connect();

    const { status } = await requestCommitment(client, actionInformation('1.2.9', references));
    const [report] = await receiver.received(1, 25_000);

    expect(status).to.equal(0);
    expect(report?.committed).to.have.lengthOf(100);
    expect(report?.failed).to.have.lengthOf(9900);
    expect(report?.failed.at(-1)).to.deep.equal([references.at(-1)?.sopInstance, 0x0112]);
  });
});
