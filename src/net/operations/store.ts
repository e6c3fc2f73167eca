import type { MessageOfType } from '../../dimse/message.ts';
import { responseTo } from '../../dimse/response.ts';
import { status } from '../../dimse/status.ts';
import { Problem } from '../../lib/problem.ts';
import type { StoredObservation } from '../../services/observer.ts';
import { C_STORE_STATUS } from '../../services/statuses.ts';
import type { DataSetSink } from '../../services/storage.ts';
import type { AcceptorSession } from '../acceptor-session.ts';
import type { DataSetConsumer } from '../association-driver.ts';
import { toProblem } from './operation.ts';

/** C-STORE SCP — PS3.4 Annex B. */
export function store(
  session: AcceptorSession,
  contextId: number,
  message: MessageOfType<'C-STORE-RQ'>,
): DataSetConsumer | undefined {
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
    return refusing(message, () => refuse(problem));
  }
  if (!message.hasDataSet) {
    refuse(new Problem('unreadable-data-set', 'C-STORE-RQ without a data set'));
    return undefined;
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

/** A refusal is answered when the data set has been read to its end. */
function refusing(message: MessageOfType<'C-STORE-RQ'>, refuse: () => void): DataSetConsumer | undefined {
  if (message.hasDataSet) return { write() {}, release: () => undefined, end: refuse, abort() {} };
  refuse();
  return undefined;
}

function mismatchOf(message: MessageOfType<'C-STORE-RQ'>, abstractSyntax: string): Problem | undefined {
  if (message.affectedSopClassUid === abstractSyntax) return undefined;
  return new Problem('data-set-mismatch', `SOP class ${message.affectedSopClassUid} on a context of another`);
}
