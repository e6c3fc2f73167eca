import { reserved, u8 } from '../fields.ts';
import { type PduOf, pdu } from './pdu.ts';

/** A-ABORT PDU, type 07H — PS3.8 §9.3.8, Table 9-26. */
export const aAbort = pdu(0x07, 'A-ABORT', [
  reserved(2), //  bytes 7-8
  u8('source'), // byte 9: 0 service-user, 2 service-provider
  u8('reason'), // byte 10: significant only for source 2
]);
export type AAbort = PduOf<typeof aAbort>;
