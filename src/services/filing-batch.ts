import type { Catalog, InstanceArrival } from '../catalog/catalog.ts';
import type { Proof } from '../dicom/file-meta.ts';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem, type ProblemCode } from '../lib/problem.ts';
import type { InstanceFiles, Move } from '../storage/instance-files.ts';
import { isoWeekOf } from '../storage/week.ts';
import { HeaderDecoder } from './header-decoder.ts';
import type { Identity, InstanceHeader } from './inspection.ts';
import { verifyInstance } from './integrity.ts';
import { serviceLimits } from './limits.ts';

/** An instance that is durable in `incoming/` and has been, or may have been, acknowledged. */
export interface AcceptedInstance {
  /** File name in `incoming/`. */
  name: string;
  dataSetOffset: number;
  transferSyntaxUid: string;
  identity: Identity;
  proof: Proof;
  /** Undefined where it was not kept in memory. */
  header: InstanceHeader | undefined;
}

export interface BatchFilerOptions {
  catalog: Pick<Catalog, 'instances'>;
  files: InstanceFiles;
  log: Log;
  /** Reads the header of an accepted instance from its file again. */
  readHeader(accepted: AcceptedInstance): Promise<InstanceHeader>;
}

export interface UnfiledInstance {
  name: string;
  reason: string;
}

/** What passes, and concerns all instances alike; any other problem is that of one instance. */
const PASSING: ReadonlySet<ProblemCode> = new Set(['catalog-unavailable', 'volume-offline', 'storage-full']);

/** Where the files of a batch go, once the catalogue has said what they are. */
interface Placement {
  moves: Map<Move, AcceptedInstance>;
  /** Instances that the catalogue has, with the same data set. */
  duplicates: AcceptedInstance[];
  unneeded: string[];
  unfiled: UnfiledInstance[];
}

/**
 * Files a batch: catalogue transactions, then renames, then folder syncs — storage/FORMAT.md. Each step may be repeated. Transactions are
 * small ones, because decoding and SQLite keep the event loop busy, and whoever sends meanwhile shall not notice.
 */
export class BatchFiler {
  readonly #options: BatchFilerOptions;
  readonly #decoder = new HeaderDecoder();

  constructor(options: BatchFilerOptions) {
    this.#options = options;
  }

  /**
   * @returns those that the catalogue does not take; they stay in `incoming/`
   * @throws Problem 'catalog-unavailable', 'volume-offline' or 'storage-full': to be tried again as a whole
   */
  async file(batch: readonly AcceptedInstance[]): Promise<UnfiledInstance[]> {
    const placement: Placement = { moves: new Map(), duplicates: [], unneeded: [], unfiled: [] };
    for (let at = 0; at < batch.length; at += serviceLimits.transactionInstances) {
      await this.#index(batch.slice(at, at + serviceLimits.transactionInstances), placement);
    }
    await this.#place(placement);
    for (const duplicate of placement.duplicates) await this.#compare(duplicate, placement);
    await this.#options.files.remove(placement.unneeded);
    return placement.unfiled;
  }

  /** One transaction; where the catalogue chokes on one instance, that one is left out and named. */
  async #index(slice: readonly AcceptedInstance[], placement: Placement): Promise<void> {
    try {
      const arrivals: InstanceArrival[] = [];
      for (const accepted of slice) arrivals.push(await this.#toArrival(accepted));
      await breathe();
      const { outcomes } = await this.#options.catalog.instances.index(arrivals);
      for (const [index, accepted] of slice.entries())
        this.#judge(accepted, outcomes[index]?.outcome, placement);
    } catch (error) {
      if (error instanceof Problem && PASSING.has(error.code)) throw error;
      await this.#options.files.assertOnline();
      if (slice.length > 1) for (const accepted of slice) await this.#index([accepted], placement);
      else placement.unfiled.push(...slice.map(({ name }) => ({ name, reason: messageOf(error) })));
    }
    await breathe();
  }

  #judge(
    accepted: AcceptedInstance,
    outcome: 'filed' | 'conflict' | 'duplicate' | undefined,
    placement: Placement,
  ): void {
    const { files, log } = this.#options;
    const { identity, proof } = accepted;
    const { sopInstanceUid } = identity;
    const from = files.incomingPathOf(accepted.name);
    switch (outcome) {
      case 'filed':
        placement.moves.set(
          { from, to: files.pathOf({ ...identity, week: isoWeekOf(proof.arrivedAt) }) },
          accepted,
        );
        break;
      case 'conflict':
        log.warn('instance came again with another data set', { sopInstanceUid, sha256: proof.sha256 });
        placement.moves.set({ from, to: files.conflictPathOf(sopInstanceUid, proof.sha256) }, accepted);
        break;
      case 'duplicate':
        placement.duplicates.push(accepted);
        break;
      case undefined:
        throw new Error('the catalogue gave too few outcomes');
    }
  }

  /**
   * Makes the moves. A place may be taken by the same instance: of two that came in one millisecond, or another version that is sent again.
   * Any other file there is none that the catalogue knows, and is set aside.
   */
  async #place({ moves, unneeded, unfiled }: Placement): Promise<void> {
    const { files, log } = this.#options;
    const { occupied, missing } = await files.move([...moves.keys()]);
    for (const move of missing) {
      const name = moves.get(move)?.name ?? move.from;
      unfiled.push({ name, reason: `no file ${move.from}` });
    }
    for (const move of occupied) {
      const proof = moves.get(move)?.proof;
      if (proof !== undefined && (await isIntact(move.to, proof))) {
        unneeded.push(move.from);
        continue;
      }
      const aside = files.damagedPathOf(`${Date.now()}-${move.from.slice(move.from.lastIndexOf('/') + 1)}`);
      log.error('a file unknown to the catalogue has the place of an instance', {
        path: move.to,
        movedTo: aside,
      });
      await files.move([{ from: move.to, to: aside }]);
      await files.move([move]);
    }
  }

  /** What came again is not needed, if what came first is still whole; else it takes its place. */
  async #compare(accepted: AcceptedInstance, { unneeded }: Placement): Promise<void> {
    const { catalog, files, log } = this.#options;
    const from = files.incomingPathOf(accepted.name);
    const { sopInstanceUid } = accepted.identity;
    const first = await catalog.instances.findByUid(sopInstanceUid);
    if (first === undefined) return; // removed meanwhile: the next start files it
    const to = files.pathOf(first);
    if (await isIntact(to, accepted.proof)) {
      unneeded.push(from);
      return;
    }
    log.error('damaged instance replaced by the same one, which came again', { sopInstanceUid, path: to });
    await files.move([{ from: to, to: files.damagedPathOf(`${Date.now()}-${sopInstanceUid}.dcm`) }]);
    await files.move([{ from, to }]);
  }

  async #toArrival(accepted: AcceptedInstance): Promise<InstanceArrival> {
    const header = accepted.header ?? (await this.#options.readHeader(accepted));
    const { proof, identity, dataSetOffset, transferSyntaxUid } = accepted;
    return {
      ...identity,
      transferSyntaxUid,
      dataSetOffset,
      sizeBytes: proof.sizeBytes,
      sha256: proof.sha256,
      arrivedAt: proof.arrivedAt,
      sourceAeTitle: proof.sourceAeTitle,
      week: isoWeekOf(proof.arrivedAt),
      attributes: this.#decoder.decode(header),
    };
  }
}

/** Whether the file is whole and has this data set. */
function isIntact(path: string, proof: Proof): Promise<boolean> {
  return verifyInstance(path, proof).then(
    () => true,
    () => false,
  );
}

/** Lets the network have its turn. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
