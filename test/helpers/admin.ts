import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DispatchFunc, inject, type Response } from 'light-my-request';
import { buildApp } from '../../src/admin/app.ts';
import type { AdminParts } from '../../src/admin/parts.ts';
import type { User } from '../../src/catalog/user-repository.ts';
import { hashPassword } from '../../src/services/passwords.ts';
import { buildAdminParts, type keptLog } from './admin-parts.ts';
import { describeOnMariadb, describeOnSqlite, type Opened } from './catalog-engines.ts';
import type { FakeClock } from './fake-clock.ts';
import { removeFolder, temporaryFolder } from './server.ts';

/*
 * Routes without a port, over a real catalogue, a real volume in a temporary folder and the real services:
 *
 *   function suite(context: AdminContext): void {
 *     it('lists peers', async () => {
 *       await context.parts.catalog.peers.add({ aeTitle: 'CT1', host: '10.0.0.1', port: 104 });
 *
 *       const answer = await context.viewer.get('/api/peers');
 *
 *       expect(answer.status).to.equal(200);
 *       expect(answer.body).to.have.nested.property('items[0].aeTitle', 'CT1');
 *     });
 *   }
 *   describeAdminOnSqlite('Routes of peers', suite);    // in a *.test.ts
 *   describeAdminOnMariadb('Routes of peers', suite);   // in a *.itest.ts
 *
 * Every test has a catalogue of its own. Answers are held against the schemas of their routes: one that does not fit is a 500.
 */

export const PASSWORD = 'correct horse battery';

export interface AdminAnswer {
  status: number;
  headers: Readonly<Record<string, string | string[] | number | undefined>>;
  /** Parsed, where it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every form
  body: any;
  bytes: Buffer;
}

export interface RequestOptions {
  body?: unknown;
  headers?: Record<string, string>;
  /** Of the socket; 192.0.2.1 unless given. */
  address?: string;
  /** Aborted where the asker goes before the answer is whole. */
  signal?: AbortSignal;
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** Somebody at a browser or with a token, who sends what the page would send. */
export interface Agent {
  request(method: Method, path: string, options?: RequestOptions): Promise<AdminAnswer>;
  get(path: string, options?: RequestOptions): Promise<AdminAnswer>;
  post(path: string, body?: unknown): Promise<AdminAnswer>;
  put(path: string, body?: unknown): Promise<AdminAnswer>;
  patch(path: string, body?: unknown): Promise<AdminAnswer>;
  delete(path: string): Promise<AdminAnswer>;
  /** What signs the agent in. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface AdminContext {
  readonly parts: AdminParts;
  /** What `parts.log` was told. */
  readonly log: ReturnType<typeof keptLog>;
  /** Of sessions, tokens and attempts to sign in; stands still until it is told to move. */
  readonly clock: FakeClock;
  /** URL of the catalogue. */
  readonly url: string;
  readonly dataDir: string;
  /** Signed in as the user `admin`, with PASSWORD. */
  readonly admin: Agent;
  /** Signed in as the user `viewer`, with PASSWORD. */
  readonly viewer: Agent;
  /** Has no account. */
  readonly nobody: Agent;
  /** An agent that sends these headers. */
  agent(headers: Record<string, string>): Agent;
  /** A new session of this user. */
  signIn(userName: string): Promise<Agent>;
}

export type AdminSuite = (context: AdminContext) => void;

export function describeAdminOnSqlite(title: string, suite: AdminSuite): void {
  describeOnSqlite(title, (opened) => runAdminSuite(opened, suite));
}

export function describeAdminOnMariadb(title: string, suite: AdminSuite): void {
  describeOnMariadb(title, (opened) => runAdminSuite(opened, suite));
}

interface Running {
  parts: AdminParts;
  log: ReturnType<typeof keptLog>;
  clock: FakeClock;
  dataDir: string;
  admin: Agent;
  viewer: Agent;
  agent(headers: Record<string, string>): Agent;
  signIn(userName: string): Promise<Agent>;
  stop(): Promise<void>;
}

function runAdminSuite(opened: Opened, suite: AdminSuite): void {
  let running: Running | undefined;
  beforeEach(async () => {
    running = await start(opened);
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });
  const now = () => {
    if (running === undefined) throw new Error('only within a test');
    return running;
  };
  suite({
    get parts() {
      return now().parts;
    },
    get log() {
      return now().log;
    },
    get clock() {
      return now().clock;
    },
    get url() {
      return opened.url;
    },
    get dataDir() {
      return now().dataDir;
    },
    get admin() {
      return now().admin;
    },
    get viewer() {
      return now().viewer;
    },
    get nobody() {
      return now().agent({});
    },
    agent: (headers) => now().agent(headers),
    signIn: (userName) => now().signIn(userName),
  });
}

async function start({ catalog }: Opened): Promise<Running> {
  const dataDir = temporaryFolder('admin');
  mkdirSync(join(dataDir, 'volume'));
  const { parts, log, clock, stop } = await buildAdminParts(catalog, dataDir);
  for (const role of ['admin', 'viewer'] as const) await catalog.users.add(await userOf(role));
  const dispatch = buildApp(parts, { checkAnswers: true }).callback();
  const signIn = async (userName: string) => agentOf(dispatch, await signedInHeaders(parts, userName));
  return {
    parts,
    log,
    clock,
    dataDir,
    admin: await signIn('admin'),
    viewer: await signIn('viewer'),
    agent: (headers) => agentOf(dispatch, headers),
    signIn,
    async stop() {
      await stop();
      removeFolder(dataDir);
    },
  };
}

let passwordHash: string | undefined;

async function userOf(role: User['role']): Promise<User> {
  passwordHash ??= await hashPassword(PASSWORD);
  return {
    name: role,
    role,
    passwordHash,
    createdAt: Date.now(),
    lastLoginAt: null,
    mustChangePassword: false,
    sessionEpoch: 0,
  };
}

async function signedInHeaders(parts: AdminParts, userName: string): Promise<Record<string, string>> {
  const user = await parts.catalog.users.findByName(userName);
  if (user === undefined) throw new Error(`no user ${userName}`);
  const { sessionId, cookie } = await parts.accounts.sessions.start(user, '192.0.2.1');
  const csrfToken = await parts.accounts.sessions.csrfTokenOf(sessionId);
  return { cookie: `dicomkeep_session=${cookie}`, 'x-csrf-token': csrfToken };
}

function agentOf(dispatch: DispatchFunc, headers: Record<string, string>): Agent {
  const request = async (method: Method, path: string, options: RequestOptions = {}) => {
    const { body } = options;
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
    const response = await inject(dispatch, {
      method,
      url: path,
      remoteAddress: options.address ?? '192.0.2.1',
      headers: {
        host: 'archive.test:8104',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
        ...options.headers,
      },
      ...(options.signal !== undefined && { signal: options.signal }),
      ...(body !== undefined && { payload: isRaw ? body : JSON.stringify(body) }),
    });
    return answerOf(response);
  };
  return {
    request,
    headers,
    get: (path, options) => request('GET', path, options),
    post: (path, body) => request('POST', path, { body }),
    put: (path, body) => request('PUT', path, { body }),
    patch: (path, body) => request('PATCH', path, { body }),
    delete: (path) => request('DELETE', path),
  };
}

function answerOf({ statusCode, headers, rawPayload }: Response): AdminAnswer {
  const isJson = /\bjson\b/.test(String(headers['content-type']));
  return {
    status: statusCode,
    headers,
    body: isJson && rawPayload.length > 0 ? JSON.parse(rawPayload.toString()) : rawPayload.toString(),
    bytes: rawPayload,
  };
}
