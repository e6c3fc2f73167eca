import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';

export interface SyslogMessage {
  priority: number;
  version: string;
  time: string;
  host: string;
  application: string;
  processId: string;
  messageId: string;
  structuredData: string;
  /** Whether MSG begins with a byte order mark. */
  isMarked: boolean;
  xml: string;
}

/** An audit repository: syslog over TLS, frames with their length before them — RFC 5425 §4.3. */
export class SyslogReceiver {
  readonly messages: SyslogMessage[] = [];
  /** Subjects of the certificates that were shown. */
  readonly clients: string[] = [];
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<TLSSocket>();
  readonly #plain = new Set<Socket>();

  static async listen(options: TlsOptions, port = 0): Promise<SyslogReceiver> {
    const receiver = new SyslogReceiver(options);
    await new Promise<void>((resolve) => receiver.#server.listen(port, '127.0.0.1', resolve));
    return receiver;
  }

  private constructor(options: TlsOptions) {
    this.#server = createServer({ ...options, requestCert: true, rejectUnauthorized: false }, (socket) =>
      this.#accept(socket),
    );
    this.#server.on('connection', (socket) => {
      this.#plain.add(socket);
      socket.once('close', () => this.#plain.delete(socket));
    });
    this.#server.on('tlsClientError', () => undefined);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts all connections, unread as they are. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** What the kernel does to connections whose process ends before it has read them. */
  reset(): void {
    for (const socket of this.#plain) socket.resetAndDestroy();
  }

  /** As when its process is killed. */
  async kill(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: TLSSocket): void {
    this.connections += 1;
    this.clients.push(String(socket.getPeerCertificate().subject?.CN));
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      rest = this.#take(Buffer.concat([rest, bytes]));
    });
  }

  #take(bytes: Buffer): Buffer {
    let rest = bytes;
    for (;;) {
      const space = rest.indexOf(' ');
      if (space < 0) return rest;
      const length = Number(rest.toString('latin1', 0, space));
      if (!/^[1-9]\d*$/.test(rest.toString('latin1', 0, space)))
        throw new Error('no length before a message');
      if (rest.length < space + 1 + length) return rest;
      this.messages.push(parsed(rest.toString('utf8', space + 1, space + 1 + length)));
      rest = rest.subarray(space + 1 + length);
    }
  }
}

/** RFC 5424 §6. */
function parsed(text: string): SyslogMessage {
  const found =
    /^<(\d{1,3})>(\d+) (\S+) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) (-|\[.*\]) (.*)$/s.exec(
      text,
    );
  if (found === null) throw new Error(`no syslog message: ${text.slice(0, 100)}`);
  const [, priority, version = '', time = '', host = '', application = '', processId = ''] = found;
  const [messageId = '', structuredData = '', message = ''] = found.slice(7);
  const isMarked = message.startsWith('\ufeff');
  const header = {
    priority: Number(priority),
    version,
    time,
    host,
    application,
    processId,
    messageId,
    structuredData,
  };
  return { ...header, isMarked, xml: isMarked ? message.slice(1) : message };
}
