import type { JsonDataSet } from '../dicom/json.ts';
import { uidCharsMax } from './limits.ts';

/** An instance file that waits to be filed. */
export interface InstanceArrival {
  sopInstanceUid: string;
  sopClassUid: string;
  seriesInstanceUid: string;
  studyInstanceUid: string;
  transferSyntaxUid: string;
  /** Of the data set, bytes. */
  sizeBytes: number;
  /** Where the data set begins in the file, bytes. */
  dataSetOffset: number;
  /** Of the data set, lower-case hex. */
  sha256: string;
  /** Milliseconds since 1970. */
  arrivedAt: number;
  sourceAeTitle: string;
  /** ISO 8601 week of arrival, `2026-W47`. */
  week: string;
  /** The elements of `keptTags` that the data set has, of all levels, text decoded. */
  attributes: JsonDataSet;
}

/**
 * - filed: the row of this very file is in the catalogue, since now or since an earlier call that was cut short;
 * - duplicate: another file with the same data set is;
 * - conflict: another data set with the same SOP Instance UID is, and stays current.
 */
export type ArrivalOutcome =
  | { outcome: 'filed' }
  | { outcome: 'duplicate' }
  | { outcome: 'conflict'; currentSha256: string };

/** An instance of the catalogue. Its path is a function of `week` and the UIDs. */
export type StoredInstance = Omit<InstanceArrival, 'attributes'>;

/** Digits and dots, as in PS3.5 §9.1, but not its length and leading zeros: the UIDs that an instance is filed under. */
export function isFileableUid(uid: string): boolean {
  return uid.length <= uidCharsMax && /^\d[\d.]*$/.test(uid);
}

/**
 * What would break a key or a path: whoever accepts instances has asked `isFileableUid` before.
 *
 * @throws Error names the value
 */
export function assertFileable(arrival: InstanceArrival): void {
  for (const uid of [arrival.sopInstanceUid, arrival.seriesInstanceUid, arrival.studyInstanceUid]) {
    if (!isFileableUid(uid))
      throw new Error(`not a UID that an instance is filed under: ${JSON.stringify(uid)}`);
  }
  if (!/^[0-9a-f]{64}$/.test(arrival.sha256)) {
    throw new Error(`not a SHA-256 in lower-case hex: ${arrival.sha256}`);
  }
  if (!/^\d{4}-W\d{2}$/.test(arrival.week)) throw new Error(`not an ISO 8601 week: ${arrival.week}`);
}
