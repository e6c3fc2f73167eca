import { Problem } from '../../src/lib/problem.ts';

/** `code: words` of the Problem with which something is refused; whatever else is thrown goes through. */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return 'none';
  if (!(error instanceof Problem)) throw error;
  return `${error.code}: ${error.message}`;
}
