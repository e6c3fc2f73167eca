import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { netLimits } from '../../src/net/limits.ts';
import { SocketWriter } from '../../src/net/socket-writer.ts';

const ANSWER = Buffer.alloc(1000, 7);
/** More than the kernel takes on both ways of a connection on loopback. */
const MUCH = Buffer.alloc(32 * 1024 * 1024);

describe('SocketWriter', () => {
  let server: Server;
  let socket: Socket;
  let peer: Socket;
  let writer: SocketWriter;

  beforeEach(async () => {
    server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const accepted = once(server, 'connection');
    peer = connect({ port, host: '127.0.0.1' });
    peer.on('error', () => undefined);
    [socket] = (await accepted) as [Socket];
    socket.on('error', () => undefined);
    writer = new SocketWriter(socket);
  });
  afterEach(() => {
    peer.destroy();
    socket.destroy();
    server.close();
  });

  async function read(bytes: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    peer.on('data', (piece: Buffer) => pieces.push(piece));
    while (pieces.reduce((sum, { length }) => sum + length, 0) < bytes) await wait(2);
    return Buffer.concat(pieces);
  }

  it('joins short buffers of one turn, and keeps the order of everything', async () => {
    let writes = 0;
    const write = socket.write.bind(socket);
    Object.assign(socket, {
      write: (...values: Parameters<typeof write>) => {
        writes += 1;
        return write(...values);
      },
    });
    const long = Buffer.alloc(netLimits.joinedBytesMax + 1, 2);

    for (let count = 0; count < 10; count++) writer.write([Buffer.from([1])]);
    writer.write([long]);
    writer.write([Buffer.from([3])]);
    writer.write([Buffer.from([4])], () => undefined);

    expect([...(await read(10 + long.length + 2))]).to.deep.equal([...Array(10).fill(1), ...long, 3, 4]);
    expect(writes).to.equal(4);
  });

  it('calls back when the kernel has taken all, when there is nothing, and when the connection is gone', async () => {
    await new Promise<void>((resolve) => writer.write([ANSWER, ANSWER], resolve));
    await new Promise<void>((resolve) => writer.write([], resolve));
    let written = 0;
    writer.write([MUCH], () => {
      written += 1;
    });
    await wait(20);
    expect(written).to.equal(0);

    socket.destroy();
    await new Promise<void>((resolve) => writer.write([ANSWER], resolve));

    while (written === 0) await wait(2);
    expect(written).to.equal(1);
    expect(writer.stalledMs).to.equal(0);
  });

  it('tells for how long nothing has been taken, and nothing of a connection on which nothing waits', async () => {
    expect(writer.stalledMs).to.equal(0);
    writer.write([MUCH], () => undefined);
    await wait(60);
    expect(writer.stalledMs).to.be.above(50);

    await read(MUCH.length);

    await wait(10);
    expect(writer.stalledMs).to.equal(0);
  });

  it('is congested by answers that are not taken, until they are', async () => {
    expect(writer.congestion()).to.equal(undefined);
    let answers = 0;
    // What the kernel takes does not count.
    while (writer.congestion() === undefined) {
      writer.write([ANSWER]);
      answers += 1;
      if (answers % 100 === 0) await wait(0);
    }
    let isRelieved = false;
    void writer.congestion()?.then(() => {
      isRelieved = true;
    });
    await wait(20);
    expect(isRelieved).to.equal(false);
    expect(socket.writableLength).to.be.within(netLimits.unsentBytesMax / 2, netLimits.unsentBytesMax * 2);

    await read(answers * ANSWER.length);

    await wait(10);
    expect(isRelieved).to.equal(true);
    expect(writer.congestion()).to.equal(undefined);
  });

  it('is not congested by what somebody waits for: instances that are sent', async () => {
    writer.write([MUCH], () => undefined);
    await wait(5);

    expect(writer.congestion()).to.equal(undefined);
  });

  it('is relieved by the end of the connection', async () => {
    while (writer.congestion() === undefined) {
      for (let count = 0; count < 100; count++) writer.write([ANSWER]);
      await wait(0);
    }
    const relieved = writer.congestion();

    socket.destroy();

    await relieved;
  });
});
