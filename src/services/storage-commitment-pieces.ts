import { createHash } from 'node:crypto';
import type { JobRepository } from '../catalog/job-repository.ts';
import { serviceLimits } from './limits.ts';
import type { Reference } from './storage-commitment-request.ts';

/** Some references of a transaction as the catalogue keeps them: SOP Class UID and SOP Instance UID of each. */
export interface CommitmentPiece {
  references: readonly (readonly [sopClassUid: string, sopInstanceUid: string])[];
  /** Of each reference, 0 for one that is committed; absent until they are verified. */
  reasons?: readonly number[];
}

/** @param reason of all of them; unless given they are yet to be verified */
export function toPieces(references: readonly Reference[], reason?: number): CommitmentPiece[] {
  const pieces: CommitmentPiece[] = [];
  for (let at = 0; at < references.length; at += serviceLimits.commitmentPieceReferences) {
    const some = references.slice(at, at + serviceLimits.commitmentPieceReferences);
    pieces.push({
      references: some.map(({ sopClassUid, sopInstanceUid }) => [sopClassUid, sopInstanceUid]),
      ...(reason !== undefined && { reasons: some.map(() => reason) }),
    });
  }
  return pieces;
}

/** All pieces of a job, read one by one. @throws Problem 'catalog-unavailable' */
export async function* readPieces(
  jobs: Pick<JobRepository, 'piece'>,
  jobId: number,
): AsyncGenerator<CommitmentPiece, void, undefined> {
  for (let position = 0; ; position++) {
    const piece = await jobs.piece(jobId, position);
    if (piece === undefined) return;
    yield piece as CommitmentPiece;
  }
}

/** SHA-256 of the references in their order, hex. */
export function digestOf(references: readonly Reference[]): string {
  const hash = createHash('sha256');
  for (const { sopClassUid, sopInstanceUid } of references) hash.update(`${sopClassUid} ${sopInstanceUid}\n`);
  return hash.digest('hex');
}
