import type { Job, JobProgress } from '../catalog/job-repository.ts';

export type { Job, JobProgress, JobRequest } from '../catalog/job-repository.ts';

/** How a job ended that was not put off; words for a person, '' where there is nothing to say. */
export interface JobOutcome {
  state: 'done' | 'failed';
  words: string;
}

export interface JobContext {
  /** Aborted when the job is cancelled, and when the archive stops. */
  signal: AbortSignal;
  /** May be called as often as one likes. */
  progress(progress: JobProgress): void;
}

/** What is done for one kind of job. */
export interface JobHandler {
  /** What such a job does, as an event says it: `send study 1.2.3 to WS1`. */
  describe(job: Job): string;
  /** What an event has for its fields. */
  fieldsOf(job: Job): Record<string, string>;
  /** Of this kind, how many run at once; as many as `jobLimits` says unless given. */
  runningMax?: number;
  /** Between the attempts of a job of this kind, milliseconds; as the queue has it unless given. */
  backOffMs?: readonly number[];
  /** Begins anew whenever the job is claimed. @throws Problem; one of `PASSING` puts the job off */
  run(job: Job, context: JobContext): Promise<JobOutcome>;
}

/** Who wants something of a job. */
export interface JobActor {
  name: string;
  /** Network address. */
  address: string;
}

export interface JobEvent {
  kind: 'job-added' | 'job-done' | 'job-failed' | 'job-cancelled';
  severity: 'info' | 'warning';
  words: string;
  fields: Record<string, string | number>;
}
