import type { MessageOfType } from '../../dimse/message.ts';
import { responseTo } from '../../dimse/response.ts';
import { status } from '../../dimse/status.ts';
import type { AcceptorSession } from '../acceptor-session.ts';

/** C-ECHO SCP — PS3.4 Annex A. */
export function echo(
  session: AcceptorSession,
  contextId: number,
  message: MessageOfType<'C-ECHO-RQ'>,
): undefined {
  const refusal = session.callers.refusalTo(session.caller, 'echo');
  const answer = refusal === undefined ? { status: status.success } : notAuthorized(session, refusal);
  if (refusal === undefined) session.tally.echoes += 1;
  session.driver.send(contextId, responseTo(message, answer));
  session.log.debug('echo', { caller: session.caller.callingAeTitle });
}

function notAuthorized(session: AcceptorSession, words: string): { status: number; errorComment: string } {
  session.countRefused('C-ECHO', status.notAuthorized, words);
  return { status: status.notAuthorized, errorComment: words };
}
