import type { Catalog, InstanceArrival } from '../catalog/catalog.ts';
import type { Proof } from '../dicom/file-meta.ts';
import { inParallel } from '../lib/in-parallel.ts';
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

/** Instances that have their rows, in the order in which they were indexed, and where the catalogue says that their files go. */
export interface IndexedInstances {
  /** Without their headers, which nobody needs any more. */
  instances: readonly AcceptedInstance[];
  moves: ReadonlyMap<Move, AcceptedInstance>;
  /** Instances that the catalogue has, with the same data set. */
  duplicates: readonly AcceptedInstance[];
  unfiled: readonly UnfiledInstance[];
}

/** As it is being made. */
interface Placement {
  moves: Map<Move, AcceptedInstance>;
  duplicates: AcceptedInstance[];
  unfiled: UnfiledInstance[];
}

/**
 * Files instances: catalogue transactions, made durable, then renames, then folder syncs — storage/FORMAT.md. Each step may be repeated. Transactions are
 * small ones, because decoding and SQLite keep the event loop busy, and whoever sends meanwhile shall not notice.
 */
export class BatchFiler {
  readonly #options: BatchFilerOptions;
  readonly #decoder = new HeaderDecoder();

  constructor(options: BatchFilerOptions) {
    this.#options = options;
  }

  /**
   * Writes the rows of some instances, in one transaction: queries see them, and `place` makes them durable.
   * @throws Problem 'catalog-unavailable', 'volume-offline' or 'storage-full': to be tried again as a whole
   */
  async index(slice: readonly AcceptedInstance[]): Promise<IndexedInstances> {
    const placement: Placement = { moves: new Map(), duplicates: [], unfiled: [] };
    const instances = slice.map((accepted) => ({ ...accepted, header: undefined }));
    await this.#index(slice, placement);
    return { instances, ...placement };
  }

  /**
   * Brings files to their places, in the order in which they were indexed.
   * @returns those that the catalogue did not take, or whose file is gone; they stay in `incoming/`
   * @throws Problem 'catalog-unavailable', 'volume-offline' or 'storage-full': to be tried again as a whole
   */
  async place(batch: readonly IndexedInstances[]): Promise<UnfiledInstance[]> {
    const unfiled = batch.flatMap((indexed) => indexed.unfiled);
    const unneeded: string[] = [];
    // A file that has left `incoming/` is not looked at by the next start, so its row has to outlast a power cut.
    await this.#options.catalog.instances.synced();
    await this.#move(new Map(batch.flatMap(({ moves }) => [...moves])), unneeded, unfiled);
    for (const duplicate of batch.flatMap(({ duplicates }) => duplicates)) {
      const path = await this.#compare(duplicate);
      if (path !== undefined) unneeded.push(path);
    }
    await this.#options.files.remove(unneeded);
    return unfiled;
  }

  /** One transaction; where the catalogue chokes on one instance, that one is left out and named. */
  async #index(slice: readonly AcceptedInstance[], placement: Placement): Promise<void> {
    try {
      const arrivals = await this.#toArrivals(slice);
      await breathe();
      const { outcomes } = await this.#options.catalog.instances.indexUnsynced(arrivals);
      for (const [index, accepted] of slice.entries())
        this.#judge({ ...accepted, header: undefined }, outcomes[index]?.outcome, placement);
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
  async #move(
    moves: ReadonlyMap<Move, AcceptedInstance>,
    unneeded: string[],
    unfiled: UnfiledInstance[],
  ): Promise<void> {
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

  /**
   * What came again is not needed, if what came first is still whole; else it takes its place.
   * @returns the path that is not needed
   */
  async #compare(accepted: AcceptedInstance): Promise<string | undefined> {
    const { catalog, files, log } = this.#options;
    const from = files.incomingPathOf(accepted.name);
    const { sopInstanceUid } = accepted.identity;
    const first = await catalog.instances.findByUid(sopInstanceUid);
    if (first === undefined) return undefined; // removed meanwhile: the next start files it
    const to = files.pathOf(first);
    if (await isIntact(to, accepted.proof)) return from;
    log.error('damaged instance replaced by the same one, which came again', { sopInstanceUid, path: to });
    await files.move([{ from: to, to: files.damagedPathOf(`${Date.now()}-${sopInstanceUid}.dcm`) }]);
    await files.move([{ from, to }]);
    return undefined;
  }

  /** After a crash, and where many wait, headers have to be read again: a slow disk has several to do at a time. */
  async #toArrivals(slice: readonly AcceptedInstance[]): Promise<InstanceArrival[]> {
    const { readHeader } = this.#options;
    return inParallel(slice, serviceLimits.recoveredAtOnce, async (accepted) =>
      this.#toArrival(accepted, accepted.header ?? (await readHeader(accepted))),
    );
  }

  #toArrival(accepted: AcceptedInstance, header: InstanceHeader): InstanceArrival {
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
