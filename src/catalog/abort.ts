import { setImmediate } from 'node:timers/promises';
import { Problem } from '../lib/problem.ts';
import { rowsPerAbortCheck } from './limits.ts';

/** A check for every row, which looks at the signal at the first and then every few. @throws Problem 'cancelled' */
export function abortCheck(signal: AbortSignal | undefined): () => void {
  let count = 0;
  return () => {
    if (count++ % rowsPerAbortCheck === 0 && signal?.aborted === true) {
      throw new Problem('cancelled', 'cancelled by the caller');
    }
  };
}

/** Between two pages others have their turn: knex's SQLite answers without ever leaving the microtask queue. */
export async function breathe(): Promise<void> {
  await setImmediate();
}
