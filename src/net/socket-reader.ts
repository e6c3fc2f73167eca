import { Socket } from 'node:net';
import { ReceiveBuffers } from './receive-buffers.ts';

export interface ReaderEvents {
  /** The bytes may be kept until `held` says that they are not. */
  chunk(bytes: Buffer): void;
  /** Resolves when none of the bytes given so far is needed any more; undefined where that is so already. */
  held(): Promise<void> | undefined;
  isWithinDataSet(): boolean;
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
  return {
    buffer: () => buffers.room,
    callback(bytes: number, buffer: Uint8Array): boolean {
      events.chunk(Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
      const blocked = buffers.advance(bytes, () => events.held(), events.isWithinDataSet());
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
  socket.on('data', (bytes: Buffer) => {
    events.chunk(bytes);
    const held = events.held();
    if (held === undefined) return;
    socket.pause();
    void held.then(() => socket.resume());
  });
  socket.resume();
  return { socket, close: () => undefined };
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
