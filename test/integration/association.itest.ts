import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { uids } from '../../src/dicom/uids.ts';
import { encodeMessage } from '../../src/dimse/message.ts';
import { type Answer, DimseClient } from '../helpers/dimse-client.ts';
import { removeFolder, startServer, type TestServer } from '../helpers/server.ts';
import { makeInstance } from '../helpers/stand-ins.ts';
import { atMost } from '../helpers/time-bounds.ts';
import { run, writeFile } from '../interop/tools.ts';
import { COMMAND, LAST, pData, pdv } from '../net/pdata.ts';
import { RawPeer } from '../net/raw-peer.ts';
import { A_RELEASE_RQ } from '../ul/fixtures.ts';
import {
  APPLICATION_CONTEXT,
  FIRST_PDUS,
  item,
  rawRequest,
  text,
  userInformation,
} from '../ul/raw-request.ts';
import { connectTo, OPEN_TO_ALL, until } from './archive.ts';
import { ctInstance, dataSetSha256Of, filedPaths, type TestInstance } from './instances.ts';

const CT = { abstractSyntax: uids.CTImageStorage, transferSyntaxes: [uids.ExplicitVRLittleEndian] };
const LARGE_BYTES = 8 * 1024 * 1024;
/** What the server may need more for eight large instances at once than for one: they pass through. */
const GROWTH_KIB_MAX = 48 * 1024;

describe('Associations with the archive (PS3.8, PS3.7 Annex D)', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer({ env: OPEN_TO_ALL });
  });
  after(async () => {
    const code = await server.stop();
    removeFolder(server.dataDir);
    expect(code, 'exit status').to.equal(0);
    expect(server.log()).to.not.match(/ error bug /);
  });

  function storeRequest({ sopClassUid, sopInstanceUid }: TestInstance, messageId: number): Buffer {
    return encodeMessage({
      type: 'C-STORE-RQ',
      affectedSopClassUid: sopClassUid,
      affectedSopInstanceUid: sopInstanceUid,
      messageId,
      priority: 0,
      hasDataSet: true,
    });
  }

  /** Waits until all are filed, and compares what lies on disk with what was sent. */
  async function expectFiled(instances: readonly TestInstance[]): Promise<void> {
    const pathOf = ({ sopInstanceUid }: TestInstance) => filedPaths(server.volumeDir).get(sopInstanceUid);
    await until('all are filed', () => instances.every((one) => pathOf(one) !== undefined));
    for (const one of instances) expect(dataSetSha256Of(pathOf(one) ?? '')).to.equal(one.sha256);
  }

  const residentKib = () =>
    Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'latin1'))?.[1]);

  /** Sends C-STOREs one behind the other without waiting for answers. */
  async function pipeline(client: DimseClient, instances: readonly TestInstance[]): Promise<Answer[]> {
    const answers: Promise<Answer>[] = [];
    for (const { sopClassUid, sopInstanceUid, transferSyntaxUid, dataSet } of instances) {
      await new Promise<void>((onSent, reject) => {
        const answer = client.store(sopClassUid, sopInstanceUid, transferSyntaxUid, dataSet, { onSent });
        answer.catch(reject);
        answers.push(answer);
      });
    }
    return await Promise.all(answers);
  }

  const connectForWindow = () =>
    DimseClient.connect({
      port: server.port,
      contexts: [CT],
      userInformation: { asynchronousOperationsWindow: { operationsInvoked: 8, operationsPerformed: 1 } },
    });

  it('store what comes as command and data sets of several C-STOREs in one P-DATA-TF', async () => {
    const instances = [1, 2, 3].map((number) => ctInstance({ study: 1, series: 1, number }, 4000));
    const context = item(
      0x20,
      Buffer.concat([
        Buffer.from([1, 0, 0, 0]),
        item(0x30, text(uids.CTImageStorage)),
        item(0x40, text(uids.ExplicitVRLittleEndian)),
      ]),
    );
    const request = rawRequest({ items: [APPLICATION_CONTEXT, context, userInformation()] });
    const peer = await RawPeer.associate(server.port, request);

    peer.send(
      pData(
        ...instances.flatMap((instance, index) => [
          pdv(1, COMMAND | LAST, storeRequest(instance, index + 1)),
          pdv(1, 0, instance.dataSet.subarray(0, 1000)),
          pdv(1, LAST, instance.dataSet.subarray(1000)),
        ]),
      ),
    );

    await peer.until((answers) => answers.split('P-DATA-TF').length === 4);
    peer.send(A_RELEASE_RQ);
    await peer.until((answers) => answers.endsWith('A-RELEASE-RP'));
    peer.destroy();
    await expectFiled(instances);
  });

  it('store eight instances that are sent before the first is answered, each durable and as it came', async () => {
    const client = await connectForWindow();
    expect(client.accepted?.userInformation.asynchronousOperationsWindow?.operationsInvoked).to.equal(8);
    // The first is the longest in being made durable.
    const instances = [LARGE_BYTES, ...Array<number>(7).fill(2000)].map((sizeBytes, index) =>
      ctInstance({ study: 2, series: 1, number: index + 1 }, sizeBytes),
    );

    const answers = await pipeline(client, instances);

    expect(answers.map(({ status }) => status)).to.deep.equal(Array(8).fill(0));
    await client.release();
    await expectFiled(instances);
  });

  it('need no more memory for large instances in flight than for one after the other', async () => {
    const client = await connectForWindow();
    await pipeline(client, [ctInstance({ study: 3, series: 1, number: 100 }, LARGE_BYTES)]);
    const before = residentKib();
    const instances = Array.from({ length: 24 }, (_, index) =>
      ctInstance({ study: 3, series: 1, number: index + 1 }, LARGE_BYTES),
    );
    const answers: Answer[] = [];
    for (let at = 0; at < instances.length; at += 8)
      answers.push(...(await pipeline(client, instances.slice(at, at + 8))));

    expect(answers.map(({ status }) => status)).to.deep.equal(Array(24).fill(0));
    expect(residentKib() - before).to.be.below(GROWTH_KIB_MAX);
    await client.release();
    await expectFiled(instances);
  });

  it('go on undisturbed while others send what is no association, or a bad one', async () => {
    const client = await connectTo(server);
    const instances: TestInstance[] = [];
    const peers: RawPeer[] = [];
    let longestMs = 0;
    for (const [index, [, bytes]] of FIRST_PDUS.entries()) {
      const peer = await RawPeer.connect(server.port);
      peer.send(bytes);
      peers.push(peer);
      const instance = ctInstance({ study: 4, series: 1, number: index + 1 }, 1000);
      const startedAt = performance.now();
      const { sopClassUid, sopInstanceUid, transferSyntaxUid, dataSet } = instance;
      expect((await client.store(sopClassUid, sopInstanceUid, transferSyntaxUid, dataSet)).status).to.equal(
        0,
      );
      longestMs = Math.max(longestMs, performance.now() - startedAt);
      instances.push(instance);
    }

    for (const [index, peer] of peers.entries()) {
      const [what, , answer] = FIRST_PDUS[index] ?? ['', Buffer.alloc(0), ''];
      if (answer === '') await peer.closed();
      else await peer.until((answers) => answers !== '');
      expect(peer.answers.split(', ')[0], what).to.equal(answer);
      peer.destroy();
    }
    expect(longestMs).to.be.below(atMost(2000));
    await client.release();
    await expectFiled(instances);
  });
});

describe('User identity of DCMTK against the accounts of the page (PS3.7 Annex D.3.3.7)', () => {
  let server: TestServer;
  let path: string;
  async function start(userIdentity: string): Promise<void> {
    server = await startServer({ env: { ...OPEN_TO_ALL, DICOMKEEP_USER_IDENTITY: userIdentity } });
    path = writeFile(`${server.dataDir}/sent`, makeInstance({ path: 'identity' }));
  }
  afterEach(async () => {
    await server.stop();
    expect(server.log()).to.not.match(/ error bug /);
    expect(server.log()).to.not.include(server.adminPassword);
    removeFolder(server.dataDir);
  });

  /** storescu with these options. */
  const send = (...options: string[]) =>
    run('storescu', [...options, '-v', '-aec', 'DICOMKEEP', '127.0.0.1', String(server.port), path]);

  it('is ignored by default, with or without passcode', async () => {
    await start('ignored');

    expect((await send('-usr', 'somebody', '-pwd', 'whatever')).status).to.equal(0);
    expect((await send('-usr', 'somebody')).status).to.equal(0);
  });

  it('is accepted where it is right and checked, refused where it is wrong, and may be left out', async () => {
    await start('checked');

    const right = await send('-usr', 'admin', '-pwd', server.adminPassword, '-rsp');
    expect(right.status, right.output).to.equal(0);
    expect((await send('-usr', 'admin')).status, 'the name alone').to.equal(0);
    expect((await send()).status, 'none').to.equal(0);
    const wrong = await send('-usr', 'admin', '-pwd', 'guess', '-rsp');
    expect(wrong.status).to.not.equal(0);
    expect(wrong.output).to.match(/Rejected Permanent/);
    expect(server.log()).to.include('user identity: name or passcode is wrong');
  });

  it('is needed where it is required, and who guesses is made to wait', async () => {
    await start('required');

    for (const options of [[], ['-usr', 'admin']])
      expect((await send(...options)).output).to.match(/Rejected Permanent/);
    const right = await send('-usr', 'admin', '-pwd', server.adminPassword, '-rsp');
    expect(right.status, right.output).to.equal(0);
    for (let count = 0; count < 5; count++) await send('-usr', 'nobody', '-pwd', `guess ${count}`);
    expect((await send('-usr', 'nobody', '-pwd', 'guess')).output).to.match(/Rejected Transient/);
  });
});
