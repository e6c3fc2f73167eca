import type { JobRepository } from '../catalog/job-repository.ts';
import { uids } from '../dicom/uids.ts';
import { status, statusClass, statusWords } from '../dimse/status.ts';
import type { JobContext } from '../jobs/job.ts';
import type { JobQueue } from '../jobs/queue.ts';
import {
  type CommitmentSubject,
  type CommitmentTally,
  type Committer,
  payloadOf,
  STORAGE_COMMITMENT,
} from '../jobs/storage-commitment.ts';
import { ByteRoom } from '../lib/byte-room.ts';
import type { Log } from '../lib/log.ts';
import { Problem } from '../lib/problem.ts';
import { Turns } from '../lib/turns.ts';
import type { Callers } from './callers.ts';
import { serviceLimits } from './limits.ts';
import type { Settings } from './settings.ts';
import { digestOf, readPieces, toPieces } from './storage-commitment-pieces.ts';
import {
  type EventReport,
  encodeReport,
  type ReportAssociation,
  type ReportDestinations,
} from './storage-commitment-report.ts';
import type { ActionInformation, Reference } from './storage-commitment-request.ts';
import type { CommitmentVerifier } from './storage-commitment-verifier.ts';

export interface StorageCommitmentOptions {
  jobs: Pick<JobRepository, 'piece' | 'setPiece' | 'unfinishedOf'>;
  /** Made of this service, so asked for when it is needed. */
  queue(): Pick<JobQueue, 'addOnce'>;
  verifier: Pick<CommitmentVerifier, 'settled' | 'verify'>;
  callers: Pick<Callers, 'findPeer'>;
  settings: { readonly current: Pick<Settings, 'aeTitles'> };
  destinations: ReportDestinations;
  log: Log;
}

/** Who asks, by which association. */
export interface CommitmentCaller {
  callingAeTitle: string;
  calledAeTitle: string;
  /** Network address. */
  address: string;
  association: ReportAssociation;
}

/** What a peer answers to a report that it may take another time; every other failure is for good. */
const PASSING_STATUSES: readonly number[] = [
  status.processingFailure,
  status.duplicateInvocation,
  status.resourceLimitation,
];

/** Storage Commitment Push Model SCP — PS3.4 §J.3. A request becomes a job, which is what the answer to it says; the job verifies and reports. */
export class StorageCommitment implements Committer {
  /** For what is being received. */
  readonly room = new ByteRoom(serviceLimits.actionRoomBytes);
  readonly #options: StorageCommitmentOptions;
  readonly #turns = new Turns();
  /** Of requests that are not reported yet, by key; as far as this process knows. */
  readonly #associations = new Map<string, ReportAssociation>();

  constructor(options: StorageCommitmentOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the request would survive a power cut. The same request again is the one that waits already, and is reported once; another one with its
   * Transaction UID is taken too, and reported as what it is: failed, for the UID is in use (0131H).
   * @throws Problem 'backlog-full'; 'catalog-unavailable'
   */
  async accept({ transactionUid, references }: ActionInformation, caller: CommitmentCaller): Promise<void> {
    const { callingAeTitle, calledAeTitle } = caller;
    const digest = digestOf(references);
    const asked = { callingAeTitle, calledAeTitle, transactionUid, references: references.length, digest };
    // One by one, so that the bounds hold.
    await this.#turns.take(async () => {
      const subject = await this.#admit(asked);
      await this.#add(subject, references, caller);
    });
  }

  async verify(
    jobId: number,
    { references: total }: CommitmentSubject,
    { signal, progress }: JobContext,
  ): Promise<CommitmentTally> {
    const { jobs, verifier } = this.#options;
    const tally: CommitmentTally = { committed: 0, failed: 0, reason: '' };
    let isSettled = false;
    let position = 0;
    for await (const piece of readPieces(jobs, jobId)) {
      if (signal.aborted) throw new Problem('cancelled', 'cancelled');
      const references = piece.references.map(([sopClassUid, sopInstanceUid]) => ({
        sopClassUid,
        sopInstanceUid,
      }));
      const count = (reason: number, index: number) => {
        add(tally, reason, references[index]?.sopInstanceUid ?? '');
        progress({ done: tally.committed, failed: tally.failed, total });
      };
      if (piece.reasons === undefined) {
        if (!isSettled) await verifier.settled();
        isSettled = true;
        let index = 0;
        const reasons = await verifier.verify(references, signal, (reason) => count(reason, index++));
        await jobs.setPiece(jobId, position, { ...piece, reasons });
      } else {
        for (const [index, reason] of piece.reasons.entries()) count(reason, index);
      }
      position += 1;
    }
    if (tally.committed + tally.failed !== total)
      throw new Problem('not-found', `references of job ${jobId} are missing`);
    return tally;
  }

  async report(
    jobId: number,
    subject: CommitmentSubject,
    tally: CommitmentTally,
    signal: AbortSignal,
  ): Promise<void> {
    const { callers, destinations, log } = this.#options;
    const { callingAeTitle, transactionUid } = subject;
    const event = this.#eventOf(jobId, subject, tally);
    const told = { caller: callingAeTitle, transactionUid, committed: tally.committed, failed: tally.failed };
    if (await this.#reportWhereAsked(keyOf(subject), event, signal)) {
      log.info('storage commitment reported', { ...told, isSameAssociation: true });
      return;
    }
    if (signal.aborted) throw new Problem('cancelled', 'cancelled');
    const peer = await callers.findPeer(callingAeTitle);
    if (peer === undefined)
      throw new Problem('peer-unreachable', `${callingAeTitle} is no peer: no address to report to`);
    const answered = await destinations.report(peer, this.#ourAeTitle(subject), event, signal);
    if (!isTaken(answered)) {
      const words = `${callingAeTitle} answered the report with ${statusWords(answered)}`;
      throw new Problem(PASSING_STATUSES.includes(answered) ? 'peer-unreachable' : 'not-found', words);
    }
    this.#associations.delete(keyOf(subject));
    log.info('storage commitment reported', { ...told, isSameAssociation: false });
  }

  /** @throws Problem 'backlog-full' */
  async #admit(asked: CommitmentSubject): Promise<CommitmentSubject & { isDuplicate: boolean }> {
    const { commitmentsMax, commitmentsOfCallerMax, commitmentReferencesWaitingMax } = serviceLimits;
    const unfinished = await this.#options.jobs.unfinishedOf(STORAGE_COMMITMENT, commitmentsMax);
    const waiting = unfinished.map(({ payload }) => payload as Record<string, string>);
    const ofCaller = waiting.filter(({ callingAeTitle }) => callingAeTitle === asked.callingAeTitle);
    const sameUid = ofCaller.filter(({ transactionUid }) => transactionUid === asked.transactionUid);
    if (sameUid.some(({ digest }) => digest === asked.digest)) return { ...asked, isDuplicate: false };
    const references = waiting.reduce((sum, payload) => sum + Number(payload['references']), 0);
    if (waiting.length >= commitmentsMax || ofCaller.length >= commitmentsOfCallerMax)
      throw new Problem(
        'backlog-full',
        `${ofCaller.length} of ${waiting.length} transactions that wait are yours`,
      );
    if (references + asked.references > commitmentReferencesWaitingMax)
      throw new Problem('backlog-full', `${references} references wait to be reported`);
    return { ...asked, isDuplicate: sameUid.length > 0 };
  }

  async #add(
    { isDuplicate, ...subject }: CommitmentSubject & { isDuplicate: boolean },
    references: readonly Reference[],
    { address, association }: CommitmentCaller,
  ): Promise<void> {
    const key = keyOf(subject);
    const pieces = toPieces(references, isDuplicate ? status.duplicateTransactionUid : undefined);
    const before = this.#associations.get(key);
    this.#remember(key, association);
    try {
      const actor = { name: subject.callingAeTitle, address };
      await this.#options.queue().addOnce(STORAGE_COMMITMENT, payloadOf(subject), { key, pieces }, actor);
    } catch (error) {
      this.#associations.delete(key);
      if (before !== undefined) this.#associations.set(key, before);
      throw error;
    }
  }

  /** A job may be cancelled without our knowing: no more are remembered than can wait. */
  #remember(key: string, association: ReportAssociation): void {
    for (const [other, { isOver }] of this.#associations) if (isOver) this.#associations.delete(other);
    const [oldest] = this.#associations.keys();
    if (this.#associations.size >= serviceLimits.commitmentsMax && oldest !== undefined)
      this.#associations.delete(oldest);
    this.#associations.set(key, association);
  }

  /** @returns whether the caller has taken it */
  async #reportWhereAsked(key: string, event: EventReport, signal: AbortSignal): Promise<boolean> {
    const association = this.#associations.get(key);
    if (association === undefined) return false;
    const answered = association.isOver ? undefined : await association.report(event, signal);
    const isReported = answered !== undefined && isTaken(answered);
    if (isReported || association.isOver) this.#associations.delete(key);
    return isReported;
  }

  #eventOf(jobId: number, subject: CommitmentSubject, { failed }: CommitmentTally): EventReport {
    const { transactionUid } = subject;
    const retrieveAeTitle = this.#ourAeTitle(subject);
    return {
      sopClassUid: uids.StorageCommitmentPushModel,
      sopInstanceUid: uids.StorageCommitmentPushModelInstance,
      eventTypeId: failed === 0 ? 1 : 2,
      encode: (encoding) =>
        encodeReport({ transactionUid, retrieveAeTitle }, readPieces(this.#options.jobs, jobId), encoding),
    };
  }

  /** As the caller knows us, unless we are called otherwise by now. */
  #ourAeTitle({ calledAeTitle }: CommitmentSubject): string {
    const { aeTitles } = this.#options.settings.current;
    return aeTitles.includes(calledAeTitle) ? calledAeTitle : (aeTitles[0] ?? '');
  }
}

/** Transaction UIDs are a caller's own; requests that differ in their references are two. */
function keyOf({ callingAeTitle, transactionUid, digest }: CommitmentSubject): string {
  return `${callingAeTitle} ${transactionUid} ${digest.slice(0, 32)}`;
}

function isTaken(answered: number): boolean {
  const answeredAs = statusClass(answered);
  return answeredAs === 'success' || answeredAs === 'warning';
}

function add(tally: CommitmentTally, reason: number, sopInstanceUid: string): void {
  if (reason === status.success) {
    tally.committed += 1;
    return;
  }
  tally.failed += 1;
  if (tally.reason === '') tally.reason = `${sopInstanceUid}: ${statusWords(reason)}`;
}
