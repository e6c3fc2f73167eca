import { uids } from '../dicom/uids.ts';
import { status, statusWords } from '../dimse/status.ts';
import { within } from '../lib/within.ts';
import { adviceFor, type Echo, type EchoOutcome, type EchoPeer, type EchoResult } from '../services/echo.ts';
import type { ProposedContext } from '../ul/pdu/a-associate-rq.ts';
import { netLimits } from './limits.ts';
import { PeerProblem, Requestor, type RequestorOptions } from './requestor.ts';

export type EchoScuOptions = Pick<RequestorOptions, 'callingAeTitle' | 'tls' | 'pduBytesMax'> &
  Partial<RequestorOptions>;

/** C-ECHO SCU — PS3.4 Annex A — with a diagnosis. */
export class EchoScu implements Echo {
  readonly #options: RequestorOptions;

  /** @param options the times of `netLimits` unless given */
  constructor(options: EchoScuOptions) {
    this.#options = {
      artimTimeoutMs: netLimits.echoReleaseTimeoutMs,
      associationIdleTimeoutMs: 2 * netLimits.echoAnswerTimeoutMs,
      connectTimeoutMs: netLimits.echoConnectTimeoutMs,
      responseTimeoutMs: netLimits.echoAnswerTimeoutMs,
      ...options,
    };
  }

  async run(peer: EchoPeer): Promise<EchoResult> {
    const requestor = new Requestor(peer, this.#options);
    const place = `${peer.aeTitle} at ${peer.host}:${peer.port}`;
    let echoMs: number | null = null;
    const result = (outcome: EchoOutcome, words: string): EchoResult => ({
      outcome,
      isOk: outcome === 'ok',
      words,
      advice: adviceFor(outcome, peer, this.#options.callingAeTitle()),
      resolvedAddress: requestor.resolvedAddress ?? null,
      connectMs: requestor.connectMs ?? null,
      associateMs: requestor.associateMs ?? null,
      echoMs,
    });
    try {
      await requestor.open(echoContexts());
      const startedAt = performance.now();
      const response = await requestor.echo({
        type: 'C-ECHO-RQ',
        affectedSopClassUid: uids.Verification,
        messageId: 1,
        hasDataSet: false,
      });
      echoMs = performance.now() - startedAt;
      if (response.status !== status.success) {
        return result('failed', `${place}: C-ECHO answered with ${statusWords(response.status)}`);
      }
      return result('ok', `${place} answered in ${Math.round(echoMs)} ms`);
    } catch (error) {
      if (!(error instanceof PeerProblem)) throw error;
      return result(error.outcome, error.message);
    } finally {
      // The answer is known: a connection that does not want to go away goes behind our back.
      const late = () => new Error('not released');
      const release = () => requestor.release();
      await within(netLimits.echoReleaseTimeoutMs, late, release).catch(() => undefined);
    }
  }
}

function echoContexts(): ProposedContext[] {
  const transferSyntaxes = [uids.ImplicitVRLittleEndian, uids.ExplicitVRLittleEndian];
  return [{ id: 1, abstractSyntax: uids.Verification, transferSyntaxes }];
}
