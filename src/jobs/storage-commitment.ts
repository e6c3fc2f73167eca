import { Problem } from '../lib/problem.ts';
import type { Job, JobContext, JobHandler } from './job.ts';
import { jobLimits } from './limits.ts';

/** What a job of kind `storage-commitment` is about: a transaction of PS3.4 Annex J. Its references are the job's pieces. */
export interface CommitmentSubject {
  /** Who asked, and is to be told. */
  callingAeTitle: string;
  /** As which of our AE titles we were asked. */
  calledAeTitle: string;
  transactionUid: string;
  /** Referenced instances. */
  references: number;
  /** Of the references, so that another request with the same Transaction UID is told from the same one sent again. */
  digest: string;
}

export interface CommitmentTally {
  committed: number;
  failed: number;
  /** The first that failed and why, '' where none did. */
  reason: string;
}

/** Verifies and reports; `services` implements it. */
export interface Committer {
  /**
   * What an earlier attempt has verified is not read again.
   * @throws Problem 'volume-offline', 'catalog-unavailable', 'cancelled'
   */
  verify(jobId: number, subject: CommitmentSubject, context: JobContext): Promise<CommitmentTally>;
  /**
   * Resolves when the caller has taken the report.
   * @throws Problem 'peer-unreachable', 'catalog-unavailable', 'cancelled'; 'not-found' where the caller refuses it for good
   */
  report(
    jobId: number,
    subject: CommitmentSubject,
    tally: CommitmentTally,
    signal: AbortSignal,
  ): Promise<void>;
}

export const STORAGE_COMMITMENT = 'storage-commitment';

/** Jobs that see whether instances are in safe keeping, and tell whoever asked. A further attempt only reports again, where all was verified. */
export function storageCommitmentHandler(committer: Committer): JobHandler {
  return {
    runningMax: jobLimits.commitmentsRunningMax,
    backOffMs: jobLimits.commitmentBackOffMs,
    describe(job) {
      const { references, callingAeTitle } = subjectOf(job);
      return `storage commitment of ${references} instance${references === 1 ? '' : 's'} for ${callingAeTitle}`;
    },
    fieldsOf(job) {
      const { callingAeTitle, transactionUid } = subjectOf(job);
      return { destination: callingAeTitle, transactionUid };
    },
    async run(job, context) {
      const subject = subjectOf(job);
      const tally = await committer.verify(job.id, subject, context);
      await committer.report(job.id, subject, tally, context.signal);
      if (tally.failed === 0) return { state: 'done', words: '' };
      const words = `${tally.failed} of ${subject.references} instances are not committed; the first: ${tally.reason}`;
      return { state: 'failed', words };
    },
  };
}

function subjectOf({ id, payload }: Job): CommitmentSubject {
  const { callingAeTitle, calledAeTitle, transactionUid, references, digest } = payload as Partial<
    Record<string, unknown>
  >;
  if (
    typeof callingAeTitle !== 'string' ||
    typeof calledAeTitle !== 'string' ||
    typeof transactionUid !== 'string' ||
    typeof digest !== 'string'
  )
    throw new Problem('not-found', `job ${id} does not say whom to report to`);
  return { callingAeTitle, calledAeTitle, transactionUid, references: Number(references), digest };
}

/** As a job keeps it. */
export function payloadOf({ references, ...texts }: CommitmentSubject): Record<string, string> {
  return { ...texts, references: String(references) };
}
