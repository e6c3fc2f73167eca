import { DataSet } from '../../dicom/data-set.ts';
import { identifierLimits } from '../../dicom/limits.ts';
import type { MessageOfType, RequestMessage } from '../../dimse/message.ts';
import { responseTo } from '../../dimse/response.ts';
import { status } from '../../dimse/status.ts';
import { Problem, type ProblemCode } from '../../lib/problem.ts';
import type { Right } from '../../services/callers.ts';
import { type QueryRetrieveClass, queryRetrieveClasses } from '../../services/contexts.ts';
import { type AgreedOptions, agreedOptions } from '../../services/extended-negotiation.ts';
import { C_FIND_STATUS, RETRIEVE_STATUS } from '../../services/statuses.ts';
import type { AcceptorSession } from '../acceptor-session.ts';
import type { DataSetConsumer } from '../association-driver.ts';
import { IdentifierCollector } from '../identifier-collector.ts';
import { syntaxOf, toProblem } from './operation.ts';

type IdentifiedRequest = MessageOfType<'C-FIND-RQ' | 'C-MOVE-RQ' | 'C-GET-RQ'>;

export interface Operation<Request> {
  session: AcceptorSession;
  contextId: number;
  message: Request;
  sopClass: QueryRetrieveClass;
  /** Of that class. */
  agreed: AgreedOptions;
  identifier: DataSet;
  signal: AbortSignal;
}

/** Reads the identifier, then runs `perform`; what that throws becomes the final response. */
export function identified<Request extends IdentifiedRequest>(
  session: AcceptorSession,
  contextId: number,
  message: Request,
  right: Right,
  perform: (operation: Operation<Request>) => Promise<void>,
): DataSetConsumer | undefined {
  const { signal, done } = session.beginOperation(message.messageId);
  const run = async (bytes: Buffer | Problem) => {
    try {
      if (bytes instanceof Problem) throw bytes;
      const prepared = prepare(session, contextId, message, right, bytes);
      if (message.type === 'C-FIND-RQ') tellQuery(session, contextId, bytes);
      await perform({ session, contextId, message, ...prepared, signal });
    } catch (error) {
      const table = message.type === 'C-FIND-RQ' ? C_FIND_STATUS : RETRIEVE_STATUS;
      fail(session, contextId, message, error, table);
    } finally {
      done();
    }
  };
  if (!message.hasDataSet) {
    void run(new Problem('data-set-mismatch', 'no identifier'));
    return undefined;
  }
  return new IdentifierCollector((bytes) => void run(bytes));
}

function tellQuery(session: AcceptorSession, contextId: number, identifier: Buffer): void {
  const { abstractSyntax: sopClassUid, transferSyntax: transferSyntaxUid } = session.contextOf(contextId);
  session.observer.queryReceived(session.tally, { sopClassUid, transferSyntaxUid, identifier });
}

function prepare(
  session: AcceptorSession,
  contextId: number,
  message: IdentifiedRequest,
  right: Right,
  bytes: Buffer,
): Pick<Operation<IdentifiedRequest>, 'sopClass' | 'agreed' | 'identifier'> {
  const refusal = session.callers.refusalTo(session.caller, right);
  if (refusal !== undefined) {
    session.callers.recordUnknown(session.caller, refusal, false);
    throw new Problem('not-authorized', refusal);
  }
  const context = session.contextOf(contextId);
  const sopClass = queryRetrieveClasses.get(context.abstractSyntax);
  const operation = { 'C-FIND-RQ': 'find', 'C-MOVE-RQ': 'move', 'C-GET-RQ': 'get' }[message.type];
  if (sopClass === undefined || sopClass.operation !== operation) {
    throw new Problem('data-set-mismatch', `${message.type} on a context of another SOP class`);
  }
  return {
    sopClass,
    agreed: agreedOptions(context.abstractSyntax, session.extendedNegotiationOf(context.abstractSyntax)),
    identifier: DataSet.decode(bytes, syntaxOf(session, contextId), identifierLimits),
  };
}

function fail(
  session: AcceptorSession,
  contextId: number,
  message: IdentifiedRequest,
  error: unknown,
  table: Readonly<Record<ProblemCode, number>>,
): void {
  const problem = toProblem(session, error);
  const value = table[problem.code];
  const isCancel = value === status.cancel;
  if (!isCancel) session.countRefused(message.type.replace('-RQ', ''), value, problem.message);
  const answer = { status: value, ...(!isCancel && { errorComment: problem.message }) };
  session.driver.send(contextId, responseTo<RequestMessage & IdentifiedRequest>(message, answer));
}
