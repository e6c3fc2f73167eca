import type { MessageOfType } from '../dimse/message.ts';
import { Problem } from '../lib/problem.ts';
import type { EventReport } from '../services/storage-commitment-report.ts';
import type { AssociationDriver } from './association-driver.ts';

export interface EventReportScuOptions {
  driver: AssociationDriver;
  nextMessageId(): number;
  /** How long the peer may take to answer, milliseconds. */
  responseTimeoutMs: number;
}

interface Outstanding {
  messageId: number;
  resolve(status: number): void;
  reject(problem: Problem): void;
}

/** Sends N-EVENT-REPORTs on an association that is open, one at a time — PS3.7 §10.1.1. */
export class EventReportScu {
  readonly #options: EventReportScuOptions;
  #outstanding: Outstanding | undefined;
  #ended: Problem | undefined;

  constructor(options: EventReportScuOptions) {
    this.#options = options;
  }

  /**
   * @returns the status of the response
   * @throws Problem 'peer-unreachable' where there is none in time or the association has ended; what `end` was told
   */
  async report(contextId: number, event: EventReport, dataSet: Buffer): Promise<number> {
    if (this.#ended !== undefined) throw this.#ended;
    const { driver, responseTimeoutMs, nextMessageId } = this.#options;
    const messageId = nextMessageId();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<number>((resolve, reject) => {
        this.#outstanding = { messageId, resolve, reject };
        const late = () =>
          reject(
            new Problem('peer-unreachable', `no answer to N-EVENT-REPORT within ${responseTimeoutMs} ms`),
          );
        timer = setTimeout(late, responseTimeoutMs);
        const request: MessageOfType<'N-EVENT-REPORT-RQ'> = {
          type: 'N-EVENT-REPORT-RQ',
          affectedSopClassUid: event.sopClassUid,
          messageId,
          affectedSopInstanceUid: event.sopInstanceUid,
          eventTypeId: event.eventTypeId,
          hasDataSet: true,
        };
        if (!driver.send(contextId, request, dataSet))
          reject(this.#ended ?? new Problem('peer-unreachable', 'the association has ended'));
      });
    } finally {
      clearTimeout(timer);
      this.#outstanding = undefined;
    }
  }

  /** The peer's answer; one that comes too late is passed over. */
  respond(response: MessageOfType<'N-EVENT-REPORT-RSP'>): void {
    const outstanding = this.#outstanding;
    if (outstanding?.messageId === response.messageIdBeingRespondedTo) outstanding.resolve(response.status);
  }

  /** The association has ended, or nobody wants its answers any more. */
  end(problem: Problem): void {
    this.#ended ??= problem;
    this.#outstanding?.reject(this.#ended);
  }
}
