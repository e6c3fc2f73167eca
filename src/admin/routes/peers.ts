import { z } from 'zod';
import type { NewPeer, Peer } from '../../catalog/peer-repository.ts';
import { Problem } from '../../lib/problem.ts';
import { peerAdded, peerChanged, peerRemoved } from '../../services/peer-changes.ts';
import { idSchema } from '../api/common.ts';
import {
  adoptCallerSchema,
  echoRequestSchema,
  echoResultSchema,
  peerInputSchema,
  peerListSchema,
  peerSchema,
  unknownCallerListSchema,
} from '../api/peers.ts';
import type { AdminParts } from '../parts.ts';
import { type Actor, actorOf, Reply, type Route, route } from '../route.ts';

const tag = 'Peers';
const parameters = z.strictObject({ id: idSchema });

export function peerRoutes(parts: AdminParts): Route[] {
  return [...readingRoutes(parts), ...changingRoutes(parts), ...echoRoutes(parts), ...callerRoutes(parts)];
}

function readingRoutes({ catalog }: AdminParts): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/peers',
      role: 'viewer',
      summary: 'All peers, by AE title.',
      tag,
      answer: peerListSchema,
      handle: async () => ({ items: await catalog.peers.list() }),
    }),
    route({
      method: 'get',
      path: '/api/peers/{id}',
      role: 'viewer',
      summary: 'One peer.',
      tag,
      parameters,
      answer: peerSchema,
      handle: async (request) =>
        found(request.parameters.id, await catalog.peers.findById(request.parameters.id)),
    }),
  ];
}

function changingRoutes(parts: AdminParts): Route[] {
  const { catalog, callers, activity } = parts;
  return [
    route({
      method: 'post',
      path: '/api/peers',
      role: 'admin',
      summary: 'Adds a peer; its next association is served as one.',
      tag,
      body: peerInputSchema,
      answer: peerSchema,
      handle: async (request) => new Reply(201, {}, await addPeer(parts, request.body, actorOf(request))),
    }),
    route({
      method: 'put',
      path: '/api/peers/{id}',
      role: 'admin',
      summary: 'Puts other values in the place of those of a peer.',
      tag,
      parameters,
      body: peerInputSchema,
      answer: peerSchema,
      handle: async (request) => {
        const { before, after } = await catalog.peers.change(request.parameters.id, request.body);
        await callers.refresh();
        const event = peerChanged(actorOf(request), before, after);
        if (event !== undefined) activity.record(event);
        return after;
      },
    }),
    route({
      method: 'delete',
      path: '/api/peers/{id}',
      role: 'admin',
      summary: 'Forgets a peer; the instances that came from it stay.',
      tag,
      parameters,
      answer: undefined,
      handle: async (request) => {
        const peer = await catalog.peers.removeById(request.parameters.id);
        await callers.refresh();
        activity.record(peerRemoved(actorOf(request), peer));
      },
    }),
  ];
}

function echoRoutes({ catalog, echo }: AdminParts): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/peers/{id}/echo',
      role: 'admin',
      summary: 'Calls a peer (C-ECHO), and says in words what came of it.',
      tag,
      parameters,
      answer: echoResultSchema,
      handle: async (request) => {
        const { id } = request.parameters;
        return echo.run(found(id, await catalog.peers.findById(id)));
      },
    }),
    route({
      method: 'post',
      path: '/api/echo',
      role: 'admin',
      summary: 'Calls a DICOM node that need not be a peer yet (C-ECHO), and says in words what came of it.',
      tag,
      body: echoRequestSchema,
      answer: echoResultSchema,
      handle: async ({ body }) => echo.run(body),
    }),
  ];
}

function callerRoutes(parts: AdminParts): Route[] {
  const { catalog, activity } = parts;
  return [
    route({
      method: 'get',
      path: '/api/unknown-callers',
      role: 'viewer',
      summary: 'Callers that are no peers, the last one first.',
      tag,
      answer: unknownCallerListSchema,
      handle: async () => ({ items: await catalog.unknownCallers.list() }),
    }),
    route({
      method: 'post',
      path: '/api/unknown-callers/{id}/peer',
      role: 'admin',
      summary: 'Makes a peer of a caller, whose next association is served as one.',
      tag,
      parameters,
      body: adoptCallerSchema,
      answer: peerSchema,
      handle: async (request) => {
        const { id } = request.parameters;
        const caller = await catalog.unknownCallers.findById(id);
        if (caller === undefined) throw new Problem('not-found', `no unknown caller ${id}`);
        const { aeTitle, address } = caller;
        const host = request.body.host ?? plainAddress(address);
        const values = peerInputSchema.parse({ ...request.body, host, aeTitle: aeTitleOf(aeTitle) });
        return new Reply(201, {}, await addPeer(parts, values, actorOf(request)));
      },
    }),
    route({
      method: 'delete',
      path: '/api/unknown-callers/{id}',
      role: 'admin',
      summary: 'Takes a caller out of the list; it comes back when it calls again.',
      tag,
      parameters,
      answer: undefined,
      handle: async (request) => {
        const { id } = request.parameters;
        const caller = await catalog.unknownCallers.findById(id);
        await catalog.unknownCallers.remove(id);
        const { aeTitle = '', address: callerAddress = '' } = caller ?? {};
        const { name, address } = actorOf(request);
        activity.record({
          kind: 'caller-dismissed',
          severity: 'info',
          words: `${name} dismissed the caller ${JSON.stringify(aeTitle)} at ${callerAddress}.`,
          fields: { by: name, address, caller: aeTitle, callerAddress },
        });
      },
    }),
  ];
}

async function addPeer(
  { catalog, callers, activity }: AdminParts,
  values: NewPeer,
  actor: Actor,
): Promise<Peer> {
  const peer = await catalog.peers.add(values);
  await callers.refresh();
  activity.record(peerAdded(actor, peer));
  for (const caller of await catalog.unknownCallers.list()) {
    const isThisPeer =
      caller.aeTitle === peer.aeTitle && (!peer.matchAddress || plainAddress(caller.address) === peer.host);
    if (isThisPeer) await catalog.unknownCallers.remove(caller.id).catch(unlessNotFound);
  }
  return peer;
}

/** Somebody else was faster. */
function unlessNotFound(error: unknown): void {
  if (!(error instanceof Problem) || error.code !== 'not-found') throw error;
}

function found(id: number, peer: Peer | undefined): Peer {
  if (peer === undefined) throw new Problem('not-found', `no peer ${id}`);
  return peer;
}

/** Anybody may call under anything. */
function aeTitleOf(text: string): string {
  const result = peerInputSchema.shape.aeTitle.safeParse(text);
  if (!result.success) throw new Problem('unusable-identifier', `not an AE title: ${JSON.stringify(text)}`);
  return result.data;
}

/** An IPv4 address may come as an IPv6 one — RFC 4291 §2.5.5.2. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
