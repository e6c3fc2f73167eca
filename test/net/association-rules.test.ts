import { expect } from 'chai';
import type { Certificates } from '../../src/services/certificates.ts';
import { TestAcceptor } from '../helpers/acceptor.ts';
import { DimseClient } from '../helpers/dimse-client.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';
import { A_RELEASE_RQ, hex, P_DATA_TF, uids } from '../ul/fixtures.ts';
import {
  APPLICATION_CONTEXT,
  contextItem,
  FIRST_PDUS,
  pduOf,
  rawRequest,
  userInformation,
} from '../ul/raw-request.ts';
import { FakeStorage } from './fake-storage.ts';
import { COMMAND, echoPdu, echoRequest, LAST, pData, pdv, storeRequest } from './pdata.ts';
import { ANSWER_MS_MAX, RawPeer } from './raw-peer.ts';

/** Without TLS nobody asks for it. */
const NO_CERTIFICATES = {
  current: () => ({ certificate: '', privateKey: '' }),
  onChange: () => () => undefined,
} as unknown as Certificates;

/** Verification on context 1, CT Image Storage on context 3. */
const REQUEST = rawRequest({
  items: [APPLICATION_CONTEXT, contextItem(1), contextItem(3, uids.ctImageStorage), userInformation()],
});

const piecesOf = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
/** A command set in fragments of `size` bytes, each a PDV. */
const fragments = (command: Buffer, size: number) =>
  piecesOf(command, size).map((bytes, index, all) =>
    pdv(1, COMMAND | (index === all.length - 1 ? LAST : 0), bytes),
  );

describe('An association over a socket (PS3.8 §9.2, §9.3)', function () {
  this.timeout(60_000);
  let storage: FakeStorage;
  let acceptor: TestAcceptor;
  let port: number;
  /** Another caller, whom nothing of all this concerns. */
  let bystander: DimseClient;
  const peers: RawPeer[] = [];

  before(async () => {
    storage = new FakeStorage();
    const settings = { tls: { ...PLAIN_SETTINGS.tls, isEnabled: false } };
    acceptor = new TestAcceptor(NO_CERTIFICATES, settings, undefined, {
      services: { storage: storage.service },
    });
    await acceptor.listeners.open(acceptor.settings.current);
    port = acceptor.portOf('dimse');
    bystander = await DimseClient.connect({ port, calling: 'BYSTANDER' });
  });
  after(async () => {
    await bystander.release();
    await acceptor.close();
  });
  beforeEach(() => {
    storage.received.length = 0;
    storage.aborts = 0;
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.destroy();
    expect((await bystander.echo()).status, 'the other association').to.equal(0);
    expect(acceptor.log.lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
  });

  async function associated(): Promise<RawPeer> {
    const peer = await RawPeer.associate(port, REQUEST);
    peers.push(peer);
    return peer;
  }

  describe('answers first of all', () => {
    for (const [what, bytes, answer] of FIRST_PDUS) {
      it(`${what}: ${answer === '' ? 'by closing' : answer}`, async () => {
        const peer = await RawPeer.connect(port);
        peers.push(peer);

        peer.send(bytes);

        if (answer === '') await peer.closed();
        else await peer.until((answers) => answers !== '');
        // What nobody understands may be answered more than once.
        expect(peer.answers.split(', ')[0]).to.equal(answer);
      });
    }
  });

  const AC = 'A-ASSOCIATE-AC';
  const within: [what: string, bytes: Buffer, answer: string][] = [
    ['a PDU of an unknown type', pduOf(0x0b, Buffer.alloc(4)), 'A-ABORT 2 1'],
    ['a second A-ASSOCIATE-RQ', REQUEST, 'A-ABORT 2 2'],
    ['an A-ASSOCIATE-RJ', hex('03 00 00000004 00 01 01 07'), 'A-ABORT 2 2'],
    ['an A-RELEASE-RP that nobody asked for', hex('06 00 00000004 00000000'), 'A-ABORT 2 2'],
    ['a P-DATA-TF without a PDV', pData(), 'A-ABORT 2 6'],
    ['a PDV that passes the end of its PDU', pData(pdv(1, COMMAND, Buffer.alloc(4), 60)), 'A-ABORT 2 6'],
    ['a PDV shorter than its header', pData(pdv(1, COMMAND, Buffer.alloc(0), 1)), 'A-ABORT 2 6'],
    ['a context that was not accepted', pData(pdv(5, COMMAND | LAST, echoRequest(1))), 'A-ABORT 2 6'],
    ['a P-DATA-TF above our maximum length', pduOf(0x04, Buffer.alloc(0), 200_000), 'A-ABORT 2 6'],
    ['an A-RELEASE-RQ of 1 kB', pduOf(0x05, Buffer.alloc(1000)), 'A-ABORT 2 6'],
    ['a data set that no command announces', P_DATA_TF, 'A-ABORT 2 0'],
    ['a command set that is none', pData(pdv(1, COMMAND | LAST, Buffer.alloc(100, 0xee))), 'A-ABORT 2 0'],
    [
      'a command within the data set of another',
      Buffer.concat([pData(pdv(3, COMMAND | LAST, storeRequest(1)), pdv(3, 0, Buffer.alloc(2))), echoPdu(2)]),
      'A-ABORT 2 0',
    ],
    [
      'the data set of another context',
      pData(pdv(3, COMMAND | LAST, storeRequest(1)), pdv(1, LAST, Buffer.alloc(2))),
      'A-ABORT 2 0',
    ],
    [
      'a command set of two contexts',
      pData(
        pdv(1, COMMAND, echoRequest(1).subarray(0, 8)),
        pdv(3, COMMAND | LAST, echoRequest(1).subarray(8)),
      ),
      'A-ABORT 2 0',
    ],
    [
      'a command set without end',
      Buffer.concat(piecesOf(Buffer.alloc(80_000), 8000).map((bytes) => pData(pdv(1, COMMAND, bytes)))),
      'A-ABORT 2 0',
    ],
  ];
  for (const [what, bytes, answer] of within) {
    it(`answers ${what} with ${answer} (Table 9-26)`, async () => {
      const peer = await associated();

      peer.send(bytes);

      await peer.until((answers) => answers.includes('A-ABORT'));
      expect(peer.answers).to.equal(`${AC}, ${answer}`);
      expect(storage.received).to.deep.equal([]);
    });
  }

  const echoed: [what: string, bytes: Buffer, answers: number][] = [
    [
      'a command set in fragments of one byte, each in a PDU',
      Buffer.concat(fragments(echoRequest(1), 1).map((one) => pData(one))),
      1,
    ],
    ['a command set in several PDVs of one PDU', pData(...fragments(echoRequest(1), 10)), 1],
    [
      'two command sets in one PDU',
      pData(pdv(1, COMMAND | LAST, echoRequest(1)), pdv(1, COMMAND | LAST, echoRequest(2))),
      2,
    ],
    ['reserved bits in the message control header', pData(pdv(1, 0xfc | COMMAND | LAST, echoRequest(1))), 1],
    [
      'fragments of no bytes before, within and at the end',
      pData(
        pdv(1, COMMAND, Buffer.alloc(0)),
        pdv(1, COMMAND, echoRequest(1).subarray(0, 9)),
        pdv(1, COMMAND, Buffer.alloc(0)),
        pdv(1, COMMAND, echoRequest(1).subarray(9)),
        pdv(1, COMMAND | LAST, Buffer.alloc(0)),
      ),
      1,
    ],
  ];
  for (const [what, bytes, count] of echoed) {
    it(`takes ${what} (Annex E)`, async () => {
      const peer = await associated();

      peer.send(bytes, A_RELEASE_RQ);

      await peer.until((answers) => answers.includes('A-RELEASE-RP'));
      expect(peer.answers).to.equal(
        [AC, ...Array<string>(count).fill('P-DATA-TF'), 'A-RELEASE-RP'].join(', '),
      );
    });
  }

  it('takes a C-STORE-RQ and its data set in one P-DATA-TF, and what follows in the same', async () => {
    const peer = await associated();
    const dataSet = Buffer.from('0123456789');

    peer.send(
      pData(
        pdv(3, COMMAND | LAST, storeRequest(1)),
        pdv(3, LAST, dataSet),
        pdv(3, COMMAND | LAST, storeRequest(2)),
        pdv(3, 0, dataSet.subarray(0, 4)),
        pdv(3, 0, Buffer.alloc(0)),
        pdv(3, LAST, dataSet.subarray(4)),
        pdv(1, COMMAND | LAST, echoRequest(3)),
      ),
    );

    await peer.until((answers) => answers === `${AC}, P-DATA-TF, P-DATA-TF, P-DATA-TF`);
    expect(
      storage.received.map(({ sopInstanceUid, dataSet: bytes }) => [sopInstanceUid, bytes]),
    ).to.deep.equal([
      ['1.2.1', dataSet],
      ['1.2.2', dataSet],
    ]);
  });

  it('takes a data set of which the last fragment has no bytes', async () => {
    const peer = await associated();

    peer.send(
      pData(pdv(3, COMMAND | LAST, storeRequest(1)), pdv(3, 0, Buffer.alloc(6, 1))),
      pData(pdv(3, LAST, Buffer.alloc(0))),
    );

    await peer.until((answers) => answers === `${AC}, P-DATA-TF`);
    expect(storage.received[0]?.dataSet).to.deep.equal(Buffer.alloc(6, 1));
  });

  it('sends nothing above the maximum length of the peer, however small it is', async () => {
    const peer = await RawPeer.associate(
      port,
      rawRequest({ items: [APPLICATION_CONTEXT, contextItem(1), userInformation(8)] }),
    );
    peers.push(peer);
    const before = peer.received.length;

    peer.send(echoPdu(1), A_RELEASE_RQ);

    await peer.until((answers) => answers.endsWith('A-RELEASE-RP'));
    const stream = peer.received.subarray(before);
    for (let at = 0; at < stream.length; at += 6 + stream.readUInt32BE(at + 2)) {
      expect(stream.readUInt32BE(at + 2)).to.be.at.most(8);
    }
  });

  it('answers what comes behind an A-RELEASE-RQ with A-ABORT, and after its answer with nothing (Sta8, Sta13)', async () => {
    const hasty = await associated();
    hasty.send(A_RELEASE_RQ, echoPdu(1));
    await hasty.until((answers) => answers !== AC);
    expect(hasty.answers).to.equal(`${AC}, A-ABORT 2 2`);

    const late = await associated();
    late.send(A_RELEASE_RQ);
    await late.until((answers) => answers.includes('A-RELEASE-RP'));
    late.send(echoPdu(1), A_RELEASE_RQ);
    late.socket.end();
    await late.closed();
    expect(late.answers).to.equal(`${AC}, A-RELEASE-RP`);
  });

  it('gives up a data set that an A-ABORT, a release, a bad PDU or the end of the connection cuts', async () => {
    const begun = pData(pdv(3, COMMAND | LAST, storeRequest(1)), pdv(3, 0, Buffer.alloc(100)));
    const ends: ((peer: RawPeer) => void)[] = [
      (peer) => peer.send(hex('07 00 00000004 0000 00 00')),
      (peer) => peer.send(A_RELEASE_RQ),
      (peer) => peer.send(pduOf(0x0b, Buffer.alloc(4))),
      (peer) => peer.socket.end(),
      (peer) => peer.socket.resetAndDestroy(),
    ];
    for (const [index, end] of ends.entries()) {
      const peer = await associated();
      const before = storage.begun;
      peer.send(begun);
      await peer.until(() => storage.begun > before);

      end(peer);

      await peer.until(() => storage.aborts === index + 1);
    }
    expect(storage.received).to.deep.equal([]);
  });

  it('takes an A-ABORT of any source and reason, and closes without a word (AA-3)', async () => {
    for (const source of [0, 1, 2, 255]) {
      for (const reason of [0, 1, 2, 4, 5, 6, 99]) {
        const peer = await associated();

        peer.send(Buffer.concat([hex('07 00 00000004 ffff'), Buffer.from([source, reason])]));

        await peer.closed();
        expect(peer.answers, `source ${source}, reason ${reason}`).to.equal(AC);
      }
    }
  });

  it(`serves others within ${ANSWER_MS_MAX} ms while it is flooded with what it does not understand`, async () => {
    const flood = Buffer.concat(Array.from({ length: 2000 }, () => pduOf(0x0b, Buffer.alloc(30))));
    for (let count = 0; count < 5; count++) {
      const peer = await associated();
      peer.send(flood, flood);
    }

    expect((await bystander.echo()).status).to.equal(0);
    // AA-7 answers some of it and not each: a flood earns no echo.
    for (const peer of peers) {
      await peer.until((answers) => answers.includes('A-ABORT'));
      expect(peer.answers.split(', ').length).to.be.at.most(6);
    }
  });
});
