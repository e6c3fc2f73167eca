import type { RetrieveUids } from '../../catalog/catalog.ts';
import type { Job } from '../../jobs/queue.ts';
import { SEND, type SendSubject } from '../../jobs/send.ts';
import { Problem } from '../../lib/problem.ts';
import {
  type Job as JobAnswer,
  jobPageSchema,
  jobParameters,
  jobQuerySchema,
  jobSchema,
  sendSchema,
} from '../api/jobs.ts';
import { instanceParameters, seriesParameters, studyParameters } from '../api/studies.ts';
import { idOfCursor, pageById } from '../pages.ts';
import type { AdminParts } from '../parts.ts';
import { afterFiling } from '../read-your-writes.ts';
import { type Actor, actorOf, Reply, type Route, route } from '../route.ts';

const TAG = 'Jobs';

/** Work that goes on behind the requests: what it is, how far it is; sending to a peer. */
export function jobRoutes(parts: AdminParts): Route[] {
  const { jobs } = parts;
  return [
    route({
      method: 'get',
      path: '/api/jobs',
      role: 'viewer',
      summary: 'Lists jobs, newest first.',
      tag: TAG,
      query: jobQuerySchema,
      answer: jobPageSchema,
      async handle({ query: { state, cursor, limit } }) {
        const found = await jobs.list({
          limit: limit + 1,
          ...(state !== undefined && { state }),
          ...(cursor !== undefined && { beforeId: idOfCursor(cursor) }),
        });
        return pageById(found, limit, jobAnswerOf);
      },
    }),
    route({
      method: 'get',
      path: '/api/jobs/{id}',
      role: 'viewer',
      summary: 'Tells how far a job is.',
      tag: TAG,
      parameters: jobParameters,
      answer: jobSchema,
      handle: async ({ parameters: { id } }) => jobAnswerOf(await jobs.find(id)),
    }),
    route({
      method: 'post',
      path: '/api/jobs/{id}/cancel',
      role: 'admin',
      summary: 'Cancels a job; one that runs stops a moment later.',
      tag: TAG,
      parameters: jobParameters,
      answer: jobSchema,
      handle: async (request) => jobAnswerOf(await jobs.cancel(request.parameters.id, actorOf(request))),
    }),
    ...sendRoutes(parts),
  ];
}

function sendRoutes(parts: AdminParts): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/studies/{study}/send',
      role: 'admin',
      summary: 'Sends a study to a peer by C-STORE, as a job.',
      tag: TAG,
      parameters: studyParameters,
      body: sendSchema,
      answer: jobSchema,
      async handle(request) {
        const { study } = request.parameters;
        await assertAny(parts, { studyInstanceUids: [study] }, `no study ${study}`);
        return await addSend(parts, { studyInstanceUid: study }, request.body.peerId, actorOf(request));
      },
    }),
    route({
      method: 'post',
      path: '/api/studies/{study}/series/{series}/send',
      role: 'admin',
      summary: 'Sends a series to a peer by C-STORE, as a job.',
      tag: TAG,
      parameters: seriesParameters,
      body: sendSchema,
      answer: jobSchema,
      async handle(request) {
        const { study, series } = request.parameters;
        const uids = { studyInstanceUids: [study], seriesInstanceUids: [series] };
        await assertAny(parts, uids, `no series ${series} in study ${study}`);
        const subject = { studyInstanceUid: study, seriesInstanceUid: series };
        return await addSend(parts, subject, request.body.peerId, actorOf(request));
      },
    }),
    route({
      method: 'post',
      path: '/api/instances/{instance}/send',
      role: 'admin',
      summary: 'Sends an instance to a peer by C-STORE, as a job.',
      tag: TAG,
      parameters: instanceParameters,
      body: sendSchema,
      answer: jobSchema,
      async handle(request) {
        const { instance: sopInstanceUid } = request.parameters;
        const find = () => parts.catalog.instances.findByUid(sopInstanceUid);
        const stored = await afterFiling(parts.filer, find, (found) => found === undefined);
        if (stored === undefined) throw new Problem('not-found', `no instance ${sopInstanceUid}`);
        const { studyInstanceUid, seriesInstanceUid } = stored;
        const subject = { studyInstanceUid, seriesInstanceUid, sopInstanceUid };
        return await addSend(parts, subject, request.body.peerId, actorOf(request));
      },
    }),
  ];
}

/** A job as it is told to others. */
export function jobAnswerOf(job: Job): JobAnswer {
  const { id, kind, state, by, createdAt, changedAt, progress, attempts, words } = job;
  const strings = Object.entries(job.payload).filter(([, value]) => typeof value === 'string');
  const subject = Object.fromEntries(strings) as Record<string, string>;
  return { id, kind, state, by, createdAt, changedAt, subject, progress, attempts, words };
}

async function addSend(
  { catalog, jobs }: AdminParts,
  subject: Omit<SendSubject, 'peer'>,
  peerId: number,
  actor: Actor,
): Promise<Reply> {
  const peer = await catalog.peers.findById(peerId);
  if (peer === undefined) throw new Problem('not-found', `no peer ${peerId}`);
  const job = await jobs.add(SEND, { ...subject, peer: peer.aeTitle }, actor);
  return new Reply(202, {}, jobAnswerOf(job));
}

/** @throws Problem 'not-found' with these words where the catalogue has nothing of it */
async function assertAny({ catalog, filer }: AdminParts, uids: RetrieveUids, words: string): Promise<void> {
  const level = uids.seriesInstanceUids === undefined ? 'STUDY' : 'SERIES';
  const shares = await afterFiling(
    filer,
    () => catalog.instances.summaryForRetrieve(level, uids),
    (found) => found.length === 0,
  );
  if (shares.length === 0) throw new Problem('not-found', words);
}
