import type { Socket } from 'node:net';
import { isRequest, type Message } from '../dimse/message.ts';
import { responseTo } from '../dimse/response.ts';
import { status, statusWords } from '../dimse/status.ts';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import type { Caller, Callers } from '../services/callers.ts';
import type {
  AssociationTally,
  Observer,
  Party,
  RejectReason,
  StoredObservation,
} from '../services/observer.ts';
import type { Settings } from '../services/settings.ts';
import { Association, type Indication } from '../ul/association.ts';
import type { AcceptedContext } from '../ul/negotiation.ts';
import type { AAssociateRj } from '../ul/pdu/a-associate-rj.ts';
import type { AAssociateRq } from '../ul/pdu/a-associate-rq.ts';
import type { ExtendedNegotiation } from '../ul/pdu/user-information.ts';
import { abortWords } from '../ul/words.ts';
import { type AdmissionOptions, admit, FULL, proposedNames } from './admission.ts';
import { AssociationDriver, type DataSetConsumer, type DriverEvents } from './association-driver.ts';
import { netLimits } from './limits.ts';
import { operationHandlers } from './operations/handlers.ts';
import type { OperationHandler, Services } from './operations/operation.ts';
import { OutstandingStores } from './outstanding-stores.ts';
import { Refusals } from './refusals.ts';
import { SessionReports } from './session-reports.ts';
import { readByEvents, readInto } from './socket-reader.ts';
import { StoreScu } from './store-scu.ts';

export interface AcceptorOptions extends AdmissionOptions {
  /** Asked for each association. */
  settings: AdmissionOptions['settings'] & { readonly current: Pick<Settings, 'maximumAssociations'> };
  artimTimeoutMs: number;
  associationIdleTimeoutMs: number;
  responseTimeoutMs: number;
  services: Services;
  observer: Observer;
  log: Log;
}

export interface Origin {
  number: number;
  /** Network address. */
  address: string;
  isTls: boolean;
}

export interface SessionHost {
  /** An association request has come. */
  requested(): void;
  isFull(): boolean;
  /** The association has ended, or was rejected; the caller has yet to close the connection. */
  over(): void;
  closed(): void;
}

/** One association that a caller has with us. */
export class AcceptorSession implements DriverEvents {
  readonly driver: AssociationDriver;
  readonly services: Services;
  readonly log: Log;
  readonly reports: SessionReports;
  readonly #options: AcceptorOptions;
  readonly #association: Association;
  readonly #origin: Origin;
  readonly #host: SessionHost;
  readonly #operations = new Map<number, AbortController>();
  #socket: Socket | undefined;
  #caller: Caller | undefined;
  #tally: AssociationTally | undefined;
  #contexts: ReadonlyMap<number, AcceptedContext> = new Map();
  #extended: readonly ExtendedNegotiation[] = [];
  /** C-STORE sub-operations of its C-GETs. */
  #stores: OutstandingStores | undefined;
  #hasWindow = false;
  #messageId = 0;
  readonly #refusals: Refusals;
  #isOver = false;

  constructor(origin: Origin, options: AcceptorOptions, host: SessionHost) {
    const { number, address } = origin;
    this.#options = options;
    this.#origin = origin;
    this.#host = host;
    this.services = options.services;
    this.log = options.log.child({ association: number, address });
    this.#refusals = new Refusals(this.log);
    this.#association = new Association('acceptor', { pduBytesMax: options.pduBytesMax });
    this.driver = new AssociationDriver(this.#association, this, {
      artimTimeoutMs: options.artimTimeoutMs,
      idleTimeoutMs: options.associationIdleTimeoutMs,
    });
    this.reports = new SessionReports({
      driver: this.driver,
      nextMessageId: () => this.#nextMessageId(),
      responseTimeoutMs: options.responseTimeoutMs,
      isIdle: () => this.#isIdle(),
    });
  }

  attach(socket: Socket): void {
    const read = this.#origin.isTls ? readByEvents : readInto;
    const reader = read(socket, this.driver);
    this.#socket = reader.socket;
    this.driver.attach(reader);
  }

  /** @throws Error before the association is established */
  get caller(): Caller {
    if (this.#caller === undefined) throw new Error('no association yet');
    return this.#caller;
  }

  /** The caller has negotiated an asynchronous operations window — PS3.7 Annex D.3.3.3. */
  get hasWindow(): boolean {
    return this.#hasWindow;
  }

  /** @throws Error before the association is established */
  get tally(): AssociationTally {
    if (this.#tally === undefined) throw new Error('no association yet');
    return this.#tally;
  }

  get observer(): Observer {
    return this.#options.observer;
  }

  get callers(): Callers {
    return this.#options.callers;
  }

  contextOf(contextId: number): AcceptedContext {
    const context = this.#contexts.get(contextId);
    if (context === undefined) throw new Error(`no presentation context ${contextId}`);
    return context;
  }

  /** The application information that we answered for a SOP class; undefined where none was asked for. */
  extendedNegotiationOf(sopClassUid: string): Buffer | undefined {
    return this.#extended.find((one) => one.sopClassUid === sopClassUid)?.information;
  }

  indicate(primitive: Indication): void {
    switch (primitive.type) {
      case 'A-ASSOCIATE indication':
        this.#host.requested();
        this.#associate(primitive.request).catch((error: unknown) => {
          this.log.error('association', { reason: messageOf(error) });
          this.driver.abort('internal error');
        });
        break;
      case 'A-RELEASE indication':
        this.#cancelOperations();
        this.driver.submit({ type: 'A-RELEASE response' });
        this.#isOver = true;
        this.#host.over();
        this.reports.end('released by the caller');
        this.log.info('association released', this.#summary());
        if (this.#tally !== undefined) this.observer.associationEnded(this.#tally, true, '');
        break;
      case 'A-ABORT indication':
        this.#ended(`aborted by the caller: ${abortWords(primitive.source, primitive.reason)}`);
        break;
      case 'A-P-ABORT indication':
        this.#ended(primitive.message);
        this.#host.over();
        break;
      case 'A-ASSOCIATE confirmation':
      case 'A-ASSOCIATE rejected':
      case 'A-RELEASE confirmation':
      case 'P-DATA indication':
        break;
    }
  }

  message(contextId: number, message: Message): DataSetConsumer | undefined {
    if (message.type === 'C-STORE-RSP') {
      this.#stores?.respond(message);
      return undefined;
    }
    if (message.type === 'N-EVENT-REPORT-RSP') {
      this.reports.respond(message);
      return undefined;
    }
    if (message.type === 'C-CANCEL-RQ') {
      this.#operations.get(message.messageIdBeingRespondedTo)?.abort();
      return undefined;
    }
    if (!isRequest(message)) return undefined;
    const handler: OperationHandler | undefined = operationHandlers.get(message.type);
    if (handler === undefined) {
      this.driver.send(contextId, responseTo(message, { status: status.unrecognizedOperation }));
      return undefined;
    }
    if (this.#operations.size >= netLimits.operationsMax) {
      this.driver.send(contextId, responseTo(message, { status: status.resourceLimitation }));
      return undefined;
    }
    if (this.#operations.has(message.messageId)) {
      this.driver.send(contextId, responseTo(message, { status: status.duplicateInvocation }));
      return undefined;
    }
    return handler(this, contextId, message);
  }

  failed(error: unknown): void {
    this.log.error('bug', {
      reason: messageOf(error),
      stack: error instanceof Error ? (error.stack ?? '') : '',
    });
  }

  closed(): void {
    this.#ended(this.#association.failure ?? 'connection closed');
    this.#host.closed();
  }

  /** Notes an operation that may be cancelled; call `done` when its last response is sent. */
  beginOperation(messageId: number): { signal: AbortSignal; done(): void } {
    const controller = new AbortController();
    this.#operations.set(messageId, controller);
    return { signal: controller.signal, done: () => this.#operations.delete(messageId) };
  }

  /**
   * C-STORE sub-operations on this association — PS3.4 §C.4.3.
   * @throws Error before the association is established
   */
  storeScu(priority: number): StoreScu {
    if (this.#stores === undefined) throw new Error('no association yet');
    return new StoreScu({
      driver: this.driver,
      stores: this.#stores,
      contexts: [...this.#contexts.values()].filter((context) => context.requestorRoles.scp),
      nextMessageId: () => this.#nextMessageId(),
      priority,
      close: async () => undefined,
    });
  }

  countStored(stored: StoredObservation): void {
    this.tally.storedInstances += 1;
    this.tally.storedBytes += stored.sizeBytes;
    this.observer.instanceStored(this.tally, stored);
  }

  countRefusedInstance(value: number, words: string): void {
    this.tally.refusedInstances += 1;
    this.#noteRefused(value, words);
    this.observer.instanceRefused(this.tally, statusWords(value), words);
  }

  /** @param operation C-ECHO, C-FIND, C-MOVE or C-GET */
  countRefused(operation: string, value: number, words: string): void {
    this.#noteRefused(value, words);
    this.observer.queryRefused(this.tally, operation, statusWords(value), words);
  }

  #noteRefused(value: number, words: string): void {
    this.#refusals.note(this.#caller?.callingAeTitle ?? '', value, words);
  }

  /** For the end of the server: an association on which nothing is under way is not worth waiting for. */
  abortIfIdle(): void {
    if (this.#isIdle()) this.abort();
  }

  abort(): void {
    this.driver.abort('the server stops');
  }

  /** Makes room for another connection, while this one is no association. */
  dropWaiting(): void {
    const words = 'too many connections without an association';
    this.#ended(words);
    this.driver.abort(words);
  }

  #isIdle(): boolean {
    return this.#operations.size === 0 && !this.driver.isWithinDataSet();
  }

  #nextMessageId(): number {
    this.#messageId = (this.#messageId % 0xffff) + 1;
    return this.#messageId;
  }

  async #associate(request: AAssociateRq): Promise<void> {
    const { callingAeTitle, calledAeTitle } = request;
    const { address } = this.#origin;
    const proposed = proposedNames(request);
    const known = await this.callers.identify({ callingAeTitle, calledAeTitle, address, proposed });
    const isFull = this.#host.isFull();
    const admission = isFull ? FULL : await admit(request, known, this.#options);
    const user = 'user' in admission ? admission.user : undefined;
    const caller = user === undefined ? known : { ...known, user };
    // The caller may have gone meanwhile; then its end has been told.
    if (this.#isOver) return;
    if ('reject' in admission) {
      const { reject, reason, words } = admission;
      if (caller.peer === undefined && !isFull) this.callers.recordUnknown(caller, words, true);
      this.#reject(caller, reject, reason, words);
      return;
    }
    this.#caller = caller;
    this.#contexts = admission.contexts;
    const { asynchronousOperationsWindow: window, extendedNegotiations } = admission.accept.userInformation;
    this.#hasWindow = window !== undefined;
    this.#extended = extendedNegotiations;
    this.#stores = new OutstandingStores({
      operationsMax: window?.operationsPerformed ?? 1,
      responseTimeoutMs: this.#options.responseTimeoutMs,
      abort: (words) => this.driver.abort(words),
    });
    if (!this.driver.submit({ type: 'A-ASSOCIATE accept', accept: admission.accept })) return;
    if (caller.peer === undefined) this.callers.recordUnknown(caller, '', true);
    this.log.info('association accepted', {
      caller: callingAeTitle,
      called: calledAeTitle,
      isPeer: caller.peer !== undefined,
      ...(user !== undefined && { user }),
      isTls: this.#origin.isTls,
      contexts: admission.contexts.size,
      proposed: request.presentationContexts.length,
    });
    this.#open(caller);
  }

  #open(caller: Caller): void {
    const tally: AssociationTally = {
      number: this.#origin.number,
      party: this.#party(caller),
      openedAt: Date.now(),
      storedInstances: 0,
      storedBytes: 0,
      refusedInstances: 0,
      sentInstances: 0,
      queries: 0,
      echoes: 0,
    };
    this.#tally = tally;
    this.observer.associationOpened(tally);
  }

  #reject(caller: Caller, reject: AAssociateRj, reason: RejectReason, words: string): void {
    this.driver.submit({ type: 'A-ASSOCIATE reject', reject });
    this.#isOver = true;
    this.#host.over();
    const { callingAeTitle, calledAeTitle } = caller;
    this.log.warn('association rejected', { caller: callingAeTitle, called: calledAeTitle, reason: words });
    this.observer.associationRejected(this.#party(caller), reason, words);
  }

  #party(caller: Caller | undefined): Party {
    const { address, isTls } = this.#origin;
    const { callingAeTitle = '', calledAeTitle = '', user, peer } = caller ?? {};
    const named = user === undefined ? {} : { user };
    return { callingAeTitle, calledAeTitle, address, ...named, isPeer: peer !== undefined, isTls };
  }

  /** The first reason is the one that counts; the connection's end follows every other. */
  #ended(words: string): void {
    this.#cancelOperations();
    this.#stores?.end(new Problem('peer-unreachable', words));
    this.reports.end(words);
    if (this.#isOver) return;
    this.#isOver = true;
    this.log.warn('association ended', { reason: words, ...this.#summary() });
    if (this.#tally !== undefined) this.observer.associationEnded(this.#tally, false, words);
    // Whoever only looks whether the port is open says nothing.
    else if (this.#caller === undefined && (this.#socket?.bytesRead ?? 0) > 0)
      this.observer.associationRejected(this.#party(undefined), 'protocol-error', `no association: ${words}`);
  }

  #cancelOperations(): void {
    for (const controller of this.#operations.values()) controller.abort();
  }

  #summary(): Record<string, number> {
    return { stored: this.#tally?.storedInstances ?? 0, refused: this.#refusals.count };
  }
}
