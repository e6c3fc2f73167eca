import { connect, type Socket } from 'node:net';

/** A bare connection, for bytes that are no association, or a bad one. */
export async function connectRaw(port: number): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const pieces: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => pieces.push(bytes));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, received: () => Buffer.concat(pieces), closed };
}

export interface RawConnection {
  socket: Socket;
  /** All that the server has sent so far. */
  received(): Buffer;
  closed: Promise<void>;
}
