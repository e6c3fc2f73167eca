import { limits } from './limits.ts';
import { type AAbort, aAbort } from './pdu/a-abort.ts';
import { type AAssociateAc, aAssociateAc } from './pdu/a-associate-ac.ts';
import { type AAssociateRj, aAssociateRj } from './pdu/a-associate-rj.ts';
import { type AAssociateRq, aAssociateRq } from './pdu/a-associate-rq.ts';
import { aReleaseRp } from './pdu/a-release-rp.ts';
import { aReleaseRq } from './pdu/a-release-rq.ts';
import type { PduOf } from './pdu/pdu.ts';

/** A PDU that is read whole. */
export type WholePdu =
  | AAssociateRq
  | AAssociateAc
  | AAssociateRj
  | PduOf<typeof aReleaseRq>
  | PduOf<typeof aReleaseRp>
  | AAbort;

/** How to read the PDUs that are read whole, by PDU type; `bytesMax` is for what follows the 6-byte header. */
export const WHOLE_PDUS: ReadonlyMap<
  number,
  { name: string; bytesMax: number; decode: (body: Buffer) => WholePdu }
> = new Map([
  [aAssociateRq.pduType, { ...aAssociateRq, bytesMax: limits.associatePduBytesMax }],
  [aAssociateAc.pduType, { ...aAssociateAc, bytesMax: limits.associatePduBytesMax }],
  [aAssociateRj.pduType, { ...aAssociateRj, bytesMax: limits.shortPduBytesMax }],
  [aReleaseRq.pduType, { ...aReleaseRq, bytesMax: limits.shortPduBytesMax }],
  [aReleaseRp.pduType, { ...aReleaseRp, bytesMax: limits.shortPduBytesMax }],
  [aAbort.pduType, { ...aAbort, bytesMax: limits.shortPduBytesMax }],
]);
