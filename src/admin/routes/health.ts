import { livenessSchema, readinessSchema } from '../api/status.ts';
import type { AdminParts } from '../parts.ts';
import { Reply, type Route, route } from '../route.ts';

const TAG = 'Health';

/** What supervisors and monitoring systems ask. */
export function healthRoutes(parts: Pick<AdminParts, 'status' | 'metrics'>): Route[] {
  return [
    route({
      method: 'get',
      path: '/healthz',
      role: 'public',
      summary: 'Tells that the program is alive.',
      tag: TAG,
      answer: livenessSchema,
      handle: async () => ({ status: 'ok' }),
    }),
    route({
      method: 'get',
      path: '/readyz',
      role: 'viewer',
      summary:
        'Tells whether it listens, the volume is mounted and the catalogue answers; 503 with the reasons where not.',
      tag: TAG,
      answer: readinessSchema,
      otherAnswers: { 503: { description: 'Not ready, and why.', hasBody: true } },
      async handle() {
        const reasons = await parts.status.notReady();
        const isReady = reasons.length === 0;
        return new Reply(isReady ? 200 : 503, {}, { isReady, reasons });
      },
    }),
    route({
      method: 'get',
      path: '/metrics',
      role: 'viewer',
      summary: 'Gives metrics in the text format of Prometheus.',
      tag: TAG,
      answer: 'text/plain',
      async handle() {
        const text = await parts.metrics.text();
        return new Reply(200, { 'content-type': parts.metrics.contentType }, text);
      },
    }),
  ];
}
