import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { messageOf } from '../lib/problem.ts';
import { buildApp } from './app.ts';
import type { AdminParts } from './parts.ts';
import { type HttpCode, HttpRefusal, problemAnswerOf } from './problems.ts';

export interface AdminServer {
  port: number;
  /** Ends live streams and idle connections at once, and what is under way after three seconds. */
  close(): Promise<void>;
}

/** A record of type handshake — RFC 8446 §5.1: so begins TLS, and no HTTP request. */
const TLS_HANDSHAKE = 0x16;
const CONNECTIONS_MAX = 200;
/** Of one address, so that nobody alone takes all; a reverse proxy on this machine speaks for many. */
const CONNECTIONS_OF_ADDRESS_MAX = 40;
/** How often it is logged at most that connections were dropped, milliseconds. */
const DROPS_LOGGED_MS = 60_000;
const FIRST_BYTE_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Without a byte in either direction: whoever downloads and does not read. Live streams have a heartbeat. */
const IDLE_TIMEOUT_MS = 120_000;
const CHECK_INTERVAL_MS = 2000;
const CLOSE_TIMEOUT_MS = 3000;
const CLOSE_LOOK_MS = 50;

/**
 * Serves the page and its API by HTTP and HTTPS on one port — docs/adr/0008.
 *
 * @param options port 0: any that is free
 * @throws Error where the port cannot be bound
 */
export async function startAdmin(
  parts: AdminParts,
  options: { host: string; port: number },
): Promise<AdminServer> {
  const app = buildApp(parts).callback();
  const live = new Set<ServerResponse>();
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    live.add(response);
    response.once('close', () => live.delete(response));
    void app(request, response);
  };
  const http = limited(
    createHttpServer({ connectionsCheckingInterval: CHECK_INTERVAL_MS }, (request, response) => {
      if (isServedPlain(request, parts)) serve(request, response);
      else redirect(request, response);
    }),
  );
  const https = createHttpsServer(
    {
      ...secureContext(parts),
      handshakeTimeout: FIRST_BYTE_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
    },
    serve,
  );
  limited(https);
  const stopFollowing = parts.certificates.onChange(() => {
    https.setSecureContext(secureContext(parts));
  });
  const sockets = new Set<Socket>();
  /** Of which nothing has come yet. */
  const silent = new Set<Socket>();
  const perAddress = new Map<string, number>();
  const tellDropped = dropTeller(parts);
  const door = createServer((socket) => {
    const address = socket.remoteAddress ?? '';
    const open = perAddress.get(address) ?? 0;
    if (open >= CONNECTIONS_OF_ADDRESS_MAX && !isLoopback(address)) {
      socket.destroy();
      tellDropped(address);
      return;
    }
    perAddress.set(address, open + 1);
    sockets.add(socket);
    silent.add(socket);
    socket.once('data', () => silent.delete(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      silent.delete(socket);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
    handOver(socket, http, https);
  });
  door.maxConnections = CONNECTIONS_MAX;
  door.on('drop', (dropped) => tellDropped(dropped?.remoteAddress ?? ''));
  await listening(door, options);
  return {
    port: (door.address() as AddressInfo).port,
    async close() {
      stopFollowing();
      door.close();
      for (const socket of silent) socket.destroy();
      for (const response of live) if (isEventStream(response)) response.destroy();
      await drained(sockets, [http, https]);
      for (const socket of sockets) socket.destroy();
      for (const server of [http, https]) server.close();
    },
  };
}

/** Whoever is dropped comes again at once: a line for each would fill the log. */
function dropTeller({ log }: AdminParts): (address: string) => void {
  let connections = 0;
  let toldAt = -Infinity;
  return (address) => {
    connections += 1;
    const now = performance.now();
    if (now - toldAt < DROPS_LOGGED_MS) return;
    log.warn('web connections dropped: too many', { address, connections });
    toldAt = now;
    connections = 0;
  };
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./i.test(address);
}

/** Looks at the first byte and gives the connection, with it, to the server that speaks so. */
function handOver(socket: Socket, http: Server, https: Server): void {
  socket.setTimeout(FIRST_BYTE_TIMEOUT_MS, () => socket.destroy());
  // Whoever hangs up early is nobody's trouble; from here on the server that has the socket listens too.
  socket.on('error', () => undefined);
  socket.once('data', (first) => {
    socket.pause();
    socket.setTimeout(0);
    socket.removeAllListeners('timeout');
    socket.unshift(first);
    (first[0] === TLS_HANDSHAKE ? https : http).emit('connection', socket);
    process.nextTick(() => socket.resume());
  });
}

/** These never listen by themselves; the event starts their watch over slow requests. */
function limited<S extends Server>(server: S): S {
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.timeout = IDLE_TIMEOUT_MS;
  server.emit('listening');
  return server;
}

function secureContext({ certificates }: AdminParts) {
  const { certificate, privateKey } = certificates.current();
  return { cert: certificate, key: privateKey, minVersion: 'TLSv1.2' as const };
}

function isServedPlain(request: IncomingMessage, { settings }: AdminParts): boolean {
  return settings.current.plainHttp || request.url === '/healthz';
}

/** Not to be remembered by the browser: the owner may leave plain HTTP on some day. */
function redirect(request: IncomingMessage, response: ServerResponse): void {
  const { headers, method, url = '/' } = request;
  const host = headers.host ?? '';
  if (method !== 'GET' && method !== 'HEAD') {
    refuse(response, 'forbidden', 'plain HTTP is not served: use https, or let the settings allow it');
  } else if (!/^[\w.-]{1,253}(:\d{1,5})?$|^\[[\da-f:.]{2,45}\](:\d{1,5})?$/i.test(host)) {
    refuse(response, 'invalid-request', 'plain HTTP is not served, and the header Host names no host');
  } else {
    const path = url.startsWith('/') ? url : '/';
    response.writeHead(308, { Location: `https://${host}${path}`, 'Cache-Control': 'no-store' }).end();
  }
}

function refuse(response: ServerResponse, code: HttpCode, words: string): void {
  const { document } = problemAnswerOf(new HttpRefusal(code, words));
  const headers = { 'Content-Type': 'application/problem+json', Connection: 'close' };
  response.writeHead(document.status, headers).end(JSON.stringify(document));
}

function isEventStream(response: ServerResponse): boolean {
  return String(response.getHeader('Content-Type')).startsWith('text/event-stream');
}

function listening(
  door: ReturnType<typeof createServer>,
  { host, port }: { host: string; port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    door.once('error', (error) => {
      reject(new Error(`the admin page cannot listen on ${host} port ${port}: ${messageOf(error)}`));
    });
    door.listen({ host, port }, resolve);
  });
}

/** Resolves when all connections are gone, or have had their time. */
async function drained(sockets: ReadonlySet<Socket>, servers: readonly Server[]): Promise<void> {
  const until = performance.now() + CLOSE_TIMEOUT_MS;
  while (sockets.size > 0 && performance.now() < until) {
    for (const server of servers) server.closeIdleConnections();
    await new Promise((resolve) => setTimeout(resolve, CLOSE_LOOK_MS));
  }
}
