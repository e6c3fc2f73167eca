import type { Socket } from 'node:net';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../dicom/file-meta.ts';
import { storageSopClasses } from '../dicom/uids.ts';
import { isRequest, type Message } from '../dimse/message.ts';
import { responseTo } from '../dimse/response.ts';
import { status, statusWords } from '../dimse/status.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { Caller, Callers } from '../services/callers.ts';
import { chooseTransferSyntax, isStorageClass } from '../services/contexts.ts';
import { Association, type Indication } from '../ul/association.ts';
import { type AcceptedContext, type NegotiationPolicy, negotiate } from '../ul/negotiation.ts';
import type { AAssociateRq } from '../ul/pdu/a-associate-rq.ts';
import { abortWords } from '../ul/words.ts';
import { AssociationDriver, type DataSetConsumer, type DriverEvents } from './association-driver.ts';
import { netLimits } from './limits.ts';
import { type OperationHandler, operationHandlers, type Services } from './operations.ts';
import { readInto } from './socket-reader.ts';
import { StoreScu } from './store-scu.ts';

export interface AcceptorOptions {
  aeTitles: readonly string[];
  maximumAssociations: number;
  pduBytesMax: number;
  artimTimeoutMs: number;
  associationIdleTimeoutMs: number;
  responseTimeoutMs: number;
  storageSopClasses: 'any' | 'standard';
  callers: Callers;
  services: Services;
  log: Log;
}

/** Association-local: temporary congestion and local limit exceeded — PS3.8 §9.3.4, Table 9-21. */
const LOCAL_LIMIT_EXCEEDED = { type: 'A-ASSOCIATE-RJ', result: 2, source: 3, reason: 2 } as const;

/** All associations that others have with us. */
export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #sessions = new Set<AcceptorSession>();
  #count = 0;
  #isDraining = false;

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  get associations(): number {
    return this.#sessions.size;
  }

  /** Takes over a connection that nothing was read from. */
  accept(socket: Socket): void {
    this.#count += 1;
    const session = new AcceptorSession(this.#count, socket.remoteAddress ?? '', this.#options, {
      isFull: () => this.#isDraining || this.#sessions.size > this.#options.maximumAssociations,
      closed: () => this.#sessions.delete(session),
    });
    this.#sessions.add(session);
    session.attach(socket);
  }

  /** Accepts no more; gives what is under way so long to end, and aborts the rest. */
  async drain(timeoutMs: number): Promise<void> {
    this.#isDraining = true;
    for (const session of this.#sessions) session.abortIfIdle();
    const deadline = performance.now() + timeoutMs;
    while (this.#sessions.size > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      for (const session of this.#sessions) session.abortIfIdle();
    }
    for (const session of this.#sessions) session.abort();
  }
}

interface SessionHost {
  isFull(): boolean;
  closed(): void;
}

/** One association that a caller has with us. */
export class AcceptorSession implements DriverEvents {
  readonly driver: AssociationDriver;
  readonly services: Services;
  readonly log: Log;
  readonly #options: AcceptorOptions;
  readonly #association: Association;
  readonly #address: string;
  readonly #host: SessionHost;
  readonly #operations = new Map<number, AbortController>();
  #caller: Caller | undefined;
  #contexts: ReadonlyMap<number, AcceptedContext> = new Map();
  #storeScu: StoreScu | undefined;
  #messageId = 0;
  #storedCount = 0;
  readonly #refused = new Map<string, number>();
  #isOver = false;

  constructor(number: number, address: string, options: AcceptorOptions, host: SessionHost) {
    this.#options = options;
    this.#address = address;
    this.#host = host;
    this.services = options.services;
    this.log = options.log.child({ association: number, address });
    this.#association = new Association('acceptor', { pduBytesMax: options.pduBytesMax });
    this.driver = new AssociationDriver(this.#association, this, {
      artimTimeoutMs: options.artimTimeoutMs,
      idleTimeoutMs: options.associationIdleTimeoutMs,
    });
  }

  attach(socket: Socket): void {
    this.driver.attach(readInto(socket, this.driver));
  }

  /** @throws Error before the association is established */
  get caller(): Caller {
    if (this.#caller === undefined) throw new Error('no association yet');
    return this.#caller;
  }

  get callers(): Callers {
    return this.#options.callers;
  }

  contextOf(contextId: number): AcceptedContext {
    const context = this.#contexts.get(contextId);
    if (context === undefined) throw new Error(`no presentation context ${contextId}`);
    return context;
  }

  indicate(primitive: Indication): void {
    switch (primitive.type) {
      case 'A-ASSOCIATE indication':
        this.#associate(primitive.request).catch((error: unknown) => {
          this.log.error('association', { reason: messageOf(error) });
          this.driver.abort('internal error');
        });
        break;
      case 'A-RELEASE indication':
        this.#cancelOperations();
        this.driver.submit({ type: 'A-RELEASE response' });
        this.#isOver = true;
        this.log.info('association released', this.#summary());
        break;
      case 'A-ABORT indication':
        this.#ended(`aborted by the caller: ${abortWords(primitive.source, primitive.reason)}`);
        break;
      case 'A-P-ABORT indication':
        this.#ended(primitive.message);
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
      this.#storeScu?.respond(message);
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
    this.#ended('connection closed');
    this.#host.closed();
  }

  /** Notes an operation that may be cancelled; call `done` when its last response is sent. */
  beginOperation(messageId: number): { signal: AbortSignal; done(): void } {
    const controller = new AbortController();
    this.#operations.set(messageId, controller);
    return { signal: controller.signal, done: () => this.#operations.delete(messageId) };
  }

  /** C-STORE sub-operations on this association — PS3.4 §C.4.3. */
  storeScu(priority: number): StoreScu {
    const scu = new StoreScu({
      driver: this.driver,
      contexts: [...this.#contexts.values()].filter((context) => context.requestorRoles.scp),
      nextMessageId: () => {
        this.#messageId = (this.#messageId % 0xffff) + 1;
        return this.#messageId;
      },
      responseTimeoutMs: this.#options.responseTimeoutMs,
      priority,
      close: async () => {
        if (this.#storeScu === scu) this.#storeScu = undefined;
      },
    });
    this.#storeScu = scu;
    return scu;
  }

  countStored(): void {
    this.#storedCount += 1;
  }

  /** One line for each reason, not for each instance. */
  countRefused(value: number, words: string): void {
    const count = (this.#refused.get(words) ?? 0) + 1;
    if (count === 1 && this.#refused.size < 100) {
      this.log.warn('refused', {
        caller: this.#caller?.callingAeTitle ?? '',
        status: statusWords(value),
        reason: words,
      });
    }
    if (this.#refused.has(words) || this.#refused.size < 100) this.#refused.set(words, count);
  }

  /** For the end of the server: an association on which nothing is under way is not worth waiting for. */
  abortIfIdle(): void {
    if (this.#operations.size === 0 && !this.driver.isWithinDataSet()) this.abort();
  }

  abort(): void {
    this.driver.abort('the server stops');
  }

  async #associate(request: AAssociateRq): Promise<void> {
    const caller = await this.callers.identify(request.callingAeTitle, request.calledAeTitle, this.#address);
    const names = { caller: caller.callingAeTitle, called: caller.calledAeTitle };
    if (this.#host.isFull()) {
      this.driver.submit({ type: 'A-ASSOCIATE reject', reject: LOCAL_LIMIT_EXCEEDED });
      this.log.warn('association rejected', { ...names, reason: 'local limit exceeded' });
      return;
    }
    const refusal = this.callers.refusalOf(caller);
    const negotiated = negotiate(request, this.#policy(refusal));
    if ('reject' in negotiated) {
      const words = refusal ?? negotiated.words;
      this.driver.submit({ type: 'A-ASSOCIATE reject', reject: negotiated.reject });
      if (caller.peer === undefined) this.callers.recordUnknown(caller, words);
      this.log.warn('association rejected', { ...names, reason: words });
      return;
    }
    this.#caller = caller;
    this.#contexts = negotiated.contexts;
    if (!this.driver.submit({ type: 'A-ASSOCIATE accept', accept: negotiated.accept })) return;
    if (caller.peer === undefined) this.callers.recordUnknown(caller, '');
    this.log.info('association accepted', {
      ...names,
      isPeer: caller.peer !== undefined,
      contexts: negotiated.contexts.size,
      proposed: request.presentationContexts.length,
    });
  }

  #policy(refusal: string | undefined): NegotiationPolicy {
    const { aeTitles, pduBytesMax, storageSopClasses: policy } = this.#options;
    return {
      calledAeTitles: new Set(aeTitles),
      maximumLength: pduBytesMax,
      implementationClassUid: IMPLEMENTATION_CLASS_UID,
      implementationVersionName: IMPLEMENTATION_VERSION_NAME,
      acceptCallingAeTitle: () => refusal === undefined,
      acceptTransferSyntax: (abstractSyntax, proposed, isToBeSent) =>
        chooseTransferSyntax(abstractSyntax, proposed, policy, isToBeSent),
      acceptScpRole: (sopClassUid) =>
        storageSopClasses.has(sopClassUid) || isStorageClass(sopClassUid, policy),
      // A user identity is taken note of and not checked: peers are known by AE title and address.
      acceptUserIdentity: () => true,
    };
  }

  /** The first reason is the one that counts; the connection's end follows every other. */
  #ended(words: string): void {
    this.#cancelOperations();
    this.#storeScu?.end(words);
    if (this.#isOver) return;
    this.#isOver = true;
    this.log.warn('association ended', { reason: words, ...this.#summary() });
  }

  #cancelOperations(): void {
    for (const controller of this.#operations.values()) controller.abort();
  }

  #summary(): Record<string, number> {
    const refused = [...this.#refused.values()].reduce((sum, count) => sum + count, 0);
    return { stored: this.#storedCount, refused };
  }
}
