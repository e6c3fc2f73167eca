import { expect } from 'chai';
import fc from 'fast-check';
import { problemSchema } from '../../src/admin/api/common.ts';
import type { AdminAnswer, AdminContext, Agent, Method } from '../helpers/admin.ts';
import { type FuzzedRequest, type Operation, requestsFor } from './fuzz-requests.ts';

const SEED = 20_260_722;

/** Requests of every wrong kind to every operation of the OpenAPI document. */
export function fuzzSuite(context: AdminContext, requestsPerOperation: number): void {
  it('are refused with a problem document where they are wrong, and are never too much', async () => {
    const program = await programWithThings(context);
    const { paths, components } = (await program.get('/api/openapi.json')).body;
    let refused = 0;
    let taken = 0;
    for (const operation of operationsOf(paths)) {
      for (const request of fc.sample(requestsFor(operation, components.schemas), {
        seed: SEED,
        numRuns: isCostly(operation) ? 3 : requestsPerOperation,
      })) {
        const agent = isOfAccounts(operation) ? await context.signIn(KEEPER) : program;
        const answer = await send(agent, operation, request);
        assertInOrder(answer, operation, request);
        if (answer.status >= 400) refused++;
        else taken++;
      }
    }

    expect(context.log.lines.filter(({ message }) => message.startsWith('bug'))).to.deep.equal([]);
    expect(refused).to.be.greaterThan(taken);
    expect(taken).to.be.greaterThan(50);
    expect(refused + taken).to.be.greaterThan(20 * requestsPerOperation);
  }).timeout(300_000);

  it('are refused by who signs people in, too', async () => {
    const { paths, components } = (await context.admin.get('/api/openapi.json')).body;
    const operations = operationsOf(paths).filter(({ path }) => /^\/api\/(session|account)/.test(path));
    for (const operation of operations) {
      for (const request of fc.sample(requestsFor(operation, components.schemas), {
        seed: SEED,
        numRuns: requestsPerOperation,
      })) {
        const viewer = await context.signIn('viewer');
        assertInOrder(await send(viewer, operation, request), operation, request);
      }
    }

    expect(context.log.lines.filter(({ message }) => message.startsWith('bug'))).to.deep.equal([]);
  }).timeout(300_000);
}

/** These are for people; each request has a session of its own, for the one before may have ended it. */
function isOfAccounts({ path }: Operation): boolean {
  return /^\/api\/(users|tokens|account)\b/.test(path);
}

/** An admin whose name no request hits upon: any other may be removed on the way. */
const KEEPER = 'Keeper.7f3c1e';

/** An admin's token, which no request can sign out, in an archive where ids 1 and 2 are of something. */
async function programWithThings({ admin, agent, parts }: AdminContext): Promise<Agent> {
  const { body } = await admin.post('/api/tokens', { name: 'fuzz', role: 'admin' });
  const user = await parts.catalog.users.findByName('admin');
  if (user !== undefined) await parts.catalog.users.add({ ...user, name: KEEPER });
  await admin.post('/api/tokens', { name: 'other', role: 'viewer' });
  for (const aeTitle of ['CT1', 'MR1'])
    await parts.catalog.peers.add({ aeTitle, host: '192.0.2.7', port: 104 });
  for (const aeTitle of ['US1', 'XA1']) {
    await parts.catalog.unknownCallers.record({
      aeTitle,
      address: '192.0.2.8',
      calledAeTitle: 'DICOMKEEP',
      proposed: ['CT Image Storage'],
      callCount: 1,
      refused: 'no peer',
      at: Date.now(),
    });
  }
  for (const id of [1, 2]) {
    await parts.catalog.jobs.add({ kind: 'send', by: 'admin', payload: { id }, runAt: Date.now() + 1e9 });
  }
  return agent({ authorization: `Bearer ${body.secret}` });
}

function operationsOf(paths: Record<string, Record<string, Operation>>): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method })),
  );
}

/** Makes keys, or hashes passwords; or there is nothing in it that could be wrong. */
function isCostly({ path, parameters, requestBody }: Operation): boolean {
  return path === '/api/certificate' || (parameters.length === 0 && requestBody === undefined);
}

function send(
  agent: Agent,
  { method, path: template }: Operation,
  request: FuzzedRequest,
): Promise<AdminAnswer> {
  // A live stream that is taken has no end.
  const path = template.endsWith('/stream')
    ? `${request.path}${request.path.includes('?') ? '&' : '?'}no=1`
    : request.path;
  const { body, headers } = request;
  return agent.request(method.toUpperCase() as Method, path, {
    ...(body !== undefined && { body }),
    headers,
  });
}

function assertInOrder(answer: AdminAnswer, { method, path }: Operation, request: FuzzedRequest): void {
  const { status, headers, body } = answer;
  const sent = `${method} ${path}: ${request.path.slice(0, 300)} ${String(request.body).slice(0, 500)}`;
  expect(status, sent).not.to.equal(500);
  if (status < 400) return;
  expect(headers['content-type'], sent).to.match(/^application\/problem\+json/);
  expect(problemSchema.safeParse(body).error, sent).to.equal(undefined);
  expect(body.status, sent).to.equal(status);
  expect(body.detail, sent).not.to.equal('');
}
