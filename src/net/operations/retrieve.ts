import { DataSet } from '../../dicom/data-set.ts';
import { tags } from '../../dicom/dictionary/tags.ts';
import type { MessageOfType } from '../../dimse/message.ts';
import { responseTo } from '../../dimse/response.ts';
import { status } from '../../dimse/status.ts';
import { Problem } from '../../lib/problem.ts';
import type { ContextNeed, Counters, RetrieveResult, StoreTarget } from '../../services/retrieve.ts';
import { TransferNotes } from '../../services/transfer-notes.ts';
import type { Operation } from './identified.ts';
import { syntaxOf } from './operation.ts';

/** C-MOVE — PS3.4 §C.4.2. */
export async function move(operation: Operation<MessageOfType<'C-MOVE-RQ'>>): Promise<void> {
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
      takesWindow: session.hasWindow && destination.aeTitle === callingAeTitle,
    });
  });
}

/** C-GET — PS3.4 §C.4.3. */
export async function get(operation: Operation<MessageOfType<'C-GET-RQ'>>): Promise<void> {
  const { session, message } = operation;
  await retrieve(operation, session.caller.callingAeTitle, async () => session.storeScu(message.priority));
}

/** Whatever was sent is told of, also where the rest could not be. */
async function retrieve(
  operation: Operation<MessageOfType<'C-MOVE-RQ' | 'C-GET-RQ'>>,
  destination: string,
  openTarget: (needs: readonly ContextNeed[]) => Promise<StoreTarget>,
): Promise<void> {
  const { observer, tally } = operation.session;
  const notes = new TransferNotes((studies, words) =>
    observer.instancesTransferred({ requestor: { party: tally.party }, destination, studies, words }),
  );
  try {
    await send(operation, destination, openTarget, notes);
  } finally {
    notes.end();
  }
}

async function send(
  operation: Operation<MessageOfType<'C-MOVE-RQ' | 'C-GET-RQ'>>,
  destination: string,
  openTarget: (needs: readonly ContextNeed[]) => Promise<StoreTarget>,
  notes: TransferNotes,
): Promise<void> {
  const { session, contextId, message, sopClass, agreed, identifier, signal } = operation;
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
    isRelational: agreed.has('relational'),
    signal,
    openTarget,
    noted: (instance, isSent) => notes.add(instance, isSent),
  });
  for (;;) {
    const next = await progress.next();
    if (next.done === true) {
      const { counters, words } = next.value;
      sendResult(operation, next.value);
      note(counters);
      notes.end(words);
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
