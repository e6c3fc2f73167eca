import type { Context } from 'koa';
import type { Accounts, Credentials } from '../services/accounts.ts';
import { originOf } from './client.ts';
import { assertSameOrigin, assertSentByPage } from './csrf.ts';
import { HttpRefusal } from './problems.ts';
import type { Actor, Client, Route } from './route.ts';

/**
 * By HTTPS and by HTTP: a browser that holds a cookie with the attribute Secure does not take one of the same name without it, and the prefix keeps other
 * services of this host from setting it.
 */
export const SESSION_COOKIES = { secure: '__Host-dicomkeep_session', plain: 'dicomkeep_session' } as const;

/** Who asks, where the route wants to know. @throws HttpRefusal 'not-signed-in' or 'forbidden'; Problem 'catalog-unavailable' */
export async function authenticate(
  context: Context,
  route: Route,
  accounts: Accounts,
): Promise<{ actor: Actor | undefined; client: Client }> {
  const { address, isSecure } = originOf(context);
  if (route.role === 'public') {
    assertSameOrigin(context);
    return { actor: undefined, client: { address, isSecure, session: undefined } };
  }
  // A page that is left open does not keep its session alive by listening.
  const isUse = route.answer !== 'text/event-stream';
  const identity = await accounts.authenticate(credentialsOf(context), isUse);
  if (identity === undefined) {
    const headers = { 'WWW-Authenticate': 'Bearer' };
    throw new HttpRefusal('not-signed-in', 'sign in first', { headers });
  }
  const { name, role, session } = identity;
  if (route.role === 'admin' && role !== 'admin') {
    throw new HttpRefusal('forbidden', `${name} is a ${role}: this is for admins`);
  }
  if (session === undefined && route.isForPeople === true) {
    throw new HttpRefusal(
      'forbidden',
      `${name} may not see or change accounts: that is for people who have signed in`,
    );
  }
  if (session !== undefined) await assertSentByPage(context, session.id, accounts);
  return { actor: { name, role, address }, client: { address, isSecure, session } };
}

/** Calls `end` when the session or the token of this request is no good any more. @returns what stops the watch */
export function watchCredentials(
  context: Context,
  accounts: Accounts,
  intervalMs: number,
  end: () => void,
): () => void {
  const credentials = credentialsOf(context);
  const timer = setInterval(async () => {
    try {
      if ((await accounts.authenticate(credentials, false)) === undefined) end();
    } catch {
      // The catalogue is away: who was good stays so.
    }
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

function credentialsOf(context: Context): Credentials {
  const authorization = context.get('Authorization');
  return {
    cookie: context.cookies.get(cookieName(originOf(context).isSecure)),
    authorization: authorization === '' ? undefined : authorization,
  };
}

/** Header Set-Cookie; `value` undefined ends the cookie. Its end is the session's, which the server knows. */
export function sessionCookie(value: string | undefined, isSecure: boolean): Record<string, string> {
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Strict'];
  if (isSecure) attributes.push('Secure');
  if (value === undefined) attributes.push('Max-Age=0');
  return { 'Set-Cookie': [`${cookieName(isSecure)}=${value ?? ''}`, ...attributes].join('; ') };
}

function cookieName(isSecure: boolean): string {
  return isSecure ? SESSION_COOKIES.secure : SESSION_COOKIES.plain;
}
