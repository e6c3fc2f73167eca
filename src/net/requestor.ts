import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../dicom/file-meta.ts';
import type { Message, MessageOfType } from '../dimse/message.ts';
import { Problem } from '../lib/problem.ts';
import type { EchoOutcome } from '../services/echo.ts';
import type { EventReport } from '../services/storage-commitment-report.ts';
import { Association, type Indication } from '../ul/association.ts';
import { type AcceptedContext, DICOM_APPLICATION_CONTEXT } from '../ul/negotiation.ts';
import type { AAssociateRj } from '../ul/pdu/a-associate-rj.ts';
import type { AAssociateRq, ProposedContext } from '../ul/pdu/a-associate-rq.ts';
import type { RoleSelection } from '../ul/pdu/user-information.ts';
import { abortWords, rejectWords } from '../ul/words.ts';
import { AssociationDriver, type DriverEvents } from './association-driver.ts';
import { ConnectError, type Connection, openConnection } from './connection.ts';
import { EventReportScu } from './event-report-scu.ts';
import { netLimits } from './limits.ts';
import { OutstandingStores } from './outstanding-stores.ts';
import type { ReaderEvents } from './socket-reader.ts';
import { type MoveOriginator, StoreScu } from './store-scu.ts';
import type { TlsClient } from './tls-client.ts';

export interface Destination {
  aeTitle: string;
  host: string;
  port: number;
  useTls: boolean;
}

export interface RequestorOptions {
  /** Ours, as it is now. */
  callingAeTitle(): string;
  /** For destinations that are called by TLS. */
  tls: TlsClient;
  pduBytesMax: number;
  artimTimeoutMs: number;
  associationIdleTimeoutMs: number;
  connectTimeoutMs: number;
  responseTimeoutMs: number;
}

/** A peer that cannot be reached, or does not do what it was asked for. */
export class PeerProblem extends Problem {
  readonly outcome: EchoOutcome;

  constructor(outcome: EchoOutcome, words: string) {
    super('peer-unreachable', words);
    this.outcome = outcome;
  }
}

/** What is proposed besides contexts. */
export interface Proposal {
  /** Aborts the association, once it is open after a moment in which sub-operations and the release may end. */
  signal?: AbortSignal | undefined;
  /** Those that we want; the SCU's alone unless given. */
  roles?: readonly RoleSelection[];
  /** Requests of ours that may be outstanding, 1 or more; no window is proposed for one — PS3.7 Annex D.3.3.3. */
  operationsInvoked?: number;
}

/** First bytes of a TLS alert and of a handshake — RFC 8446 §5.1. PDU types end at 07H. */
const TLS_CONTENT_TYPES: readonly number[] = [0x15, 0x16];
const PDU_TYPE_MAX = 7;

/** One association of ours with a peer. */
export class Requestor implements DriverEvents {
  resolvedAddress: string | undefined;
  connectMs: number | undefined;
  associateMs: number | undefined;
  readonly #destination: Destination;
  readonly #options: RequestorOptions;
  readonly #association: Association;
  readonly #driver: AssociationDriver;
  #settled: ((problem?: Problem) => void) | undefined;
  #ended: Problem | undefined;
  #isEstablished = false;
  /** What the peer said first. */
  #firstByte: number | undefined;
  #connection: Connection | undefined;
  #awaitEcho: ((response: MessageOfType<'C-ECHO-RSP'> | Problem) => void) | undefined;
  #stores: OutstandingStores | undefined;
  #eventReportScu: EventReportScu | undefined;
  #answeredRoles: readonly RoleSelection[] = [];
  /** Requests of ours that may be outstanding, as we propose and then as was agreed on. */
  #operationsInvoked = 1;
  #messageId = 0;
  #onEnded: () => void = () => undefined;
  #stopListening: () => void = () => undefined;

  constructor(destination: Destination, options: RequestorOptions) {
    this.#destination = destination;
    this.#options = options;
    this.#association = new Association('requestor', { pduBytesMax: options.pduBytesMax });
    const { artimTimeoutMs, associationIdleTimeoutMs: idleTimeoutMs } = options;
    this.#driver = new AssociationDriver(this.#association, this, { artimTimeoutMs, idleTimeoutMs });
  }

  /**
   * Connects and negotiates.
   * @throws PeerProblem; Problem 'cancelled'
   */
  async open(contexts: readonly ProposedContext[], proposal: Proposal = {}): Promise<void> {
    const { signal, roles = [], operationsInvoked = 1 } = proposal;
    this.#operationsInvoked = operationsInvoked;
    if (signal?.aborted === true) throw new Problem('cancelled', 'cancelled');
    this.#driver.perform(
      this.#association.submit({ type: 'A-ASSOCIATE request', request: this.#requestOf(contexts, roles) }),
    );
    const connection = await this.#connect(signal);
    this.#connection = connection;
    this.#listenTo(signal);
    const connectedAt = performance.now();
    await new Promise<void>((resolve, reject) => {
      const { responseTimeoutMs } = this.#options;
      const timer = setTimeout(() => {
        this.#end(`no answer to the association request within ${responseTimeoutMs} ms`, 'answer-timeout');
        this.#driver.abort('no answer');
      }, responseTimeoutMs);
      this.#settled = (problem) => {
        clearTimeout(timer);
        if (problem === undefined) resolve();
        else reject(problem);
      };
      this.#driver.attach(connection.read());
    });
    this.associateMs = performance.now() - connectedAt;
  }

  /** @throws PeerProblem */
  async echo(message: MessageOfType<'C-ECHO-RQ'>): Promise<MessageOfType<'C-ECHO-RSP'>> {
    const context = [...this.#association.contexts.values()][0];
    if (context === undefined) {
      throw this.#problem('accepts no presentation context for C-ECHO', 'verification-not-accepted');
    }
    let timer: NodeJS.Timeout | undefined;
    const response = await new Promise<MessageOfType<'C-ECHO-RSP'> | Problem>((resolve) => {
      this.#awaitEcho = resolve;
      const words = `no answer to C-ECHO within ${this.#options.responseTimeoutMs} ms`;
      timer = setTimeout(
        () => resolve(this.#problem(words, 'answer-timeout')),
        this.#options.responseTimeoutMs,
      );
      if (!this.#driver.send(context.id, message))
        resolve(this.#ended ?? this.#problem('ended the association', 'aborted'));
    });
    clearTimeout(timer);
    if (response instanceof Problem) {
      this.#driver.abort(response.message);
      throw response;
    }
    return response;
  }

  storeScu(subOperation: {
    priority: number;
    originator?: MoveOriginator;
    preferredTransferSyntaxes: readonly string[];
  }): StoreScu {
    const { responseTimeoutMs } = this.#options;
    this.#stores = new OutstandingStores({
      operationsMax: this.#operationsInvoked,
      responseTimeoutMs,
      abort: (words) => this.#driver.abort(words),
    });
    if (this.#ended !== undefined) this.#stores.end(this.#ended);
    return new StoreScu({
      ...subOperation,
      driver: this.#driver,
      stores: this.#stores,
      contexts: this.#association.contexts.values(),
      nextMessageId: () => this.#nextMessageId(),
      close: () => this.release(),
    });
  }

  contextOf(abstractSyntax: string): AcceptedContext | undefined {
    return [...this.#association.contexts.values()].find((one) => one.abstractSyntax === abstractSyntax);
  }

  /** Undefined where the peer did not answer the role selection — PS3.7 §D.3.3.4. */
  answeredRolesOf(sopClassUid: string): RoleSelection | undefined {
    return this.#answeredRoles.find((role) => role.sopClassUid === sopClassUid);
  }

  /** The peer accepts the association and not what we need of it. */
  refused(words: string): PeerProblem {
    return this.#problem(words, 'rejected-other');
  }

  /**
   * Sends an N-EVENT-REPORT. A peer that does not answer is aborted.
   * @returns the status of the response
   * @throws PeerProblem; Problem 'cancelled'
   */
  async report(contextId: number, event: EventReport, dataSet: Buffer): Promise<number> {
    this.#eventReportScu = new EventReportScu({
      driver: this.#driver,
      nextMessageId: () => this.#nextMessageId(),
      responseTimeoutMs: this.#options.responseTimeoutMs,
    });
    if (this.#ended !== undefined) this.#eventReportScu.end(this.#ended);
    try {
      return await this.#eventReportScu.report(contextId, event, dataSet);
    } catch (error) {
      this.#driver.abort('no answer to the report');
      if (this.#ended === error || !(error instanceof Problem)) throw error;
      throw this.#problem(error.message, 'answer-timeout');
    }
  }

  /** Releases the association, and waits for its end; a peer that does not answer is aborted. */
  async release(): Promise<void> {
    if (this.#ended !== undefined) return;
    const ended = new Promise<void>((resolve) => {
      this.#onEnded = resolve;
    });
    const timer = setTimeout(
      () => this.#driver.abort('no answer to the release'),
      this.#options.artimTimeoutMs,
    );
    if (this.#driver.submit({ type: 'A-RELEASE request' })) await ended;
    clearTimeout(timer);
  }

  indicate(primitive: Indication): void {
    switch (primitive.type) {
      case 'A-ASSOCIATE confirmation':
        this.#isEstablished = true;
        this.#answeredRoles = primitive.accept.userInformation.roleSelections;
        this.#agreeOn(primitive.accept.userInformation.asynchronousOperationsWindow?.operationsInvoked ?? 1);
        this.#settled?.();
        break;
      case 'A-ASSOCIATE rejected':
        this.#end(`rejected the association: ${rejectWords(primitive.reject)}`, outcomeOf(primitive.reject));
        break;
      case 'A-RELEASE indication':
        this.#driver.submit({ type: 'A-RELEASE response' });
        break;
      case 'A-ABORT indication':
        this.#end(`aborted the association: ${abortWords(primitive.source, primitive.reason)}`, 'aborted');
        break;
      case 'A-P-ABORT indication':
        this.#broken(`association aborted: ${primitive.message}`);
        break;
      case 'A-ASSOCIATE indication':
      case 'A-RELEASE confirmation':
      case 'P-DATA indication':
        break;
    }
  }

  message(_contextId: number, message: Message): undefined {
    if (message.type === 'C-STORE-RSP') this.#stores?.respond(message);
    if (message.type === 'C-ECHO-RSP') this.#awaitEcho?.(message);
    if (message.type === 'N-EVENT-REPORT-RSP') this.#eventReportScu?.respond(message);
  }

  closed(): void {
    this.#stopListening();
    this.#broken('closed the connection');
  }

  /** The peer answers no more than was proposed, or 0 for any number, and should not answer what was not proposed — PS3.7 Annex D.3.3.3. */
  #agreeOn(answered: number): void {
    if (answered !== 0) this.#operationsInvoked = Math.min(this.#operationsInvoked, answered);
  }

  #nextMessageId(): number {
    this.#messageId = (this.#messageId % 0xffff) + 1;
    return this.#messageId;
  }

  #listenTo(signal: AbortSignal | undefined): void {
    let timer: NodeJS.Timeout | undefined;
    const cancelled = () => {
      timer = setTimeout(() => this.#cancel(), this.#isEstablished ? netLimits.cancelPatienceMs : 0);
    };
    signal?.addEventListener('abort', cancelled);
    if (signal?.aborted === true) cancelled();
    this.#stopListening = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancelled);
    };
  }

  #cancel(): void {
    this.#ended ??= new Problem('cancelled', 'cancelled');
    this.#stores?.end(this.#ended);
    this.#eventReportScu?.end(this.#ended);
    this.#driver.abortSoon('cancelled');
  }

  /** What does not begin as an answer of DICOM tells by its first byte what it is. */
  #broken(words: string): void {
    if (this.#isEstablished) this.#end(words, 'aborted');
    else if (this.#firstByte === undefined) this.#endSilent();
    else if (TLS_CONTENT_TYPES.includes(this.#firstByte)) this.#end('answers by TLS', 'tls-failed');
    else if (this.#firstByte > PDU_TYPE_MAX) this.#end('does not answer as DICOM does', 'not-dicom');
    else this.#end(words, 'aborted');
  }

  /** Who wants a certificate of ours and does not take it may just hang up, with TLS 1.3 after the handshake. */
  #endSilent(): void {
    const refusal = this.#connection?.tlsRefusal();
    if (refusal !== undefined) this.#end(`TLS: ${refusal}`, 'tls-failed');
    else if (!this.#destination.useTls) this.#end('closed the connection without an answer', 'not-dicom');
    else this.#end('closed the connection after the TLS handshake, without an answer', 'tls-failed');
  }

  #end(words: string, outcome: EchoOutcome): void {
    this.#ended ??= this.#problem(words, outcome);
    this.#settled?.(this.#ended);
    this.#awaitEcho?.(this.#ended);
    this.#stores?.end(this.#ended);
    this.#eventReportScu?.end(this.#ended);
    this.#onEnded();
  }

  #problem(words: string, outcome: EchoOutcome): PeerProblem {
    const { aeTitle, host, port } = this.#destination;
    return new PeerProblem(outcome, `${aeTitle} at ${host}:${port}: ${words}`);
  }

  #requestOf(contexts: readonly ProposedContext[], roles: readonly RoleSelection[]): AAssociateRq {
    return {
      type: 'A-ASSOCIATE-RQ',
      protocolVersion: 1,
      calledAeTitle: this.#destination.aeTitle,
      callingAeTitle: this.#options.callingAeTitle(),
      applicationContext: DICOM_APPLICATION_CONTEXT,
      presentationContexts: [...contexts],
      userInformation: {
        maximumLength: this.#options.pduBytesMax,
        implementationClassUid: IMPLEMENTATION_CLASS_UID,
        implementationVersionName: IMPLEMENTATION_VERSION_NAME,
        // We perform no operations of who we call.
        ...(this.#operationsInvoked > 1 && {
          asynchronousOperationsWindow: {
            operationsInvoked: this.#operationsInvoked,
            operationsPerformed: 1,
          },
        }),
        roleSelections: [...roles],
        extendedNegotiations: [],
        commonExtendedNegotiations: [],
      },
    };
  }

  async #connect(signal: AbortSignal | undefined) {
    const driver = this.#driver;
    const events: ReaderEvents = {
      chunk: (bytes) => {
        this.#firstByte ??= bytes[0];
        driver.chunk(bytes);
      },
      held: () => driver.held(),
      isWithinDataSet: () => driver.isWithinDataSet(),
    };
    try {
      const { connectTimeoutMs: timeoutMs, tls } = this.#options;
      const connection = await openConnection(this.#destination, events, { timeoutMs, tls, signal });
      this.resolvedAddress = connection.resolvedAddress;
      this.connectMs = connection.connectMs;
      return connection;
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      this.resolvedAddress = error.resolvedAddress;
      if (signal?.aborted === true) throw new Problem('cancelled', 'cancelled');
      throw this.#problem(error.message, error.outcome);
    }
  }
}

/** PS3.8 §9.3.4, Table 9-21. */
function outcomeOf({ source, reason }: Pick<AAssociateRj, 'source' | 'reason'>): EchoOutcome {
  if (source === 1 && reason === 7) return 'rejected-called-ae-title';
  if (source === 1 && reason === 3) return 'rejected-calling-ae-title';
  return 'rejected-other';
}
