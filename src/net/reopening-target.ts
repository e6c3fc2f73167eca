import { Problem } from '../lib/problem.ts';
import type { StoreOptions, StoreTarget, SubOperation } from '../services/retrieve.ts';
import type { StoreScu } from './store-scu.ts';

/**
 * Sub-operations to a destination that we called. Where a data set cannot be sent to its end the association has to be aborted; another one is opened then, so
 * that one bad instance takes no good one with it.
 */
export class ReopeningTarget implements StoreTarget {
  readonly #open: () => Promise<StoreScu>;
  #current: StoreScu;
  /** Why there is no other association. */
  #lost: Problem | undefined;

  /** @param open another association, with the same contexts proposed */
  constructor(first: StoreScu, open: () => Promise<StoreScu>) {
    this.#current = first;
    this.#open = open;
  }

  get preferredTransferSyntaxes(): readonly string[] {
    return this.#current.preferredTransferSyntaxes;
  }

  transferSyntaxesFor(sopClassUid: string): readonly string[] {
    return this.#current.transferSyntaxesFor(sopClassUid);
  }

  async store(operation: SubOperation, options?: StoreOptions): Promise<number> {
    if (this.#lost !== undefined) throw this.#lost;
    const { sopClassUid, transferSyntaxUid } = operation;
    // Chosen before another association was opened, which may have been given other contexts.
    if (!this.transferSyntaxesFor(sopClassUid).includes(transferSyntaxUid))
      throw new Problem('peer-unreachable', 'the destination does not take it on another association');
    try {
      return await this.#current.store(operation, options);
    } catch (error) {
      if (this.#current.isAbandoned) await this.#reopen();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#current.close();
  }

  /** Where the destination does not come back, what follows fails for that reason. */
  async #reopen(): Promise<void> {
    try {
      this.#current = await this.#open();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#lost = error;
    }
  }
}
