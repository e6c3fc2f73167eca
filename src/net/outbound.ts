import { connect, type Socket } from 'node:net';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../dicom/file-meta.ts';
import { uids } from '../dicom/uids.ts';
import type { Message, MessageOfType } from '../dimse/message.ts';
import { status, statusWords } from '../dimse/status.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { CONVERSION_TARGETS, isConvertible } from '../services/conversion.ts';
import type { ContextNeed, StoreTarget } from '../services/retrieve.ts';
import { Association, type Indication } from '../ul/association.ts';
import { DICOM_APPLICATION_CONTEXT } from '../ul/negotiation.ts';
import type { AAssociateRq, ProposedContext } from '../ul/pdu/a-associate-rq.ts';
import { abortWords, rejectWords } from '../ul/words.ts';
import { AssociationDriver, type DriverEvents } from './association-driver.ts';
import { ReceiveBuffers } from './receive-buffers.ts';
import { onReadOptions } from './socket-reader.ts';
import { type MoveOriginator, StoreScu } from './store-scu.ts';

export interface Destination {
  aeTitle: string;
  host: string;
  port: number;
}

export interface OutboundOptions {
  callingAeTitle: string;
  pduBytesMax: number;
  artimTimeoutMs: number;
  idleTimeoutMs: number;
  connectTimeoutMs: number;
  responseTimeoutMs: number;
}

/** An A-ASSOCIATE-RQ has room for so many contexts: odd numbers up to 255 — PS3.8 §9.3.2.2. */
const CONTEXTS_MAX = 128;

/** Associations that we request: for C-ECHO, and for the sub-operations of a C-MOVE. */
export class Outbound {
  readonly #options: OutboundOptions;

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  /**
   * C-ECHO — PS3.4 Annex A.
   * @returns how long the answer took, milliseconds
   * @throws Problem 'peer-unreachable' in words
   */
  async echo(destination: Destination): Promise<{ tookMs: number }> {
    const startedAt = performance.now();
    const requestor = new Requestor(destination, this.#options);
    await requestor.open(echoContexts());
    try {
      const response = await requestor.request({
        type: 'C-ECHO-RQ',
        affectedSopClassUid: uids.Verification,
        messageId: 1,
        hasDataSet: false,
      });
      if (response.status !== status.success) {
        throw new Problem('peer-unreachable', `C-ECHO answered with ${statusWords(response.status)}`);
      }
      return { tookMs: performance.now() - startedAt };
    } finally {
      await requestor.release();
    }
  }

  /**
   * An association for sub-operations; what is needed is offered as it is stored, and uncompressed where it can be converted.
   * @throws Problem 'peer-unreachable' in words
   */
  async openStoreTarget(
    destination: Destination,
    needs: readonly ContextNeed[],
    subOperation: { priority: number; originator: MoveOriginator },
  ): Promise<StoreTarget> {
    const requestor = new Requestor(destination, this.#options);
    await requestor.open(contextsFor(needs));
    return requestor.storeScu(subOperation);
  }
}

/** Contexts by need; conversions last, so that they are the ones that do not fit. */
function contextsFor(needs: readonly ContextNeed[]): ProposedContext[] {
  const proposals: { abstractSyntax: string; transferSyntaxes: string[] }[] = [];
  for (const { sopClassUid, transferSyntaxUid } of needs) {
    proposals.push({ abstractSyntax: sopClassUid, transferSyntaxes: [transferSyntaxUid] });
  }
  for (const { sopClassUid, transferSyntaxUid } of needs) {
    if (!isConvertible(transferSyntaxUid)) continue;
    for (const target of CONVERSION_TARGETS) {
      const isProposed = proposals.some(
        ({ abstractSyntax, transferSyntaxes }) =>
          abstractSyntax === sopClassUid && transferSyntaxes[0] === target,
      );
      if (!isProposed) proposals.push({ abstractSyntax: sopClassUid, transferSyntaxes: [target] });
    }
  }
  return proposals.slice(0, CONTEXTS_MAX).map((proposal, index) => ({ id: index * 2 + 1, ...proposal }));
}

function echoContexts(): ProposedContext[] {
  const transferSyntaxes = [uids.ImplicitVRLittleEndian, uids.ExplicitVRLittleEndian];
  return [{ id: 1, abstractSyntax: uids.Verification, transferSyntaxes }];
}

/** One association of ours with a peer. */
class Requestor implements DriverEvents {
  readonly #destination: Destination;
  readonly #options: OutboundOptions;
  readonly #association: Association;
  readonly #driver: AssociationDriver;
  #settled: ((problem?: Problem) => void) | undefined;
  #ended: Problem | undefined;
  #awaitEcho: ((response: MessageOfType<'C-ECHO-RSP'> | Problem) => void) | undefined;
  #storeScu: StoreScu | undefined;
  #messageId = 0;
  #onClosed: () => void = () => undefined;

  constructor(destination: Destination, options: OutboundOptions) {
    this.#destination = destination;
    this.#options = options;
    this.#association = new Association('requestor', { pduBytesMax: options.pduBytesMax });
    const { artimTimeoutMs, idleTimeoutMs } = options;
    this.#driver = new AssociationDriver(this.#association, this, { artimTimeoutMs, idleTimeoutMs });
  }

  /** Connects and negotiates. */
  async open(contexts: readonly ProposedContext[]): Promise<void> {
    this.#driver.perform(
      this.#association.submit({ type: 'A-ASSOCIATE request', request: this.#requestOf(contexts) }),
    );
    const socket = await this.#connect();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#driver.abort('no answer');
        this.#end(`no answer to the association request within ${this.#options.responseTimeoutMs} ms`);
      }, this.#options.responseTimeoutMs);
      this.#settled = (problem) => {
        clearTimeout(timer);
        if (problem === undefined) resolve();
        else reject(problem);
      };
      this.#driver.attach(socket);
    });
  }

  async request(message: MessageOfType<'C-ECHO-RQ'>): Promise<MessageOfType<'C-ECHO-RSP'>> {
    const context = [...this.#association.contexts.values()][0];
    if (context === undefined) throw this.#problem('accepts no presentation context for C-ECHO');
    let timer: NodeJS.Timeout | undefined;
    const response = await new Promise<MessageOfType<'C-ECHO-RSP'> | Problem>((resolve) => {
      this.#awaitEcho = resolve;
      const words = `no answer to C-ECHO within ${this.#options.responseTimeoutMs} ms`;
      timer = setTimeout(() => resolve(this.#problem(words)), this.#options.responseTimeoutMs);
      if (!this.#driver.send(context.id, message))
        resolve(this.#ended ?? this.#problem('ended the association'));
    });
    clearTimeout(timer);
    if (response instanceof Problem) {
      this.#driver.abort(response.message);
      throw response;
    }
    return response;
  }

  storeScu({ priority, originator }: { priority: number; originator: MoveOriginator }): StoreScu {
    this.#storeScu = new StoreScu({
      driver: this.#driver,
      contexts: this.#association.contexts.values(),
      nextMessageId: () => {
        this.#messageId = (this.#messageId % 0xffff) + 1;
        return this.#messageId;
      },
      responseTimeoutMs: this.#options.responseTimeoutMs,
      priority,
      originator,
      close: () => this.release(),
    });
    if (this.#ended !== undefined) this.#storeScu.end(this.#ended.message);
    return this.#storeScu;
  }

  /** Releases the association, and waits for the end of the connection; a peer that does not answer is aborted. */
  async release(): Promise<void> {
    if (this.#ended !== undefined) return;
    const closed = new Promise<void>((resolve) => {
      this.#onClosed = resolve;
    });
    const timer = setTimeout(
      () => this.#driver.abort('no answer to the release'),
      this.#options.artimTimeoutMs,
    );
    if (this.#driver.submit({ type: 'A-RELEASE request' })) await closed;
    clearTimeout(timer);
  }

  indicate(primitive: Indication): void {
    switch (primitive.type) {
      case 'A-ASSOCIATE confirmation':
        this.#settled?.();
        break;
      case 'A-ASSOCIATE rejected':
        this.#end(`rejected the association: ${rejectWords(primitive.reject)}`);
        break;
      case 'A-RELEASE indication':
        this.#driver.submit({ type: 'A-RELEASE response' });
        break;
      case 'A-ABORT indication':
        this.#end(`aborted the association: ${abortWords(primitive.source, primitive.reason)}`);
        break;
      case 'A-P-ABORT indication':
        this.#end(`association aborted: ${primitive.message}`);
        break;
      case 'A-ASSOCIATE indication':
      case 'A-RELEASE confirmation':
      case 'P-DATA indication':
        break;
    }
  }

  message(_contextId: number, message: Message): undefined {
    if (message.type === 'C-STORE-RSP') this.#storeScu?.respond(message);
    if (message.type === 'C-ECHO-RSP') this.#awaitEcho?.(message);
  }

  closed(): void {
    this.#end('closed the connection');
    this.#onClosed();
  }

  #end(words: string): void {
    this.#ended ??= this.#problem(words);
    this.#settled?.(this.#ended);
    this.#awaitEcho?.(this.#ended);
    this.#storeScu?.end(this.#ended.message);
  }

  #problem(words: string): Problem {
    const { aeTitle, host, port } = this.#destination;
    return new Problem('peer-unreachable', `${aeTitle} at ${host}:${port}: ${words}`);
  }

  #requestOf(contexts: readonly ProposedContext[]): AAssociateRq {
    return {
      type: 'A-ASSOCIATE-RQ',
      protocolVersion: 1,
      calledAeTitle: this.#destination.aeTitle,
      callingAeTitle: this.#options.callingAeTitle,
      applicationContext: DICOM_APPLICATION_CONTEXT,
      presentationContexts: [...contexts],
      userInformation: {
        maximumLength: this.#options.pduBytesMax,
        implementationClassUid: IMPLEMENTATION_CLASS_UID,
        implementationVersionName: IMPLEMENTATION_VERSION_NAME,
        roleSelections: [],
        extendedNegotiations: [],
        commonExtendedNegotiations: [],
      },
    };
  }

  async #connect(): Promise<{ socket: Socket; close(): void }> {
    const { host, port } = this.#destination;
    const buffers = new ReceiveBuffers();
    const socket: Socket = connect({
      host,
      port,
      noDelay: true,
      onread: onReadOptions(buffers, this.#driver, () => socket),
    });
    try {
      await new Promise<void>((resolve, reject) => {
        const words = `no connection within ${this.#options.connectTimeoutMs} ms`;
        const timer = setTimeout(() => reject(new Error(words)), this.#options.connectTimeoutMs);
        socket.once('connect', resolve);
        socket.once('error', reject);
        socket.once('connect', () => clearTimeout(timer));
        socket.once('error', () => clearTimeout(timer));
      });
    } catch (error) {
      socket.destroy();
      throw this.#problem(messageOf(error));
    }
    return { socket, close: () => buffers.close(this.#driver.held()) };
  }
}
