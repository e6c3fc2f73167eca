import { CONVERSION_TARGETS, isConvertible } from '../services/conversion.ts';
import type { ContextNeed, StoreTarget } from '../services/retrieve.ts';
import type { ProposedContext } from '../ul/pdu/a-associate-rq.ts';
import { type Destination, Requestor, type RequestorOptions } from './requestor.ts';
import type { MoveOriginator } from './store-scu.ts';

export interface StoreDestination extends Destination {
  /** Transfer syntaxes that are offered first and used before the stored one, best first. */
  preferredTransferSyntaxes: readonly string[];
}

/** An A-ASSOCIATE-RQ has room for so many contexts: odd numbers up to 255 — PS3.8 §9.3.2.2. */
const CONTEXTS_MAX = 128;

/** Associations that we request for the sub-operations of a C-MOVE, and to send what somebody on our side wants sent. */
export class Outbound {
  readonly #options: RequestorOptions;

  constructor(options: RequestorOptions) {
    this.#options = options;
  }

  /**
   * An association for sub-operations; what is needed is offered as the destination prefers it, as it is stored, and uncompressed where it can be
   * converted. A `signal` that fires ends it within a second.
   * @throws Problem 'peer-unreachable' in words, 'cancelled'
   */
  async openStoreTarget(
    destination: StoreDestination,
    needs: readonly ContextNeed[],
    { signal, ...subOperation }: { priority: number; originator?: MoveOriginator; signal?: AbortSignal },
  ): Promise<StoreTarget> {
    const { preferredTransferSyntaxes } = destination;
    const requestor = new Requestor(destination, this.#options);
    await requestor.open(contextsFor(needs, preferredTransferSyntaxes), signal);
    return requestor.storeScu({ ...subOperation, preferredTransferSyntaxes });
  }
}

/** One context for each class and transfer syntax; conversions that nobody prefers last, so that they are the ones that do not fit. */
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
    for (const target of targetsOf(transferSyntaxUid)) propose(sopClassUid, target);
  }
  return [...proposals.values()]
    .slice(0, CONTEXTS_MAX)
    .map((proposal, index) => ({ id: index * 2 + 1, ...proposal }));
}
