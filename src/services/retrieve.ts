import type { Catalog, Level, RetrieveUids, StoredInstance } from '../catalog/catalog.ts';
import type { DataSet } from '../dicom/data-set.ts';
import { status, statusClass, statusWords } from '../dimse/status.ts';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { pooledBytesFor } from '../storage/buffer-pool.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import { ShortFiles } from '../storage/short-files.ts';
import type { Decoder } from './decoded-pixels.ts';
import type { Filer } from './filing.ts';
import { type InformationModel, levelOfIdentifier } from './levels.ts';
import { serviceLimits } from './limits.ts';
import { readAhead } from './read-ahead.ts';
import { selectionOf } from './selection.ts';
import { chooseSyntax, openSendable, type Pieces, type Sendable } from './sendable.ts';

/** What is to be sent, by class and stored transfer syntax; for the negotiation with a destination. */
export interface ContextNeed {
  sopClassUid: string;
  transferSyntaxUid: string;
}

/** One C-STORE sub-operation. */
export interface SubOperation extends Pieces {
  sopClassUid: string;
  sopInstanceUid: string;
  /** In which the pieces are encoded, one of those that the target takes. */
  transferSyntaxUid: string;
}

export interface StoreOptions {
  /**
   * Is called when the whole data set is on its way: another one may be given, which is made ready and waits where no more may be unanswered. The pieces
   * are not needed any more then.
   */
  next?(): void;
  /** Takes back what waits for its turn, and nothing that is on its way. */
  signal?: AbortSignal;
}

/** Where sub-operations go: an association to a move destination, or the association of a C-GET. `net` implements it. */
export interface StoreTarget {
  /** What it had rather than the stored transfer syntax, best first; nothing unless given. */
  readonly preferredTransferSyntaxes?: readonly string[];
  /** Transfer syntaxes in which it takes instances of this class. */
  transferSyntaxesFor(sopClassUid: string): readonly string[];
  /**
   * @returns the status of the C-STORE-RSP
   * @throws Problem 'peer-unreachable' where the association has ended; 'cancelled' where nobody wants it any more; what the pieces throw, which ends the
   * association where the first of them is on its way
   */
  store(operation: SubOperation, options?: StoreOptions): Promise<number>;
  close(): Promise<void>;
}

/** What is to be sent, and where. */
export interface TransferRequest {
  level: Level;
  uids: RetrieveUids;
  /** C-CANCEL, the end of the association, or whoever asked has thought better of it. */
  signal: AbortSignal;
  /** @throws Problem 'move-destination-unknown', 'peer-unreachable' or 'cancelled' */
  openTarget(needs: readonly ContextNeed[]): Promise<StoreTarget>;
  /** Told what became of each instance. */
  noted?(instance: StoredInstance, isSent: boolean): void;
}

export interface RetrieveRequest extends Pick<TransferRequest, 'signal' | 'openTarget' | 'noted'> {
  model: InformationModel;
  identifier: DataSet;
  /** Relational retrieval was agreed on: the levels above may be left out — PS3.4 §C.4.2.2.2.1. */
  isRelational?: boolean;
}

/** Numbers of sub-operations — PS3.4 §C.4.2.1.6 to C.4.2.1.9. */
export interface Counters {
  remaining: number;
  completed: number;
  failed: number;
  warning: number;
}

export interface RetrieveResult {
  status: number;
  counters: Counters;
  /** Failed SOP Instance UID List (0008,0058). */
  failedUids: readonly string[];
  /** Error Comment where something failed. */
  words: string | undefined;
}

export interface RetrieveServiceOptions {
  catalog: Pick<Catalog, 'instances'>;
  filer: Pick<Filer, 'settled'>;
  files: InstanceFiles;
  /** Of frames for destinations that take only uncompressed ones. */
  decoder: Decoder;
  log: Log;
}

/** C-MOVE and C-GET SCP of both information models — PS3.4 §C.4.2 and §C.4.3; and the same sub-operations where nobody asked by DIMSE. */
export class RetrieveService {
  readonly #options: RetrieveServiceOptions;
  readonly #shortFiles = new ShortFiles();

  constructor(options: RetrieveServiceOptions) {
    this.#options = options;
  }

  /**
   * Yields the counters whenever a Pending response is due: at least once a second. Ends with the final status.
   * @throws Problem: the refusal before any sub-operation
   */
  async *retrieve(request: RetrieveRequest): AsyncGenerator<Counters, RetrieveResult, undefined> {
    const { identifier, model, isRelational = false, ...others } = request;
    const level = levelOfIdentifier(model, identifier, isRelational);
    const uids = selectionOf(level, model, identifier, isRelational);
    return yield* this.transfer({ ...others, level, uids });
  }

  /** As `retrieve`, of what is named by its UIDs. */
  async *transfer(request: TransferRequest): AsyncGenerator<Counters, RetrieveResult, undefined> {
    const { level, uids, signal } = request;
    await this.#options.filer.settled();
    const needs = await this.#options.catalog.instances.summaryForRetrieve(level, uids);
    const remaining = needs.reduce((sum, need) => sum + need.count, 0);
    const progress = new Progress({ remaining, completed: 0, failed: 0, warning: 0 }, request.noted);
    if (remaining === 0) return progress.result(signal);
    const target = await request.openTarget(needs);
    try {
      const instances = this.#options.catalog.instances.forRetrieve(level, uids, { signal });
      const sending = this.#sendAll(instances, target, progress, signal);
      while (await progress.isDue(sending)) yield { ...progress.counters };
      await sending;
    } finally {
      await target.close();
    }
    return progress.result(signal);
  }

  async #sendAll(
    instances: AsyncIterable<StoredInstance>,
    target: StoreTarget,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<void> {
    const open = (instance: StoredInstance) => this.#open(instance, target);
    const bounds = {
      count: serviceLimits.readAheadInstances,
      refillAt: serviceLimits.readAheadRefillAt,
      sizeOf: sizeAhead,
      bytes: serviceLimits.readAheadBytes,
    };
    const unanswered = new Set<Promise<void>>();
    let isWanted = true;
    try {
      for await (const { item: instance, opened: sendable } of readAhead(
        instances,
        open,
        closeSendable,
        bounds,
      )) {
        if (signal.aborted || !isWanted) {
          await closeSendable(sendable);
          return;
        }
        await new Promise<void>((next) => {
          const attempt = this.#attempt(instance, sendable, target, progress, { next, signal });
          const answered = attempt.then((goesOn) => {
            isWanted &&= goesOn;
            unanswered.delete(answered);
          });
          unanswered.add(answered);
          answered.then(next, next);
        });
      }
    } catch (error) {
      if (isCancelled(error)) return;
      throw error;
    } finally {
      await Promise.all(unanswered);
    }
  }

  /** @returns false where nobody wants the rest any more */
  async #attempt(
    instance: StoredInstance,
    sendable: Sendable | Problem,
    target: StoreTarget,
    progress: Progress,
    options: StoreOptions,
  ): Promise<boolean> {
    try {
      progress.add(instance, await this.#send(instance, sendable, target, options));
    } catch (error) {
      if (isCancelled(error)) return false;
      const reason = messageOf(error);
      progress.fail(instance, reason);
      this.#options.log.warn('instance not sent', { sopInstanceUid: instance.sopInstanceUid, reason });
    }
    return true;
  }

  async #open(instance: StoredInstance, target: StoreTarget): Promise<Sendable | Problem> {
    const { sopClassUid, transferSyntaxUid: stored } = instance;
    try {
      const accepted = target.transferSyntaxesFor(sopClassUid);
      const to = chooseSyntax(stored, accepted, target.preferredTransferSyntaxes);
      return await this.#openFiled(instance, to).catch((error: unknown) =>
        this.#openAsStored(instance, target, to, error),
      );
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }

  /** The row of an instance is there a moment before its file is: one that came since the retrieve began may be between the two. */
  async #openFiled(instance: StoredInstance, to: string): Promise<Sendable> {
    const { decoder, files, filer } = this.#options;
    const open = () =>
      openSendable(files.pathOf(instance), instance, to, { decoder, shortFiles: this.#shortFiles });
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'not-found') throw error;
    }
    await filer.settled();
    return await open();
  }

  /** What cannot be decoded after all is better sent as it is stored than not at all, where the destination takes both. */
  async #openAsStored(
    instance: StoredInstance,
    target: StoreTarget,
    tried: string,
    error: unknown,
  ): Promise<Sendable> {
    const { sopClassUid, transferSyntaxUid: stored } = instance;
    const isUndecodable =
      error instanceof Problem && ['not-renderable', 'unreadable-data-set'].includes(error.code);
    if (!isUndecodable || tried === stored || !target.transferSyntaxesFor(sopClassUid).includes(stored))
      throw error;
    return await this.#openFiled(instance, stored);
  }

  async #send(
    instance: StoredInstance,
    opened: Sendable | Problem,
    target: StoreTarget,
    options: StoreOptions,
  ): Promise<number> {
    if (opened instanceof Problem) throw opened;
    const { sopClassUid, sopInstanceUid } = instance;
    let sendable = opened;
    try {
      const pieces = await sendable.prepare().catch(async (error: unknown) => {
        sendable = await this.#openAsStored(instance, target, sendable.transferSyntaxUid, error);
        return await sendable.prepare();
      });
      const { transferSyntaxUid } = sendable;
      return await target.store({ sopClassUid, sopInstanceUid, transferSyntaxUid, ...pieces }, options);
    } finally {
      await opened.close();
      if (sendable !== opened) await sendable.close();
    }
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof Problem && error.code === 'cancelled';
}

async function closeSendable(sendable: Sendable | Problem): Promise<void> {
  if (!(sendable instanceof Problem)) await sendable.close();
}

/** What reading ahead holds of an instance: the buffer of one piece at most, or a small frame. */
function sizeAhead(instance: StoredInstance): number {
  return pooledBytesFor(instance.sizeBytes);
}

/** Counts sub-operations, and says when the next Pending response is due. */
class Progress {
  readonly counters: Counters;
  readonly #noted: TransferRequest['noted'];
  readonly #failedUids: string[] = [];
  #reason: string | undefined;
  #lastDueAt = performance.now();

  constructor(counters: Counters, noted: TransferRequest['noted']) {
    this.counters = counters;
    this.#noted = noted;
  }

  add(instance: StoredInstance, value: number): void {
    switch (statusClass(value)) {
      case 'success':
        this.#count('completed');
        this.#noted?.(instance, true);
        break;
      case 'warning':
        this.#count('warning');
        this.#noted?.(instance, true);
        break;
      case 'pending':
      case 'cancel':
      case 'failure':
        this.fail(instance, `the destination answered ${statusWords(value)}`);
        break;
    }
  }

  fail(instance: StoredInstance, reason: string): void {
    this.#count('failed');
    this.#noted?.(instance, false);
    this.#failedUids.push(instance.sopInstanceUid);
    this.#reason ??= reason;
  }

  /** Resolves with true when a Pending response is due, with false when `work` is over. */
  async isDue(work: Promise<void>): Promise<boolean> {
    const waitMs = Math.max(0, this.#lastDueAt + serviceLimits.pendingIntervalMs - performance.now());
    let timer: NodeJS.Timeout | undefined;
    const due = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(true), waitMs);
    });
    const over = work.then(
      () => false,
      () => false,
    );
    const isDue = await Promise.race([over, due]);
    clearTimeout(timer);
    this.#lastDueAt = performance.now();
    return isDue;
  }

  /** PS3.4 §C.4.2.3.1: success only if every sub-operation was one; failure if none was. */
  result(signal: AbortSignal): RetrieveResult {
    const { completed, failed, warning, remaining } = this.counters;
    const isCancelled = signal.aborted && remaining > 0;
    // Instances that left the catalogue between counting and sending were never attempted; nobody waits for them.
    const counters = { ...this.counters, remaining: isCancelled ? remaining : 0 };
    const result = { counters, failedUids: this.#failedUids, words: this.#reason };
    if (isCancelled) return { ...result, status: status.cancel };
    if (failed === 0 && warning === 0) return { ...result, status: status.success };
    const isFailure = completed === 0 && warning === 0;
    return { ...result, status: isFailure ? status.outOfResourcesSuboperations : status.warning };
  }

  #count(counter: 'completed' | 'failed' | 'warning'): void {
    this.counters[counter] += 1;
    this.counters.remaining = Math.max(0, this.counters.remaining - 1);
  }
}
