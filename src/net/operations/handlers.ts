import type { Message, MessageOfType } from '../../dimse/message.ts';
import type { AcceptorSession } from '../acceptor-session.ts';
import type { DataSetConsumer } from '../association-driver.ts';
import { echo } from './echo.ts';
import { find } from './find.ts';
import { identified } from './identified.ts';
import { action } from './n-action.ts';
import type { OperationHandler } from './operation.ts';
import { get, move } from './retrieve.ts';
import { store } from './store.ts';

/** What we do for a caller, by request; whatever is not here is answered with 0211H. */
export const operationHandlers: ReadonlyMap<string, OperationHandler> = new Map<string, OperationHandler>([
  handler('C-ECHO-RQ', echo),
  handler('C-STORE-RQ', store),
  handler('C-FIND-RQ', (session, contextId, message) =>
    identified(session, contextId, message, 'find', find),
  ),
  handler('C-MOVE-RQ', (session, contextId, message) =>
    identified(session, contextId, message, 'retrieve', move),
  ),
  handler('C-GET-RQ', (session, contextId, message) =>
    identified(session, contextId, message, 'retrieve', get),
  ),
  handler('N-ACTION-RQ', action),
]);

function handler<Type extends Message['type']>(
  type: Type,
  handle: (
    session: AcceptorSession,
    contextId: number,
    message: MessageOfType<Type>,
  ) => DataSetConsumer | undefined,
): [string, OperationHandler] {
  return [type, (session, contextId, message) => handle(session, contextId, message as MessageOfType<Type>)];
}
