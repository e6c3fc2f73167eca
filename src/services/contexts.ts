import { transferSyntaxOf } from '../dicom/transfer-syntax.ts';
import { storageSopClasses, uids } from '../dicom/uids.ts';
import { CONVERSION_TARGETS, isConvertible } from './conversion.ts';
import type { InformationModel } from './levels.ts';

/** A Query/Retrieve SOP class: what it does and in which model — PS3.4 §C.3. */
export interface QueryRetrieveClass {
  operation: 'find' | 'move' | 'get';
  model: InformationModel;
}

export const queryRetrieveClasses: ReadonlyMap<string, QueryRetrieveClass> = new Map([
  [uids.PatientRootQueryRetrieveInformationModelFind, { operation: 'find', model: 'PATIENT' }],
  [uids.PatientRootQueryRetrieveInformationModelMove, { operation: 'move', model: 'PATIENT' }],
  [uids.PatientRootQueryRetrieveInformationModelGet, { operation: 'get', model: 'PATIENT' }],
  [uids.StudyRootQueryRetrieveInformationModelFind, { operation: 'find', model: 'STUDY' }],
  [uids.StudyRootQueryRetrieveInformationModelMove, { operation: 'move', model: 'STUDY' }],
  [uids.StudyRootQueryRetrieveInformationModelGet, { operation: 'get', model: 'STUDY' }],
  // Retired in 2004, and still what some old workstations ask by.
  [uids.PatientStudyOnlyQueryRetrieveInformationModelFind, { operation: 'find', model: 'PATIENT_STUDY' }],
  [uids.PatientStudyOnlyQueryRetrieveInformationModelMove, { operation: 'move', model: 'PATIENT_STUDY' }],
  [uids.PatientStudyOnlyQueryRetrieveInformationModelGet, { operation: 'get', model: 'PATIENT_STUDY' }],
]);

/** What we do beside query, retrieve and storage. */
const OTHER_CLASSES: readonly string[] = [uids.Verification, uids.StorageCommitmentPushModel];

/** UIDs of the standard that are SOP classes of other services: nobody stores instances of them. */
const OTHER_SERVICE = /^1\.2\.840\.10008\.(1\.(?!3\.10$)|3\.1\.|5\.1\.1\.|5\.1\.4\.(?!1\.1\.|34\.(7|10)$))/;

/**
 * Whether instances of this class are stored: those of PS3.4 Annex B, and by default every other UID that is not a service of its own, because a
 * private or future class is an image too — docs/adr/0003.
 */
export function isStorageClass(abstractSyntax: string, policy: 'any' | 'standard'): boolean {
  if (storageSopClasses.has(abstractSyntax)) return true;
  const isUid = /^[0-9][0-9.]{0,63}$/.test(abstractSyntax);
  return policy === 'any' && isUid && !OTHER_SERVICE.test(abstractSyntax);
}

/**
 * The transfer syntax in which we take a presentation context. Identifiers are small and ours to read; instances are kept as they come, so for
 * those the sender's own choice is best. Explicit VR Little Endian goes first: it loses nothing and everybody reads it. Who is to be sent instances
 * (C-GET) gets them uncompressed where it says that it takes that, for everything that can be decoded can be sent so, and nothing that is not stored so can
 * be sent compressed; who wants instances as they are stored proposes a context for each transfer syntax. Video is sent as it is or not at all.
 */
export function chooseTransferSyntax(
  abstractSyntax: string,
  proposed: readonly string[],
  policy: 'any' | 'standard',
  isToBeSent = false,
): string | undefined | 'abstract-syntax-not-supported' {
  const isOurs = OTHER_CLASSES.includes(abstractSyntax) || queryRetrieveClasses.has(abstractSyntax);
  if (!isOurs && !isStorageClass(abstractSyntax, policy)) return 'abstract-syntax-not-supported';
  const [preferred = ''] = proposed;
  if (!isOurs && isToBeSent) {
    if (transferSyntaxOf(preferred)?.encapsulated === true && !isConvertible(preferred)) return preferred;
    const uncompressed = CONVERSION_TARGETS.find((uid) => proposed.includes(uid));
    if (uncompressed !== undefined) return uncompressed;
  }
  if (proposed.includes(uids.ExplicitVRLittleEndian)) return uids.ExplicitVRLittleEndian;
  if (isOurs) return proposed.find((uid) => FOR_IDENTIFIERS.has(uid));
  return proposed.find((uid) => /^[0-9][0-9.]{0,63}$/.test(uid));
}

/** Everybody has the first — PS3.5 §10.1. Others that are not compressed are of referenced pixels, or no encoding of elements at all (XML, MIME). */
const FOR_IDENTIFIERS: ReadonlySet<string> = new Set([
  uids.ImplicitVRLittleEndian,
  uids.ExplicitVRLittleEndian,
  uids.ExplicitVRBigEndian,
]);
