import { Problem } from '../lib/problem.ts';
import type { PixelModule } from './pixel-module.ts';
import type { Samples } from './samples.ts';

/**
 * Colours of samples that are three a pixel, or subsampled — PS3.3 §C.7.6.3.1.2.
 * @returns red, green, blue of each pixel
 * @throws Problem 'not-renderable' for a colour space that is retired and never seen
 */
export function colorsOf(samples: Samples, module: PixelModule): Uint8Array {
  const bytes = toBytes(samples, module);
  switch (module.photometricInterpretation) {
    case 'RGB':
      return interleaved(bytes, module);
    case 'YBR_FULL':
      return converted(interleaved(bytes, module), FULL_RANGE);
    case 'YBR_FULL_422':
      return converted(withAllChrominance(bytes, module), FULL_RANGE);
    case 'YBR_PARTIAL_422':
      return converted(withAllChrominance(bytes, module), PARTIAL_RANGE);
    default:
      throw new Problem(
        'not-renderable',
        `Photometric Interpretation ${JSON.stringify(module.photometricInterpretation)}`,
      );
  }
}

/** The upper eight of the stored bits. */
function toBytes(samples: Samples, { bitsStored, isSigned }: PixelModule): Uint8Array {
  if (samples instanceof Uint8Array && bitsStored === 8) return samples;
  const scale = 255 / (2 ** bitsStored - 1);
  const lowest = isSigned ? -(2 ** (bitsStored - 1)) : 0;
  const bytes = new Uint8Array(samples.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Math.round(((samples[at] ?? 0) - lowest) * scale);
  return bytes;
}

function interleaved(bytes: Uint8Array, { isPlanar }: PixelModule): Uint8Array {
  if (!isPlanar) return bytes;
  const plane = bytes.length / 3;
  const pixels = new Uint8Array(bytes.length);
  for (let at = 0; at < plane; at++) {
    for (let channel = 0; channel < 3; channel++) pixels[at * 3 + channel] = bytes[channel * plane + at] ?? 0;
  }
  return pixels;
}

/** Two pixels share their chrominance: Y1 Y2 Cb Cr. */
function withAllChrominance(bytes: Uint8Array, { rows, columns }: PixelModule): Uint8Array {
  const pixels = new Uint8Array(rows * columns * 3);
  for (let pixel = 0; pixel < rows * columns; pixel++) {
    const pair = (pixel >> 1) * 4;
    pixels[pixel * 3] = bytes[pair + (pixel & 1)] ?? 0;
    pixels[pixel * 3 + 1] = bytes[pair + 2] ?? 0;
    pixels[pixel * 3 + 2] = bytes[pair + 3] ?? 0;
  }
  return pixels;
}

function converted(pixels: Uint8Array, matrix: Matrix): Uint8Array {
  // Clamped: some combinations lie outside of RGB.
  const colors = new Uint8ClampedArray(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const y = ((pixels[at] ?? 0) - matrix.black) * matrix.luminance;
    const cb = (pixels[at + 1] ?? 0) - 128;
    const cr = (pixels[at + 2] ?? 0) - 128;
    colors[at] = y + matrix.redOfCr * cr;
    colors[at + 1] = y - matrix.greenOfCb * cb - matrix.greenOfCr * cr;
    colors[at + 2] = y + matrix.blueOfCb * cb;
  }
  return new Uint8Array(colors.buffer);
}

/** From luminance and chrominance to RGB — ITU-R BT.601. */
interface Matrix {
  /** Luminance of black. */
  black: number;
  luminance: number;
  redOfCr: number;
  greenOfCb: number;
  greenOfCr: number;
  blueOfCb: number;
}

/** Over 0 … 255 — the inverse of PS3.3 §C.7.6.3.1.2, YBR_FULL. */
const FULL_RANGE: Matrix = {
  black: 0,
  luminance: 1,
  redOfCr: 1.402,
  greenOfCb: 0.344_136,
  greenOfCr: 0.714_136,
  blueOfCb: 1.772,
};

/** Luminance over 16 … 235, chrominance over 16 … 240 — YBR_PARTIAL_422. */
const PARTIAL_RANGE: Matrix = {
  black: 16,
  luminance: 1.164_384,
  redOfCr: 1.596_027,
  greenOfCb: 0.391_762,
  greenOfCr: 0.812_968,
  blueOfCb: 2.017_232,
};
