import { Socket } from 'node:net';
import { ReadingTurn } from './reading-turn.ts';
import { ReceiveBuffers } from './receive-buffers.ts';

export interface ReaderEvents {
  /** The bytes may be kept until `held` says that they are not. */
  chunk(bytes: Buffer): void;
  /** Resolves when none of the bytes given so far is needed any more; undefined where that is so already. */
  held(): Promise<void> | undefined;
  isWithinDataSet(): boolean;
  /** Resolves when what was sent has been taken so far that more may be read; undefined where that is so. */
  congestion?(): Promise<void> | undefined;
}

/** The part of Node's socket that has no public name: an accepted socket cannot be told to read into our buffers. */
interface SocketInternals {
  _handle: unknown;
  _server: unknown;
}

/**
 * Makes an accepted socket read into reused buffers: without it, each read allocates 64 KiB, which costs a fifth of the speed of receiving. The option
 * `onread` exists for connecting sockets only, so the connection is moved to a new socket that is built with it.
 *
 * Needs `pauseOnConnect`, so that nothing was read before. Where a Node of the future has no such handle any more, `socket` itself is
 * read by its events: slower, not worse.
 */
export function readInto(socket: Socket, events: ReaderEvents): { socket: Socket; close(): void } {
  const internals = socket as unknown as SocketInternals;
  if (typeof internals._handle !== 'object' || internals._handle === null || !isSupported()) {
    return readByEvents(socket, events);
  }
  const buffers = new ReceiveBuffers();
  const handle = internals._handle;
  internals._handle = null;
  const options = { handle, onread: onReadOptions(buffers, events, () => moved) };
  const moved: Socket = new Socket(options as object);
  (moved as unknown as SocketInternals)._server = internals._server;
  moved.resume();
  return { socket: moved, close: () => buffers.close(events.held()) };
}

/** The `onread` option of a socket that reads into reused buffers; for connecting sockets it is public. */
export function onReadOptions(buffers: ReceiveBuffers, events: ReaderEvents, socketOf: () => Socket) {
  const turn = new ReadingTurn();
  return {
    buffer: () => buffers.room.subarray(0, turn.bytesMax),
    callback(bytes: number, buffer: Uint8Array): boolean {
      const others = turn.take(bytes, () => {
        events.chunk(Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
      });
      const room = buffers.advance(bytes, () => events.held(), events.isWithinDataSet());
      const blocked = all(others, room, events.congestion?.());
      if (blocked === undefined) return true;
      void blocked.then(() => {
        const socket = socketOf();
        if (!socket.destroyed) socket.resume();
      });
      return false;
    },
  };
}

/** Reads by 'data' events: for TLS, and where the faster way is not to be had. */
export function readByEvents(socket: Socket, events: ReaderEvents): { socket: Socket; close(): void } {
  const turn = new ReadingTurn();
  socket.on('data', (bytes: Buffer) => {
    const others = turn.take(bytes.length, () => events.chunk(bytes));
    const blocked = all(others, events.held(), events.congestion?.());
    if (blocked === undefined) return;
    socket.pause();
    void blocked.then(() => socket.resume());
  });
  socket.resume();
  return { socket, close: () => undefined };
}

function all(...given: (Promise<void> | undefined)[]): Promise<void> | undefined {
  const [first, ...others] = given.filter((one) => one !== undefined);
  return others.length === 0 ? first : Promise.all([first, ...others]).then(() => undefined);
}

let supported: boolean | undefined;

/** Whether a socket built with `onread` asks its handle to use our buffer; looked up once. */
function isSupported(): boolean {
  if (supported === undefined) {
    let isAsked = false;
    const handle = {
      useUserBuffer: () => (isAsked = true),
      readStart: () => 0,
      readStop: () => 0,
      close: () => undefined,
    };
    try {
      const options = {
        handle,
        manualStart: true,
        onread: { buffer: Buffer.alloc(16), callback: () => true },
      };
      new Socket(options as object);
    } catch {
      // Then not.
    }
    supported = isAsked;
  }
  return supported;
}
