import Router from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import { answer } from './answer.ts';
import { authenticate, watchCredentials } from './authentication.ts';
import type { AdminParts } from './parts.ts';
import { bugDocument, HttpRefusal, problemAnswerOf } from './problems.ts';
import { partsReader } from './request-parts.ts';
import type { Route } from './route.ts';
import { allRoutes } from './routes-table.ts';
import { secureHeaders } from './secure-headers.ts';
import { pageFiles } from './static.ts';

export interface AppOptions {
  /** See AnswerOptions; where NODE_ENV is `test` unless given. */
  checkAnswers?: boolean;
  /** How often it is looked whether who gets a long answer may have it still, milliseconds; 10 000 unless given. */
  credentialsLookMs?: number;
}

const PATH_CHARS_MAX = 200;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The API and the page, without a port. */
export function buildApp(parts: AdminParts, options: AppOptions = {}): Koa {
  const { checkAnswers = process.env['NODE_ENV'] === 'test', credentialsLookMs = 10_000 } = options;
  const app = new Koa();
  // What gets here comes from a connection that is gone, or was logged where the answer was broken off.
  app.on('error', () => undefined);
  app.use(secureHeaders(parts.certificates));
  app.use(problemDocuments(parts));
  app.use(apiHeaders);
  const router = new Router({ sensitive: true, strict: true, methods: METHODS });
  for (const route of allRoutes(parts)) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    router.register(path, [route.method], handler(route, parts, { checkAnswers, credentialsLookMs }));
  }
  app.use(router.routes());
  app.use(router.allowedMethods());
  app.use(pageFiles());
  return app;
}

function handler(
  route: Route,
  parts: AdminParts,
  { checkAnswers, credentialsLookMs }: Required<AppOptions>,
): Middleware {
  const readParts = partsReader(route);
  return async (context) => {
    const { actor, client } = await authenticate(context, route, parts.accounts);
    const { parameters, query, body } = await readParts(context, context['params']);
    const result = await route.handle({
      // The schemas of the route have made these; their types are forgotten outside of its declaration.
      parameters: parameters as undefined,
      query: query as undefined,
      body: body as undefined,
      actor,
      client,
      headers: context.headers,
      isHead: context.method === 'HEAD',
      signal: signalOf(context, route, parts, credentialsLookMs),
    });
    answer(context, route, result, { checkAnswers, log: parts.log });
  };
}

/** Answers that may last for hours. */
const LONG_ANSWERS: readonly unknown[] = ['text/event-stream', 'application/zip'];

/** Aborted when the asker has gone before the answer was whole; and within a long one, when the asker may not have it any more. */
function signalOf(
  context: Context,
  route: Route,
  { accounts }: AdminParts,
  credentialsLookMs: number,
): AbortSignal {
  const gone = new AbortController();
  const isLong = LONG_ANSWERS.includes(route.answer);
  const stopWatching = isLong
    ? watchCredentials(context, accounts, credentialsLookMs, () => gone.abort())
    : undefined;
  context.res.once('close', () => {
    stopWatching?.();
    if (!context.res.writableFinished) gone.abort();
  });
  return gone.signal;
}

const apiHeaders: Middleware = async (context, next) => {
  // Koa has none for a request target such as `http://`.
  if (typeof context.path !== 'string') throw new HttpRefusal('invalid-request', 'the request names no path');
  if (context.path.startsWith('/api/')) context.set('Cache-Control', 'no-store');
  await next();
};

/** @throws HttpRefusal where nobody felt meant, or not for this method; the header Allow is there by then */
function assertAnswered(context: Context): void {
  if (context.body !== undefined) return;
  if (context.status === 404) {
    throw new HttpRefusal('not-found', `nothing at ${context.path.slice(0, PATH_CHARS_MAX)}`);
  }
  if (context.status === 405 || context.status === 501) {
    throw new HttpRefusal('method-not-allowed', `no ${context.method} here`);
  }
}

function problemDocuments({ log }: AdminParts): Middleware {
  return async (context, next) => {
    try {
      await next();
      assertAnswered(context);
    } catch (error) {
      const refused = problemAnswerOf(error);
      if (refused === undefined) {
        const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
        log.error('bug in the admin API', { method: context.method, path: context.path, error: words });
      }
      const { document, headers } = refused ?? { document: bugDocument(), headers: {} };
      context.status = document.status;
      context.set({ 'Cache-Control': 'no-store', ...headers });
      context.body = JSON.stringify(document);
      context.type = 'application/problem+json';
    }
  };
}
