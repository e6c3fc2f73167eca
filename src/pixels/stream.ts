import { jpegXlSizeOf } from './jpeg-xl-size.ts';

/** What a compressed stream is by its own marks; data sets are wrong about it at times. */
export interface Stream {
  codec: 'jpeg' | 'jpeg-ls' | 'jpeg-2000' | 'htj2k' | 'jpeg-xl';
  size: {
    columns: number;
    rows: number;
    /** Per pixel; undefined where it would take a decoder to know. */
    samples?: number;
  };
  /** Precision of a sample, of the widest component; undefined where it would take a decoder to know. */
  bits?: number;
  /** Whether its end is marked behind its beginning; undefined where it would take a decoder to know. */
  isEnded?: boolean;
  /** The colours are luminance and chrominance, whatever the data set says; known of JPEG alone. */
  isYbr: boolean;
  /** Bytes before the code stream, as of a file format around it. */
  offset: number;
}

/** Start of image, and what begins like it. */
const SOI = 0xffd8;
const SOC = Buffer.from('ff4fff51', 'hex');
/** EOI of JPEG and JPEG-LS, EOC of JPEG 2000; among entropy-coded bytes these two never follow each other. */
const END = Buffer.from('ffd9', 'hex');
const JP2_SIGNATURE = Buffer.from('0000000c6a502020', 'hex');

/** @returns undefined where the bytes begin as none of the streams that we know */
export function streamOf(bytes: Buffer): Stream | undefined {
  if (bytes.length < 12) return undefined;
  if (bytes.readUInt16BE(0) === SOI) return jpegOf(bytes);
  if (bytes.subarray(0, 4).equals(SOC)) return jpeg2000Of(bytes, 0);
  // A file, where the code stream alone should be.
  if (bytes.subarray(0, 8).equals(JP2_SIGNATURE)) {
    const offset = bytes.indexOf(SOC);
    return offset < 0 ? undefined : jpeg2000Of(bytes, offset);
  }
  const size = jpegXlSizeOf(bytes);
  return size === undefined ? undefined : { codec: 'jpeg-xl', size, isYbr: false, offset: 0 };
}

/** Walks the marker segments up to the frame header — ITU-T T.81 §B.1.1, §B.2.2; of JPEG-LS T.87 §C.2.2. */
function jpegOf(bytes: Buffer): Stream | undefined {
  let adobeTransform: number | undefined;
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1; // a fill byte
      continue;
    }
    const length = bytes.readUInt16BE(at + 2);
    if (marker === 0xee && bytes.toString('latin1', at + 4, at + 9) === 'Adobe')
      adobeTransform = bytes[at + 15];
    if (isFrameHeader(marker)) return jpegFrame(bytes, at, marker, adobeTransform);
    at += 2 + length;
  }
  return undefined;
}

function isFrameHeader(marker: number): boolean {
  // SOF0 to SOF15 without DHT, JPG and DAC; SOF55 of JPEG-LS.
  return marker === 0xf7 || (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker));
}

function jpegFrame(
  bytes: Buffer,
  at: number,
  marker: number,
  adobeTransform: number | undefined,
): Stream | undefined {
  const samples = bytes[at + 9] ?? 0;
  if (at + 10 + samples * 3 > bytes.length) return undefined;
  const firstFactors = bytes[at + 11] ?? 0;
  const secondFactors = bytes[at + 14] ?? 0;
  return {
    codec: marker === 0xf7 ? 'jpeg-ls' : 'jpeg',
    size: {
      rows: bytes.readUInt16BE(at + 5),
      columns: bytes.readUInt16BE(at + 7),
      samples,
    },
    bits: bytes[at + 4] ?? 0,
    // A picture within the picture, such as cameras write, stands before the frame header.
    isEnded: bytes.lastIndexOf(END) > at,
    // Only chrominance is subsampled.
    isYbr: marker !== 0xf7 && samples === 3 && (adobeTransform === 1 || firstFactors !== secondFactors),
    offset: 0,
  };
}

/** SIZ is the first marker segment — ITU-T T.800 §A.5.1; its capabilities tell of T.814. */
function jpeg2000Of(bytes: Buffer, offset: number): Stream | undefined {
  const siz = offset + 4;
  if (siz + 39 > bytes.length) return undefined;
  const capabilities = bytes.readUInt16BE(siz + 2);
  const samples = bytes.readUInt16BE(siz + 36);
  return {
    codec: (capabilities & 0x4000) === 0 ? 'jpeg-2000' : 'htj2k',
    size: {
      columns: bytes.readUInt32BE(siz + 4) - bytes.readUInt32BE(siz + 12),
      rows: bytes.readUInt32BE(siz + 8) - bytes.readUInt32BE(siz + 16),
      samples,
    },
    bits: widestOf(bytes.subarray(siz + 38), samples),
    isEnded: bytes.lastIndexOf(END) > siz,
    isYbr: false,
    offset,
  };
}

/** Of Ssiz, XRsiz and YRsiz of each component; of a sign the highest bit tells. */
function widestOf(components: Buffer, count: number): number {
  let widest = 0;
  for (let at = 0; at < Math.min(count * 3, components.length); at += 3)
    widest = Math.max(widest, ((components[at] ?? 0) & 0x7f) + 1);
  return widest;
}
