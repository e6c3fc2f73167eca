import { dataSetPdv } from '../dimse/fragment.ts';
import { encodeMessage } from '../dimse/message.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import type { StoreOptions, StoreTarget, SubOperation } from '../services/retrieve.ts';
import type { AcceptedContext } from '../ul/negotiation.ts';
import type { AssociationDriver } from './association-driver.ts';
import type { OutstandingStores } from './outstanding-stores.ts';

/** Who asked for the sub-operations of a C-MOVE — PS3.7 §9.3.1.1. */
export interface MoveOriginator {
  aeTitle: string;
  messageId: number;
}

export interface StoreScuOptions {
  driver: Pick<AssociationDriver, 'sendPdvs' | 'abort'>;
  /** All of the association. */
  stores: OutstandingStores;
  /** Contexts on which we are SCU of a storage class. */
  contexts: Iterable<AcceptedContext>;
  nextMessageId(): number;
  priority: number;
  originator?: MoveOriginator;
  /** None unless given. */
  preferredTransferSyntaxes?: readonly string[];
  close(): Promise<void>;
}

/** C-STORE SCU on an association that is open — PS3.4 §B.2. */
export class StoreScu implements StoreTarget {
  readonly #options: StoreScuOptions;
  readonly #contextsByClass = new Map<string, AcceptedContext[]>();
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

  async store(operation: SubOperation, { next, signal }: StoreOptions = {}): Promise<number> {
    const { stores } = this.#options;
    if (stores.ended !== undefined) throw stores.ended;
    const context = this.#contextsByClass
      .get(operation.sopClassUid)
      ?.find(({ transferSyntax }) => transferSyntax === operation.transferSyntaxUid);
    if (context === undefined) throw new Error(`no context for ${operation.sopClassUid}`);
    const messageId = this.#options.nextMessageId();
    const command = this.#commandSet(messageId, operation);
    const pieces = marked(operation.pieces, operation.sizeBytes);
    try {
      // Read while the one before waits for its answer.
      const first = await pieces.next();
      const { response } = await stores.begin(messageId, signal);
      try {
        await this.#send(context.id, messageId, [command, first, pieces]);
        stores.sent(messageId);
        next?.();
        return await response;
      } finally {
        stores.forget(messageId);
      }
    } finally {
      await pieces.return();
    }
  }

  async close(): Promise<void> {
    await this.#options.close();
  }

  #commandSet(messageId: number, operation: SubOperation): Buffer {
    const { priority, originator } = this.#options;
    return encodeMessage({
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
  }

  async #send(contextId: number, messageId: number, [command, first, rest]: Prepared): Promise<void> {
    const { driver, stores } = this.#options;
    let pdvs = [{ contextId, isCommand: true, isLast: true, bytes: command }];
    let isWhole = false;
    try {
      for (let piece = first; piece.done !== true; piece = await rest.next()) {
        const { bytes, isLast } = piece.value;
        pdvs.push(dataSetPdv(contextId, bytes, isLast));
        stores.given();
        if (!(await driver.sendPdvs(pdvs)))
          throw stores.ended ?? new Problem('peer-unreachable', 'association ended');
        if (!isLast) stores.taken();
        isWhole = isLast;
        pdvs = [];
      }
      if (!isWhole) throw new Error('the data set is shorter than was said');
    } catch (error) {
      // A data set that was begun and cannot be finished: only an abort makes the peer drop it.
      if (pdvs.length === 0) await this.#abandon(messageId, messageOf(error));
      throw error;
    }
  }

  /** What the peer has whole is answered before: one bad instance takes no good one with it. */
  async #abandon(messageId: number, words: string): Promise<void> {
    const { driver, stores } = this.#options;
    await stores.othersAnswered(messageId);
    this.#isAbandoned = stores.ended === undefined;
    stores.end(new Problem('peer-unreachable', words));
    driver.abort(words);
  }
}

interface MarkedPiece {
  bytes: Buffer;
  isLast: boolean;
}

type MarkedPieces = AsyncGenerator<MarkedPiece, void, undefined>;

/** A command set, the first piece of the data set, and where the others come from. */
type Prepared = [Buffer, IteratorResult<MarkedPiece, void>, MarkedPieces];

/** Says of each piece whether it is the last; all others are of even length — PS3.8 Annex E.2. */
async function* marked(pieces: AsyncIterable<Buffer>, sizeBytes: number | undefined): MarkedPieces {
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
