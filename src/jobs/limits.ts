/** Bounds of the work that goes on behind the requests. */
export const jobLimits = {
  /** Jobs that run at once. */
  runningMax: 2,
  /** How often the catalogue is asked for jobs that are due, milliseconds. */
  pollMs: 2_000,
  /** Between the attempts of a job that a passing failure has stopped, milliseconds; then it fails. */
  backOffMs: [10_000, 60_000, 300_000, 1_800_000],
  /** How far a job is gets written so often at most, milliseconds. */
  progressIntervalMs: 1_000,
  /** How long jobs may take to stop, milliseconds. */
  stopTimeoutMs: 3_000,
} as const;
