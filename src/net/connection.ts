import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { messageOf } from '../lib/problem.ts';
import type { EchoOutcome } from '../services/echo.ts';
import { ReceiveBuffers } from './receive-buffers.ts';
import { onReadOptions, type ReaderEvents, readByEvents } from './socket-reader.ts';
import type { TlsClient } from './tls-client.ts';
import { alertWords } from './tls-words.ts';

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
  /** What the other side has said against our certificate, in words: with TLS 1.3 it does so after the handshake. */
  tlsRefusal(): string | undefined;
}

export interface OpeningOptions {
  /** For name, connection and TLS handshake together. */
  timeoutMs: number;
  tls: TlsClient;
  /** Gives it up. */
  signal?: AbortSignal | undefined;
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

/** @throws ConnectError */
export async function openConnection(
  { host, port, useTls }: Address,
  events: ReaderEvents,
  { timeoutMs, tls, signal }: OpeningOptions,
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
  let refusal: string | undefined;
  if (useTls) {
    const leftMs = timeoutMs - (performance.now() - startedAt);
    const encrypted = await overTls(socket, host, { timeoutMs: leftMs, tls, signal });
    encrypted.on('error', (error) => {
      refusal ??= alertWords(error);
    });
    read = () => readByEvents(encrypted, events);
  }
  const connectMs = performance.now() - startedAt;
  const tlsRefusal = () => refusal;
  return { read, resolvedAddress: resolvedAddress ?? host, connectMs, tlsRefusal };
}

async function overTls(
  socket: Socket,
  host: string,
  { timeoutMs, tls, signal }: OpeningOptions,
): Promise<TLSSocket> {
  const encrypted = connectTls({ ...tls.optionsFor(host), socket });
  const failed = (words: string) => {
    const { remoteAddress } = socket;
    // It takes the connection below with it. That one first, within the handshake, is a segmentation fault of Node 22.
    encrypted.destroy();
    return new ConnectError('tls-failed', `TLS: ${words}`, remoteAddress);
  };
  try {
    await opened(
      encrypted,
      'secureConnect',
      timeoutMs,
      `no TLS handshake within ${Math.round(timeoutMs)} ms`,
      signal,
    );
  } catch (error) {
    const words = error instanceof Error ? alertWords(error) : undefined;
    throw failed(words ?? reasonOf(error).words);
  }
  const refusal = tls.refusalOf(encrypted);
  if (refusal !== undefined) throw failed(refusal);
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
