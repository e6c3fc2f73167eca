import { setTimeout as wait } from 'node:timers/promises';
import type { Catalog, StoredInstance } from '../catalog/catalog.ts';
import { status } from '../dimse/status.ts';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { Turns } from '../lib/turns.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import { isStorageClass } from './contexts.ts';
import type { Filer } from './filing.ts';
import { Hasher } from './hashing.ts';
import { verifyInstance } from './integrity.ts';
import { serviceLimits } from './limits.ts';
import type { Reference } from './storage-commitment-request.ts';

/** 0 for an instance in safe keeping, else the Failure Reason (0008,1197) — PS3.3 §C.14.1.1. */
export type CommitmentReason = number;

export interface VerifierOptions {
  catalog: Pick<Catalog, 'instances' | 'conflicts'>;
  filer: Pick<Filer, 'settled' | 'backlogInstances'>;
  files: Pick<InstanceFiles, 'pathOf' | 'conflictPathOf' | 'assertOnline'>;
  storageSopClasses: 'any' | 'standard';
  log: Log;
}

/**
 * Sees whether instances are in safe keeping: in the catalogue, of the class that the caller says, and their bytes, read again, those that were acknowledged. One instance
 * is read at a time whoever asked, and while instances are coming in half of the time nothing is.
 */
export class CommitmentVerifier {
  readonly #options: VerifierOptions;
  readonly #turns = new Turns();
  /** Not the one that receiving waits for. */
  readonly #hasher = new Hasher();

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.#hasher.close();
  }

  /**
   * Resolves when what was accepted before is filed.
   * @throws Problem 'catalog-unavailable'
   */
  async settled(): Promise<void> {
    try {
      await this.#options.filer.settled();
    } catch (error) {
      // Whatever keeps instances from being filed, it passes.
      throw new Problem('catalog-unavailable', messageOf(error), { cause: error });
    }
  }

  /**
   * The reasons of some hundred references, in their order.
   * @param verified is told each
   * @throws Problem 'volume-offline', 'catalog-unavailable': nothing can be said; 'cancelled'
   */
  async verify(
    references: readonly Reference[],
    signal: AbortSignal,
    verified: (reason: CommitmentReason) => void,
  ): Promise<CommitmentReason[]> {
    const { catalog, files } = this.#options;
    const uids = [...new Set(references.map(({ sopInstanceUid }) => sopInstanceUid))];
    const stored = await catalog.instances.findByUids(uids);
    const versions = await catalog.conflicts.versionsOf(uids);
    const reasons: CommitmentReason[] = [];
    for (const reference of references) {
      const instance = stored.get(reference.sopInstanceUid);
      const others = versions.filter(({ sopInstanceUid }) => sopInstanceUid === reference.sopInstanceUid);
      let reason = this.#reasonOfRow(reference, instance);
      if (reason === status.success && instance !== undefined) {
        reason = await this.#read(files.pathOf(instance), instance, signal);
        // The caller's may be another version than the first that came: both were acknowledged.
        for (const version of reason === status.success ? others : [])
          reason ||= await this.#read(
            files.conflictPathOf(version.sopInstanceUid, version.sha256),
            version,
            signal,
          );
      }
      reasons.push(reason);
      verified(reason);
    }
    return reasons;
  }

  #reasonOfRow(reference: Reference, instance: StoredInstance | undefined): CommitmentReason {
    if (instance === undefined) {
      const isStored = isStorageClass(reference.sopClassUid, this.#options.storageSopClasses);
      return isStored ? status.noSuchSopInstance : status.sopClassNotSupported;
    }
    return instance.sopClassUid === reference.sopClassUid ? status.success : status.classInstanceConflict;
  }

  async #read(
    path: string,
    instance: Pick<StoredInstance, 'sopInstanceUid' | 'sizeBytes' | 'sha256'>,
    signal: AbortSignal,
  ): Promise<CommitmentReason> {
    return await this.#turns.take(async () => {
      if (signal.aborted) throw new Problem('cancelled', 'cancelled');
      const startedAt = performance.now();
      const failure = await this.#failureOf(path, instance, signal);
      if (this.#options.filer.backlogInstances > 0) {
        const tookMs = performance.now() - startedAt;
        await wait(Math.min(tookMs, serviceLimits.verifyPauseMaxMs), undefined, { signal }).catch(
          () => undefined,
        );
      }
      if (failure === undefined) return status.success;
      this.#options.log.error('instance not committed', {
        sopInstanceUid: instance.sopInstanceUid,
        reason: failure.message,
      });
      return failure.code === 'not-found' ? status.noSuchSopInstance : status.processingFailure;
    });
  }

  /** What is wrong with the file; undefined where nothing is. */
  async #failureOf(
    path: string,
    instance: Pick<StoredInstance, 'sizeBytes' | 'sha256'>,
    signal: AbortSignal,
  ): Promise<Problem | undefined> {
    const failure = await this.#attempt(path, instance, signal);
    if (failure?.code !== 'not-found') return failure;
    // The row of an instance is there a moment before its file is.
    await this.settled();
    return await this.#attempt(path, instance, signal);
  }

  async #attempt(
    path: string,
    instance: Pick<StoredInstance, 'sizeBytes' | 'sha256'>,
    signal: AbortSignal,
  ): Promise<Problem | undefined> {
    try {
      await verifyInstance(path, instance, { hash: this.#hasher.begin(), signal });
      return undefined;
    } catch (error) {
      // Also what broke because all is being ended: it says nothing of the instance.
      if (signal.aborted) throw new Problem('cancelled', 'cancelled', { cause: error });
      // Of a volume that is away nothing is said.
      await this.#options.files.assertOnline();
      return error instanceof Problem ? error : new Problem('internal', messageOf(error), { cause: error });
    }
  }
}
