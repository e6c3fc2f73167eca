import type { Context } from 'koa';
import type { Accounts } from '../services/accounts.ts';
import { originOf } from './client.ts';
import { HttpRefusal } from './problems.ts';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/**
 * A browser sends its cookies whoever made it send the request: SameSite=Strict is one defence, where the request came from the second, and
 * a token that only our page can read the third. @throws HttpRefusal 'forbidden'
 */
export async function assertSentByPage(
  context: Context,
  sessionId: string,
  accounts: Pick<Accounts, 'sessions'>,
): Promise<void> {
  assertSameOrigin(context);
  if (SAFE_METHODS.includes(context.method)) return;
  if (await accounts.sessions.isCsrfTokenOf(sessionId, context.get('X-CSRF-Token'))) return;
  throw new HttpRefusal('forbidden', 'the header X-CSRF-Token is missing or not the one of this session');
}

/** What the browser says of the page that sent a request to change something; programs say nothing. @throws HttpRefusal 'forbidden' */
export function assertSameOrigin(context: Context): void {
  if (SAFE_METHODS.includes(context.method)) return;
  const site = context.get('Sec-Fetch-Site');
  if (site === 'same-origin' || site === 'none') return;
  const origin = context.get('Origin');
  const isSame = origin === '' || hostOf(origin) === originOf(context).host;
  if (site === '' && isSame) return;
  throw new HttpRefusal('forbidden', 'the request was sent by a page of another site');
}

function hostOf(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase();
}
