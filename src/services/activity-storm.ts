import type { CatalogEvent } from '../catalog/event-repository.ts';

const WINDOW_MS = 60_000;
/** Of one key, within a window, that are told one by one. */
const SINGLE_MAX = 10;
/** Beyond these, keys of one kind are taken as one: a scan may come from many addresses. */
const KEYS_MAX = 5000;

/** Fields that add up where several events become one; of the others those stay that are alike in all. */
const ADDED_UP: ReadonlySet<string> = new Set([
  'instances',
  'bytes',
  'refused',
  'sent',
  'queries',
  'echoes',
  'completed',
  'failed',
  'warning',
]);

const SEVERITIES = ['info', 'warning', 'error'] as const;

interface Window {
  startedAt: number;
  singleCount: number;
  /** Those beyond SINGLE_MAX, as one. */
  held: CatalogEvent | undefined;
  heldCount: number;
}

/** Makes one event of many that are alike, so that a port scanner fills neither the catalogue nor the page. */
export class StormGuard {
  readonly #emit: (event: CatalogEvent) => void;
  readonly #windows = new Map<string, Window>();

  constructor(emit: (event: CatalogEvent) => void) {
    this.#emit = emit;
  }

  /** @param key says which events are alike, beside their kind */
  add(key: string, event: CatalogEvent): void {
    const window = this.#windowOf(`${event.kind}/${key}`, event);
    if (window.singleCount < SINGLE_MAX) {
      window.singleCount += 1;
      this.#emit(event);
      return;
    }
    window.held = window.held === undefined ? event : merged(window.held, event);
    window.heldCount += 1;
  }

  /** Tells what was held back for long enough. */
  expire(now: number): void {
    for (const [key, window] of this.#windows) {
      if (now - window.startedAt < WINDOW_MS) continue;
      this.#windows.delete(key);
      this.#release(window);
    }
  }

  /** Tells all that was held back. */
  flush(): void {
    for (const window of this.#windows.values()) this.#release(window);
    this.#windows.clear();
  }

  #windowOf(key: string, event: CatalogEvent): Window {
    const usedKey = this.#windows.size < KEYS_MAX || this.#windows.has(key) ? key : event.kind;
    let window = this.#windows.get(usedKey);
    if (window !== undefined && event.at - window.startedAt >= WINDOW_MS) {
      this.#windows.delete(usedKey);
      this.#release(window);
      window = undefined;
    }
    if (window === undefined) {
      window = { startedAt: event.at, singleCount: 0, held: undefined, heldCount: 0 };
      this.#windows.set(usedKey, window);
    }
    return window;
  }

  #release({ held, heldCount }: Window): void {
    if (held === undefined) return;
    if (heldCount === 1) {
      this.#emit(held);
      return;
    }
    this.#emit({
      ...held,
      words: `${heldCount} more like it within a minute, the last: ${held.words}`,
      fields: { ...held.fields, count: heldCount },
    });
  }
}

function merged(one: CatalogEvent, other: CatalogEvent): CatalogEvent {
  const fields: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(one.fields)) {
    const added = other.fields[name];
    if (ADDED_UP.has(name) && typeof value === 'number' && typeof added === 'number')
      fields[name] = value + added;
    else if (value === added) fields[name] = value;
  }
  const severity =
    SEVERITIES.indexOf(one.severity) > SEVERITIES.indexOf(other.severity) ? one.severity : other.severity;
  return { ...other, severity, fields };
}
