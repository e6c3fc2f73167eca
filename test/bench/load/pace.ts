import { existsSync } from 'node:fs';
import { nowMs } from '../measure.ts';
import type { Span } from './span.ts';

const nothing = new Int32Array(new SharedArrayBuffer(4));

/**
 * When the next of a series of things is due: every `intervalMs`, the first after `phaseMs`. Whoever falls behind makes up for it
 * without a pause, as a modality does whose images wait to be sent.
 */
export class Pace {
  readonly #intervalMs: number;
  #dueMs: number;
  #behindMs = 0;

  constructor(startMs: number, intervalMs: number, phaseMs: number) {
    this.#intervalMs = intervalMs;
    this.#dueMs = startMs + phaseMs;
  }

  /** Milliseconds until the next is due, 0 when it is overdue; it counts as done from then on. */
  next(timeMs: number): number {
    const waitMs = this.#dueMs - timeMs;
    this.#behindMs = Math.max(0, -waitMs);
    this.#dueMs += this.#intervalMs;
    return Math.max(0, waitMs);
  }

  /** How late the last one was, milliseconds. */
  get behindMs(): number {
    return this.#behindMs;
  }
}

/** The pace of a client from now on, to the end of its span. */
export class Schedule {
  readonly #pace: Pace;
  readonly #endMs: number;
  readonly #stopPath: string;

  constructor({ durationMs, phaseMs, stopPath }: Span, intervalMs: number) {
    const startMs = nowMs();
    this.#pace = new Pace(startMs, intervalMs, phaseMs);
    this.#endMs = startMs + durationMs;
    this.#stopPath = stopPath;
  }

  /** How late the last one was, milliseconds. */
  get behindMs(): number {
    return this.#pace.behindMs;
  }

  isOver(): boolean {
    return nowMs() >= this.#endMs || existsSync(this.#stopPath);
  }

  /** Blocks the process until the next is due or the end has come: no timer and no event loop, which would cost more than it. */
  wait(): void {
    const timeMs = nowMs();
    const waitMs = Math.min(this.#pace.next(timeMs), this.#endMs - timeMs);
    if (waitMs > 0) Atomics.wait(nothing, 0, 0, waitMs);
  }
}
