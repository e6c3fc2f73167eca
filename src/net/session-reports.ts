import { setTimeout as wait } from 'node:timers/promises';
import type { Encoding } from '../dicom/data-set-decoder.ts';
import type { MessageOfType } from '../dimse/message.ts';
import { Problem } from '../lib/problem.ts';
import { Turns } from '../lib/turns.ts';
import type { EventReport, ReportAssociation } from '../services/storage-commitment-report.ts';
import type { AssociationDriver } from './association-driver.ts';
import { EventReportScu } from './event-report-scu.ts';
import { netLimits } from './limits.ts';

export interface SessionReportsOptions {
  driver: AssociationDriver;
  nextMessageId(): number;
  responseTimeoutMs: number;
  /** Whether no operation and no data set is under way. */
  isIdle(): boolean;
}

/**
 * Reports to a caller on the association on which it asked — PS3.4 §J.3.3. Many callers can do one thing at a time: nothing is sent before all is answered and a
 * moment has passed, in which whoever wants to release does so.
 */
export class SessionReports {
  readonly #options: SessionReportsOptions;
  readonly #scu: EventReportScu;
  readonly #turns = new Turns();

  constructor(options: SessionReportsOptions) {
    this.#options = options;
    const responseTimeoutMs = Math.min(options.responseTimeoutMs, netLimits.eventReportAnswerTimeoutMs);
    this.#scu = new EventReportScu({ ...options, responseTimeoutMs });
  }

  /** As what a request came on is known to who reports. */
  on(contextId: number, encoding: Encoding): ReportAssociation {
    const { driver } = this.#options;
    return {
      get isOver() {
        return !driver.isOpen;
      },
      report: (event, signal) => this.#turns.take(() => this.#report(contextId, encoding, event, signal)),
    };
  }

  respond(response: MessageOfType<'N-EVENT-REPORT-RSP'>): void {
    this.#scu.respond(response);
  }

  end(words: string): void {
    this.#scu.end(new Problem('peer-unreachable', words));
  }

  async #report(
    contextId: number,
    encoding: Encoding,
    event: EventReport,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    try {
      const dataSet = await event.encode(encoding);
      if (!(await this.#quiet(signal))) return undefined;
      return await this.#scu.report(contextId, event, dataSet);
    } catch (error) {
      // There are other ways to report, and another attempt.
      if (error instanceof Problem) return undefined;
      throw error;
    }
  }

  /** @returns false where that does not come about in time */
  async #quiet(signal: AbortSignal): Promise<boolean> {
    const { driver, isIdle } = this.#options;
    const { eventReportQuietMs, eventReportPatienceMs, eventReportPollMs } = netLimits;
    const deadline = performance.now() + eventReportPatienceMs;
    let quietSince = performance.now();
    while (driver.isOpen && !signal.aborted && performance.now() < deadline) {
      if (!isIdle()) quietSince = performance.now();
      else if (performance.now() - quietSince >= eventReportQuietMs) return true;
      await wait(eventReportPollMs);
    }
    return false;
  }
}
