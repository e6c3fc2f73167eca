/** Set by `npm test` while it runs several processes on the same processors: how many times longer things may take then. */
export const TIME_SLACK = 'DICOMKEEP_TEST_TIME_SLACK';

/** The longest that something may take, as it is where a test has the machine for itself. */
export function atMost(ms: number): number {
  return ms * Number(process.env[TIME_SLACK] ?? 1);
}
