import { expect } from 'chai';
import { ApiError, api } from '../../src/admin/page/lib/api.ts';
import { problemText } from '../../src/admin/page/lib/problem-text.ts';
import { sessionStore } from '../../src/admin/page/lib/session.ts';
import { read } from './languages.ts';

const SESSION = { name: 'anna', role: 'admin', csrfToken: 'token-1', mustChangePassword: false } as const;
const PROBLEM = {
  type: 'about:blank',
  title: 'Not Found',
  status: 404,
  detail: 'no study 1.2.3',
  code: 'not-found',
};

describe('The api of the page', () => {
  const browserFetch = globalThis.fetch;
  let asked: { path: string; init: RequestInit }[];
  let answer: () => Response;

  beforeEach(() => {
    asked = [];
    answer = () => Response.json({ isThere: true });
    globalThis.fetch = async (path, init = {}) => {
      asked.push({ path: String(path), init });
      return answer();
    };
    sessionStore.set(SESSION);
  });
  afterEach(() => {
    globalThis.fetch = browserFetch;
    sessionStore.set(undefined);
  });

  const headersOf = (init: RequestInit | undefined) => new Headers(init?.headers);

  it('asks with the parameters that have a value', async () => {
    const got = await api.get('/api/studies', { text: 'a&b', limit: 50, cursor: undefined, sort: '' });

    expect(got).to.deep.equal({ isThere: true });
    expect(asked[0]?.path).to.equal('/api/studies?text=a%26b&limit=50');
    expect(headersOf(asked[0]?.init).has('X-CSRF-Token')).to.equal(false);
  });

  it('sends the CSRF token and JSON with what changes something', async () => {
    answer = () => new Response(null, { status: 204 });

    expect(await api.put('/api/settings', { dimsePort: 104 })).to.equal(undefined);
    await api.del('/api/peers/3');

    expect(asked.map(({ init }) => init.method)).to.deep.equal(['PUT', 'DELETE']);
    expect(asked.map(({ init }) => headersOf(init).get('X-CSRF-Token'))).to.deep.equal([
      'token-1',
      'token-1',
    ]);
    expect(asked.map(({ init }) => init.body)).to.deep.equal(['{"dimsePort":104}', undefined]);
    expect(headersOf(asked[0]?.init).get('Content-Type')).to.equal('application/json');
    expect(headersOf(asked[1]?.init).has('Content-Type')).to.equal(false);
  });

  it('throws the problem document of a refusal', async () => {
    answer = () => problemAnswer(404, PROBLEM);

    const error = await failureOf(api.get('/api/studies/1.2.3'));

    expect(error.status).to.equal(404);
    expect(error.problem).to.deep.equal(PROBLEM);
    expect(sessionStore.value).to.equal(SESSION);
  });

  it('ends the session on 401, which brings the login', async () => {
    answer = () => problemAnswer(401, { ...PROBLEM, status: 401, code: 'not-signed-in' });

    await failureOf(api.get('/api/status'));

    expect(sessionStore.value).to.equal(undefined);
  });

  it('has a problem of its own for an answer that is none of ours, and for none at all', async () => {
    answer = () =>
      new Response('<h1>Bad gateway</h1>', { status: 502, headers: { 'Content-Type': 'text/html' } });
    const strange = await failureOf(api.get('/api/status'));
    answer = () => {
      throw new TypeError('Failed to fetch');
    };
    const none = await failureOf(api.get('/api/status'));

    expect([strange.status, strange.problem.code]).to.deep.equal([502, 'unexpected-answer']);
    expect([none.status, none.problem.code]).to.deep.equal([0, 'unreachable']);
  });

  it('leaves what was aborted to whoever aborted it', async () => {
    const controller = new AbortController();
    controller.abort();
    answer = () => {
      throw controller.signal.reason;
    };

    const error = await api.get('/api/status', {}, controller.signal).catch((thrown: unknown) => thrown);

    expect(error).to.equal(controller.signal.reason);
  });
});

describe('The text of a problem', () => {
  const textOf = (code: string, more: object = {}) =>
    problemText(new ApiError(400, { ...PROBLEM, ...more, code }));

  it('is in the language of the reader, by its code', () => {
    read('fr');

    expect(textOf('not-found')).to.equal('Introuvable, ou supprimé entre-temps.');
  });

  it('is that of the server for a code that the page does not know', () => {
    read('fr');

    expect(textOf('invented-later')).to.equal('no study 1.2.3');
  });

  it('says how long to wait after too many attempts', () => {
    read('en');

    expect(textOf('too-many-attempts', { retryAfter: 1 })).to.match(/Wait 1 second,/);
    expect(textOf('too-many-attempts', { retryAfter: 60 })).to.match(/Wait 60 seconds,/);
  });

  it('tells of a bug of the page where something else was thrown', () => {
    read('en');

    expect(problemText(new TypeError('x is undefined'))).to.equal(
      'Something went wrong within Dicomkeep. The log says more.',
    );
  });
});

function problemAnswer(status: number, problem: object): Response {
  return Response.json(problem, {
    status,
    headers: { 'Content-Type': 'application/problem+json; charset=utf-8' },
  });
}

async function failureOf(request: Promise<unknown>): Promise<ApiError> {
  const error = await request.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error(`no ApiError: ${error}`);
  return error;
}
