import type { AAssociateRq } from '../../src/ul/pdu/a-associate-rq.ts';

/** Bytes of hexadecimal text; what follows `;` on a line is a comment. */
export function hex(text: string): Buffer {
  const digits = text.replaceAll(/;.*$/gm, '').replaceAll(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error(`not hexadecimal: ${digits}`);
  return Buffer.from(digits, 'hex');
}

/** Bytes of ASCII text as hexadecimal, for use within `hex`. */
export const ascii = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

export const uids = {
  applicationContext: '1.2.840.10008.3.1.1.1',
  verification: '1.2.840.10008.1.1',
  ctImageStorage: '1.2.840.10008.5.1.4.1.1.2',
  implicitLittle: '1.2.840.10008.1.2',
  explicitLittle: '1.2.840.10008.1.2.1',
} as const;

/** An association request with every item and sub-item of PS3.8 §9.3.2 and PS3.7 Annex D.3.3, written by hand after the tables. */
export const A_ASSOCIATE_RQ = hex(`
  01 00 00000167                                   ; A-ASSOCIATE-RQ, 359 bytes follow
  0001 0000                                        ; protocol version 1
  ${ascii('DICOMKEEP       ')}                     ; called AE title
  ${ascii('MODALITY        ')}                     ; calling AE title
  ${'00'.repeat(32)}
  10 00 0015 ${ascii('1.2.840.10008.3.1.1.1')}     ; application context
  20 00 0048 01 000000                             ; presentation context 1
    30 00 0011 ${ascii('1.2.840.10008.1.1')}       ; abstract syntax: Verification
    40 00 0013 ${ascii('1.2.840.10008.1.2.1')}     ; Explicit VR Little Endian
    40 00 0014 ${ascii('1.2.840.10008.1.2.99')}    ; Deflated
  50 00 00ba                                       ; user information
    51 00 0004 00004000                            ; maximum length 16384
    52 00 0007 ${ascii('1.2.3.4')}                 ; implementation class UID
    53 00 0004 0003 0005                           ; asynchronous operations: invoke 3, perform 5
    54 00 001d 0019 ${ascii('1.2.840.10008.5.1.4.1.1.2')} 00 01   ; role selection of CT: SCP
    55 00 0006 ${ascii('TEST_1')}                  ; implementation version name
    56 00 001e 001b ${ascii('1.2.840.10008.5.1.4.1.2.2.1')} 01    ; extended negotiation: relational queries
    57 00 003b 0019 ${ascii('1.2.840.10008.5.1.4.1.1.2')}         ; common extended negotiation of CT
      0011 ${ascii('1.2.840.10008.4.2')}                          ; its service class: Storage
      000b 0003 ${ascii('1.2')}0004${ascii('1.24')}               ; related general SOP classes
    58 00 000f 02 01 0005 ${ascii('alice')} 0004 ${ascii('open')} ; user name and passcode, wants an answer
`);

export const A_ASSOCIATE_RQ_VALUE: AAssociateRq = {
  type: 'A-ASSOCIATE-RQ',
  protocolVersion: 1,
  calledAeTitle: 'DICOMKEEP',
  callingAeTitle: 'MODALITY',
  aeFields: A_ASSOCIATE_RQ.subarray(10, 74),
  applicationContext: uids.applicationContext,
  presentationContexts: [
    {
      id: 1,
      abstractSyntax: uids.verification,
      transferSyntaxes: [uids.explicitLittle, '1.2.840.10008.1.2.99'],
    },
  ],
  userInformation: {
    maximumLength: 16384,
    implementationClassUid: '1.2.3.4',
    asynchronousOperationsWindow: { operationsInvoked: 3, operationsPerformed: 5 },
    roleSelections: [{ sopClassUid: uids.ctImageStorage, scuRole: false, scpRole: true }],
    implementationVersionName: 'TEST_1',
    extendedNegotiations: [{ sopClassUid: '1.2.840.10008.5.1.4.1.2.2.1', information: Buffer.from([1]) }],
    commonExtendedNegotiations: [
      {
        sopClassUid: uids.ctImageStorage,
        serviceClassUid: '1.2.840.10008.4.2',
        relatedGeneralSopClassUids: ['1.2', '1.24'],
      },
    ],
    userIdentity: {
      identityType: 2,
      positiveResponseRequested: true,
      primaryField: Buffer.from('alice'),
      secondaryField: Buffer.from('open'),
    },
  },
};

/** What echoscu of DCMTK 3.6.7 sends (`echoscu -aet MODALITY -aec DICOMKEEP`). */
export const A_ASSOCIATE_RQ_OF_DCMTK = hex(`
  0100000000cd000100004449434f4d4b454550202020202020204d4f44414c495459202020202020202000000000000000000000
  0000000000000000000000000000000000000000000010000015312e322e3834302e31303030382e332e312e312e312000002e01
  00ff0030000011312e322e3834302e31303030382e312e3140000011312e322e3834302e31303030382e312e325000003a510000
  04000040005200001b312e322e3237362e302e373233303031302e332e302e332e362e375500000f4f464649535f44434d544b5f
  333637`);

/** An acceptance of context 1 and a refusal of context 3, as PS3.8 §9.3.3 has it. */
export const A_ASSOCIATE_AC = hex(`
  02 00 000000b6                                   ; A-ASSOCIATE-AC, 182 bytes follow
  0001 0000 ${ascii('DICOMKEEP       MODALITY        ')} ${'00'.repeat(32)}
  10 00 0015 ${ascii('1.2.840.10008.3.1.1.1')}     ; application context
  21 00 001b 01 00 00 00                           ; context 1: acceptance
    40 00 0013 ${ascii('1.2.840.10008.1.2.1')}     ; Explicit VR Little Endian
  21 00 0019 03 00 03 00                           ; context 3: abstract syntax not supported
    40 00 0011 ${ascii('1.2.840.10008.1.2')}       ; without meaning
  50 00 0019                                       ; user information
    51 00 0004 00020000                            ; maximum length 131072
    52 00 0003 ${ascii('1.2')}                     ; implementation class UID
    59 00 0006 0004 ${ascii('fine')}               ; answer to the user identity
`);

export const A_ASSOCIATE_RJ = hex('03 00 00000004 00 01 01 07'); // permanent, service user, called AE title not recognized
export const A_RELEASE_RQ = hex('05 00 00000004 00000000');
export const A_RELEASE_RP = hex('06 00 00000004 00000000');
export const A_ABORT_BY_USER = hex('07 00 00000004 0000 00 00');
export const A_ABORT_BY_PROVIDER = hex('07 00 00000004 0000 02 06'); // invalid PDU parameter value
export const UNRECOGNIZED_PDU = hex('0a 00 00000002 0000');
/** One PDV on context 1: data set, last, of 2 bytes. */
export const P_DATA_TF = hex('04 00 00000008 00000004 01 02 abcd');

/** A request that proposes Verification and CT Image Storage, with nothing special about it. */
export function plainRequest(maximumLength = 16384): AAssociateRq {
  return {
    type: 'A-ASSOCIATE-RQ',
    protocolVersion: 1,
    calledAeTitle: 'DICOMKEEP',
    callingAeTitle: 'MODALITY',
    applicationContext: uids.applicationContext,
    presentationContexts: [
      { id: 1, abstractSyntax: uids.verification, transferSyntaxes: [uids.implicitLittle] },
      {
        id: 3,
        abstractSyntax: uids.ctImageStorage,
        transferSyntaxes: [uids.explicitLittle, uids.implicitLittle],
      },
    ],
    userInformation: {
      maximumLength,
      implementationClassUid: '1.2.3',
      roleSelections: [],
      extendedNegotiations: [],
      commonExtendedNegotiations: [],
    },
  };
}
