import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Peer } from '../catalog/peer-repository.ts';
import { DataSet } from '../dicom/data-set.ts';
import type { Encoding } from '../dicom/data-set-decoder.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import { encodeItem, encodeSequence } from '../dicom/sequence-encoder.ts';
import type { CommitmentPiece } from './storage-commitment-pieces.ts';

/** Storage Commitment Result — PS3.4 §J.3.3.1, Table J.3-2: 1 all are committed, 2 failures exist. */
export interface EventReport {
  sopClassUid: string;
  sopInstanceUid: string;
  eventTypeId: 1 | 2;
  /** The Event Information. @throws Problem 'catalog-unavailable' */
  encode(encoding: Encoding): Promise<Buffer>;
}

/** The association on which a request came; `net` implements it. */
export interface ReportAssociation {
  readonly isOver: boolean;
  /**
   * Waits until nothing else is under way on it. Never rejects.
   * @returns the status of the N-EVENT-REPORT-RSP; undefined where the association is over, is busy for long, or the peer does not answer
   */
  report(event: EventReport, signal: AbortSignal): Promise<number | undefined>;
}

/** Associations to those who asked; `net` implements it. */
export interface ReportDestinations {
  /**
   * @returns the status of the N-EVENT-REPORT-RSP
   * @throws Problem 'peer-unreachable'; 'cancelled'
   */
  report(peer: Peer, callingAeTitle: string, event: EventReport, signal: AbortSignal): Promise<number>;
}

/** Event Information of a report: never as data sets of all its items, of which there may be 10⁵. */
export async function encodeReport(
  { transactionUid, retrieveAeTitle }: { transactionUid: string; retrieveAeTitle: string },
  pieces: AsyncIterable<CommitmentPiece>,
  encoding: Encoding,
): Promise<Buffer> {
  const committed: Buffer[] = [];
  const failed: Buffer[] = [];
  for await (const { references, reasons } of pieces) {
    const [some, others]: [Buffer[], Buffer[]] = [[], []];
    for (const [index, [sopClassUid, sopInstanceUid]] of references.entries()) {
      const reason = reasons?.[index] ?? 0;
      const item = new DataSet();
      item.setText(tags.ReferencedSOPClassUID, sopClassUid);
      item.setText(tags.ReferencedSOPInstanceUID, sopInstanceUid);
      if (reason !== 0) item.setNumbers(tags.FailureReason, [reason]);
      (reason === 0 ? some : others).push(encodeItem(item, encoding));
    }
    committed.push(Buffer.concat(some));
    failed.push(Buffer.concat(others));
    await nextTurn();
  }
  const isAny = (items: readonly Buffer[]) => items.some(({ length }) => length > 0);
  const head = new DataSet();
  if (isAny(committed)) head.setText(tags.RetrieveAETitle, retrieveAeTitle);
  head.setText(tags.TransactionUID, transactionUid);
  return Buffer.concat([
    head.encode(encoding),
    ...(isAny(failed) ? [encodeSequence(tags.FailedSOPSequence, failed, encoding)] : []),
    ...(isAny(committed) ? [encodeSequence(tags.ReferencedSOPSequence, committed, encoding)] : []),
  ]);
}
