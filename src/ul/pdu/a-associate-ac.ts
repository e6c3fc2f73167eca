import { type Codec, repeatedAeFields, reserved, struct, u8, u16, uid } from '../fields.ts';
import { items, many, one, optional } from '../items.ts';
import { limits } from '../limits.ts';
import { checkContextIds, checkMaximumLength } from './a-associate-rq.ts';
import { type PduOf, pdu } from './pdu.ts';
import { userInformation } from './user-information.ts';

/** Presentation Context item of the answer, 21H — PS3.8 §9.3.3.2, Table 9-18. */
const presentationContext = struct([
  u8('id'),
  reserved(1),
  u8('result'), // 0 acceptance, 1 user-rejection, 2 no-reason, 3 abstract-syntax-not-supported, 4 transfer-syntaxes-not-supported
  reserved(1),
  items([optional(0x40, 'transferSyntax', uid)]), // significant only where accepted
]);
export type AnsweredContext = typeof presentationContext extends Codec<infer Value> ? Value : never;

/** A-ASSOCIATE-AC PDU, type 02H — PS3.8 §9.3.3, Table 9-17. */
export const aAssociateAc = pdu(
  0x02,
  'A-ASSOCIATE-AC',
  [
    u16('protocolVersion'),
    reserved(2),
    repeatedAeFields, // bytes 11-74
    items([
      one(0x10, 'applicationContext', uid),
      many(0x21, 'presentationContexts', presentationContext, limits.presentationContextsMax),
      one(0x50, 'userInformation', userInformation),
    ]),
  ],
  ({ presentationContexts, userInformation }) => {
    checkContextIds(presentationContexts);
    checkMaximumLength(userInformation.maximumLength);
  },
);
export type AAssociateAc = PduOf<typeof aAssociateAc>;
