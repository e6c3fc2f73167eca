import { Problem } from '../lib/problem.ts';
import type { Job, JobHandler, JobProgress } from './queue.ts';

/** What a job of kind `send` is about. */
export interface SendSubject {
  studyInstanceUid: string;
  /** The whole study without it. */
  seriesInstanceUid?: string;
  /** The whole series without it. */
  sopInstanceUid?: string;
  /** AE title. */
  peer: string;
}

export interface SendRequest extends SendSubject {
  /** Who wants it. */
  by: string;
  signal: AbortSignal;
  progress(progress: JobProgress): void;
}

export interface SendResult {
  sent: number;
  failed: number;
  /** Why the first one failed, '' where none did. */
  reason: string;
}

/** Sends to a peer by C-STORE; `services` implements it. */
export interface Sender {
  /** @throws Problem 'not-found', 'peer-unreachable', 'volume-offline', 'catalog-unavailable', 'cancelled' */
  send(request: SendRequest): Promise<SendResult>;
}

export const SEND = 'send';

/** Jobs that send a study, a series or an instance to a peer. A further attempt sends everything again: whoever has an instance already keeps it once. */
export function sendHandler(sender: Sender): JobHandler {
  return {
    describe(job) {
      const subject = subjectOf(job);
      return `send ${wordsOf(subject)} to ${subject.peer}`;
    },
    fieldsOf(job) {
      const { peer, ...uids } = subjectOf(job);
      return { destination: peer, ...uids };
    },
    async run(job, { signal, progress }) {
      const { sent, failed, reason } = await sender.send({ ...subjectOf(job), by: job.by, signal, progress });
      if (failed === 0) return { state: 'done', words: '' };
      const words = `${failed} of ${sent + failed} instances were not sent; the first: ${reason}`;
      return { state: 'failed', words };
    },
  };
}

function wordsOf({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }: SendSubject): string {
  if (sopInstanceUid !== undefined) return `instance ${sopInstanceUid}`;
  return seriesInstanceUid === undefined ? `study ${studyInstanceUid}` : `series ${seriesInstanceUid}`;
}

function subjectOf({ id, payload }: Job): SendSubject {
  const fields = payload as Partial<Record<string, unknown>>;
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid, peer } = fields;
  if (typeof studyInstanceUid !== 'string' || typeof peer !== 'string')
    throw new Problem('not-found', `job ${id} does not say what to send, and where`);
  return {
    studyInstanceUid,
    peer,
    ...(typeof seriesInstanceUid === 'string' && { seriesInstanceUid }),
    ...(typeof sopInstanceUid === 'string' && { sopInstanceUid }),
  };
}
