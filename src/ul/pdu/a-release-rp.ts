import { reserved } from '../fields.ts';
import { pdu } from './pdu.ts';

/** A-RELEASE-RP PDU, type 06H — PS3.8 §9.3.7, Table 9-25. */
export const aReleaseRp = pdu(0x06, 'A-RELEASE-RP', [reserved(4)]);
