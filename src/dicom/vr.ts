/** Value Representation: its two characters — PS3.5 Table 6.2-1. */
export type Vr =
  | 'AE' | 'AS' | 'AT' | 'CS' | 'DA' | 'DS' | 'DT' | 'FD' | 'FL' | 'IS' | 'LO' | 'LT' | 'OB' | 'OD' | 'OF' | 'OL' | 'OV'
  | 'OW' | 'PN' | 'SH' | 'SL' | 'SQ' | 'SS' | 'ST' | 'SV' | 'TM' | 'UC' | 'UI' | 'UL' | 'UN' | 'UR' | 'US' | 'UT' | 'UV'; // biome-ignore format: one table

/** What PS3.5 §6.2 and §7.1.2 say of a VR. */
export interface VrTraits {
  /** Explicit VR has two reserved bytes and a 32-bit length — PS3.5 Table 7.1-1; else a 16-bit length, Table 7.1-2. */
  readonly longLength: boolean;
  /** The byte that makes a value's length even: a blank for text, NUL for UI and for bytes. */
  readonly padding: 0x00 | 0x20;
  /**
   * How a value is held: text in the default repertoire, text in the Specific Character Set (PS3.5 §6.1.2.3), numbers in
   * the byte order of the transfer syntax, items, or bytes that only the reader of the instance understands.
   */
  readonly kind: 'text' | 'localText' | 'binary' | 'items' | 'bytes';
  /** A backslash parts values — PS3.5 §6.4. */
  readonly multiValued: boolean;
  /** Size of one number or word, which Explicit VR Big Endian turns round; 1 where there is nothing to turn. */
  readonly wordBytes: 1 | 2 | 4 | 8;
}

/** PS3.5 Table 6.2-1. */
export const vrTraits: Readonly<Record<Vr, VrTraits>> = {
  AE: text(),
  AS: text(),
  AT: binary(2), // a pair of 16-bit numbers: group, element
  CS: text(),
  DA: text(),
  DS: text(),
  DT: text(),
  FD: binary(8),
  FL: binary(4),
  IS: text(),
  LO: localText({ multiValued: true }),
  LT: localText({ multiValued: false }),
  OB: bytes(1),
  OD: bytes(8),
  OF: bytes(4),
  OL: bytes(4),
  OV: bytes(8),
  OW: bytes(2),
  PN: localText({ multiValued: true }),
  SH: localText({ multiValued: true }),
  SL: binary(4),
  SQ: { longLength: true, padding: 0x00, kind: 'items', multiValued: false, wordBytes: 1 },
  SS: binary(2),
  ST: localText({ multiValued: false }),
  SV: { ...binary(8), longLength: true },
  TM: text(),
  UC: { ...localText({ multiValued: true }), longLength: true },
  UI: { ...text(), padding: 0x00 },
  UL: binary(4),
  UN: bytes(1),
  UR: { ...text(), longLength: true, multiValued: false },
  US: binary(2),
  UT: { ...localText({ multiValued: false }), longLength: true },
  UV: { ...binary(8), longLength: true },
};

/** Whether two characters from a peer are a VR of PS3.5 Table 6.2-1. */
export function isVr(characters: string): characters is Vr {
  return Object.hasOwn(vrTraits, characters);
}

function text(): VrTraits {
  return { longLength: false, padding: 0x20, kind: 'text', multiValued: true, wordBytes: 1 };
}

function localText({ multiValued }: { multiValued: boolean }): VrTraits {
  return { longLength: false, padding: 0x20, kind: 'localText', multiValued, wordBytes: 1 };
}

function binary(wordBytes: 2 | 4 | 8): VrTraits {
  return { longLength: false, padding: 0x00, kind: 'binary', multiValued: true, wordBytes };
}

function bytes(wordBytes: 1 | 2 | 4 | 8): VrTraits {
  return { longLength: true, padding: 0x00, kind: 'bytes', multiValued: false, wordBytes };
}

/**
 * Two blanks or two question marks: what some writers put for a VR that they do not know, with a 16-bit length.
 * @param vrCode the two bytes, the first one high
 */
export function isPlaceholderVr(vrCode: number): boolean {
  return vrCode === 0x2020 || vrCode === 0x3f3f;
}
