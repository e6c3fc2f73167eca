import type { ProblemDocument } from '../../api/common.ts';
import { sessionStore } from './session.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** What the server refused, or that it did not answer: then `status` is 0 and the code `unreachable`. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: ProblemDocument;

  constructor(status: number, problem: ProblemDocument) {
    super(problem.detail);
    this.name = 'ApiError';
    this.status = status;
    this.problem = problem;
  }
}

/** Paths begin with `/api/`. All throw ApiError, and AbortError where `signal` says so; 401 brings the login, and the page again after it. */
export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) =>
    request<T>('GET', withQuery(path, query), undefined, signal),
  post: <T>(path: string, body?: unknown) => request<T>('POST', path, body),
  put: <T>(path: string, body?: unknown) => request<T>('PUT', path, body),
  patch: <T>(path: string, body?: unknown) => request<T>('PATCH', path, body),
  del: <T>(path: string, body?: unknown) => request<T>('DELETE', path, body),
};

async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers = new Headers({ Accept: 'application/json' });
  const session = sessionStore.value;
  if (method !== 'GET' && session !== undefined) headers.set('X-CSRF-Token', session.csrfToken);
  if (body !== undefined) headers.set('Content-Type', 'application/json');
  const response = await reach(path, {
    method,
    headers,
    credentials: 'same-origin',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (response.status === 401) sessionStore.set(undefined);
  if (!response.ok) throw new ApiError(response.status, await problemOf(response));
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiError(0, ownProblem(0, 'unreachable', String(error)));
  }
}

/** A proxy in between may answer with something else than a problem document. */
async function problemOf(response: Response): Promise<ProblemDocument> {
  const isProblem = response.headers.get('Content-Type')?.startsWith('application/problem+json') === true;
  if (!isProblem) return ownProblem(response.status, 'unexpected-answer', response.statusText);
  return (await response.json()) as ProblemDocument;
}

function ownProblem(status: number, code: string, detail: string): ProblemDocument {
  return { type: 'about:blank', title: code, status, detail, code };
}

function withQuery(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}
