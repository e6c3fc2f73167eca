import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Message } from '../../src/dimse/message.ts';
import { responseTo } from '../../src/dimse/response.ts';
import { status } from '../../src/dimse/status.ts';
import { AssociationDriver, type DataSetConsumer } from '../../src/net/association-driver.ts';
import { readByEvents } from '../../src/net/socket-reader.ts';
import { Association, type Indication } from '../../src/ul/association.ts';
import { negotiate } from '../../src/ul/negotiation.ts';
import type { AAssociateRq } from '../../src/ul/pdu/a-associate-rq.ts';
import {
  answerSuccess,
  type ReceivedInstance,
  receiveInstance,
  type StoreAnswer,
} from './received-instance.ts';

export interface SinkOptions {
  aeTitle?: string;
  /** A free one unless given. */
  port?: number;
  /** Keeps the data sets, not only their hashes. */
  keepBytes?: boolean;
  /** Asked for each transfer syntax that is proposed; all are taken unless given. */
  takes?(sopClassUid: string, transferSyntaxUid: string): boolean;
  /** Requests that may be outstanding, where a window is asked for — PS3.7 Annex D.3.3.3; 0 is any number. One, as the standard has it without an answer, unless given. */
  operationsMax?: number;
  /** What to answer to each instance; success unless given. */
  answer?(instance: ReceivedInstance, count: number): StoreAnswer;
}

/** C-STORE SCP on a port of its own, which notes what comes. */
export class StoreSink {
  readonly aeTitle: string;
  /** In the order of their arrival. */
  readonly received: ReceivedInstance[] = [];
  /** Association requests, in the order of their arrival. */
  readonly requests: AAssociateRq[] = [];
  readonly #options: SinkOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** Listens on loopback. */
  static async listen(options: SinkOptions = {}): Promise<StoreSink> {
    const sink = new StoreSink(options);
    await new Promise<void>((resolve) => sink.#server.listen(options.port ?? 0, '127.0.0.1', resolve));
    return sink;
  }

  private constructor(options: SinkOptions) {
    this.aeTitle = options.aeTitle ?? 'SINK';
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Reads no more from the connections there are: what a destination does that hangs. */
  stall(): void {
    for (const socket of this.#sockets) {
      socket.pause();
      // The reader may have paused it for its turn, and would go on after that.
      socket.resume = () => socket;
    }
  }

  /** Cuts all connections and listens no more. */
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
        indicate: (primitive) => this.#indicate(driver, primitive),
        message: (contextId, message) => this.#message(driver, association, contextId, message),
        closed: () => undefined,
      },
      { artimTimeoutMs: 10_000, idleTimeoutMs: 600_000 },
    );
    driver.attach(readByEvents(socket, driver));
  }

  #indicate(driver: AssociationDriver, primitive: Indication): void {
    if (primitive.type === 'A-RELEASE indication') driver.submit({ type: 'A-RELEASE response' });
    if (primitive.type !== 'A-ASSOCIATE indication') return;
    this.requests.push(primitive.request);
    const takes = this.#options.takes ?? (() => true);
    const { operationsMax = 1 } = this.#options;
    const negotiated = negotiate(primitive.request, {
      asynchronousOperationsWindow: { operationsInvoked: operationsMax, operationsPerformed: 1 },
      calledAeTitles: new Set([this.aeTitle]),
      maximumLength: 131072,
      implementationClassUid: '2.25.1',
      implementationVersionName: 'TEST_SINK',
      acceptTransferSyntax: (sopClassUid, proposed) => proposed.find((uid) => takes(sopClassUid, uid)),
    });
    if ('reject' in negotiated) driver.submit({ type: 'A-ASSOCIATE reject', reject: negotiated.reject });
    else driver.submit({ type: 'A-ASSOCIATE accept', accept: negotiated.accept });
  }

  #message(
    driver: AssociationDriver,
    association: Association,
    contextId: number,
    message: Message,
  ): DataSetConsumer | undefined {
    const context = association.contexts.get(contextId);
    if (context === undefined) return undefined;
    if (message.type === 'C-ECHO-RQ') driver.send(contextId, responseTo(message, { status: status.success }));
    if (message.type !== 'C-STORE-RQ') return undefined;
    const answer = this.#options.answer ?? answerSuccess;
    return receiveInstance(driver, context, message, {
      keepBytes: this.#options.keepBytes ?? false,
      answer: (instance) => {
        this.received.push(instance);
        return answer(instance, this.received.length);
      },
    });
  }
}
