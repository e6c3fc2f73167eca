import { promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import { Problem } from '../lib/problem.ts';
import { makeFolder, syncFolder } from './folders.ts';
import { storageProblem } from './incoming-file.ts';

/** The facts of which a path is made — storage/FORMAT.md. */
export interface InstanceLocation {
  week: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopInstanceUid: string;
}

/** A UID that may stand in a path: digits and dots. Wider than PS3.5 §9.1, because modalities write leading zeros and long ones. */
const USABLE_UID = /^[0-9][0-9.]{0,127}$/;

export function isUsableUid(uid: string): boolean {
  return USABLE_UID.test(uid);
}

/** How many renames run at once. */
const MOVES_AT_ONCE = 8;
/** Folders remembered as existing. */
const KNOWN_FOLDERS_MAX = 10_000;

export interface Move {
  /** Absolute paths. */
  from: string;
  to: string;
}

/** The filed instances of a volume: where they lie, and how files get there. */
export class InstanceFiles {
  readonly #root: string;
  readonly #assertOnline: () => Promise<void>;
  readonly #knownFolders = new Set<string>();

  /** @param assertOnline asked before every change: a volume that is not mounted must not get folders */
  constructor(volumePath: string, assertOnline: () => Promise<void> = async () => undefined) {
    this.#root = volumePath;
    this.#assertOnline = assertOnline;
  }

  pathOf(location: InstanceLocation): string {
    const { week, studyInstanceUid, seriesInstanceUid, sopInstanceUid } = location;
    return join(
      this.#root,
      week,
      safe(studyInstanceUid),
      safe(seriesInstanceUid),
      `${safe(sopInstanceUid)}.dcm`,
    );
  }

  conflictPathOf(sopInstanceUid: string, sha256: string): string {
    return join(this.#root, 'conflicts', safe(sopInstanceUid), `${sha256}.dcm`);
  }

  damagedPathOf(name: string): string {
    return join(this.#root, 'damaged', name);
  }

  incomingPathOf(name: string): string {
    return join(this.#root, 'incoming', name);
  }

  /** Bytes of the whole file; undefined where there is none. @throws Problem 'volume-offline' or 'unusable-identifier' */
  async sizeOf(location: InstanceLocation): Promise<number | undefined> {
    const path = this.pathOf(location);
    try {
      return (await fs.stat(path)).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw storageProblem(error);
    }
  }

  /** What is missing is so only where the volume is there. @throws Problem 'volume-offline' */
  assertOnline(): Promise<void> {
    return this.#assertOnline();
  }

  /**
   * Renames, then makes it durable: one sync per folder touched. Repeating a move that was done already does no harm.
   * @returns moves that were not made: because another file has the place, or because the file is in neither of its places
   * @throws Problem 'storage-full' or 'volume-offline'
   */
  async move(moves: readonly Move[]): Promise<{ occupied: Move[]; missing: Move[] }> {
    const changed = new Set<string>();
    const occupied: Move[] = [];
    const missing: Move[] = [];
    await this.#assertOnline();
    try {
      for (const folder of new Set(moves.map((move) => dirname(move.to))))
        await this.#ensureFolder(folder, changed);
      for (const some of movesAtOnce(moves)) {
        const done = await Promise.all(some.map((move) => this.#moveOne(move, changed)));
        occupied.push(...some.filter((_, index) => done[index] === 'occupied'));
        missing.push(...some.filter((_, index) => done[index] === 'missing'));
      }
      await Promise.all([...changed].map(syncFolder));
    } catch (error) {
      this.#knownFolders.clear();
      throw storageProblem(error);
    }
    if (missing.length > 0) await this.#assertOnline();
    return { occupied, missing };
  }

  /** Removes files of `incoming/` that are not needed; one that is gone already does no harm. */
  async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) await fs.rm(path, { force: true });
  }

  async #moveOne(move: Move, changed: Set<string>): Promise<'done' | 'occupied' | 'missing'> {
    if (await exists(move.to)) {
      if (await exists(move.from)) return 'occupied';
    } else if (!(await renameIfThere(move))) {
      return 'missing';
    }
    changed.add(dirname(move.to));
    changed.add(dirname(move.from));
    return 'done';
  }

  async #ensureFolder(folder: string, changed: Set<string>): Promise<void> {
    if (this.#knownFolders.has(folder)) return;
    for (const parent of await makeFolder(folder)) changed.add(parent);
    if (this.#knownFolders.size >= KNOWN_FOLDERS_MAX) this.#knownFolders.clear();
    this.#knownFolders.add(folder);
  }
}

/** Moves that may run side by side: no two of them want the same place, since a rename replaces what is there. */
function* movesAtOnce(moves: readonly Move[]): Generator<Move[], void, undefined> {
  let byTarget = new Map<string, Move>();
  for (const move of moves) {
    if (byTarget.size >= MOVES_AT_ONCE || byTarget.has(move.to)) {
      yield [...byTarget.values()];
      byTarget = new Map();
    }
    byTarget.set(move.to, move);
  }
  yield [...byTarget.values()];
}

async function renameIfThere({ from, to }: Move): Promise<boolean> {
  try {
    await fs.rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !(await exists(from))) return false;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await fs.lstat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function safe(uid: string): string {
  if (!isUsableUid(uid))
    throw new Problem('unusable-identifier', `UID ${JSON.stringify(uid)} cannot be used in a path`);
  return uid;
}
