import { connect as connectTls, type TLSSocket } from 'node:tls';
import { within } from '../lib/within.ts';
import type { RepositoryConnection } from '../services/audit-sender.ts';
import { netLimits } from './limits.ts';
import type { TlsClient } from './tls-client.ts';
import { alertWords } from './tls-words.ts';

/** What the header of each message says of us — RFC 5424 §6.2. */
export interface SyslogOrigin {
  hostName: string;
  processId: number;
}

export interface SyslogOptions {
  repository: { host: string; port: number };
  tls: Pick<TlsClient, 'optionsFor' | 'refusalOf'>;
  origin: SyslogOrigin;
  signal: AbortSignal;
}

/** Security and authorization messages; normal but significant, and warning — RFC 5424 §6.2.1, PS3.15 §A.6. */
const FACILITY = 10;
const NOTICE = 5;
const WARNING = 4;
const VERSION = 1;
const APP_NAME = 'dicomkeep';
/** PS3.15 §A.6. */
const MESSAGE_ID = 'DICOM+RFC3881';
const NIL = '-';
/** Before a message in UTF-8 — RFC 5424 §6.4. */
const BYTE_ORDER_MARK = '\ufeff';
const HOST_NAME_CHARS_MAX = 255;

/** One audit message as a syslog message, its length before it — RFC 5425 §4.3. @param xml as `auditXml` makes it */
export function syslogFrame(xml: string, { hostName, processId }: SyslogOrigin): Buffer {
  const outcome = /EventOutcomeIndicator="(\d+)"/.exec(xml)?.[1];
  const time = /EventDateTime="([\dT:.Z-]+)"/.exec(xml)?.[1] ?? NIL;
  const priority = FACILITY * 8 + (outcome === '0' ? NOTICE : WARNING);
  const host = hostName.replaceAll(/[^!-~]/g, '').slice(0, HOST_NAME_CHARS_MAX) || NIL;
  const header = `<${priority}>${VERSION} ${time} ${host} ${APP_NAME} ${processId} ${MESSAGE_ID} ${NIL}`;
  const message = Buffer.from(`${header} ${BYTE_ORDER_MARK}${xml}`);
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}

/** Connects to an audit repository by TLS. @throws Error with the reason */
export async function connectSyslog(options: SyslogOptions): Promise<RepositoryConnection> {
  const { repository, tls, origin, signal } = options;
  const { host, port } = repository;
  // The name of a protocol is for DICOM alone.
  const { ALPNProtocols: _alpn, ...tlsOptions } = tls.optionsFor(host);
  const socket = connectTls({ ...tlsOptions, host, port });
  const connection = new SyslogConnection(socket, origin);
  const giveUp = () => connection.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  const { syslogConnectTimeoutMs: timeoutMs } = netLimits;
  try {
    await within(
      timeoutMs,
      () => new Error(`no connection within ${timeoutMs} ms`),
      () => connection.opened,
    );
    const refusal = tls.refusalOf(socket);
    if (refusal !== undefined) throw new Error(refusal);
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

class SyslogConnection implements RepositoryConnection {
  readonly opened: Promise<void>;
  readonly #socket: TLSSocket;
  readonly #origin: SyslogOrigin;
  /** Rejects when the connection is over that we did not end. */
  readonly #lost: Promise<never>;
  /** Resolves when the other side has closed it. */
  readonly #closedByPeer: Promise<void>;

  constructor(socket: TLSSocket, origin: SyslogOrigin) {
    this.#socket = socket;
    this.#origin = origin;
    this.#lost = new Promise((_resolve, reject) => {
      socket.once('error', (error) => reject(new Error(alertWords(error) ?? error.message)));
      socket.once('close', () => reject(new Error('the repository has closed the connection')));
    });
    this.#lost.catch(() => undefined);
    socket.on('error', () => undefined);
    this.#closedByPeer = new Promise((resolve) => socket.once('end', resolve));
    this.opened = Promise.race([
      new Promise<void>((resolve) => socket.once('secureConnect', resolve)),
      this.#lost,
    ]);
    // A repository says nothing; what it says nevertheless is not kept.
    socket.resume();
  }

  async send(messages: readonly string[]): Promise<void> {
    const bytes = Buffer.concat(messages.map((xml) => syslogFrame(xml, this.#origin)));
    const { syslogSendTimeoutMs: timeoutMs } = netLimits;
    const late = () => new Error(`the repository takes nothing for ${timeoutMs} ms`);
    const taken = () => new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()));
    await within(timeoutMs, late, () => Promise.race([taken(), this.#lost]));
    // A write to a connection that is gone calls back, too.
    if (this.#socket.destroyed || this.#socket.readableEnded)
      throw new Error('the repository has closed the connection');
  }

  async finish(): Promise<boolean> {
    // Closed by the other side first, for whatever reason it had: what it has read is not known.
    if (this.#socket.destroyed || this.#socket.readableEnded)
      throw new Error('the repository has closed the connection');
    const { syslogCloseTimeoutMs: timeoutMs } = netLimits;
    const late = new Error('no answer');
    this.#socket.end();
    try {
      await within(
        timeoutMs,
        () => late,
        () => Promise.race([this.#closedByPeer, this.#lost]),
      );
      return true;
    } catch (error) {
      if (error === late) return false;
      throw error;
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
