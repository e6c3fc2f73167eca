import { Problem } from '../lib/problem.ts';

export interface FreshCacheOptions {
  /** So long a value is used without asking again, milliseconds. */
  freshMs: number;
  /** So long it is used while the catalogue is away, milliseconds. */
  staleMs: number;
  /** How long the catalogue is waited for where an older value is there, milliseconds. */
  patienceMs: number;
  entriesMax: number;
  now(): number;
}

interface Entry<Value> {
  value: Value;
  at: number;
}

/** Values of the catalogue that every request needs: asked for seldom, and still known for a while when the catalogue is away. */
export class FreshCache<Value> {
  readonly #options: FreshCacheOptions;
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #loading = new Map<string, Promise<Value | undefined>>();
  /** Counts what was taken out: a value that was on its way then is not kept. */
  #removals = 0;

  constructor(options: FreshCacheOptions) {
    this.#options = options;
  }

  /**
   * @param load resolves with undefined where there is none, which is not remembered
   * @throws what `load` throws, unless the value is known and the catalogue away
   */
  async get(key: string, load: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const { now, freshMs, staleMs } = this.#options;
    const entry = this.#entries.get(key);
    if (entry !== undefined && now() - entry.at <= freshMs) return entry.value;
    const loading = this.#load(key, load);
    if (entry === undefined || now() - entry.at > staleMs) return loading;
    return this.#orStale(loading, entry.value);
  }

  delete(key: string): void {
    this.deleteWhere((_, other) => other === key);
  }

  deleteWhere(isMeant: (value: Value | undefined, key: string) => boolean): void {
    this.#removals++;
    this.#loading.clear();
    for (const [key, { value }] of this.#entries) {
      if (isMeant(value, key)) this.#entries.delete(key);
    }
  }

  #load(key: string, load: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const underway = this.#loading.get(key);
    if (underway !== undefined) return underway;
    const removals = this.#removals;
    const loading = load()
      .then((value) => {
        if (removals === this.#removals) this.#keep(key, value);
        return value;
      })
      .finally(() => {
        if (this.#loading.get(key) === loading) this.#loading.delete(key);
      });
    this.#loading.set(key, loading);
    return loading;
  }

  #keep(key: string, value: Value | undefined): void {
    this.#entries.delete(key);
    if (value === undefined) return;
    if (this.#entries.size >= this.#options.entriesMax) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    this.#entries.set(key, { value, at: this.#options.now() });
  }

  async #orStale(loading: Promise<Value | undefined>, stale: Value): Promise<Value | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<Value>((resolve) => {
      timer = setTimeout(resolve, this.#options.patienceMs, stale);
    });
    try {
      return await Promise.race([loading, patience]);
    } catch (error) {
      if (error instanceof Problem && error.code === 'catalog-unavailable') return stale;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
