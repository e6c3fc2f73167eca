/** Columns and rows of a JPEG XL stream — ISO/IEC 18181-1 §C.2 (SizeHeader), 18181-2 §9 (boxes). */
export interface JpegXlSize {
  columns: number;
  rows: number;
}

const CODESTREAM = 0xff0a;
/** Boxes looked at before the code stream. */
const BOXES_MAX = 16;
/** Columns by rows, for the ratios that have a number. */
const RATIOS: readonly number[] = [0, 1, 12 / 10, 4 / 3, 3 / 2, 16 / 9, 5 / 4, 2];
/** Bits of a dimension, by its selector. */
const DIMENSION_BITS: readonly number[] = [9, 13, 18, 30];

/** @returns undefined where the bytes are no JPEG XL, alone or in its container */
export function jpegXlSizeOf(bytes: Buffer): JpegXlSize | undefined {
  const start = codestreamOf(bytes);
  // Two marker bytes, and at most 9 of the size.
  if (start === undefined || start + 11 > bytes.length) return undefined;
  if (bytes.readUInt16BE(start) !== CODESTREAM) return undefined;
  const bits = new Bits(bytes.subarray(start + 2, start + 11));
  const isSmall = bits.take(1) === 1;
  const rows = dimensionOf(bits, isSmall);
  const ratio = RATIOS[bits.take(3)] ?? 0;
  return { rows, columns: ratio === 0 ? dimensionOf(bits, isSmall) : Math.floor(rows * ratio) };
}

function dimensionOf(bits: Bits, isSmall: boolean): number {
  if (isSmall) return (bits.take(5) + 1) * 8;
  return bits.take(DIMENSION_BITS[bits.take(2)] ?? 0) + 1;
}

/** Where the code stream begins: at once, or in a box `jxlc`, or in the first of several `jxlp`. */
function codestreamOf(bytes: Buffer): number | undefined {
  if (bytes.length >= 2 && bytes.readUInt16BE(0) === CODESTREAM) return 0;
  let at = 0;
  for (let box = 0; box < BOXES_MAX && at + 8 <= bytes.length; box++) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    // A length of 1 means that the true one follows, in 8 bytes.
    const headBytes = length === 1 ? 16 : 8;
    if (type === 'jxlc') return at + headBytes;
    if (type === 'jxlp') return at + headBytes + 4;
    if (length < 8) return undefined;
    at += length;
  }
  return undefined;
}

/** Reads bits from the lowest of each byte on. */
class Bits {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit++) {
      const byte = this.#bytes[this.#position >> 3] ?? 0;
      if (((byte >> (this.#position & 7)) & 1) === 1) value += 2 ** bit;
      this.#position += 1;
    }
    return value;
  }
}
