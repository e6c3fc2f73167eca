import type { StoredInstance } from '../../catalog/catalog.ts';
import { Problem } from '../../lib/problem.ts';
import { instanceParameters, previewQuerySchema, seriesParameters } from '../api/studies.ts';
import type { AdminParts } from '../parts.ts';
import { afterFiling } from '../read-your-writes.ts';
import { type Actor, actorOf, Reply, type Route, type RouteRequest, route } from '../route.ts';

const TAG = 'Previews';
const PNG = 'image/png';

const NOT_MODIFIED = {
  304: { description: 'The asker has it: it is what If-None-Match names.', hasBody: false },
};

/** Pictures of instances, for people to recognise them by; never for diagnosis. */
export function previewRoutes(parts: AdminParts): Route[] {
  const { catalog } = parts;
  return [
    route({
      method: 'get',
      path: '/api/instances/{instance}/preview',
      role: 'viewer',
      summary: 'A picture of one frame of an instance.',
      tag: TAG,
      parameters: instanceParameters,
      query: previewQuerySchema,
      answer: PNG,
      otherAnswers: NOT_MODIFIED,
      async handle(request) {
        const { instance: uid } = request.parameters;
        const instance = await found(parts, `instance ${uid}`, () => catalog.instances.findByUid(uid));
        return await picture(parts, instance, request, actorOf(request));
      },
    }),
    route({
      method: 'get',
      path: '/api/studies/{study}/series/{series}/preview',
      role: 'viewer',
      summary: 'A picture of the instance in the middle of a series.',
      tag: TAG,
      parameters: seriesParameters,
      query: previewQuerySchema,
      answer: PNG,
      otherAnswers: NOT_MODIFIED,
      async handle(request) {
        const { study, series } = request.parameters;
        const middle = () => catalog.instances.middleOf(study, series);
        const instance = await found(parts, `series ${series}`, middle);
        return await picture(parts, instance, request, actorOf(request));
      },
    }),
  ];
}

async function found(
  { filer }: AdminParts,
  name: string,
  look: () => Promise<StoredInstance | undefined>,
): Promise<StoredInstance> {
  const instance = await afterFiling(filer, look, (nothing) => nothing === undefined);
  if (instance === undefined) throw new Problem('not-found', `no ${name}`);
  return instance;
}

async function picture(
  { audit, previews }: AdminParts,
  instance: StoredInstance,
  {
    query: { frame, size },
    headers,
  }: Pick<RouteRequest<undefined, typeof previewQuerySchema, undefined>, 'query' | 'headers'>,
  actor: Actor,
): Promise<Reply> {
  audit.studyViewed(actor, instance.studyInstanceUid);
  const options = { frame, sizeMax: size };
  const etag = previews.etag(instance, options);
  const caching = { ETag: etag, 'Cache-Control': 'private, no-cache' };
  if (isKnown(headers['if-none-match'], etag)) return new Reply(304, caching, null);
  const { png } = await previews.picture(instance, options);
  return new Reply(200, { ...caching, 'Content-Type': PNG }, png);
}

/** RFC 9110 §13.1.2: a list of tags, which compare weakly. */
function isKnown(ifNoneMatch: string | string[] | undefined, etag: string): boolean {
  if (typeof ifNoneMatch !== 'string') return false;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
