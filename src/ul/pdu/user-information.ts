import type { Codec } from '../fields.ts';
import { counted, field, flag, rest, struct, text, u8, u16, uid, uint32 } from '../fields.ts';
import { items, many, one, optional } from '../items.ts';
import { limits } from '../limits.ts';

const sopClassUid = field('sopClassUid', counted(uid));
const shortBytes = counted(rest(limits.userIdentityBytesMax));

/** Asynchronous Operations Window, 53H — PS3.7 Annex D.3.3.3; 0 is unlimited. */
const asynchronousOperationsWindow = struct([u16('operationsInvoked'), u16('operationsPerformed')]);

/** SCP/SCU Role Selection, 54H — PS3.7 Annex D.3.3.4. */
const roleSelection = struct([sopClassUid, field('scuRole', flag), field('scpRole', flag)]);

/** SOP Class Extended Negotiation, 56H — PS3.7 Annex D.3.3.5; the information is the service class's own. */
const extendedNegotiation = struct([
  sopClassUid,
  field('information', rest(limits.extendedNegotiationBytesMax)),
]);

const relatedGeneralSopClasses: Codec<readonly string[]> = {
  read: (reader) => {
    const uids: string[] = [];
    const one = counted(uid);
    while (reader.remaining > 0 && uids.length < limits.relatedGeneralSopClassesMax)
      uids.push(one.read(reader));
    return uids;
  },
  write: (writer, uids) => {
    for (const value of uids) counted(uid).write(writer, value);
  },
};

/** SOP Class Common Extended Negotiation, 57H — PS3.7 Annex D.3.3.6. */
const commonExtendedNegotiation = struct([
  sopClassUid,
  field('serviceClassUid', counted(uid)),
  field('relatedGeneralSopClassUids', counted(relatedGeneralSopClasses)),
]);

/** User Identity of the request, 58H — PS3.7 Annex D.3.3.7.1. */
const userIdentity = struct([
  u8('identityType'), // 1 user name, 2 user name and passcode, 3 Kerberos, 4 SAML, 5 JSON Web Token
  field('positiveResponseRequested', flag),
  field('primaryField', shortBytes),
  field('secondaryField', shortBytes), // empty but for type 2
]);

/** User Identity of the answer, 59H — PS3.7 Annex D.3.3.7.2. */
const userIdentityResponse = struct([field('serverResponse', shortBytes)]);

/** User Information item, 50H — PS3.8 §9.3.2.3, sub-items of PS3.8 Annex D.1 and PS3.7 Annex D.3.3. */
export const userInformation = struct([
  items([
    /** Largest variable field of a P-DATA-TF that the sender of this item takes, bytes; 0 is no limit. */
    one(0x51, 'maximumLength', uint32),
    optional(0x52, 'implementationClassUid', uid),
    optional(0x53, 'asynchronousOperationsWindow', asynchronousOperationsWindow),
    many(0x54, 'roleSelections', roleSelection, limits.userInformationItemsMax),
    optional(0x55, 'implementationVersionName', text(limits.versionNameBytesMax)),
    many(0x56, 'extendedNegotiations', extendedNegotiation, limits.userInformationItemsMax),
    many(0x57, 'commonExtendedNegotiations', commonExtendedNegotiation, limits.userInformationItemsMax),
    optional(0x58, 'userIdentity', userIdentity),
    optional(0x59, 'userIdentityResponse', userIdentityResponse),
  ]),
]);

type ValueOf<T> = T extends Codec<infer Value> ? Value : never;
export type UserInformation = ValueOf<typeof userInformation>;
export type RoleSelection = ValueOf<typeof roleSelection>;
export type ExtendedNegotiation = ValueOf<typeof extendedNegotiation>;
export type UserIdentity = ValueOf<typeof userIdentity>;
