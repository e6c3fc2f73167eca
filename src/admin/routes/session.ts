import type { Accounts, Login } from '../../services/accounts.ts';
import {
  loginPageSchema,
  loginSchema,
  passwordChangeSchema,
  type Session,
  sessionSchema,
} from '../api/accounts.ts';
import { sessionCookie } from '../authentication.ts';
import type { AdminParts } from '../parts.ts';
import { HttpRefusal } from '../problems.ts';
import { actorOf, type Client, Reply, type Route, route } from '../route.ts';

const tag = 'Session';

export function sessionRoutes(parts: AdminParts): Route[] {
  return [...loginRoutes(parts), ...ownAccountRoutes(parts)];
}

function loginRoutes({ accounts, settings }: AdminParts): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/login-page',
      role: 'public',
      summary: 'What the login page needs before anybody has signed in.',
      tag,
      answer: loginPageSchema,
      handle: async () => ({ language: settings.current.language }),
    }),
    route({
      method: 'post',
      path: '/api/session',
      role: 'public',
      summary: 'Signs in: the answer sets the cookie of the session.',
      tag,
      body: loginSchema,
      answer: sessionSchema,
      handle: async ({ body, client }) => {
        const login = await accounts.login(body.name, body.password, client.address);
        if (login.outcome === 'wrong') throw new HttpRefusal('not-signed-in', 'name or password is wrong');
        return signedIn(accounts, login, client);
      },
    }),
    route({
      method: 'get',
      path: '/api/session',
      role: 'viewer',
      summary: 'Who is signed in.',
      tag,
      answer: sessionSchema,
      handle: async (request): Promise<Session> => {
        const { name, role } = actorOf(request);
        const { session } = request.client;
        return {
          name,
          role,
          csrfToken: session === undefined ? '' : await accounts.sessions.csrfTokenOf(session.id),
          mustChangePassword: session?.mustChangePassword ?? false,
        };
      },
    }),
  ];
}

function ownAccountRoutes({ accounts }: AdminParts): Route[] {
  return [
    route({
      method: 'delete',
      path: '/api/session',
      role: 'viewer',
      summary: 'Signs out.',
      tag,
      answer: undefined,
      handle: async (request) => {
        await accounts.logout(sessionIdOf(request.client), actorOf(request));
        return new Reply(204, sessionCookie(undefined, request.client.isSecure), null);
      },
    }),
    route({
      method: 'delete',
      path: '/api/sessions',
      role: 'viewer',
      summary: 'Signs out everywhere: ends all sessions of the user.',
      tag,
      answer: undefined,
      handle: async (request) => {
        sessionIdOf(request.client);
        await accounts.logoutEverywhere(actorOf(request));
        return new Reply(204, sessionCookie(undefined, request.client.isSecure), null);
      },
    }),
    route({
      method: 'put',
      path: '/api/account/password',
      role: 'viewer',
      isForPeople: true,
      summary: 'Changes the own password: ends all other sessions of the user, and sets a new cookie.',
      tag,
      body: passwordChangeSchema,
      answer: sessionSchema,
      handle: async (request) => {
        const { body, client } = request;
        const sessionId = sessionIdOf(client);
        const changed = await accounts.changePassword(body.current, body.next, sessionId, actorOf(request));
        if (changed.outcome === 'wrong') throw new HttpRefusal('forbidden', 'the current password is wrong');
        return signedIn(accounts, changed, client);
      },
    }),
  ];
}

/** @throws HttpRefusal 'too-many-attempts' */
async function signedIn(
  accounts: Accounts,
  login: Exclude<Login, { outcome: 'wrong' }>,
  { isSecure }: Client,
): Promise<Reply> {
  if (login.outcome === 'too-many-attempts') {
    const { retryAfterMs } = login;
    const words = `too many attempts: try again in ${Math.ceil(retryAfterMs / 1000)} s`;
    throw new HttpRefusal('too-many-attempts', words, { retryAfterMs });
  }
  const { user, sessionId, cookie } = login;
  const session: Session = {
    name: user.name,
    role: user.role,
    csrfToken: await accounts.sessions.csrfTokenOf(sessionId),
    mustChangePassword: user.mustChangePassword,
  };
  return new Reply(200, sessionCookie(cookie, isSecure), session);
}

/** @throws HttpRefusal 'forbidden' for a program with an API token */
function sessionIdOf({ session }: Client): string {
  if (session === undefined)
    throw new HttpRefusal('forbidden', 'an API token has no session and no password');
  return session.id;
}
