import { messageOf, Problem } from '../lib/problem.ts';
import type { Filer } from '../services/filing.ts';

/** How long a request waits for what was accepted before it, milliseconds. */
const WAIT_MS = 2000;

/**
 * Looks something up in the catalogue, once everything that was accepted before is there. Where that takes too long, what is found is answered all
 * the same; but nothing found is not, for that may be wrong.
 * @throws Problem 'catalog-unavailable' then, or why filing waits
 */
export async function afterFiling<T>(
  filer: Pick<Filer, 'settled' | 'backlogInstances'>,
  lookUp: () => Promise<T>,
  isNothing: (found: T) => boolean,
): Promise<T> {
  const unsettled = await settledInTime(filer);
  const found = await lookUp();
  if (unsettled !== undefined && isNothing(found)) throw unsettled;
  return found;
}

/**
 * Reads the file of an instance. Its row is there a moment before its file is: where there is none, it is looked for once more when all is filed.
 * @throws Problem: why filing waits; what `read` throws
 */
export async function readFiled<T>(filer: Pick<Filer, 'settled'>, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'not-found') throw error;
  }
  await filer.settled();
  return await read();
}

/** @returns why not everything is settled */
async function settledInTime(
  filer: Pick<Filer, 'settled' | 'backlogInstances'>,
): Promise<Problem | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Problem>((resolve) => {
    const words = () => `${filer.backlogInstances} instances wait to be filed`;
    timer = setTimeout(() => resolve(new Problem('catalog-unavailable', words())), WAIT_MS);
  });
  const settled = filer.settled().then(
    () => undefined,
    (error: unknown) =>
      error instanceof Problem
        ? error
        : new Problem('catalog-unavailable', messageOf(error), { cause: error }),
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}
