/** The two characters of a VR as they stand in a stream, as one number: what a reader compares without making a string. */
export function vrCode(vr: string): number {
  return (vr.charCodeAt(0) << 8) | vr.charCodeAt(1);
}

/** Each byte A to Z. */
export function isLetters(vr: number): boolean {
  const high = vr >> 8;
  const low = vr & 0xff;
  return high >= 0x41 && high <= 0x5a && low >= 0x41 && low <= 0x5a;
}

/** VRs whose length has 4 bytes after 2 reserved ones — PS3.5 §7.1.2, Table 7.1-1. */
export const LONG_VRS: ReadonlySet<number> = new Set(
  ['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV'].map(vrCode),
);
export const SHORT_VRS: ReadonlySet<number> = new Set(
  'AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US'.split(' ').map(vrCode),
);
export const SQ = vrCode('SQ');
export const UN = vrCode('UN');
export const BULK_VRS: ReadonlySet<number> = new Set(['OB', 'OW', 'OD', 'OF', 'OL', 'OV'].map(vrCode));
