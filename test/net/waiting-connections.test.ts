import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { netLimits } from '../../src/net/limits.ts';
import type { Certificates } from '../../src/services/certificates.ts';
import { TestAcceptor } from '../helpers/acceptor.ts';
import { AssociationRejected, DimseClient } from '../helpers/dimse-client.ts';
import { PLAIN_SETTINGS } from '../helpers/settings.ts';
import { A_RELEASE_RQ } from '../ul/fixtures.ts';
import { pduOf, rawRequest } from '../ul/raw-request.ts';
import { RawPeer } from './raw-peer.ts';

/** Without TLS nobody asks for it. */
const NO_CERTIFICATES = {
  current: () => ({ certificate: '', privateKey: '' }),
  onChange: () => () => undefined,
} as unknown as Certificates;

describe('Connections without an association request (PS3.8 §9.1.4, §9.1.5)', () => {
  let acceptor: TestAcceptor;
  let port: number;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    acceptor = new TestAcceptor(NO_CERTIFICATES, {
      tls: { ...PLAIN_SETTINGS.tls, isEnabled: false, port: 0 },
      maximumAssociations: 2,
    });
    await acceptor.listeners.open(acceptor.settings.current);
    port = acceptor.portOf('dimse');
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await acceptor.close();
  });

  async function silent(count: number, bytes: Buffer = Buffer.alloc(0)): Promise<Socket[]> {
    const opened: Socket[] = [];
    for (let index = 0; index < count; index++) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      opened.push(socket);
      sockets.push(socket);
      await once(socket, 'connect');
      if (bytes.length > 0) socket.write(bytes);
    }
    await wait(50);
    return opened;
  }

  it('take the place of no association', async () => {
    await silent(10);
    const first = await DimseClient.connect({ port });
    await silent(10, Buffer.from([1, 0, 0, 0, 0]));
    const second = await DimseClient.connect({ port });

    const refusal = await DimseClient.connect({ port }).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(AssociationRejected);
    await first.release();
    await second.release();
  });

  const ends: [what: string, request: Buffer, more: Buffer, answer: string][] = [
    ['rejected', rawRequest({ called: 'PACS' }), Buffer.alloc(0), 'A-ASSOCIATE-RJ'],
    ['released', rawRequest(), A_RELEASE_RQ, 'A-RELEASE-RP'],
    ['aborted by us', rawRequest(), pduOf(0x0b, Buffer.alloc(0)), 'A-ABORT'],
  ];
  for (const [what, request, more, answer] of ends) {
    it(`and those whose association was ${what} and who do not close take the place of none, and the oldest makes room`, async () => {
      const peers: RawPeer[] = [];
      for (let index = 0; index < netLimits.waitingConnectionsMax + 2; index++) {
        const peer = await RawPeer.connect(port);
        peers.push(peer);
        sockets.push(peer.socket);
        peer.send(request);
        await peer.until((answers) => answers !== '');
        if (more.length > 0) peer.send(more);
        await peer.until((answers) => answers.includes(answer));
      }

      const client = await DimseClient.connect({ port });

      expect((await client.echo()).status).to.equal(0);
      await client.release();
      await wait(50);
      expect(peers.slice(0, 2).map(({ isClosed }) => isClosed)).to.deep.equal([true, true]);
      expect(peers.slice(4).filter(({ isClosed }) => isClosed)).to.have.length(0);
    });
  }

  it('are as many as may be: for one more, the one that has waited longest is closed, in words', async () => {
    const opened = await silent(netLimits.waitingConnectionsMax);
    expect(opened.filter(({ closed }) => closed)).to.have.length(0);

    const more = await silent(3, Buffer.from([1, 0, 0, 0, 0]));

    expect(opened.map(({ closed }) => closed)).to.deep.equal(opened.map((_, index) => index < 3));
    expect(more.some(({ closed }) => closed)).to.equal(false);
    await wait(50);
    const reasons = acceptor.log.lines.map(({ fields }) => fields['reason']);
    expect(reasons).to.include('too many connections without an association');
    await (await DimseClient.connect({ port })).release();
  });
});
