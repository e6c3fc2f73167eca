import { STATUS_CODES } from 'node:http';
import type { ProblemCode } from '../lib/problem.ts';
import { Problem } from '../lib/problem.ts';
import type { ProblemDocument } from './api/common.ts';

const HTTP_STATUS: Readonly<Record<ProblemCode, number>> = {
  'unusable-identifier': 400,
  'not-authorized': 403,
  'not-found': 404,
  'duplicate-instance': 409,
  'already-exists': 409,
  cancelled: 409,
  'data-set-mismatch': 422,
  'unreadable-data-set': 422,
  'unusable-setting': 422,
  'not-renderable': 422,
  'move-destination-unknown': 422,
  internal: 500,
  'peer-unreachable': 502,
  'volume-offline': 503,
  'backlog-full': 503,
  'catalog-unavailable': 503,
  'storage-full': 507,
};

/** Reasons of HTTP's own, which no other protocol of ours has. */
export type HttpCode =
  | 'invalid-request'
  | 'not-signed-in'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'body-too-large'
  | 'unsupported-media-type'
  | 'too-many-attempts'
  | 'page-not-built';

const STATUS_OF_HTTP_CODE: Readonly<Record<HttpCode, number>> = {
  'invalid-request': 400,
  'not-signed-in': 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'body-too-large': 413,
  'unsupported-media-type': 415,
  'too-many-attempts': 429,
  'page-not-built': 503,
};

export interface Issue {
  /** `tls.port`, `items.3`; '' for the whole. */
  path: string;
  message: string;
}

export interface HttpRefusalExtras {
  issues?: Issue[];
  retryAfterMs?: number;
  headers?: Readonly<Record<string, string>>;
}

/** A request that is refused for what it is, before anybody has looked at what it asks for. */
export class HttpRefusal extends Error {
  readonly code: HttpCode;
  readonly extras: HttpRefusalExtras;

  constructor(code: HttpCode, message: string, extras: HttpRefusalExtras = {}) {
    super(message);
    this.name = 'HttpRefusal';
    this.code = code;
    this.extras = extras;
  }
}

export interface ProblemAnswer {
  document: ProblemDocument;
  headers: Readonly<Record<string, string>>;
}

/** The problem document — RFC 9457; undefined for what is no refusal: a bug. */
export function problemAnswerOf(error: Problem | HttpRefusal): ProblemAnswer;
export function problemAnswerOf(error: unknown): ProblemAnswer | undefined;
export function problemAnswerOf(error: unknown): ProblemAnswer | undefined {
  if (error instanceof Problem) {
    const status = HTTP_STATUS[error.code];
    return { document: documentOf(status, error.code, error.message), headers: {} };
  }
  if (!(error instanceof HttpRefusal)) return undefined;
  const { issues, retryAfterMs, headers } = error.extras;
  const document = documentOf(STATUS_OF_HTTP_CODE[error.code], error.code, error.message);
  if (issues !== undefined) document.issues = issues;
  if (retryAfterMs === undefined) return { document, headers: { ...headers } };
  document.retryAfter = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return { document, headers: { ...headers, 'Retry-After': String(document.retryAfter) } };
}

/** What is told of a bug: nothing, for its message may be of anything. */
export function bugDocument(): ProblemDocument {
  return documentOf(500, 'internal', 'an error that was not foreseen: the log of the server has more');
}

/** `about:blank`: what the problem is stands in `code`. */
function documentOf(status: number, code: string, detail: string): ProblemDocument {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, code };
}
