import type { Catalog, Level, RetrieveUids, StoredInstance } from '../catalog/catalog.ts';
import type { DataSet } from '../dicom/data-set.ts';
import { status, statusClass, statusWords } from '../dimse/status.ts';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import { InstanceReader } from '../storage/instance-reader.ts';
import { CONVERSION_TARGETS, converted, isConvertible } from './conversion.ts';
import type { Filer } from './filing.ts';
import { type InformationModel, levelOfIdentifier, uniqueKeyValues } from './levels.ts';
import { serviceLimits } from './limits.ts';
import { readAhead } from './read-ahead.ts';

/** What is to be sent, by class and stored transfer syntax; for the negotiation with a destination. */
export interface ContextNeed {
  sopClassUid: string;
  transferSyntaxUid: string;
}

/** One C-STORE sub-operation. */
export interface SubOperation {
  sopClassUid: string;
  sopInstanceUid: string;
  /** In which the pieces are encoded, one of those that the target takes. */
  transferSyntaxUid: string;
  /** The data set; a piece may be used again when the next one is asked for. */
  pieces: AsyncIterable<Buffer>;
  /** Bytes of all pieces; undefined where that is not known beforehand. */
  sizeBytes: number | undefined;
}

/** Where sub-operations go: an association to a move destination, or the association of a C-GET. `net` implements it. */
export interface StoreTarget {
  /** What it had rather than the stored transfer syntax, best first; nothing unless given. */
  readonly preferredTransferSyntaxes?: readonly string[];
  /** Transfer syntaxes in which it takes instances of this class. */
  transferSyntaxesFor(sopClassUid: string): readonly string[];
  /**
   * @returns the status of the C-STORE-RSP
   * @throws Problem 'peer-unreachable' where the association has ended; 'cancelled' where nobody wants it any more
   */
  store(operation: SubOperation): Promise<number>;
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
}

export interface RetrieveRequest extends Pick<TransferRequest, 'signal' | 'openTarget'> {
  model: InformationModel;
  identifier: DataSet;
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
  log: Log;
}

/** C-MOVE and C-GET SCP of both information models — PS3.4 §C.4.2 and §C.4.3; and the same sub-operations where nobody asked by DIMSE. */
export class RetrieveService {
  readonly #options: RetrieveServiceOptions;

  constructor(options: RetrieveServiceOptions) {
    this.#options = options;
  }

  /**
   * Yields the counters whenever a Pending response is due: at least once a second. Ends with the final status.
   * @throws Problem: the refusal before any sub-operation
   */
  async *retrieve(request: RetrieveRequest): AsyncGenerator<Counters, RetrieveResult, undefined> {
    const { identifier, model, signal, openTarget } = request;
    const level = levelOfIdentifier(model, identifier);
    const uids = selectionOf(level, model, identifier);
    return yield* this.transfer({ level, uids, signal, openTarget });
  }

  /** As `retrieve`, of what is named by its UIDs. */
  async *transfer(request: TransferRequest): AsyncGenerator<Counters, RetrieveResult, undefined> {
    const { level, uids, signal } = request;
    await this.#options.filer.settled();
    const needs = await this.#options.catalog.instances.summaryForRetrieve(level, uids);
    const remaining = needs.reduce((sum, need) => sum + need.count, 0);
    const progress = new Progress({ remaining, completed: 0, failed: 0, warning: 0 });
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
    const open = (instance: StoredInstance) => this.#open(instance);
    const bounds = {
      count: serviceLimits.readAheadInstances,
      sizeOf: sizeAhead,
      bytes: serviceLimits.readAheadBytes,
    };
    try {
      for await (const { item: instance, opened: reader } of readAhead(
        instances,
        open,
        closeReader,
        bounds,
      )) {
        if (signal.aborted) {
          await closeReader(reader);
          return;
        }
        try {
          progress.add(instance.sopInstanceUid, await this.#send(instance, reader, target));
        } catch (error) {
          if (isCancelled(error)) throw error;
          progress.fail(instance.sopInstanceUid, messageOf(error));
          this.#options.log.warn('instance not sent', {
            sopInstanceUid: instance.sopInstanceUid,
            reason: messageOf(error),
          });
        }
      }
    } catch (error) {
      if (isCancelled(error)) return;
      throw error;
    }
  }

  async #open(instance: StoredInstance): Promise<InstanceReader | Problem> {
    try {
      return await this.#openFiled(instance);
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }

  /** The row of an instance is there a moment before its file is: one that came since the retrieve began may be between the two. */
  async #openFiled(instance: StoredInstance): Promise<InstanceReader> {
    const open = () =>
      InstanceReader.open(this.#options.files.pathOf(instance), instance.dataSetOffset, instance.sizeBytes);
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'not-found') throw error;
    }
    await this.#options.filer.settled();
    return await open();
  }

  async #send(
    instance: StoredInstance,
    reader: InstanceReader | Problem,
    target: StoreTarget,
  ): Promise<number> {
    if (reader instanceof Problem) throw reader;
    try {
      const { sopClassUid, sopInstanceUid } = instance;
      const from = instance.transferSyntaxUid;
      const to = chooseSyntax(
        from,
        target.transferSyntaxesFor(sopClassUid),
        target.preferredTransferSyntaxes,
      );
      const isAsStored = to === from;
      return await target.store({
        sopClassUid,
        sopInstanceUid,
        transferSyntaxUid: to,
        pieces: isAsStored ? reader.pieces() : converted(reader.pieces(), from, to),
        sizeBytes: isAsStored ? instance.sizeBytes : undefined,
      });
    } finally {
      await reader.close();
    }
  }
}

/** What the destination prefers if it can be had, else the stored transfer syntax if it takes that, else one into which it can be converted. */
function chooseSyntax(
  stored: string,
  accepted: readonly string[],
  preferred: readonly string[] = [],
): string {
  if (accepted.length === 0)
    throw new Problem('peer-unreachable', 'the destination does not take this SOP class');
  const convertible = isConvertible(stored) ? CONVERSION_TARGETS : [];
  const wanted = [...preferred.filter((uid) => uid === stored || convertible.includes(uid)), stored];
  const target = [...wanted, ...convertible].find((uid) => accepted.includes(uid));
  if (target === undefined) {
    throw new Problem('peer-unreachable', `the destination does not take transfer syntax ${stored}`);
  }
  return target;
}

function isCancelled(error: unknown): boolean {
  return error instanceof Problem && error.code === 'cancelled';
}

async function closeReader(reader: InstanceReader | Problem): Promise<void> {
  if (reader instanceof InstanceReader) await reader.close();
}

/** What reading ahead holds of an instance: one piece at most. */
function sizeAhead(instance: StoredInstance): number {
  return Math.min(instance.sizeBytes, serviceLimits.readAheadPieceBytes);
}

/** PS3.4 §C.4.2.2.1: the unique keys of the level and of those above it in the model. */
function selectionOf(level: Level, model: InformationModel, identifier: DataSet): RetrieveUids {
  const isBelow = (one: Level) =>
    level === one || (one === 'STUDY' && level !== 'PATIENT') || level === 'IMAGE';
  return {
    ...(model === 'PATIENT' && { patientId: uniqueKeyValues(identifier, 'PATIENT')[0] ?? '' }),
    ...(isBelow('STUDY') && { studyInstanceUids: uniqueKeyValues(identifier, 'STUDY') }),
    ...(isBelow('SERIES') && { seriesInstanceUids: uniqueKeyValues(identifier, 'SERIES') }),
    ...(level === 'IMAGE' && { sopInstanceUids: uniqueKeyValues(identifier, 'IMAGE') }),
  };
}

/** Counts sub-operations, and says when the next Pending response is due. */
class Progress {
  readonly counters: Counters;
  readonly #failedUids: string[] = [];
  #reason: string | undefined;
  #lastDueAt = performance.now();

  constructor(counters: Counters) {
    this.counters = counters;
  }

  add(sopInstanceUid: string, value: number): void {
    switch (statusClass(value)) {
      case 'success':
        this.#count('completed');
        break;
      case 'warning':
        this.#count('warning');
        break;
      case 'pending':
      case 'cancel':
      case 'failure':
        this.fail(sopInstanceUid, `the destination answered ${statusWords(value)}`);
        break;
    }
  }

  fail(sopInstanceUid: string, reason: string): void {
    this.#count('failed');
    this.#failedUids.push(sopInstanceUid);
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
