import { dataSetPdv } from '../dimse/fragment.ts';
import { encodeMessage, type MessageOfType } from '../dimse/message.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import type { StoreTarget, SubOperation } from '../services/retrieve.ts';
import type { AcceptedContext } from '../ul/negotiation.ts';
import type { AssociationDriver } from './association-driver.ts';

/** Who asked for the sub-operations of a C-MOVE — PS3.7 §9.3.1.1. */
export interface MoveOriginator {
  aeTitle: string;
  messageId: number;
}

export interface StoreScuOptions {
  driver: AssociationDriver;
  /** Contexts on which we are SCU of a storage class. */
  contexts: Iterable<AcceptedContext>;
  nextMessageId(): number;
  /** How long the peer may take to answer after it took the last byte, and to take each piece, milliseconds. */
  responseTimeoutMs: number;
  priority: number;
  originator?: MoveOriginator;
  /** None unless given. */
  preferredTransferSyntaxes?: readonly string[];
  close(): Promise<void>;
}

interface Outstanding {
  messageId: number;
  resolve(status: number): void;
  reject(problem: Problem): void;
}

/** C-STORE SCU on an association that is open: one sub-operation at a time — PS3.4 §B.2. */
export class StoreScu implements StoreTarget {
  readonly #options: StoreScuOptions;
  readonly #contextsByClass = new Map<string, AcceptedContext[]>();
  #outstanding: Outstanding | undefined;
  #ended: Problem | undefined;
  #isAbandoned = false;

  constructor(options: StoreScuOptions) {
    this.#options = options;
    for (const context of options.contexts) {
      const contexts = this.#contextsByClass.get(context.abstractSyntax) ?? [];
      this.#contextsByClass.set(context.abstractSyntax, [...contexts, context]);
    }
  }

  get preferredTransferSyntaxes(): readonly string[] {
    return this.#options.preferredTransferSyntaxes ?? [];
  }

  /** We have aborted the association, for a data set that could not be sent to its end. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  transferSyntaxesFor(sopClassUid: string): readonly string[] {
    return (this.#contextsByClass.get(sopClassUid) ?? []).map((context) => context.transferSyntax);
  }

  async store(operation: SubOperation): Promise<number> {
    if (this.#ended !== undefined) throw this.#ended;
    const context = this.#contextsByClass
      .get(operation.sopClassUid)
      ?.find(({ transferSyntax }) => transferSyntax === operation.transferSyntaxUid);
    if (context === undefined) throw new Error(`no context for ${operation.sopClassUid}`);
    const messageId = this.#options.nextMessageId();
    const response = new Promise<number>((resolve, reject) => {
      this.#outstanding = { messageId, resolve, reject };
    });
    // Awaited below; an association that ends while pieces are being read must not go unheard.
    response.catch(() => undefined);
    const watch = this.#watch(response);
    try {
      await this.#send(context.id, messageId, operation, watch);
      return await response;
    } finally {
      watch.stop();
      this.#outstanding = undefined;
    }
  }

  /** The peer's answer to a sub-operation. */
  respond(response: MessageOfType<'C-STORE-RSP'>): void {
    const outstanding = this.#outstanding;
    if (outstanding?.messageId === response.messageIdBeingRespondedTo) outstanding.resolve(response.status);
  }

  /** The association has ended: what is outstanding fails, and whatever follows. */
  end(words: string): void {
    this.#ended ??= new Problem('peer-unreachable', words);
    this.#outstanding?.reject(this.#ended);
  }

  /** The association is about to be aborted because nobody wants the sub-operations any more. */
  cancel(): void {
    this.#ended ??= new Problem('cancelled', 'cancelled');
    this.#outstanding?.reject(this.#ended);
  }

  async close(): Promise<void> {
    await this.#options.close();
  }

  async #send(contextId: number, messageId: number, operation: SubOperation, watch: Watch): Promise<void> {
    const { driver, priority, originator } = this.#options;
    const command = encodeMessage({
      type: 'C-STORE-RQ',
      affectedSopClassUid: operation.sopClassUid,
      affectedSopInstanceUid: operation.sopInstanceUid,
      messageId,
      priority,
      hasDataSet: true,
      ...(originator && {
        moveOriginatorAeTitle: originator.aeTitle,
        moveOriginatorMessageId: originator.messageId,
      }),
    });
    let pdvs = [{ contextId, isCommand: true, isLast: true, bytes: command }];
    let isWhole = false;
    try {
      for await (const { bytes, isLast } of marked(operation.pieces, operation.sizeBytes)) {
        pdvs.push(dataSetPdv(contextId, bytes, isLast));
        watch.start();
        if (!(await driver.sendPdvs(pdvs)))
          throw this.#ended ?? new Problem('peer-unreachable', 'association ended');
        // Until the next piece is there it is we who take their time, as where a frame has to be decoded.
        if (!isLast) watch.stop();
        isWhole = isLast;
        pdvs = [];
      }
      if (!isWhole) throw new Error(`${operation.sopInstanceUid} is shorter than was said`);
    } catch (error) {
      // A data set that was begun and cannot be finished: only an abort makes the peer drop it.
      if (pdvs.length === 0) {
        this.#isAbandoned = this.#ended === undefined;
        this.end(messageOf(error));
        driver.abort(messageOf(error));
      }
      throw error;
    }
  }

  /** Ends the association when the peer neither takes nor answers for too long: a stalled one stalls nobody else. */
  #watch(response: Promise<number>): Watch {
    const { driver, responseTimeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const stop = () => clearTimeout(timer);
    const start = () => {
      stop();
      timer = setTimeout(() => {
        const words = `no answer to C-STORE within ${responseTimeoutMs} ms`;
        this.end(words);
        driver.abort(words);
      }, responseTimeoutMs);
    };
    void response.then(stop, stop);
    return { start, stop };
  }
}

/** Runs while it is the peer's turn. */
interface Watch {
  start(): void;
  stop(): void;
}

interface MarkedPiece {
  bytes: Buffer;
  isLast: boolean;
}

/** Says of each piece whether it is the last; all others are of even length — PS3.8 Annex E.2. */
async function* marked(
  pieces: AsyncIterable<Buffer>,
  sizeBytes: number | undefined,
): AsyncGenerator<MarkedPiece, void, undefined> {
  let sentBytes = 0;
  // Where the length is not known, as of a converted data set, one piece is held back until the next one or the end has come.
  let held: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    if (sizeBytes !== undefined) {
      sentBytes += piece.length;
      yield { bytes: piece, isLast: sentBytes === sizeBytes };
      continue;
    }
    const even = held.length - (held.length % 2);
    if (even > 0) yield { bytes: held.subarray(0, even), isLast: false };
    held = Buffer.concat([held.subarray(even), piece]);
  }
  if (sizeBytes === undefined) yield { bytes: held, isLast: true };
}
