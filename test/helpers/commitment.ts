import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { DataSet } from '../../src/dicom/data-set.ts';
import { tags } from '../../src/dicom/dictionary/tags.ts';
import { transferSyntaxOf } from '../../src/dicom/transfer-syntax.ts';
import { uids } from '../../src/dicom/uids.ts';
import type { Message, MessageOfType } from '../../src/dimse/message.ts';
import { responseTo } from '../../src/dimse/response.ts';
import { AssociationDriver, type DataSetConsumer } from '../../src/net/association-driver.ts';
import { readByEvents } from '../../src/net/socket-reader.ts';
import { Association, type Indication } from '../../src/ul/association.ts';
import { type AcceptedContext, negotiate } from '../../src/ul/negotiation.ts';
import type { AAssociateRq } from '../../src/ul/pdu/a-associate-rq.ts';
import type { Answer, DimseClient } from './dimse-client.ts';

export const PUSH_MODEL = uids.StorageCommitmentPushModel;
export const PUSH_MODEL_CONTEXT = {
  abstractSyntax: PUSH_MODEL,
  transferSyntaxes: [uids.ExplicitVRLittleEndian, uids.ImplicitVRLittleEndian],
};

export interface Referenced {
  sopClass: string;
  sopInstance: string;
}

/** Action Information of a request — PS3.4 Table J.3-1. */
export function actionInformation(transactionUid: string, references: readonly Referenced[]): DataSet {
  const dataSet = new DataSet();
  dataSet.setText(tags.TransactionUID, transactionUid);
  dataSet.setItems(
    tags.ReferencedSOPSequence,
    references.map(({ sopClass, sopInstance }) => {
      const item = new DataSet();
      item.setText(tags.ReferencedSOPClassUID, sopClass);
      item.setText(tags.ReferencedSOPInstanceUID, sopInstance);
      return item;
    }),
  );
  return dataSet;
}

export interface ActionOptions {
  sopClass?: string;
  sopInstance?: string;
  actionType?: number;
}

/** N-ACTION of Storage Commitment; bytes go as they are. */
export async function requestCommitment(
  client: DimseClient,
  information: DataSet | Buffer | undefined,
  options: ActionOptions = {},
): Promise<Answer> {
  return await client.request(
    PUSH_MODEL,
    (messageId) => ({
      type: 'N-ACTION-RQ',
      requestedSopClassUid: options.sopClass ?? PUSH_MODEL,
      messageId,
      requestedSopInstanceUid: options.sopInstance ?? uids.StorageCommitmentPushModelInstance,
      actionTypeId: options.actionType ?? 1,
      hasDataSet: information !== undefined,
    }),
    information === undefined
      ? undefined
      : (syntax) => (information instanceof DataSet ? information.encode(syntax) : information),
  );
}

/** What a report says. */
export interface ReceivedReport {
  eventTypeId: number;
  sopInstanceUid: string;
  transactionUid: string | undefined;
  retrieveAeTitle: string | undefined;
  committed: string[];
  /** SOP Instance UID and Failure Reason. */
  failed: [sopInstanceUid: string, reason: number | undefined][];
  /** Whether the sequences are there at all. */
  hasCommitted: boolean;
  hasFailed: boolean;
}

/** Notes reports, and answers them. */
export class ReportReceiver {
  readonly reports: ReceivedReport[] = [];
  /** Status to answer; undefined for no answer. */
  answer: (report: ReceivedReport) => number | undefined = () => 0;
  #waiters: (() => void)[] = [];

  take(
    driver: AssociationDriver,
    context: AcceptedContext,
    message: MessageOfType<'N-EVENT-REPORT-RQ'>,
  ): DataSetConsumer {
    const pieces: Buffer[] = [];
    return {
      write: (bytes) => pieces.push(Buffer.from(bytes)),
      release: () => undefined,
      abort: () => undefined,
      end: () => {
        const report = reportOf(message, context, Buffer.concat(pieces));
        this.reports.push(report);
        const status = this.answer(report);
        if (status !== undefined) driver.send(context.id, responseTo(message, { status }));
        for (const resolve of this.#waiters.splice(0)) resolve();
      },
    };
  }

  /** As `onRequest` of a DimseClient. */
  readonly onRequest = (driver: AssociationDriver, context: AcceptedContext, message: Message) =>
    message.type === 'N-EVENT-REPORT-RQ' ? this.take(driver, context, message) : undefined;

  /** Resolves with the reports when there are so many. */
  async received(count = 1, timeoutMs = 8000): Promise<ReceivedReport[]> {
    const deadline = performance.now() + timeoutMs;
    while (this.reports.length < count) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`${this.reports.length} reports within ${timeoutMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return this.reports;
  }
}

/** Above what an identifier has. */
const REPORT_LIMITS = { depthMax: 4, elementsMax: 1_000_000 };

function reportOf(
  message: MessageOfType<'N-EVENT-REPORT-RQ'>,
  context: AcceptedContext,
  bytes: Buffer,
): ReceivedReport {
  const syntax = transferSyntaxOf(context.transferSyntax);
  if (syntax === undefined) throw new Error(`transfer syntax ${context.transferSyntax}`);
  const dataSet = DataSet.decode(bytes, syntax, REPORT_LIMITS);
  const uidOf = (item: DataSet) => item.uid(tags.ReferencedSOPInstanceUID) ?? '';
  return {
    eventTypeId: message.eventTypeId,
    sopInstanceUid: message.affectedSopInstanceUid,
    transactionUid: dataSet.uid(tags.TransactionUID),
    retrieveAeTitle: dataSet.text(tags.RetrieveAETitle),
    committed: dataSet.items(tags.ReferencedSOPSequence).map(uidOf),
    failed: dataSet
      .items(tags.FailedSOPSequence)
      .map((item) => [uidOf(item), item.number(tags.FailureReason)]),
    hasCommitted: dataSet.has(tags.ReferencedSOPSequence),
    hasFailed: dataSet.has(tags.FailedSOPSequence),
  };
}

export interface ReportSinkOptions {
  aeTitle?: string;
  port?: number;
  /** What it does with the role selection that we propose; accepts it unless given. */
  roles?: 'accept' | 'refuse' | 'silent';
  /** Transfer syntaxes that it takes; all unless given. */
  transferSyntax?: string;
}

/** A modality that is called to be told: acceptor of the association, SCU of Storage Commitment. */
export class ReportSink {
  readonly receiver = new ReportReceiver();
  /** Association requests, in the order of their arrival. */
  readonly requests: AAssociateRq[] = [];
  /** What it does to an association request. */
  onAssociate: 'accept' | 'abort' | 'close' = 'accept';
  readonly #options: ReportSinkOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async listen(options: ReportSinkOptions = {}): Promise<ReportSink> {
    const sink = new ReportSink(options);
    await new Promise<void>((resolve) => sink.#server.listen(options.port ?? 0, '127.0.0.1', resolve));
    return sink;
  }

  private constructor(options: ReportSinkOptions) {
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const association = new Association('acceptor');
    const driver: AssociationDriver = new AssociationDriver(
      association,
      {
        indicate: (primitive) => this.#indicate(driver, socket, primitive),
        message: (contextId, message) => {
          const context = association.contexts.get(contextId);
          return context && this.receiver.onRequest(driver, context, message);
        },
        closed: () => undefined,
      },
      { artimTimeoutMs: 10_000, idleTimeoutMs: 600_000 },
    );
    driver.attach(readByEvents(socket, driver));
  }

  #indicate(driver: AssociationDriver, socket: Socket, primitive: Indication): void {
    if (primitive.type === 'A-RELEASE indication') driver.submit({ type: 'A-RELEASE response' });
    if (primitive.type !== 'A-ASSOCIATE indication') return;
    this.requests.push(primitive.request);
    if (this.onAssociate === 'abort') driver.abort('no');
    if (this.onAssociate === 'close') socket.destroy();
    if (this.onAssociate !== 'accept') return;
    const { aeTitle = 'CT1', roles = 'accept', transferSyntax } = this.#options;
    const negotiated = negotiate(primitive.request, {
      calledAeTitles: new Set([aeTitle]),
      maximumLength: 131072,
      implementationClassUid: '2.25.1',
      implementationVersionName: 'TEST_REPORTS',
      acceptTransferSyntax: (_class, proposed) =>
        proposed.find((uid) => transferSyntax === undefined || uid === transferSyntax),
      acceptScpRole: () => roles === 'accept',
    });
    if ('reject' in negotiated) {
      driver.submit({ type: 'A-ASSOCIATE reject', reject: negotiated.reject });
      return;
    }
    const { accept } = negotiated;
    if (roles === 'silent') accept.userInformation.roleSelections = [];
    driver.submit({ type: 'A-ASSOCIATE accept', accept });
  }
}
