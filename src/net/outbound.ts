import { CONVERSION_TARGETS, isConvertible } from '../services/conversion.ts';
import type { ContextNeed, StoreTarget } from '../services/retrieve.ts';
import type { ProposedContext } from '../ul/pdu/a-associate-rq.ts';
import { ReopeningTarget } from './reopening-target.ts';
import { type Destination, Requestor, type RequestorOptions } from './requestor.ts';
import type { MoveOriginator, StoreScu } from './store-scu.ts';

export interface StoreDestination extends Destination {
  /** Transfer syntaxes that are offered first and used before the stored one, best first. */
  preferredTransferSyntaxes: readonly string[];
}

/** An A-ASSOCIATE-RQ has room for so many contexts: odd numbers up to 255 — PS3.8 §9.3.2.2. */
const CONTEXTS_MAX = 128;

export interface OutboundOptions extends RequestorOptions {
  /** Sub-operations that we ask a destination to let us have outstanding, 1 or more; one unless given. */
  asynchronousOperations?: number;
}

export interface StoreTargetOptions {
  priority: number;
  originator?: MoveOriginator;
  signal?: AbortSignal;
  /** The destination is known to understand an asynchronous operations window. */
  takesWindow?: boolean;
}

/** Associations that we request for the sub-operations of a C-MOVE, and to send what somebody on our side wants sent. */
export class Outbound {
  readonly #options: OutboundOptions;

  constructor(options: OutboundOptions) {
    this.#options = options;
  }

  /**
   * An association for sub-operations; what is needed is offered as the destination prefers it, as it is stored, and uncompressed where it can be
   * converted. A `signal` that fires ends it within a second. A window is proposed where `takesWindow`: there are devices that end an association for it.
   * @throws Problem 'peer-unreachable' in words, 'cancelled'
   */
  async openStoreTarget(
    destination: StoreDestination,
    needs: readonly ContextNeed[],
    { signal, takesWindow = false, ...subOperation }: StoreTargetOptions,
  ): Promise<StoreTarget> {
    const { preferredTransferSyntaxes } = destination;
    const open = async (): Promise<StoreScu> => {
      const requestor = new Requestor(destination, this.#options);
      const operationsInvoked = takesWindow ? (this.#options.asynchronousOperations ?? 1) : 1;
      await requestor.open(contextsFor(needs, preferredTransferSyntaxes), { signal, operationsInvoked });
      return requestor.storeScu({ ...subOperation, preferredTransferSyntaxes });
    };
    return new ReopeningTarget(await open(), open);
  }
}

/**
 * What is proposed, the most useful first, for there is room for 128: a context for each class and transfer syntax that the destination prefers and can be had,
 * one for each in which something is stored, and one for each class with the uncompressed transfer syntaxes into which it can be converted or decoded and that
 * are not among those before; of these the destination takes one.
 */
export function contextsFor(
  needs: readonly ContextNeed[],
  preferredTransferSyntaxes: readonly string[],
): ProposedContext[] {
  const proposals = new Map<string, { abstractSyntax: string; transferSyntaxes: string[] }>();
  const propose = (abstractSyntax: string, transferSyntax: string) => {
    const key = `${abstractSyntax} ${transferSyntax}`;
    if (!proposals.has(key)) proposals.set(key, { abstractSyntax, transferSyntaxes: [transferSyntax] });
  };
  const targetsOf = (stored: string) => (isConvertible(stored) ? CONVERSION_TARGETS : []);
  for (const { sopClassUid, transferSyntaxUid } of needs) {
    for (const preferred of preferredTransferSyntaxes) {
      const isToBeHad = preferred === transferSyntaxUid || targetsOf(transferSyntaxUid).includes(preferred);
      if (isToBeHad) propose(sopClassUid, preferred);
    }
  }
  for (const { sopClassUid, transferSyntaxUid } of needs) propose(sopClassUid, transferSyntaxUid);
  for (const { sopClassUid, transferSyntaxUid } of needs) {
    const targets = targetsOf(transferSyntaxUid).filter((one) => !proposals.has(`${sopClassUid} ${one}`));
    if (targets.length > 0)
      proposals.set(`${sopClassUid} converted`, { abstractSyntax: sopClassUid, transferSyntaxes: targets });
  }
  return [...proposals.values()]
    .slice(0, CONTEXTS_MAX)
    .map((proposal, index) => ({ id: index * 2 + 1, ...proposal }));
}
