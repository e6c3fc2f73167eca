/**
 * P-DATA-TF PDU, type 04H — PS3.8 §9.3.5, Tables 9-22 and 9-23; message control header Annex E.2.
 * It is the one PDU that is never held whole: these are its parts, read by PduReader and written by framePdvs.
 */
export const pDataTf = {
  pduType: 0x04,
  name: 'P-DATA-TF',
  /** Item length (4 bytes: of all that follows it), presentation context ID (1), message control header (1). */
  pdvHeaderBytes: 6,
  /** The item length counts the presentation context ID and the message control header. */
  pdvLengthExtraBytes: 2,
  commandBit: 0x01,
  lastBit: 0x02,
} as const;

/** A presentation data value, or a piece of one. */
export interface Pdv {
  contextId: number;
  /** A fragment of the command set; else of the data set. */
  isCommand: boolean;
  /** The last fragment of the command set or of the data set. */
  isLast: boolean;
  bytes: Buffer;
}

/**
 * A piece of a received PDV. `isLast` is true only on the final piece of a PDV that is the last fragment.
 * `bytes` is a view of the chunk that was given to `receive`: valid until the owner of the chunk uses it again.
 */
export type PdvFragment = Pdv;
