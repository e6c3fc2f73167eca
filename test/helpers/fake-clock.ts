import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../src/services/clock.ts';

export interface FakeClock extends Clock {
  /** Moves on, calls what is due on the way, and lets promises come to rest after each call. */
  advance(ms: number): Promise<void>;
}

interface Timer {
  intervalMs: number;
  dueAt: number;
  work(): void;
}

/** A clock that stands still until it is told to move. */
export function fakeClock(startsAt = Date.UTC(2026, 2, 1, 12)): FakeClock {
  let now = startsAt;
  const timers = new Set<Timer>();
  return {
    now: () => now,
    every(intervalMs, work) {
      const timer = { intervalMs, dueAt: now + intervalMs, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        const due = [...timers]
          .filter(({ dueAt }) => dueAt <= end)
          .toSorted((one, other) => one.dueAt - other.dueAt)[0];
        if (due === undefined) break;
        now = due.dueAt;
        due.dueAt += due.intervalMs;
        due.work();
        await nextTurn();
      }
      now = end;
    },
  };
}
