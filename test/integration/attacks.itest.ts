import { connect as connectPlain } from 'node:net';
import { expect } from 'chai';
import { explicitVrLittleEndian, implicitVrLittleEndian } from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import type { Message } from '../../src/dimse/message.ts';
import { aAssociateRq } from '../../src/ul/pdu/a-associate-rq.ts';
import { identifierOf, type Proposal } from '../helpers/requests.ts';
import { removeFolder, startServer, type TestServer } from '../helpers/server.ts';
import {
  deflateBomb,
  emptyElements,
  identifying,
  LYING_LENGTHS,
  manyKeys,
  nested,
} from './attack-data-sets.ts';
import { Attacker, command, dataSet, manyPdvs, requestOf, wait } from './attacker.ts';
import { type Cost, costOf } from './bystander.ts';

/**
 * What one attack may cost. Measured on a machine with two processors that did other things too: 70 MB at most, answers in 2 s, others in 1.3 s,
 * most of which were spent in this process, which attacks and serves the others.
 */
const GROWTH_BYTES_MAX = 100 * 1024 * 1024;
const ANSWER_MS_MAX = 5_000;
const SERVED_MS_MAX = 5_000;

const { ImplicitVRLittleEndian: implicit, ExplicitVRLittleEndian: explicit } = uids;
const FIND = uids.StudyRootQueryRetrieveInformationModelFind;

describe('Attacks: bounded in memory and time, and others are served meanwhile', () => {
  let server: TestServer;
  const costs: [title: string, cost: Cost][] = [];
  const attackers: Attacker[] = [];

  before(async () => {
    server = await startServer({
      env: { DICOMKEEP_UNKNOWN_CALLERS: 'all', DICOMKEEP_LOG_LEVEL: 'info', DICOMKEEP_DIMSE_TLS: 'true' },
    });
    // What the program takes once, and keeps: code, buffers, threads.
    await costOf(server, async () => {
      await storeBomb('1.2.9.1', 8);
      await find(
        identifierOf({ QueryRetrieveLevel: 'STUDY', PatientName: '*' }).encode(explicitVrLittleEndian),
        explicit,
      );
    });
  });

  after(async () => {
    for (const [title, { growthBytes, ms, served, servedMsMax }] of costs) {
      const growth = (growthBytes / 1024 / 1024).toFixed(1).padStart(6);
      console.log(
        `      ${growth} MB ${ms.toFixed(0).padStart(6)} ms, others ${served} × ≤ ${servedMsMax.toFixed(0)} ms  ${title}`,
      );
    }
    const code = await server.stop();
    removeFolder(server.dataDir);
    expect(server.log(), 'log').to.not.match(/ error bug /);
    expect(code, 'exit status').to.equal(0);
  });

  afterEach(() => {
    for (const attacker of attackers.splice(0)) attacker.end();
  });

  function attack(title: string, work: () => Promise<void>): void {
    it(title, async () => {
      const cost = await costOf(server, work);
      costs.push([title, cost]);

      expect(cost.growthBytes, 'growth').to.be.below(GROWTH_BYTES_MAX);
      expect(cost.servedMsMax, 'others, milliseconds').to.be.below(SERVED_MS_MAX);
    });
  }

  async function connect(): Promise<Attacker> {
    const attacker = await Attacker.connect(server.port);
    attackers.push(attacker);
    return attacker;
  }

  async function associate(abstractSyntax: string, transferSyntax: string): Promise<Attacker> {
    const contexts: Proposal[] = [{ abstractSyntax, transferSyntaxes: [transferSyntax] }];
    const attacker = await Attacker.associate(server.port, contexts);
    attackers.push(attacker);
    return attacker;
  }

  /** C-STORE of these pieces. @returns the status, or 'closed' */
  async function store(transferSyntax: string, uid: string, pieces: Iterable<Buffer>) {
    const attacker = await associate(uids.SecondaryCaptureImageStorage, transferSyntax);
    await attacker.send(command(storeRequest(uid)));
    for (const piece of pieces) await attacker.send(dataSet(piece, false));
    await attacker.send(dataSet(Buffer.alloc(0), true));
    return attacker.answer(ANSWER_MS_MAX);
  }

  function storeBomb(uid: string, megabytes: number) {
    return store(uids.DeflatedExplicitVRLittleEndian, uid, [deflateBomb(uid, megabytes)]);
  }

  async function find(identifier: Buffer, transferSyntax: string) {
    const attacker = await associate(FIND, transferSyntax);
    await attacker.send(command(findRequest(1)), dataSet(identifier, true));
    return attacker.answer(ANSWER_MS_MAX);
  }

  describe('data sets (PS3.5 §7, §A.5)', () => {
    attack('a deflate bomb: a megabyte that is a gigabyte', async () => {
      // True in every length, so it is an instance like any other, and kept as it came.
      expect(await storeBomb('1.2.9.2', 1100)).to.equal(0x0000);
    });

    attack('sequences nested a thousand deep, of undefined and of defined length, stored', async () => {
      const head = identifying('1.2.9.3').encode(explicitVrLittleEndian);
      expect(await store(explicit, '1.2.9.3', [head, nested(1000, false)])).to.equal(0xc000);
      expect(await store(explicit, '1.2.9.3', [head, nested(1000, true)])).to.equal(0xc000);
    });

    attack('sequences nested a thousand deep, queried with', async () => {
      const head = identifierOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '' });
      for (const isDefined of [false, true]) {
        const identifier = Buffer.concat([head.encode(explicitVrLittleEndian), nested(1000, isDefined)]);
        expect(await find(identifier, explicit)).to.equal(0xc000);
      }
    });

    attack('32 million elements without a value', async () => {
      const head = identifying('1.2.9.4').encode(implicitVrLittleEndian);
      const megabyte = emptyElements();
      const status = await store(implicit, '1.2.9.4', [head, ...Array<Buffer>(256).fill(megabyte)]);
      expect(status).to.equal(0xc000);
    });

    attack('elements and items with lying lengths', async () => {
      const head = identifying('1.2.9.5').encode(explicitVrLittleEndian);
      for (const [name, bytes] of Object.entries(LYING_LENGTHS)) {
        expect(await store(explicit, '1.2.9.5', [head, bytes]), name).to.equal(0xc000);
      }
    });

    attack('four gigabytes announced that never come, on 90 associations', async () => {
      const zeros = dataSet(Buffer.alloc(3 * 1024 * 1024), false);
      for (let index = 0; index < 90; index++) {
        const attacker = await associate(uids.SecondaryCaptureImageStorage, explicit);
        const head = identifying('1.2.9.6').encode(explicitVrLittleEndian);
        await attacker.send(command(storeRequest('1.2.9.6')), dataSet(head, false));
        await attacker.send(dataSet(LYING_LENGTHS['an element of 4 GB but two bytes'] ?? head, false), zeros);
      }
      await wait(500);
    });
  });

  describe('identifiers (PS3.4 §C.4.1)', () => {
    attack('of ten thousand elements', async () => {
      expect(await find(manyKeys(10_000), implicit)).to.be.oneOf([0xff00, 0xff01, 0x0000]);
    });

    attack('of a hundred thousand elements, sixteen at a time', async () => {
      const attacker = await associate(FIND, implicit);
      const identifier = manyKeys(100_000);
      for (let id = 1; id <= 16; id++)
        await attacker.send(command(findRequest(id)), dataSet(identifier, true));
      expect(await attacker.answer(ANSWER_MS_MAX)).to.be.oneOf([0xc000, 0xa900]);
    });

    attack('larger than any may be', async () => {
      const attacker = await associate(FIND, implicit);
      await attacker.send(command(findRequest(1)));
      for (let index = 0; index < 128; index++) await attacker.send(dataSet(emptyElements(), index === 127));
      expect(await attacker.answer(ANSWER_MS_MAX)).to.be.oneOf([0xc000, 0xa900]);
    });

    attack('of 300,000 UIDs, and of wild cards alone', async () => {
      const uidList = Array.from({ length: 300_000 }, (_, index) => String(index % 10)).join('\\');
      const wild = identifierOf({ QueryRetrieveLevel: 'STUDY', PatientName: '*a?'.repeat(20_000) });
      const many = identifierOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: uidList });
      for (const identifier of [wild, many]) {
        expect(await find(identifier.encode(implicitVrLittleEndian), implicit)).to.not.equal('closed');
      }
    });
  });

  describe('associations (PS3.8 §9)', () => {
    attack('200 connections that say nothing, or half a request', async () => {
      const request = aAssociateRq.encode(requestOf(verification()));
      for (let index = 0; index < 200; index++) {
        const attacker = await connect();
        if (index % 2 === 1) await attacker.send(request.subarray(0, 60));
      }
      const startedAt = performance.now();
      await associate(uids.Verification, implicit);
      expect(performance.now() - startedAt, 'a new association, milliseconds').to.be.below(ANSWER_MS_MAX);
    });

    attack('200 requests as long as can be, but for their last byte', async () => {
      const body = Buffer.alloc(384 * 1024 - 1);
      const head = Buffer.from([1, 0, 0, 0x06, 0, 0]);
      for (let index = 0; index < 200; index++) await (await connect()).send(head, body);
      await associate(uids.Verification, implicit);
    });

    attack(
      'requests of a megabyte, of 128 contexts with 500 transfer syntaxes, of thousands of user items',
      async () => {
        const megabyte = Buffer.alloc(1024 * 1024);
        const context = (index: number) => ({
          abstractSyntax: `1.2.${index}`,
          transferSyntaxes: Array.from({ length: 500 }, (_, at) => `1.2.840.10008.1.2.4.${at}`),
        });
        const contexts = aAssociateRq.encode(requestOf(Array.from({ length: 128 }, (_, at) => context(at))));
        const items = aAssociateRq.encode(requestOf(verification()));
        const bodies = [
          Buffer.concat([Buffer.from([1, 0, 0, 0x10, 0, 0]), megabyte]),
          contexts,
          withUserItems(items, 10_000),
        ];
        for (const body of bodies) {
          for (let index = 0; index < 10; index++) {
            const attacker = await connect();
            await attacker.send(body);
            await Promise.race([attacker.expect(7, ANSWER_MS_MAX), attacker.expect('end', ANSWER_MS_MAX)]);
          }
        }
      },
    );

    attack('PDUs of unknown types', async () => {
      for (const type of [0, 8, 0x47, 0xff]) {
        const attacker = await connect();
        await attacker.send(Buffer.from([type, 0, 0xff, 0xff, 0xff, 0xff]), Buffer.alloc(100_000));
        await attacker.expect(7, ANSWER_MS_MAX);
      }
    });

    attack('a thousand associations, opened and aborted', async () => {
      const one = async () => (await Attacker.associate(server.port, verification())).end();
      for (let round = 0; round < 40; round++) await Promise.all(Array.from({ length: 25 }, one));
    });

    attack('100 TLS connections that say nothing', async () => {
      const sockets = Array.from({ length: 100 }, () => connectPlain(server.tlsPort ?? 0, '127.0.0.1'));
      for (const socket of sockets) socket.on('error', () => undefined);
      await wait(1000);
      for (const socket of sockets) socket.destroy();
    });
  });

  describe('messages (PS3.7 §6.3, PS3.8 Annex E)', () => {
    attack('command sets of 64 KB in fragments of one byte, and a hundred thousand without any', async () => {
      for (const [count, bytes] of [
        [9000, Buffer.alloc(1)],
        [20_000, Buffer.alloc(0)],
      ] as const) {
        const attacker = await associate(uids.Verification, implicit);
        for (let index = 0; index < 8; index++) await attacker.send(manyPdvs(count, bytes, true));
        await attacker.send(command(ECHO));
        await Promise.race([attacker.expect(7, ANSWER_MS_MAX), attacker.expect(4, ANSWER_MS_MAX)]);
      }
    });

    attack('data sets in a million fragments of one byte, and of none', async () => {
      for (const [count, bytes] of [
        [18_000, Buffer.alloc(1)],
        [20_000, Buffer.alloc(0)],
      ] as const) {
        const attacker = await associate(uids.SecondaryCaptureImageStorage, explicit);
        const head = Buffer.concat([
          identifying('1.2.9.7').encode(explicitVrLittleEndian),
          LYING_LENGTHS['an element of 4 GB but two bytes'] ?? Buffer.alloc(0),
        ]);
        await attacker.send(command(storeRequest('1.2.9.7')), dataSet(head, false));
        for (let index = 0; index < 55; index++) await attacker.send(manyPdvs(count, bytes, false));
        await attacker.send(dataSet(Buffer.alloc(0), true));
        expect(await attacker.answer(2 * ANSWER_MS_MAX)).to.equal(0xc000);
      }
    });

    attack('identifiers in a million fragments of one byte', async () => {
      const attacker = await associate(FIND, implicit);
      await attacker.send(command(findRequest(1)));
      for (let index = 0; index < 55; index++) await attacker.send(manyPdvs(18_000, Buffer.alloc(1), false));
      await attacker.send(dataSet(Buffer.alloc(0), true));
      expect(await attacker.answer(2 * ANSWER_MS_MAX)).to.be.oneOf([0xc000, 0xa900]);
    });

    attack('C-ECHO without end, the answers never read', async () => {
      const attacker = await associate(uids.Verification, implicit);
      attacker.socket.pause();
      const echoes = Buffer.concat(Array<Buffer>(1000).fill(command(ECHO)));
      await attacker.sendFor(4000, Array<Buffer>(2000).fill(echoes));
    });

    attack('C-FIND of everything without end, the answers never read', async () => {
      const attacker = await associate(FIND, implicit);
      attacker.socket.pause();
      const identifier = identifierOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '' });
      const requests = finds(dataSet(identifier.encode(implicitVrLittleEndian), true));
      await attacker.sendFor(3000, requests);
    });

    attack('C-CANCEL without end', async () => {
      const attacker = await associate(FIND, implicit);
      const cancel = command({ type: 'C-CANCEL-RQ', messageIdBeingRespondedTo: 1, hasDataSet: false });
      await attacker.sendFor(2000, Array<Buffer>(2000).fill(Buffer.concat(Array<Buffer>(1000).fill(cancel))));
    });

    attack('C-STORE without a data set, a thousand times', async () => {
      const attacker = await associate(uids.SecondaryCaptureImageStorage, explicit);
      const request = command({ ...storeRequest('1.2.9.8'), hasDataSet: false });
      await attacker.send(...Array<Buffer>(1000).fill(request));
      expect(await attacker.answer(ANSWER_MS_MAX)).to.equal(0xc000);
    });
  });

  describe('the admin page (HTTP)', () => {
    const HEADERS = 'POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

    attack('a body without end', async () => {
      const attacker = await Attacker.connect(server.adminPort);
      attackers.push(attacker);
      await attacker.send(Buffer.from(`${HEADERS}Transfer-Encoding: chunked\r\n\r\n`));
      const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 'x'), Buffer.from('\r\n')]);
      await attacker.sendFor(4000, Array<Buffer>(4000).fill(chunk));
    });

    attack('headers without end', async () => {
      for (let index = 0; index < 20; index++) {
        const attacker = await Attacker.connect(server.adminPort);
        attackers.push(attacker);
        await attacker.send(Buffer.from(HEADERS));
        await attacker.sendFor(1000, Array<Buffer>(2000).fill(Buffer.from(`X-${'a'.repeat(1000)}: 1\r\n`)));
        const isRefused = () => attacker.isClosed || attacker.socket.writableNeedDrain;
        const deadline = performance.now() + 5000;
        while (!isRefused() && performance.now() < deadline) await wait(20);
        expect(isRefused(), 'closed, or not read any more').to.equal(true);
      }
    });

    attack('40 requests of a byte each second', async () => {
      const slow: Attacker[] = [];
      for (let index = 0; index < 40; index++) slow.push(await Attacker.connect(server.adminPort));
      attackers.push(...slow);
      for (let second = 0; second < 2; second++) {
        await Promise.all(slow.map((attacker) => attacker.send(Buffer.from('G'))));
        await wait(1000);
      }
    });
  });
});

const ECHO: Message = {
  type: 'C-ECHO-RQ',
  affectedSopClassUid: uids.Verification,
  messageId: 1,
  hasDataSet: false,
};

function verification(): Proposal[] {
  return [{ abstractSyntax: uids.Verification, transferSyntaxes: [implicit] }];
}

function storeRequest(uid: string) {
  return {
    type: 'C-STORE-RQ',
    affectedSopClassUid: uids.SecondaryCaptureImageStorage,
    affectedSopInstanceUid: uid,
    messageId: 1,
    priority: 0,
    hasDataSet: true,
  } as const;
}

function findRequest(messageId: number): Message {
  return { type: 'C-FIND-RQ', affectedSopClassUid: FIND, messageId, priority: 0, hasDataSet: true };
}

/** C-FIND-RQs in bundles, made before the attack: whoever attacks serves the others of this test too. */
function finds(identifier: Buffer): Buffer[] {
  const bundle = (from: number) =>
    Array.from({ length: 500 }, (_, index) =>
      Buffer.concat([command(findRequest(from + index)), identifier]),
    );
  return Array.from({ length: 100 }, (_, index) => Buffer.concat(bundle(1 + index * 500)));
}

/** The request with so many role selections more than any has, in its last item: the user information. */
function withUserItems(request: Buffer, count: number): Buffer {
  const uid = Buffer.from('1.2');
  const role = Buffer.concat([
    Buffer.from([0x54, 0, 0, 4 + uid.length, 0, uid.length]),
    uid,
    Buffer.from([0, 1]),
  ]);
  const roles = Buffer.alloc(Math.min(count, Math.floor(60_000 / role.length)) * role.length, role);
  const grown = Buffer.concat([request, roles]);
  grown.writeUInt32BE(grown.length - 6, 2);
  const userInformation = request.lastIndexOf(Buffer.from([0x50, 0]));
  grown.writeUInt16BE(grown.length - userInformation - 4, userInformation + 2);
  return grown;
}
