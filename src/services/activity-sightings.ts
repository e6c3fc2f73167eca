import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';

/** A peer that was seen, as the catalogue takes note of it. Milliseconds since 1970. */
export interface Sighting {
  aeTitle: string;
  seenAt: number;
  storedAt?: number;
}

export interface SightingsOptions {
  touch(seen: readonly Sighting[]): Promise<void>;
  log: Pick<Log, 'warn'>;
}

/** AE titles of which it is remembered when they stored last; a caller that is no peer may take any. */
const CALLERS_MAX = 1000;

/** When callers were last seen and stored last; of peers the catalogue is told. */
export class Sightings {
  readonly #options: SightingsOptions;
  readonly #lastStored = new Map<string, number>();
  #waiting = new Map<string, Sighting>();
  #writing: Promise<void> | undefined;
  #isFailing = false;

  constructor(options: SightingsOptions) {
    this.#options = options;
  }

  /** When each caller stored last, milliseconds since 1970. */
  get lastStored(): ReadonlyMap<string, number> {
    return this.#lastStored;
  }

  stored(aeTitle: string, at: number): void {
    // Removed first, so that those come first that have been quiet for longest.
    this.#lastStored.delete(aeTitle);
    this.#lastStored.set(aeTitle, at);
    if (this.#lastStored.size <= CALLERS_MAX) return;
    const [oldest = ''] = this.#lastStored.keys();
    this.#lastStored.delete(oldest);
  }

  /** To be written with the next `write`. */
  seen(sighting: Sighting): void {
    const { aeTitle } = sighting;
    if (this.#waiting.size >= CALLERS_MAX && !this.#waiting.has(aeTitle)) return;
    this.#waiting.set(aeTitle, { ...this.#waiting.get(aeTitle), ...sighting });
  }

  /** Resolves when the catalogue has them, or has failed: then they are written the next time. */
  write(): Promise<void> {
    if (this.#writing === undefined && this.#waiting.size > 0) {
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
      });
    }
    return this.#writing ?? Promise.resolve();
  }

  async #write(): Promise<void> {
    const written = this.#waiting;
    this.#waiting = new Map();
    try {
      await this.#options.touch([...written.values()]);
      this.#isFailing = false;
    } catch (error) {
      const later = this.#waiting;
      this.#waiting = written;
      for (const sighting of later.values()) this.seen(sighting);
      if (!this.#isFailing) this.#options.log.warn('peers not noted as seen', { reason: messageOf(error) });
      this.#isFailing = true;
    }
  }
}
