import { setImmediate as nextTurn } from 'node:timers/promises';
import { DataSet } from '../dicom/data-set.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { transferSyntaxOf } from '../dicom/transfer-syntax.ts';
import type { Message, MessageOfType, RequestMessage } from '../dimse/message.ts';
import { responseTo } from '../dimse/response.ts';
import { status } from '../dimse/status.ts';
import { messageOf, Problem, type ProblemCode } from '../lib/problem.ts';
import type { Right } from '../services/callers.ts';
import { type QueryRetrieveClass, queryRetrieveClasses } from '../services/contexts.ts';
import type { StoredObservation } from '../services/observer.ts';
import type { QueryService } from '../services/query.ts';
import type {
  ContextNeed,
  Counters,
  RetrieveResult,
  RetrieveService,
  StoreTarget,
} from '../services/retrieve.ts';
import { C_FIND_STATUS, C_STORE_STATUS, RETRIEVE_STATUS } from '../services/statuses.ts';
import type { DataSetSink, StorageService } from '../services/storage.ts';
import type { AcceptorSession } from './acceptor-session.ts';
import type { DataSetConsumer } from './association-driver.ts';
import { IdentifierCollector } from './identifier-collector.ts';
import { netLimits } from './limits.ts';
import type { Outbound } from './outbound.ts';

export interface Services {
  storage: StorageService;
  query: QueryService;
  retrieve: RetrieveService;
  outbound: Outbound;
}

export type OperationHandler = (
  session: AcceptorSession,
  contextId: number,
  message: Message,
) => DataSetConsumer | undefined;

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

/** C-ECHO SCP — PS3.4 Annex A. */
function echo(session: AcceptorSession, contextId: number, message: MessageOfType<'C-ECHO-RQ'>): undefined {
  const refusal = session.callers.refusalTo(session.caller, 'echo');
  const answer = refusal === undefined ? { status: status.success } : notAuthorized(session, refusal);
  if (refusal === undefined) session.tally.echoes += 1;
  session.driver.send(contextId, responseTo(message, answer));
  session.log.debug('echo', { caller: session.caller.callingAeTitle });
}

function store(
  session: AcceptorSession,
  contextId: number,
  message: MessageOfType<'C-STORE-RQ'>,
): DataSetConsumer {
  const context = session.contextOf(contextId);
  const { callingAeTitle, address } = session.caller;
  const refuse = (problem: Problem) => {
    const value = C_STORE_STATUS[problem.code];
    session.countRefusedInstance(value, problem.message);
    session.driver.send(contextId, responseTo(message, { status: value, errorComment: problem.message }));
  };
  const refusal =
    session.callers.refusalTo(session.caller, 'store') ?? mismatchOf(message, context.abstractSyntax);
  if (refusal !== undefined) {
    const problem = typeof refusal === 'string' ? new Problem('not-authorized', refusal) : refusal;
    if (session.caller.peer === undefined)
      session.callers.recordUnknown(session.caller, problem.message, false);
    return new IdentifierCollector(() => refuse(problem));
  }
  const sink = session.services.storage.begin({
    affectedSopClassUid: message.affectedSopClassUid,
    affectedSopInstanceUid: message.affectedSopInstanceUid,
    transferSyntaxUid: context.transferSyntax,
    callingAeTitle,
    callingAddress: address,
  });
  const operation = session.beginOperation(message.messageId);
  return storeConsumer(sink, {
    accepted(stored) {
      operation.done();
      session.driver.send(contextId, responseTo(message, { status: status.success }));
      session.countStored(stored);
    },
    refused(error) {
      operation.done();
      refuse(toProblem(session, error));
    },
    aborted: () => operation.done(),
  });
}

function storeConsumer(
  sink: DataSetSink,
  end: { accepted(stored: StoredObservation): void; refused(error: unknown): void; aborted(): void },
): DataSetConsumer {
  return {
    write: (bytes) => sink.write(bytes),
    release: () => sink.release(),
    end: () => void sink.end().then(end.accepted, end.refused),
    abort() {
      sink.abort();
      end.aborted();
    },
  };
}

function mismatchOf(message: MessageOfType<'C-STORE-RQ'>, abstractSyntax: string): Problem | undefined {
  if (message.affectedSopClassUid === abstractSyntax) return undefined;
  return new Problem('data-set-mismatch', `SOP class ${message.affectedSopClassUid} on a context of another`);
}

type IdentifiedRequest = MessageOfType<'C-FIND-RQ' | 'C-MOVE-RQ' | 'C-GET-RQ'>;

interface Operation<Request> {
  session: AcceptorSession;
  contextId: number;
  message: Request;
  sopClass: QueryRetrieveClass;
  identifier: DataSet;
  signal: AbortSignal;
}

/** Reads the identifier, then runs `perform`; what that throws becomes the final response. */
function identified<Request extends IdentifiedRequest>(
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
      const { sopClass, identifier } = prepare(session, contextId, message, right, bytes);
      await perform({ session, contextId, message, sopClass, identifier, signal });
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

function prepare(
  session: AcceptorSession,
  contextId: number,
  message: IdentifiedRequest,
  right: Right,
  bytes: Buffer,
): { sopClass: QueryRetrieveClass; identifier: DataSet } {
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
  const syntax = transferSyntaxOf(context.transferSyntax);
  if (syntax === undefined) throw new Error(`accepted transfer syntax ${context.transferSyntax}`);
  return { sopClass, identifier: DataSet.decode(bytes, syntax) };
}

/** C-FIND — PS3.4 §C.4.1: one Pending response for each match. */
async function find(operation: Operation<MessageOfType<'C-FIND-RQ'>>): Promise<void> {
  const { session, contextId, message, sopClass, identifier, signal } = operation;
  const startedAt = performance.now();
  const syntax = syntaxOf(session, contextId);
  const matches = session.services.query.find({ model: sopClass.model, identifier, signal });
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

/** C-MOVE — PS3.4 §C.4.2. */
async function move(operation: Operation<MessageOfType<'C-MOVE-RQ'>>): Promise<void> {
  const { session, message, signal } = operation;
  const { callingAeTitle } = session.caller;
  await retrieve(operation, message.moveDestination, async (needs) => {
    const destination = await session.callers.findPeer(message.moveDestination);
    if (destination === undefined) {
      throw new Problem('move-destination-unknown', `move destination ${message.moveDestination} is no peer`);
    }
    const originator = { aeTitle: callingAeTitle, messageId: message.messageId };
    return session.services.outbound.openStoreTarget(destination, needs, {
      priority: message.priority,
      originator,
      signal,
    });
  });
}

/** C-GET — PS3.4 §C.4.3. */
async function get(operation: Operation<MessageOfType<'C-GET-RQ'>>): Promise<void> {
  const { session, message } = operation;
  await retrieve(operation, session.caller.callingAeTitle, async () => session.storeScu(message.priority));
}

async function retrieve(
  operation: Operation<MessageOfType<'C-MOVE-RQ' | 'C-GET-RQ'>>,
  destination: string,
  openTarget: (needs: readonly ContextNeed[]) => Promise<StoreTarget>,
): Promise<void> {
  const { session, contextId, message, sopClass, identifier, signal } = operation;
  const { tally } = session;
  const startedAt = performance.now();
  let sentBefore = 0;
  const note = ({ completed, warning }: Counters) => {
    tally.sentInstances += completed + warning - sentBefore;
    sentBefore = completed + warning;
  };
  const progress = session.services.retrieve.retrieve({
    model: sopClass.model,
    identifier,
    signal,
    openTarget,
  });
  for (;;) {
    const next = await progress.next();
    if (next.done === true) {
      const { counters, words } = next.value;
      sendResult(operation, next.value);
      note(counters);
      session.observer.retrieveAnswered(tally, {
        operation: message.type === 'C-MOVE-RQ' ? 'C-MOVE' : 'C-GET',
        destination,
        studyInstanceUid: studyOf(identifier),
        completed: counters.completed,
        failed: counters.failed,
        warning: counters.warning,
        tookMs: performance.now() - startedAt,
        words,
      });
      return;
    }
    note(next.value);
    session.driver.send(contextId, responseTo(message, { status: status.pending, ...counted(next.value) }));
  }
}

/** Study Instance UID (0020,000D), where one is asked for. */
function studyOf(identifier: DataSet): string | undefined {
  const uid = identifier.text(tags.StudyInstanceUID) ?? '';
  return /^[0-9.]{1,64}$/.test(uid) ? uid : undefined;
}

function sendResult(
  operation: Operation<MessageOfType<'C-MOVE-RQ' | 'C-GET-RQ'>>,
  result: RetrieveResult,
): void {
  const { session, contextId, message } = operation;
  const { counters, failedUids, words } = result;
  const isCancelled = result.status === status.cancel;
  // The number of remaining sub-operations stands in Pending and Cancel responses alone — PS3.4 §C.4.2.1.6.
  const { numberOfRemainingSuboperations, ...final } = counted(counters);
  const answer = {
    status: result.status,
    ...final,
    ...(isCancelled && { numberOfRemainingSuboperations }),
    ...(words !== undefined && { errorComment: words }),
  };
  if (failedUids.length === 0) {
    session.driver.send(contextId, responseTo(message, answer));
  } else {
    const dataSet = failedList(failedUids).encode(syntaxOf(session, contextId));
    session.driver.send(contextId, responseTo(message, { ...answer, hasDataSet: true }), dataSet);
  }
  session.log.info('retrieve answered', {
    caller: session.caller.callingAeTitle,
    operation: message.type,
    ...counters,
    ...(words !== undefined && { reason: words }),
  });
}

/** Bytes of a UI value whose length has two bytes — PS3.5 §7.1.2. */
const UI_BYTES_MAX = 0xfffe;

/** Failed SOP Instance UID List (0008,0058); as many as fit. */
function failedList(failedUids: readonly string[]): DataSet {
  const dataSet = new DataSet();
  const fitting: string[] = [];
  let bytes = 0;
  for (const uid of failedUids) {
    bytes += uid.length + 1;
    if (bytes > UI_BYTES_MAX) break;
    fitting.push(uid);
  }
  dataSet.setText(tags.FailedSOPInstanceUIDList, fitting);
  return dataSet;
}

function counted(counters: Counters) {
  return {
    numberOfRemainingSuboperations: counters.remaining,
    numberOfCompletedSuboperations: counters.completed,
    numberOfFailedSuboperations: counters.failed,
    numberOfWarningSuboperations: counters.warning,
  };
}

function syntaxOf(session: AcceptorSession, contextId: number) {
  const { transferSyntax } = session.contextOf(contextId);
  return transferSyntaxOf(transferSyntax) ?? failWith(`accepted transfer syntax ${transferSyntax}`);
}

function failWith(words: string): never {
  throw new Error(words);
}

function notAuthorized(session: AcceptorSession, words: string): { status: number; errorComment: string } {
  session.countRefused('C-ECHO', status.notAuthorized, words);
  return { status: status.notAuthorized, errorComment: words };
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

/** Anything that is no Problem is a bug of ours: logged with its stack, answered 0110H without it. */
function toProblem(session: AcceptorSession, error: unknown): Problem {
  if (error instanceof Problem) return error;
  session.log.error('bug', {
    reason: messageOf(error),
    stack: error instanceof Error ? (error.stack ?? '') : '',
  });
  return new Problem('internal', 'processing failure', { cause: error });
}
