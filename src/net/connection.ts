import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { messageOf } from '../lib/problem.ts';
import type { EchoOutcome } from '../services/echo.ts';
import { ReceiveBuffers } from './receive-buffers.ts';
import { onReadOptions, type ReaderEvents, readByEvents } from './socket-reader.ts';
import { TLS_VERSION_MIN } from './tls-server.ts';

export interface Address {
  host: string;
  port: number;
  useTls: boolean;
}

/** A connection that is open; nothing is read from it before it is attached. */
export interface Connection {
  /** Begins to read. */
  read(): { socket: Socket; close(): void };
  resolvedAddress: string;
  /** With the TLS handshake. */
  connectMs: number;
}

/** Why there is no connection. */
export class ConnectError extends Error {
  readonly outcome: EchoOutcome;
  /** Undefined where no address was found. */
  readonly resolvedAddress: string | undefined;

  constructor(outcome: EchoOutcome, words: string, resolvedAddress: string | undefined) {
    super(words);
    this.outcome = outcome;
    this.resolvedAddress = resolvedAddress;
  }
}

const OUTCOMES: Readonly<Record<string, EchoOutcome>> = {
  ENOTFOUND: 'name-not-found',
  EAI_AGAIN: 'name-not-found',
  ECONNREFUSED: 'connection-refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EACCES: 'unreachable',
  ETIMEDOUT: 'connect-timeout',
};

/**
 * @param timeoutMs for name, connection and TLS handshake together
 * @param signal gives it up
 * @throws ConnectError
 */
export async function openConnection(
  { host, port, useTls }: Address,
  events: ReaderEvents,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Connection> {
  const startedAt = performance.now();
  let resolvedAddress = isIP(host) === 0 ? undefined : host;
  const buffers = new ReceiveBuffers();
  // TLS reads from the connection itself.
  const onread = useTls ? {} : { onread: onReadOptions(buffers, events, () => socket) };
  const socket: Socket = connect({ host, port, noDelay: true, ...onread });
  socket.on('lookup', (_error, address) => {
    if (address !== '') resolvedAddress = address;
  });
  try {
    await opened(socket, 'connect', timeoutMs, `no connection within ${timeoutMs} ms`, signal);
    resolvedAddress = socket.remoteAddress ?? resolvedAddress;
  } catch (error) {
    socket.destroy();
    const { code, words } = reasonOf(error);
    throw new ConnectError(OUTCOMES[code] ?? 'failed', words, resolvedAddress);
  }
  const close = () => buffers.close(events.held());
  let read = () => ({ socket, close });
  if (useTls) {
    const encrypted = await overTls(socket, host, timeoutMs - (performance.now() - startedAt), signal);
    read = () => readByEvents(encrypted, events);
  }
  const connectMs = performance.now() - startedAt;
  return { read, resolvedAddress: resolvedAddress ?? host, connectMs };
}

/**
 * Devices in hospitals have certificates that they made themselves, and are known by address: the connection is encrypted, and nobody's name
 * is verified.
 */
async function overTls(
  socket: Socket,
  host: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const encrypted = connectTls({
    socket,
    minVersion: TLS_VERSION_MIN,
    rejectUnauthorized: false,
    ...(isIP(host) === 0 && { servername: host }),
  });
  try {
    await opened(
      encrypted,
      'secureConnect',
      timeoutMs,
      `no TLS handshake within ${Math.round(timeoutMs)} ms`,
      signal,
    );
  } catch (error) {
    socket.destroy();
    encrypted.destroy();
    throw new ConnectError('tls-failed', `TLS: ${reasonOf(error).words}`, socket.remoteAddress);
  }
  return encrypted;
}

async function opened(
  socket: Socket,
  event: string,
  timeoutMs: number,
  words: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let giveUp: () => void = () => undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      const late = Object.assign(new Error(words), { code: 'ETIMEDOUT' });
      timer = setTimeout(() => reject(late), timeoutMs);
      socket.once(event, resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the connection was closed')));
      giveUp = () => reject(new Error('cancelled'));
      signal?.addEventListener('abort', giveUp);
      if (signal?.aborted === true) giveUp();
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
    // An error from now on is told by 'close'; without a listener it would end the process.
    socket.on('error', () => undefined);
  }
}

/** Where a name has several addresses, all of which failed, the first tells. */
function reasonOf(error: unknown): { code: string; words: string } {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const { code = '' } = first as NodeJS.ErrnoException;
  return { code, words: messageOf(first) };
}
