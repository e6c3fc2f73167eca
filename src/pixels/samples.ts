import type { DecodedFrame } from './decode.ts';
import type { PixelModule } from './pixel-module.ts';

/** Stored values, one a sample, in the order of the frame. */
export type Samples =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** The stored values of a frame: Bits Stored of them cut out below High Bit, and their sign extended — PS3.5 §8.1.1. */
export function samplesOf({ module, bytes }: DecodedFrame): Samples {
  if (module.bitsAllocated === 1) return singleBits(bytes, module);
  // Typed arrays begin at whole numbers only; they are little endian as is every machine that Node.js is built for.
  const isAligned = bytes.byteOffset % 8 === 0;
  const { buffer, byteOffset } = isAligned ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  const count = bytes.length / (module.bitsAllocated / 8);
  return withoutOtherBits(viewOf(module, buffer as ArrayBuffer, byteOffset, count), module);
}

function viewOf(
  { isFloat, bitsAllocated, isSigned }: PixelModule,
  buffer: ArrayBuffer,
  offset: number,
  count: number,
): Samples {
  if (isFloat)
    return bitsAllocated === 32
      ? new Float32Array(buffer, offset, count)
      : new Float64Array(buffer, offset, count);
  switch (bitsAllocated) {
    case 8:
      return isSigned ? new Int8Array(buffer, offset, count) : new Uint8Array(buffer, offset, count);
    case 16:
      return isSigned ? new Int16Array(buffer, offset, count) : new Uint16Array(buffer, offset, count);
    default:
      return isSigned ? new Int32Array(buffer, offset, count) : new Uint32Array(buffer, offset, count);
  }
}

/** Overlays and what scanners leave lies above and below the stored bits. */
function withoutOtherBits(samples: Samples, module: PixelModule): Samples {
  const { isFloat, isSigned, bitsAllocated, bitsStored, highBit } = module;
  if (isFloat || bitsStored === bitsAllocated) return samples;
  const above = 31 - highBit;
  const below = 32 - bitsStored;
  const cut = samples.slice();
  for (let at = 0; at < cut.length; at++) {
    const shifted = (cut[at] ?? 0) << above;
    cut[at] = isSigned ? shifted >> below : shifted >>> below;
  }
  return cut;
}

function singleBits(bytes: Buffer, { rows, columns }: PixelModule): Uint8Array {
  const samples = new Uint8Array(rows * columns);
  for (let at = 0; at < samples.length; at++) samples[at] = ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1;
  return samples;
}
