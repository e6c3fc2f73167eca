import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { z } from 'zod';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import { Reply, type Route } from './route.ts';

export interface AnswerOptions {
  /** Whether a JSON answer is held against the schema of its route, and is a bug where it does not fit. */
  checkAnswers: boolean;
  log: Log;
}

/** Sends what a route's `handle` has returned. */
export function answer(context: Context, route: Route, result: unknown, options: AnswerOptions): void {
  const reply = result instanceof Reply ? result : plainReply(result);
  context.status = reply.status;
  context.set({ ...reply.headers });
  const { body } = reply;
  if (body instanceof Readable) {
    stream(context, body, options.log);
    return;
  }
  if (body === null || typeof body === 'string' || Buffer.isBuffer(body)) {
    context.body = body;
    return;
  }
  if (options.checkAnswers && reply.status < 300) assertFits(route, body);
  context.body = body;
}

function plainReply(result: unknown): Reply {
  if (result === undefined) return new Reply(204, {}, null);
  if (typeof result === 'object' || typeof result === 'string') return new Reply(200, {}, result);
  throw new TypeError(`a route has answered a ${typeof result}`);
}

/** As the asker sees it: after its way through JSON. */
function assertFits(route: Route, body: object): void {
  const { method, path, answer: schema } = route;
  if (schema === undefined || typeof schema === 'string') {
    throw new TypeError(`${method} ${path} has answered JSON, which it does not declare`);
  }
  const result = schema.safeParse(JSON.parse(JSON.stringify(body)));
  if (!result.success) {
    throw new TypeError(
      `${method} ${path} has answered what it does not declare: ${z.prettifyError(result.error)}`,
    );
  }
}

/** What breaks in the middle is broken off for the asker too, who would take the rest for the whole. */
function stream(context: Context, body: Readable, log: Log): void {
  body.on('error', (error) => {
    // The asker has gone: that is how every live stream ends.
    if (context.res.destroyed) return;
    log.warn('answer broken off', { path: context.path, reason: messageOf(error) });
    context.res.destroy();
  });
  context.body = body;
}
