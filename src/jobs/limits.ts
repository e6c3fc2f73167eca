/** Bounds of the work that goes on behind the requests. */
export const jobLimits = {
  /** Jobs of one kind that run at once: a long sending keeps no other work waiting. */
  runningMax: 2,
  /** How often the catalogue is asked for jobs that are due, milliseconds. */
  pollMs: 2_000,
  /** Between the attempts of a job that a passing failure has stopped, milliseconds; then it fails. */
  backOffMs: [10_000, 60_000, 300_000, 1_800_000],
  /** Transactions of storage commitment that are worked on at once; one instance at a time is read for all of them. */
  commitmentsRunningMax: 4,
  /** Between the attempts to report one: a modality that is off over a long week-end hears of it in the end, milliseconds. */
  commitmentBackOffMs: [30_000, 120_000, 600_000, 1_800_000, ...Array<number>(72).fill(3_600_000)],
  /** How far a job is gets written so often at most, milliseconds. */
  progressIntervalMs: 1_000,
  /** How long jobs may take to stop, milliseconds. */
  stopTimeoutMs: 3_000,
} as const;
