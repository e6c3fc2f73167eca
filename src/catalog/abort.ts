import { setImmediate } from 'node:timers/promises';
import { Problem } from '../lib/problem.ts';
import { queryTurnMs, rowsPerAbortCheck } from './limits.ts';

/** A check for every row, which looks at the signal at the first and then every few. @throws Problem 'cancelled' */
export function abortCheck(signal: AbortSignal | undefined): () => void {
  let count = 0;
  return () => {
    if (count++ % rowsPerAbortCheck === 0 && signal?.aborted === true) {
      throw new Problem('cancelled', 'cancelled by the caller');
    }
  };
}

/** A check for every row of a query, to be awaited: every few milliseconds others have their turn, whatever a row costs. @throws Problem 'cancelled' */
export function turnCheck(signal: AbortSignal | undefined): () => Promise<void> | undefined {
  let until = performance.now() + queryTurnMs;
  const giveWay = async () => {
    await breathe();
    until = performance.now() + queryTurnMs;
  };
  return () => {
    if (signal?.aborted === true) throw new Problem('cancelled', 'cancelled by the caller');
    return performance.now() < until ? undefined : giveWay();
  };
}

/** Between two pages others have their turn: knex's SQLite answers without ever leaving the microtask queue. */
export async function breathe(): Promise<void> {
  await setImmediate();
}
