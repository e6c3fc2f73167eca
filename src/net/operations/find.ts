import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MessageOfType } from '../../dimse/message.ts';
import { responseTo } from '../../dimse/response.ts';
import { status } from '../../dimse/status.ts';
import { Problem } from '../../lib/problem.ts';
import { netLimits } from '../limits.ts';
import type { Operation } from './identified.ts';
import { syntaxOf } from './operation.ts';

/** C-FIND — PS3.4 §C.4.1: one Pending response for each match. */
export async function find(operation: Operation<MessageOfType<'C-FIND-RQ'>>): Promise<void> {
  const { session, contextId, message, sopClass, agreed, identifier, signal } = operation;
  const startedAt = performance.now();
  const syntax = syntaxOf(session, contextId);
  const matches = session.services.query.find({ model: sopClass.model, agreed, identifier, signal });
  let count = 0;
  for await (const match of matches) {
    if (signal.aborted) throw new Problem('cancelled', 'cancelled');
    count += 1;
    const pending = match.isEveryKeySupported ? status.pending : status.pendingOptionalKeysNotSupported;
    const response = responseTo(message, { status: pending, hasDataSet: true });
    if (!session.driver.send(contextId, response, match.identifier.encode(syntax))) return;
    await session.driver.drained();
    if (count % netLimits.responsesPerTurn === 0) await nextTurn();
  }
  session.driver.send(contextId, responseTo(message, { status: status.success }));
  session.log.info('query answered', { caller: session.caller.callingAeTitle, matches: count });
  session.tally.queries += 1;
  session.observer.queryAnswered(session.tally, count, performance.now() - startedAt);
}
