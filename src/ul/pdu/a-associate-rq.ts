import { ProtocolError } from '../../lib/problem.ts';
import { INVALID_PDU_PARAMETER } from '../bytes.ts';
import { aeTitles, type Codec, reserved, struct, u8, u16, uid } from '../fields.ts';
import { items, many, one } from '../items.ts';
import { limits } from '../limits.ts';
import { type PduOf, pdu } from './pdu.ts';
import { userInformation } from './user-information.ts';

/** Presentation Context item of the request, 20H — PS3.8 §9.3.2.2, Table 9-13. */
const presentationContext = struct([
  u8('id'), // odd
  reserved(3),
  items([
    one(0x30, 'abstractSyntax', uid),
    many(0x40, 'transferSyntaxes', uid, limits.transferSyntaxesPerContextMax),
  ]),
]);
export type ProposedContext = typeof presentationContext extends Codec<infer Value> ? Value : never;

/** A-ASSOCIATE-RQ PDU, type 01H — PS3.8 §9.3.2, Table 9-11. */
export const aAssociateRq = pdu(
  0x01,
  'A-ASSOCIATE-RQ',
  [
    u16('protocolVersion'), // bytes 7-8: bit 0 is version 1, the only one there is
    reserved(2), //            bytes 9-10
    aeTitles, //               bytes 11-42, and 43-74, which are reserved
    items([
      one(0x10, 'applicationContext', uid),
      many(0x20, 'presentationContexts', presentationContext, limits.presentationContextsMax),
      one(0x50, 'userInformation', userInformation),
    ]),
  ],
  ({ presentationContexts, userInformation }) => {
    checkContextIds(presentationContexts);
    checkMaximumLength(userInformation.maximumLength);
  },
);
export type AAssociateRq = PduOf<typeof aAssociateRq>;

/** Presentation context IDs are odd and each comes once — PS3.8 §9.3.2.2. @throws ProtocolError */
export function checkContextIds(contexts: readonly { id: number }[]): void {
  const seen = new Set<number>();
  for (const { id } of contexts) {
    if (id % 2 === 0) throw new ProtocolError(`presentation context ID ${id} is even`, INVALID_PDU_PARAMETER);
    if (seen.has(id))
      throw new ProtocolError(`presentation context ID ${id} comes twice`, INVALID_PDU_PARAMETER);
    seen.add(id);
  }
}

/** No PDV fits into less than 8 bytes; 0 is no limit. @throws ProtocolError */
export function checkMaximumLength(maximumLength: number): void {
  if (maximumLength !== 0 && maximumLength < limits.peerPduBytesMin) {
    throw new ProtocolError(`maximum length ${maximumLength} has no room for a PDV`, INVALID_PDU_PARAMETER);
  }
}
