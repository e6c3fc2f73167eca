import type { Catalog } from '../catalog/catalog.ts';
import { Problem } from '../lib/problem.ts';
import { within } from '../lib/within.ts';
import type { Filer } from './filing.ts';
import type { Settings } from './settings.ts';

export interface DuplicatesOptions {
  catalog: { instances: Pick<Catalog['instances'], 'findByUid'> };
  filer: Pick<Filer, 'queued' | 'failure'>;
  settings: { readonly current: Pick<Settings, 'duplicates'> };
  /** Milliseconds from any beginning. */
  now?: () => number;
}

/** How long a sender waits for the catalogue to say whether an instance is there already, milliseconds. */
const LOOK_UP_TIMEOUT_MS = 2000;
/** How long nobody waits then, milliseconds: a catalogue that hangs would hold up every instance of every sender. */
const LATE_PAUSE_MS = 10_000;

/** Refuses an instance that comes again with another data set, where the owner has said so. */
export class Duplicates {
  readonly #options: DuplicatesOptions;
  /** Hash of what is being accepted, by SOP Instance UID. */
  readonly #reserved = new Map<string, string>();
  readonly #now: () => number;
  /** Until then the catalogue is not asked. */
  #pausedUntil = -Infinity;

  constructor(options: DuplicatesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Keeps the SOP Instance UID for this data set until it is accepted or given up. While the catalogue does not answer every instance is taken: a conflict that is kept is better than
   * an image that is not.
   *
   * @param sha256 of the data set
   * @returns to be called when the instance is with the filer, or will not be; undefined where duplicates are kept
   * @throws Problem 'duplicate-instance'
   */
  async reserve(sopInstanceUid: string, sha256: string): Promise<(() => void) | undefined> {
    const { filer, settings } = this.#options;
    if (settings.current.duplicates === 'keep') return undefined;
    // In this order: what is accepted goes from one to the next, and is always in one of them.
    const known = this.#reserved.get(sopInstanceUid) ?? filer.queued(sopInstanceUid)?.proof.sha256;
    assertSame(sopInstanceUid, sha256, known);
    if (known !== undefined) return undefined;
    this.#reserved.set(sopInstanceUid, sha256);
    const release = () => void this.#reserved.delete(sopInstanceUid);
    try {
      assertSame(sopInstanceUid, sha256, await this.#filedSha256(sopInstanceUid));
    } catch (error) {
      release();
      throw error;
    }
    return release;
  }

  async #filedSha256(sopInstanceUid: string): Promise<string | undefined> {
    const { catalog, filer } = this.#options;
    if (filer.failure !== undefined || this.#now() < this.#pausedUntil) return undefined;
    const late = () => {
      this.#pausedUntil = this.#now() + LATE_PAUSE_MS;
      return new Problem('catalog-unavailable', `no answer within ${LOOK_UP_TIMEOUT_MS} ms`);
    };
    try {
      const filed = await within(LOOK_UP_TIMEOUT_MS, late, () => catalog.instances.findByUid(sopInstanceUid));
      return filed?.sha256;
    } catch (error) {
      if (error instanceof Problem && error.code === 'catalog-unavailable') return undefined;
      throw error;
    }
  }
}

function assertSame(sopInstanceUid: string, sha256: string, known: string | undefined): void {
  if (known === undefined || known === sha256) return;
  throw new Problem('duplicate-instance', `instance ${sopInstanceUid} is stored already, with other content`);
}
