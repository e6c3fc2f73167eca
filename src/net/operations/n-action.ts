import { uids } from '../../dicom/uids.ts';
import type { MessageOfType } from '../../dimse/message.ts';
import { responseTo } from '../../dimse/response.ts';
import { status } from '../../dimse/status.ts';
import type { ByteRoom } from '../../lib/byte-room.ts';
import { Problem } from '../../lib/problem.ts';
import { N_ACTION_STATUS } from '../../services/statuses.ts';
import { readActionInformation } from '../../services/storage-commitment-request.ts';
import { ByteGatherer } from '../../ul/byte-gatherer.ts';
import type { AcceptorSession } from '../acceptor-session.ts';
import type { DataSetConsumer } from '../association-driver.ts';
import { netLimits } from '../limits.ts';
import { syntaxOf, toProblem } from './operation.ts';

type Request = MessageOfType<'N-ACTION-RQ'>;

/** Request Storage Commitment — PS3.4 §J.3.2.1. */
const REQUEST_STORAGE_COMMITMENT = 1;

/** N-ACTION: Storage Commitment Push Model SCP — PS3.4 §J.3.2. Answered with success when the request would survive a power cut. */
export function action(
  session: AcceptorSession,
  contextId: number,
  message: Request,
): DataSetConsumer | undefined {
  const { done } = session.beginOperation(message.messageId);
  const refusal = refusalOf(session, contextId, message);
  const run = async (bytes: Buffer | Problem) => {
    try {
      if (refusal !== undefined) throw refusal;
      if (bytes instanceof Problem) throw bytes;
      const { callingAeTitle, calledAeTitle, address } = session.caller;
      const syntax = syntaxOf(session, contextId);
      const association = session.reports.on(contextId, syntax);
      const information = await readActionInformation(bytes, syntax);
      await session.services.commitment.accept(information, {
        callingAeTitle,
        calledAeTitle,
        address,
        association,
      });
      session.driver.send(contextId, responseTo(message, { status: status.success }));
      session.log.info('storage commitment requested', {
        caller: callingAeTitle,
        transactionUid: information.transactionUid,
        references: information.references.length,
      });
    } catch (error) {
      fail(session, contextId, message, error);
    } finally {
      done();
    }
  };
  if (message.hasDataSet) {
    const { room } = session.services.commitment;
    return new ActionCollector(room, refusal === undefined ? netLimits.actionBytesMax : 0, run, done);
  }
  void run(new Problem('unusable-identifier', 'no action information'));
  return undefined;
}

/** A refusal that has a status of its own. */
class ActionRefusal extends Problem {
  readonly status: number;

  constructor(value: number, words: string) {
    super('unusable-identifier', words);
    this.status = value;
  }
}

function refusalOf(session: AcceptorSession, contextId: number, message: Request): Problem | undefined {
  const { requestedSopClassUid, requestedSopInstanceUid, actionTypeId } = message;
  const { abstractSyntax } = session.contextOf(contextId);
  const sopClass = uids.StorageCommitmentPushModel;
  if (requestedSopClassUid !== sopClass || abstractSyntax !== sopClass)
    return new ActionRefusal(status.noSuchSopClass, `no actions of SOP class ${requestedSopClassUid}`);
  if (requestedSopInstanceUid !== uids.StorageCommitmentPushModelInstance)
    return new ActionRefusal(status.noSuchSopInstance, `no SOP instance ${requestedSopInstanceUid}`);
  if (actionTypeId !== REQUEST_STORAGE_COMMITMENT)
    return new ActionRefusal(status.noSuchAction, `no action ${actionTypeId}`);
  const refusal = session.callers.refusalTo(session.caller, 'store');
  if (refusal === undefined) return undefined;
  session.callers.recordUnknown(session.caller, refusal, false);
  return new Problem('not-authorized', refusal);
}

function fail(session: AcceptorSession, contextId: number, message: Request, error: unknown): void {
  const problem = toProblem(session, error);
  const value = problem instanceof ActionRefusal ? problem.status : N_ACTION_STATUS[problem.code];
  session.countRefused('N-ACTION', value, problem.message);
  session.driver.send(contextId, responseTo(message, { status: value, errorComment: problem.message }));
}

/** Gathers the action information in room that all callers share, and holds it until it is taken in. */
class ActionCollector implements DataSetConsumer {
  readonly #room: ByteRoom;
  readonly #bytesMax: number;
  readonly #whole: (bytes: Buffer | Problem) => Promise<void>;
  readonly #aborted: () => void;
  readonly #gathered = new ByteGatherer();
  #takenBytes = 0;
  #problem: Problem | undefined;

  /** @param bytesMax what is longer is read and dropped */
  constructor(
    room: ByteRoom,
    bytesMax: number,
    whole: (bytes: Buffer | Problem) => Promise<void>,
    aborted: () => void,
  ) {
    this.#room = room;
    this.#bytesMax = bytesMax;
    this.#whole = whole;
    this.#aborted = aborted;
  }

  write(bytes: Buffer): void {
    if (this.#problem !== undefined) return;
    if (this.#takenBytes + bytes.length > this.#bytesMax)
      this.#drop(`action information of more than ${this.#bytesMax} bytes`);
    else if (!this.#room.take(bytes.length)) this.#drop('too many requests at once');
    else {
      this.#takenBytes += bytes.length;
      this.#gathered.add(bytes);
    }
  }

  release(): undefined {
    return undefined;
  }

  end(): void {
    void this.#whole(this.#problem ?? this.#gathered.take()).finally(() => this.#giveBack());
  }

  abort(): void {
    this.#giveBack();
    this.#aborted();
  }

  #drop(words: string): void {
    this.#problem = new Problem('backlog-full', words);
    this.#giveBack();
  }

  #giveBack(): void {
    this.#gathered.take();
    this.#room.give(this.#takenBytes);
    this.#takenBytes = 0;
  }
}
