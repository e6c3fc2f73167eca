/** Every bound that the upper layer sets on what a peer may send. A peer beyond one of them is aborted. */
export const limits = {
  /** A-ASSOCIATE-RQ/AC, bytes after the 6-byte header: 128 contexts with some 100 transfer syntaxes each. Strangers make us hold it. */
  associatePduBytesMax: 384 * 1024,
  /** A-ASSOCIATE-RJ, A-RELEASE-RQ/RP and A-ABORT have 4 bytes after the header (PS3.8 §9.3.4, §9.3.6 to §9.3.8); some slack for odd peers. */
  shortPduBytesMax: 64,
  /** Odd presentation context IDs from 1 to 255 — PS3.8 §9.3.2.2. */
  presentationContextsMax: 128,
  transferSyntaxesPerContextMax: 512,
  /** Sub-items of one kind in the user information: role selections, (common) extended negotiations. */
  userInformationItemsMax: 1024,
  relatedGeneralSopClassesMax: 64,
  /** The standard's 64 (PS3.5 §9.1), and as many again for those who do not keep to it. */
  uidBytesMax: 128,
  /** 16 by PS3.7 Annex D.3.3.2; longer ones have been seen. */
  versionNameBytesMax: 64,
  userIdentityBytesMax: 32 * 1024,
  extendedNegotiationBytesMax: 4096,
  /** What we advertise where nothing else is configured, and the most we send to a peer that sets no limit. */
  pduBytesMax: 131072,
  /** A peer may count a header or two into its maximum length; nothing is allocated for it. */
  pduSlackBytes: 1024,
  /** The smallest maximum length into which a PDV of an even number of bytes fits: item length 4, context 1, header 1, data 2. */
  peerPduBytesMin: 8,
  /** How often AA-7 answers in Sta13; beyond, PDUs are only thrown away until ARTIM expires, so that a flood earns no echo. */
  repeatedAbortsMax: 4,
} as const;
