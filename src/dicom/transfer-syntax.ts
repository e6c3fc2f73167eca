import { nameOfUid, transferSyntaxUids, uids } from './uids.ts';

/** How a data set is encoded — PS3.5 §10 and Annex A. */
export interface TransferSyntax {
  readonly uid: string;
  readonly name: string;
  /** Whether elements carry their VR — PS3.5 §7.1. */
  readonly encoding: 'implicit' | 'explicit';
  readonly bigEndian: boolean;
  /** The whole data set is a raw deflate stream (RFC 1951) — PS3.5 §A.5. */
  readonly deflated: boolean;
  /** Pixel Data is a sequence of fragments of undefined length — PS3.5 §A.4. */
  readonly encapsulated: boolean;
}

const IMPLICIT: ReadonlySet<string> = new Set([
  uids.ImplicitVRLittleEndian,
  uids.Papyrus3ImplicitVRLittleEndian,
]);

const DEFLATED: ReadonlySet<string> = new Set([
  uids.DeflatedExplicitVRLittleEndian,
  uids.JPIPReferencedDeflate,
  uids.JPIPHTJ2KReferencedDeflate,
]);

/** Pixel Data is native, or is referred to and not there at all (JPIP: PS3.5 §A.6, §A.7; SMPTE ST 2110: PS3.22). */
const NOT_ENCAPSULATED: ReadonlySet<string> = new Set([
  uids.ImplicitVRLittleEndian,
  uids.Papyrus3ImplicitVRLittleEndian,
  uids.ExplicitVRLittleEndian,
  uids.ExplicitVRBigEndian,
  uids.DeflatedExplicitVRLittleEndian,
  uids.JPIPReferenced,
  uids.JPIPReferencedDeflate,
  uids.JPIPHTJ2KReferenced,
  uids.JPIPHTJ2KReferencedDeflate,
  uids.RFC2557MIMEEncapsulation,
  uids.XMLEncoding,
  uids.SMPTEST211020UncompressedProgressiveActiveVideo,
  uids.SMPTEST211020UncompressedInterlacedActiveVideo,
  uids.SMPTEST211030PCMDigitalAudio,
]);

const transferSyntaxes: ReadonlyMap<string, TransferSyntax> = new Map(
  Array.from(transferSyntaxUids, (uid) => [uid, describe(uid)]),
);

/** The default of every association — PS3.5 §10.1. */
export const implicitVrLittleEndian: TransferSyntax = describe(uids.ImplicitVRLittleEndian);
export const explicitVrLittleEndian: TransferSyntax = describe(uids.ExplicitVRLittleEndian);

/** The encoding that a transfer syntax UID stands for; `undefined` where PS3.6 Table A-1 does not have it. */
export function transferSyntaxOf(uid: string): TransferSyntax | undefined {
  return transferSyntaxes.get(uid);
}

function describe(uid: string): TransferSyntax {
  return {
    uid,
    name: nameOfUid(uid),
    encoding: IMPLICIT.has(uid) ? 'implicit' : 'explicit',
    bigEndian: uid === uids.ExplicitVRBigEndian,
    deflated: DEFLATED.has(uid),
    encapsulated: !NOT_ENCAPSULATED.has(uid),
  };
}
