import { readSync, writeSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

const bufferBytes = 1024 * 1024;

/** What Node keeps behind a socket: not documented, and the only way to a blocking read and write on a connection. */
interface TcpHandle {
  fd: number;
  setBlocking(blocking: boolean): number;
}

/**
 * A TCP connection on which read and write block, as in a C program: no event loop, no allocation per read, so that
 * the load generator takes as little as possible of the processor that it shares with the server under test.
 * Only for processes that may be killed when they hang.
 */
export class BlockingSocket {
  readonly #socket: Socket;
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);
  #start = 0;
  #end = 0;

  /** @param socket connected and never read from; it belongs to this object from now on */
  constructor(socket: Socket) {
    const handle = (socket as unknown as { _handle?: TcpHandle | null })._handle;
    if (handle == null || handle.fd < 0 || typeof handle.setBlocking !== 'function') {
      throw new Error('this Node has no way to a blocking socket: the benchmark cannot run on it');
    }
    handle.setBlocking(true);
    this.#socket = socket;
    this.#fd = handle.fd;
  }

  /** @throws when nobody listens on `port` of this machine */
  static connect(port: number): Promise<BlockingSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      socket.pause();
      socket.once('error', reject);
      socket.once('connect', () => resolve(new BlockingSocket(socket)));
    });
  }

  write(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; ) {
      offset += writeSync(this.#fd, bytes, offset, bytes.length - offset);
    }
  }

  /** The next `sizeBytes` bytes, as a view that the next call may overwrite. @throws when the peer closes before them */
  take(sizeBytes: number): Buffer {
    if (sizeBytes > bufferBytes) throw new Error(`the peer sends a unit of ${sizeBytes} bytes`);
    if (this.#start + sizeBytes > bufferBytes) this.#compact();
    while (this.#end - this.#start < sizeBytes) this.#fill();
    const view = this.#buffer.subarray(this.#start, this.#start + sizeBytes);
    this.#start += sizeBytes;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    return view;
  }

  /** Reads once, straight into a buffer of the caller; only where `take` is not used. @returns bytes, 0 at the end */
  readInto(buffer: Uint8Array, offset: number, sizeBytes: number): number {
    return readSync(this.#fd, buffer, offset, sizeBytes, null);
  }

  close(): void {
    this.#socket.destroy();
  }

  #compact(): void {
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
  }

  #fill(): void {
    const readBytes = readSync(this.#fd, this.#buffer, this.#end, bufferBytes - this.#end, null);
    if (readBytes === 0) throw new Error('the peer closed the connection');
    this.#end += readBytes;
  }
}
