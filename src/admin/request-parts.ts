import { bodyParser } from '@koa/bodyparser';
import type { Context } from 'koa';
import type { z } from 'zod';
import { HttpRefusal, type Issue } from './problems.ts';
import type { Route } from './route.ts';

const BODY_BYTES_MAX = 65_536;
/** Of one answer: a request with more has not been written by a person. */
const ISSUES_MAX = 100;
const MESSAGE_CHARS_MAX = 300;

interface RequestParts {
  parameters: unknown;
  query: unknown;
  body: unknown;
}

/** Reads and checks the three parts of a request. @throws HttpRefusal with all that is wrong in all of them */
export type ReadParts = (context: Context, parameters: Record<string, string>) => Promise<RequestParts>;

export function partsReader(route: Route): ReadParts {
  const readBody = route.body === undefined ? undefined : bodyReader(route.bodyBytesMax ?? BODY_BYTES_MAX);
  return async (context, parameters) => {
    const body = await readBody?.(context);
    const issues: Issue[] = [];
    const parts = {
      parameters: check(route.parameters, parameters, issues),
      query: check(route.query, queryOf(context, route.query !== undefined, issues), issues),
      body: check(route.body, body, issues),
    };
    if (issues.length > 0) throw invalid(issues.slice(0, ISSUES_MAX));
    return parts;
  };
}

function check(schema: z.ZodType | undefined, value: unknown, issues: Issue[]): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const { path, message } of result.error.issues.slice(0, ISSUES_MAX)) {
    issues.push({ path: path.map(String).join('.'), message: message.slice(0, MESSAGE_CHARS_MAX) });
  }
  return undefined;
}

function invalid(issues: Issue[]): HttpRefusal {
  const words = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  return new HttpRefusal('invalid-request', words.slice(0, 3).join('; '), { issues });
}

/** Each parameter once: of two, this program and a proxy before it might take different ones. */
function queryOf(context: Context, isTaken: boolean, issues: Issue[]): Record<string, string> {
  if (!isDecodable(context.querystring)) {
    issues.push({ path: '', message: 'the query is not percent-encoded UTF-8' });
    return {};
  }
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(context.querystring)) {
    const path = name.slice(0, MESSAGE_CHARS_MAX);
    if (name in query) issues.push({ path, message: 'given more than once' });
    else if (!isTaken) issues.push({ path, message: 'no such query parameter' });
    query[name] = value;
  }
  return query;
}

function isDecodable(querystring: string): boolean {
  try {
    decodeURIComponent(querystring.replaceAll('+', ' '));
    return true;
  } catch {
    return false;
  }
}

function bodyReader(bytesMax: number): (context: Context) => Promise<unknown> {
  const parse = bodyParser({
    enableTypes: ['json'],
    jsonLimit: bytesMax,
    // Any JSON value: the schema says which one is meant.
    jsonStrict: false,
    onError: (error) => {
      throw bodyRefusal(error, bytesMax);
    },
  });
  return async (context) => {
    assertJson(context);
    await parse(context, async () => undefined);
    // An empty body is nothing; the parser makes an object of it.
    if (context.request.rawBody === '') {
      throw new HttpRefusal('invalid-request', 'the request has no body: JSON is wanted');
    }
    if (context.request.rawBody.includes('\u{fffd}')) {
      throw new HttpRefusal('invalid-request', 'the body is not UTF-8, or has U+FFFD in it');
    }
    return context.request.body;
  };
}

function assertJson(context: Context): void {
  const type = context.get('Content-Type');
  if (!/^application\/json(\s*;\s*charset="?utf-8"?)?\s*$/i.test(type)) {
    throw new HttpRefusal('unsupported-media-type', 'the body has to be application/json in UTF-8');
  }
  if (context.get('Content-Encoding') !== '') {
    throw new HttpRefusal('unsupported-media-type', 'the body has to come without Content-Encoding');
  }
}

function bodyRefusal(error: Error, bytesMax: number): HttpRefusal {
  if ('type' in error && error.type === 'entity.too.large') {
    // What is still on its way is not waited for.
    const headers = { Connection: 'close' };
    return new HttpRefusal('body-too-large', `the body has more than ${bytesMax} bytes`, { headers });
  }
  // Of the parser, which knows what such a member does to objects that are copied carelessly.
  if (error instanceof SyntaxError && /forbidden prototype property/.test(error.message)) {
    return new HttpRefusal('invalid-request', 'the body has a member __proto__, which nothing here takes');
  }
  if (error instanceof SyntaxError) return new HttpRefusal('invalid-request', 'the body is no JSON');
  return new HttpRefusal('invalid-request', 'the body could not be read');
}
