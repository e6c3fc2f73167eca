import type { Severity } from '../../catalog/event-repository.ts';
import { eventPageSchema, eventQuerySchema } from '../api/status.ts';
import { EventStream } from '../event-stream.ts';
import { idOfCursor, pageById } from '../pages.ts';
import type { AdminParts } from '../parts.ts';
import { actorOf, Reply, type Route, route } from '../route.ts';

const TAG = 'Events';

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // A reverse proxy would keep it until there is more of it.
  'x-accel-buffering': 'no',
};

/** What has happened, and what happens. */
export function eventRoutes(
  parts: Pick<AdminParts, 'catalog' | 'activity' | 'status' | 'jobs' | 'log'>,
): Route[] {
  const live = new EventStream(parts);
  return [
    route({
      method: 'get',
      path: '/api/events',
      role: 'viewer',
      summary: 'Lists events, newest first.',
      tag: TAG,
      query: eventQuerySchema,
      answer: eventPageSchema,
      async handle({ query: { kind, severity, text, studyInstanceUid, since, until, cursor, limit } }) {
        const found = await parts.catalog.events.list({
          limit: limit + 1,
          ...(kind !== undefined && { kinds: kind.split(',') }),
          ...(severity !== undefined && { severities: severity.split(',') as Severity[] }),
          ...(text !== undefined && { text }),
          ...(studyInstanceUid !== undefined && { studyInstanceUid }),
          ...(since !== undefined && { since }),
          ...(until !== undefined && { until }),
          ...(cursor !== undefined && { beforeId: idOfCursor(cursor) }),
        });
        return pageById(found, limit, (event) => event);
      },
    }),
    route({
      method: 'get',
      path: '/api/events/stream',
      role: 'viewer',
      summary:
        'Tells what happens as server-sent events: event, associations, status, jobs. Last-Event-ID is honoured.',
      tag: TAG,
      answer: 'text/event-stream',
      async handle(request) {
        const { headers, signal } = request;
        const stream = live.open(signal, actorOf(request).name, idOf(headers['last-event-id']));
        return new Reply(200, STREAM_HEADERS, stream);
      },
    }),
  ];
}

/** What a browser sends that has lost the stream; anything else is taken for nothing. */
function idOf(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}
