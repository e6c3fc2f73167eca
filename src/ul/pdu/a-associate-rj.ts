import { reserved, u8 } from '../fields.ts';
import { type PduOf, pdu } from './pdu.ts';

/** A-ASSOCIATE-RJ PDU, type 03H — PS3.8 §9.3.4, Table 9-21. */
export const aAssociateRj = pdu(0x03, 'A-ASSOCIATE-RJ', [
  reserved(1), //  byte 7
  u8('result'), // byte 8: 1 rejected-permanent, 2 rejected-transient
  u8('source'), // byte 9: 1 service-user, 2 service-provider (ACSE), 3 service-provider (Presentation)
  u8('reason'), // byte 10: its meaning depends on `source`
]);
export type AAssociateRj = PduOf<typeof aAssociateRj>;
