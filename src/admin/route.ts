import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Role } from './api/accounts.ts';

/** Who asks. */
export interface Actor {
  /** User name, or `token <name>`. */
  name: string;
  role: Role;
  /** Network address of the browser or program. */
  address: string;
}

/** Where a request came from, whoever sent it. */
export interface Client {
  /** Network address. */
  address: string;
  /** Whether it came by HTTPS, to us or to a reverse proxy on this machine. */
  isSecure: boolean;
  /** Undefined where nobody has signed in, or an API token was sent. */
  session: { id: string; mustChangePassword: boolean } | undefined;
}

/** A part of the request, checked by the schema of that name; `undefined` where the route has none. */
type Checked<Schema> = Schema extends z.ZodType ? z.infer<Schema> : undefined;

export interface RouteRequest<Parameters, Query, Body> {
  parameters: Checked<Parameters>;
  query: Checked<Query>;
  body: Checked<Body>;
  /** Undefined on public routes where nobody has signed in. */
  actor: Actor | undefined;
  client: Client;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Whether the body of the answer is not wanted — RFC 9110 §9.3.2. */
  isHead: boolean;
  /** Aborted when the asker has gone. */
  signal: AbortSignal;
}

/** An answer that is no JSON, or not 200. */
export class Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | Readable | string | object | null;

  constructor(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Buffer | Readable | string | object | null,
  ) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/**
 * One route: what the router, the OpenAPI document and the test of roles are made from. What `handle` returns is sent as JSON, `undefined` as
 * 204; a thrown Problem becomes a problem document.
 */
export interface Route<
  Parameters extends z.ZodType | undefined = z.ZodType | undefined,
  Query extends z.ZodType | undefined = z.ZodType | undefined,
  Body extends z.ZodType | undefined = z.ZodType | undefined,
> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As in OpenAPI: `/api/peers/{id}`. */
  path: string;
  /** The least that is needed. */
  role: Role | 'public';
  /** Not for API tokens: a user or a token that one has added would outlive it. */
  isForPeople?: boolean;
  /** One sentence for the OpenAPI document. */
  summary: string;
  /** Group in the OpenAPI document. */
  tag: string;
  parameters?: Parameters;
  query?: Query;
  body?: Body;
  /** Of a JSON answer; or the media type of any other; undefined for 204. */
  answer: z.ZodType | string | undefined;
  /** Answers of another status that are no problem documents, and what they mean; `hasBody` where it is that of `answer`. */
  otherAnswers?: Readonly<Record<number, { description: string; hasBody: boolean }>>;
  /** Bytes of a request body at most; 65536 unless given. */
  bodyBytesMax?: number;
  handle(request: RouteRequest<Parameters, Query, Body>): Promise<unknown>;
}

/** Keeps the types of the three schemas together within the declaration, and forgets them outside. */
export function route<
  Parameters extends z.ZodType | undefined = undefined,
  Query extends z.ZodType | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(definition: Route<Parameters, Query, Body>): Route {
  return definition as unknown as Route;
}

/** Who asks, on a route that is not public. */
export function actorOf({ actor }: { actor: Actor | undefined }): Actor {
  if (actor === undefined) throw new Error('a route that is not public was called without an actor');
  return actor;
}
