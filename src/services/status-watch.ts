import type { NewEvent } from './activity-kinds.ts';
import type { Clock } from './clock.ts';

/** What is watched. */
interface Surroundings {
  volume: {
    path: string;
    state: 'online' | 'offline';
    words: string;
    freeBytes: number | null;
    reserveBytes: number;
  };
  catalog: { isReachable: boolean; words: string };
}

export interface StatusWatchOptions {
  look(): Promise<Surroundings>;
  record(event: NewEvent): void;
  clock: Clock;
}

const LOOK_MS = 10_000;

/** Records when the volume or the catalogue goes or comes back, and when the disk is full: nobody may be looking at the page then. */
export class StatusWatch {
  readonly #options: StatusWatchOptions;
  #stopLooking: (() => void) | undefined;
  #isLooking = false;
  /** When it went, milliseconds since 1970; undefined while it is there, as is taken for granted at the start. */
  #volumeGoneAt: number | undefined;
  #catalogGoneAt: number | undefined;
  #isFull = false;

  constructor(options: StatusWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#stopLooking ??= this.#options.clock.every(LOOK_MS, () => void this.#look());
  }

  stop(): void {
    this.#stopLooking?.();
    this.#stopLooking = undefined;
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { volume, catalog } = await this.#options.look();
    this.#isLooking = false;
    if (this.#stopLooking === undefined) return;
    this.#compareVolume(volume);
    this.#compareCatalog(catalog);
    this.#compareSpace(volume);
  }

  #compareVolume({ path, state, words }: Surroundings['volume']): void {
    const now = this.#options.clock.now();
    if (state === 'offline' && this.#volumeGoneAt === undefined) {
      this.#volumeGoneAt = now;
      this.#record('volume-offline', 'error', `volume offline: ${words}`, { path, reason: words });
    } else if (state === 'online' && this.#volumeGoneAt !== undefined) {
      const durationMs = now - this.#volumeGoneAt;
      this.#volumeGoneAt = undefined;
      this.#record('volume-online', 'info', `volume ${path} online again`, { path, durationMs });
    }
  }

  #compareCatalog({ isReachable, words }: Surroundings['catalog']): void {
    const now = this.#options.clock.now();
    if (!isReachable && this.#catalogGoneAt === undefined) {
      this.#catalogGoneAt = now;
      this.#record('catalog-unavailable', 'error', `catalogue does not answer: ${words}`, { reason: words });
    } else if (isReachable && this.#catalogGoneAt !== undefined) {
      const durationMs = now - this.#catalogGoneAt;
      this.#catalogGoneAt = undefined;
      this.#record('catalog-available', 'info', 'catalogue answers again', { durationMs });
    }
  }

  #compareSpace({ path, freeBytes, reserveBytes }: Surroundings['volume']): void {
    if (freeBytes === null) return;
    const isFull = freeBytes <= reserveBytes;
    if (isFull && !this.#isFull) {
      const words = `disk reserve of ${reserveBytes} bytes reached on ${path}: instances are refused`;
      this.#record('disk-full', 'error', words, { path, freeBytes, reserveBytes });
    }
    this.#isFull = isFull;
  }

  #record(
    kind: NewEvent['kind'],
    severity: NewEvent['severity'],
    words: string,
    fields: NewEvent['fields'],
  ): void {
    this.#options.record({ kind, severity, words, fields });
  }
}
