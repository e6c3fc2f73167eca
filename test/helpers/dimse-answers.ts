import type { DataSet } from '../../src/dicom/data-set.ts';
import type { ResponseMessage } from '../../src/dimse/message.ts';
import type { AAssociateRj } from '../../src/ul/pdu/a-associate-rj.ts';
import { rejectWords } from '../../src/ul/words.ts';
import type { ReceivedInstance } from './received-instance.ts';

export interface Answer {
  status: number;
  errorComment: string | undefined;
}
export interface FindResult extends Answer {
  responses: DataSet[];
  /** Of each response, FF00H or FF01H. */
  pendingStatuses: number[];
}
export interface SuboperationCounts {
  remaining: number | undefined;
  completed: number | undefined;
  failed: number | undefined;
  warning: number | undefined;
}
export interface MoveResult extends Answer, SuboperationCounts {
  /** The counters of each Pending response. */
  pending: SuboperationCounts[];
  failedUids: string[];
}
export interface GetResult extends MoveResult {
  received: ReceivedInstance[];
}
/** The peer said no to the association. */
export class AssociationRejected extends Error {
  readonly reject: AAssociateRj;

  constructor(reject: AAssociateRj) {
    super(rejectWords(reject));
    this.reject = reject;
  }
}

export function answerOf(message: ResponseMessage): Answer {
  return { status: message.status, errorComment: message.errorComment };
}

export function countsOf(message: ResponseMessage): SuboperationCounts {
  const counts = message as unknown as Partial<Record<string, number>>;
  return {
    remaining: counts['numberOfRemainingSuboperations'],
    completed: counts['numberOfCompletedSuboperations'],
    failed: counts['numberOfFailedSuboperations'],
    warning: counts['numberOfWarningSuboperations'],
  };
}
