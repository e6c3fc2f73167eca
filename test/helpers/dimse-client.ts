import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { type TransferSyntax, transferSyntaxOf } from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import { encodeMessage, isResponse, type Message, type ResponseMessage } from '../../src/dimse/message.ts';
import { isPending } from '../../src/dimse/status.ts';
import { AssociationDriver, type DataSetConsumer } from '../../src/net/association-driver.ts';
import { readByEvents } from '../../src/net/socket-reader.ts';
import { Association, type Indication } from '../../src/ul/association.ts';
import { type AcceptedContext, DICOM_APPLICATION_CONTEXT } from '../../src/ul/negotiation.ts';
import type { AAssociateAc } from '../../src/ul/pdu/a-associate-ac.ts';
import type { AAssociateRq } from '../../src/ul/pdu/a-associate-rq.ts';
import { abortWords } from '../../src/ul/words.ts';
import {
  type Answer,
  AssociationRejected,
  answerOf,
  countsOf,
  type FindResult,
  type GetResult,
  type MoveResult,
  type SuboperationCounts,
} from './dimse-answers.ts';
import {
  answerSuccess,
  type ReceivedInstance,
  receiveInstance,
  type StoreAnswer,
} from './received-instance.ts';
import { MODELS, type Model, type Proposal, queryRetrieveContexts } from './requests.ts';

export {
  type Answer,
  AssociationRejected,
  type FindResult,
  type GetResult,
  type MoveResult,
  type SuboperationCounts,
} from './dimse-answers.ts';
export { connectRaw, type RawConnection } from './raw-connection.ts';
export type { ReceivedInstance } from './received-instance.ts';
export { contextsFor, identifierOf, type Model, type Proposal, queryRetrieveContexts } from './requests.ts';
export { StoreSink } from './store-sink.ts';

export interface ConnectOptions {
  port: number;
  /** By TLS; unencrypted unless given. */
  tls?: ConnectionOptions;
  /** Calling AE title; TESTSCU unless given. */
  calling?: string;
  /** Called AE title; DICOMKEEP unless given. */
  called?: string;
  /** Verification and all of query and retrieve unless given. */
  contexts?: readonly Proposal[];
  /** SOP classes for which we want to be SCP too, as a C-GET needs it; their contexts must be among `contexts`. */
  roles?: readonly string[];
  /** Largest P-DATA-TF that we take and send, bytes. */
  pduBytesMax?: number;
  /** Asynchronous operations window, user identity and whatever else is to be proposed. */
  userInformation?: Partial<AAssociateRq['userInformation']>;
  /** What to answer to each instance of a C-GET; success unless given. */
  answer?(instance: ReceivedInstance): StoreAnswer;
  /** Takes the other requests of the acceptor, as N-EVENT-REPORT; without it they stay unanswered. */
  onRequest?(
    driver: AssociationDriver,
    context: AcceptedContext,
    message: Message,
  ): DataSetConsumer | undefined;
  /** Keeps the data sets of a C-GET, not only their hashes; true unless given. */
  keepBytes?: boolean;
}

export interface StoreOptions {
  /** The last byte was handed to the kernel. */
  onSent?(): void;
  /** Cuts command and data set into fragments, each of which goes in a PDU of its own. */
  cut?(bytes: Buffer): Buffer[];
}

interface Outstanding {
  contextId: number;
  respond(message: ResponseMessage, dataSet: Buffer | undefined): void;
  fail(error: Error): void;
}

/** Pieces in which a data set is handed to the socket, bytes. */
const PIECE_BYTES = 256 * 1024;
const CONTEXTS_MAX = 128;
const CONNECT_TIMEOUT_MS = 10_000;

/** An SCU with promises: whatever is outstanding when the association ends is rejected with the reason. */
export class DimseClient {
  readonly driver: AssociationDriver;
  /** What came by C-GET so far. */
  readonly received: ReceivedInstance[] = [];
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  readonly #options: ConnectOptions;
  readonly #association: Association;
  readonly #outstanding = new Map<number, Outstanding>();
  #socket: Socket | undefined;
  #messageId = 0;
  #accept: AAssociateAc | undefined;
  #ended: Error | undefined;
  #settle: (error?: Error) => void = () => undefined;
  #onClosed: () => void = () => undefined;

  /** @throws AssociationRejected, or Error with the reason */
  static async connect(options: ConnectOptions): Promise<DimseClient> {
    const client = new DimseClient(options);
    await client.#open();
    return client;
  }

  private constructor(options: ConnectOptions) {
    this.#options = options;
    const pduBytesMax = options.pduBytesMax ?? 131072;
    this.#association = new Association('requestor', { pduBytesMax });
    this.closed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
    this.driver = new AssociationDriver(
      this.#association,
      {
        indicate: (primitive) => this.#indicate(primitive),
        message: (contextId, message) => this.#message(contextId, message),
        closed: () => {
          this.#end(new Error('the connection was closed'));
          this.#onClosed();
        },
      },
      { artimTimeoutMs: 10_000, idleTimeoutMs: 600_000 },
    );
  }

  /** For what no well-behaved SCU would do. */
  get socket(): Socket {
    if (this.#socket === undefined) throw new Error('not connected');
    return this.#socket;
  }

  /** Why the association is over; undefined while it is not. */
  get ended(): string | undefined {
    return this.#ended?.message;
  }

  /** Accepted contexts. */
  get contexts(): AcceptedContext[] {
    return [...this.#association.contexts.values()];
  }

  /** The answer to the association request. */
  get accepted(): AAssociateAc | undefined {
    return this.#accept;
  }

  /** Service-class-application-information that was answered; undefined for none — PS3.7 Annex D.3.3.5. */
  extendedNegotiationOf(sopClassUid: string): Buffer | undefined {
    const answers = this.#accept?.userInformation.extendedNegotiations ?? [];
    return answers.find((one) => one.sopClassUid === sopClassUid)?.information;
  }

  /** Message ID of the latest request. */
  get lastMessageId(): number {
    return this.#messageId;
  }

  takes(sopClass: string, transferSyntax: string): boolean {
    return this.#contextOf(sopClass, transferSyntax) !== undefined;
  }

  async echo(): Promise<Answer> {
    const context = this.#needContext(uids.Verification);
    return await this.#simpleRequest(context, (messageId) => ({
      type: 'C-ECHO-RQ',
      affectedSopClassUid: uids.Verification,
      messageId,
      hasDataSet: false,
    }));
  }

  /** @throws Error where no context was accepted for class and transfer syntax, or where the association ends */
  async store(
    sopClass: string,
    sopInstance: string,
    transferSyntax: string,
    dataSet: Buffer,
    options: StoreOptions = {},
  ): Promise<Answer> {
    const context = this.#needContext(sopClass, transferSyntax);
    const { messageId, final } = this.#expect(context, () => undefined);
    const command = encodeMessage({
      type: 'C-STORE-RQ',
      affectedSopClassUid: sopClass,
      affectedSopInstanceUid: sopInstance,
      messageId,
      priority: 0,
      hasDataSet: true,
    });
    const [commandPieces, dataSetPieces] = options.cut
      ? [options.cut(command), options.cut(dataSet)]
      : [[command], piecesOf(dataSet)];
    await this.#sendPieces(context.id, true, commandPieces);
    await this.#sendPieces(context.id, false, dataSetPieces);
    options.onSent?.();
    return answerOf((await final).message);
  }

  /** Any request with one response, on the context of a SOP class. */
  async request(
    sopClass: string,
    messageOf: (messageId: number) => Message,
    dataSet?: (syntax: TransferSyntax) => Buffer,
  ): Promise<Answer> {
    const context = this.#needContext(sopClass);
    const { messageId, final } = this.#expect(context, () => undefined);
    this.driver.send(context.id, messageOf(messageId), dataSet?.(syntaxOf(context)));
    return answerOf((await final).message);
  }

  async find(
    model: Model,
    identifier: DataSet,
    onResponse?: (response: DataSet) => void,
  ): Promise<FindResult> {
    const context = this.#needContext(MODELS[model].find);
    const syntax = syntaxOf(context);
    const responses: DataSet[] = [];
    const pendingStatuses: number[] = [];
    const { messageId, final } = this.#expect(context, (message, bytes) => {
      const response = DataSet.decode(bytes ?? Buffer.alloc(0), syntax);
      pendingStatuses.push(message.status);
      responses.push(response);
      onResponse?.(response);
    });
    this.driver.send(
      context.id,
      {
        type: 'C-FIND-RQ',
        affectedSopClassUid: context.abstractSyntax,
        messageId,
        priority: 0,
        hasDataSet: true,
      },
      identifier.encode(syntax),
    );
    return { ...answerOf((await final).message), responses, pendingStatuses };
  }

  async move(
    model: Model,
    identifier: DataSet,
    moveDestination: string,
    onPending?: (counts: SuboperationCounts) => void,
  ): Promise<MoveResult> {
    const affectedSopClassUid = MODELS[model].move;
    return await this.#retrieve(affectedSopClassUid, identifier, onPending, (messageId) => ({
      type: 'C-MOVE-RQ',
      affectedSopClassUid,
      messageId,
      priority: 0,
      moveDestination,
      hasDataSet: true,
    }));
  }

  async get(
    model: Model,
    identifier: DataSet,
    onPending?: (counts: SuboperationCounts) => void,
  ): Promise<GetResult> {
    const affectedSopClassUid = MODELS[model].get;
    const before = this.received.length;
    const result = await this.#retrieve(affectedSopClassUid, identifier, onPending, (messageId) => ({
      type: 'C-GET-RQ',
      affectedSopClassUid,
      messageId,
      priority: 0,
      hasDataSet: true,
    }));
    return { ...result, received: this.received.slice(before) };
  }

  /** C-CANCEL of a request that is under way, the latest unless told. */
  cancel(messageId: number = this.#messageId): void {
    const contextId = this.#outstanding.get(messageId)?.contextId;
    if (contextId === undefined) throw new Error(`request ${messageId} is not under way`);
    this.driver.send(contextId, {
      type: 'C-CANCEL-RQ',
      messageIdBeingRespondedTo: messageId,
      hasDataSet: false,
    });
  }

  /** Resolves when the connection is closed. */
  async release(): Promise<void> {
    if (this.driver.submit({ type: 'A-RELEASE request' })) await this.closed;
  }

  async abort(): Promise<void> {
    this.driver.abort('aborted by the test');
    await this.closed;
  }

  async #open(): Promise<void> {
    const request = this.#association.submit({ type: 'A-ASSOCIATE request', request: this.#request() });
    this.driver.perform(request);
    const { port, tls } = this.#options;
    const place = { host: '127.0.0.1', port, noDelay: true };
    const socket = tls === undefined ? connect(place) : connectTls({ ...place, ...tls });
    this.#socket = socket;
    await new Promise<void>((resolve, reject) => {
      socket.once(tls === undefined ? 'connect' : 'secureConnect', resolve);
      socket.once('error', reject);
    });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new Error('no answer to the association request'));
      }, CONNECT_TIMEOUT_MS);
      this.#settle = (error) => {
        clearTimeout(timer);
        if (error === undefined) resolve();
        else reject(error);
      };
      this.driver.attach(readByEvents(socket, this.driver));
    });
  }

  #request(): AAssociateRq {
    const { called = 'DICOMKEEP', calling = 'TESTSCU', contexts = queryRetrieveContexts } = this.#options;
    if (contexts.length > CONTEXTS_MAX) throw new Error(`${contexts.length} contexts`);
    return {
      type: 'A-ASSOCIATE-RQ',
      protocolVersion: 1,
      calledAeTitle: called,
      callingAeTitle: calling,
      applicationContext: DICOM_APPLICATION_CONTEXT,
      presentationContexts: contexts.map((context, index) => ({ id: index * 2 + 1, ...context })),
      userInformation: {
        maximumLength: this.#options.pduBytesMax ?? 131072,
        implementationClassUid: '2.25.1',
        implementationVersionName: 'TEST_CLIENT',
        roleSelections: (this.#options.roles ?? []).map((sopClassUid) => ({
          sopClassUid,
          scuRole: true,
          scpRole: true,
        })),
        extendedNegotiations: [],
        commonExtendedNegotiations: [],
        ...this.#options.userInformation,
      },
    };
  }

  #contextOf(abstractSyntax: string, transferSyntax?: string): AcceptedContext | undefined {
    return this.contexts.find(
      (context) =>
        context.abstractSyntax === abstractSyntax &&
        (transferSyntax === undefined || context.transferSyntax === transferSyntax),
    );
  }

  #needContext(abstractSyntax: string, transferSyntax?: string): AcceptedContext {
    const context = this.#contextOf(abstractSyntax, transferSyntax);
    if (context !== undefined) return context;
    throw (
      this.#ended ?? new Error(`no presentation context for ${abstractSyntax} in ${transferSyntax ?? 'any'}`)
    );
  }

  async #simpleRequest(context: AcceptedContext, messageOf: (messageId: number) => Message): Promise<Answer> {
    const { messageId, final } = this.#expect(context, () => undefined);
    this.driver.send(context.id, messageOf(messageId));
    return answerOf((await final).message);
  }

  async #retrieve(
    sopClassUid: string,
    identifier: DataSet,
    onPending: ((counts: SuboperationCounts) => void) | undefined,
    messageOf: (messageId: number) => Message,
  ): Promise<MoveResult> {
    const context = this.#needContext(sopClassUid);
    const syntax = syntaxOf(context);
    const pending: SuboperationCounts[] = [];
    const { messageId, final } = this.#expect(context, (message) => {
      const counts = countsOf(message);
      pending.push(counts);
      onPending?.(counts);
    });
    this.driver.send(context.id, messageOf(messageId), identifier.encode(syntax));
    const { message, dataSet } = await final;
    const failed = dataSet === undefined ? undefined : DataSet.decode(dataSet, syntax);
    return {
      ...answerOf(message),
      ...countsOf(message),
      pending,
      failedUids: failed?.uids(tags.FailedSOPInstanceUIDList) ?? [],
    };
  }

  /** Notes that a request is about to be sent; `final` is its last response. */
  #expect(
    context: AcceptedContext,
    pending: (message: ResponseMessage, dataSet: Buffer | undefined) => void,
  ): { messageId: number; final: Promise<{ message: ResponseMessage; dataSet: Buffer | undefined }> } {
    this.#messageId = (this.#messageId % 0xffff) + 1;
    const messageId = this.#messageId;
    const final = new Promise<{ message: ResponseMessage; dataSet: Buffer | undefined }>(
      (resolve, reject) => {
        if (this.#ended !== undefined) reject(this.#ended);
        this.#outstanding.set(messageId, {
          contextId: context.id,
          respond: (message, dataSet) => {
            if (isPending(message.status)) {
              pending(message, dataSet);
              return;
            }
            this.#outstanding.delete(messageId);
            resolve({ message, dataSet });
          },
          fail: reject,
        });
      },
    );
    // The association may end while we still send: whoever awaits `final` hears of it.
    final.catch(() => undefined);
    return { messageId, final };
  }

  async #sendPieces(contextId: number, isCommand: boolean, pieces: readonly Buffer[]): Promise<void> {
    for (const [index, bytes] of pieces.entries()) {
      const isLast = index === pieces.length - 1;
      const isSent = await this.driver.sendPdvs([{ contextId, isCommand, isLast, bytes }]);
      if (isSent) continue;
      // The connection may be gone before its end is told: whoever catches this asks `ended`.
      this.#end(new Error('the association has ended'));
      throw this.#ended;
    }
  }

  #indicate(primitive: Indication): void {
    switch (primitive.type) {
      case 'A-ASSOCIATE confirmation':
        this.#accept = primitive.accept;
        this.#settle();
        break;
      case 'A-ASSOCIATE rejected':
        this.#end(new AssociationRejected(primitive.reject));
        break;
      case 'A-ABORT indication':
        this.#end(new Error(abortWords(primitive.source, primitive.reason)));
        break;
      case 'A-P-ABORT indication':
        this.#end(new Error(primitive.message));
        break;
      case 'A-RELEASE indication':
        this.driver.submit({ type: 'A-RELEASE response' });
        break;
      case 'A-ASSOCIATE indication':
      case 'A-RELEASE confirmation':
      case 'P-DATA indication':
        break;
    }
  }

  #message(contextId: number, message: Message): DataSetConsumer | undefined {
    if (message.type === 'C-STORE-RQ') {
      const context = this.#association.contexts.get(contextId);
      if (context === undefined) return undefined;
      const answer = this.#options.answer ?? answerSuccess;
      return receiveInstance(this.driver, context, message, {
        keepBytes: this.#options.keepBytes ?? true,
        answer: (instance) => {
          this.received.push(instance);
          return answer(instance);
        },
      });
    }
    if (!isResponse(message)) {
      const context = this.#association.contexts.get(contextId);
      return context && this.#options.onRequest?.(this.driver, context, message);
    }
    const outstanding = this.#outstanding.get(message.messageIdBeingRespondedTo);
    if (!message.hasDataSet) {
      outstanding?.respond(message, undefined);
      return undefined;
    }
    const pieces: Buffer[] = [];
    return {
      write: (bytes) => pieces.push(Buffer.from(bytes)),
      release: () => undefined,
      end: () => outstanding?.respond(message, Buffer.concat(pieces)),
      abort: () => undefined,
    };
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#settle(this.#ended);
    for (const outstanding of this.#outstanding.values()) outstanding.fail(this.#ended);
    this.#outstanding.clear();
  }
}

function piecesOf(dataSet: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < dataSet.length; at += PIECE_BYTES)
    pieces.push(dataSet.subarray(at, at + PIECE_BYTES));
  return pieces.length === 0 ? [dataSet] : pieces;
}

function syntaxOf(context: AcceptedContext) {
  const syntax = transferSyntaxOf(context.transferSyntax);
  if (syntax === undefined) throw new Error(`transfer syntax ${context.transferSyntax}`);
  return syntax;
}
