import { reserved } from '../fields.ts';
import { pdu } from './pdu.ts';

/** A-RELEASE-RQ PDU, type 05H — PS3.8 §9.3.6, Table 9-24. */
export const aReleaseRq = pdu(0x05, 'A-RELEASE-RQ', [reserved(4)]);
