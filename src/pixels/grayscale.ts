import { type LookupTable, lookUp } from './lookup-table.ts';
import type { PixelModule } from './pixel-module.ts';
import type { Presentation, Window } from './presentation.ts';
import { rangeOf, type ValueRange } from './range.ts';
import type { Samples } from './samples.ts';

type Transfer = (value: number) => number;

/** Values of 8 bits are shown as they stand where they spread at least over so many, or not at all. */
const SPREAD_MIN = 48;
/** Of all shades from black to white. */
const SHOWN_MIN = 0.02;

/** What is shown of a monochrome frame: 0 is black, 255 white. */
export function grayscaleOf(samples: Samples, module: PixelModule, presentation: Presentation): Uint8Array {
  const toShade = shadeOf(samples, module, presentation);
  if (module.isFloat || module.bitsAllocated > 16) {
    return Uint8Array.from(samples, toShade);
  }
  // A table over all stored values: a frame has more pixels than there are of these.
  const shades = new Uint8Array(65_536);
  const count = 2 ** module.bitsStored;
  const first = module.isSigned ? -count / 2 : 0;
  for (let stored = first; stored < first + count; stored++) shades[stored & 0xffff] = toShade(stored);
  const shown = new Uint8Array(samples.length);
  for (let at = 0; at < shown.length; at++) shown[at] = shades[(samples[at] ?? 0) & 0xffff] ?? 0;
  return shown;
}

/** From a stored value to 0 … 255. */
function shadeOf(samples: Samples, module: PixelModule, presentation: Presentation): Transfer {
  const { modality, isInverted } = presentation;
  const toModality: Transfer =
    'entries' in modality
      ? (stored) => lookUp(modality, stored)
      : (stored) => stored * modality.slope + modality.intercept;
  const range = rangeOf(samples, presentation.padding);
  const toUnit = voiOf(module, presentation, toModality, range);
  return (stored) => {
    const shade = Math.round(clamped(toUnit(toModality(stored))) * 255);
    return isInverted ? 255 - shade : shade;
  };
}

/** From a value of the modality to 0 … 1, and beyond. */
function voiOf(
  module: PixelModule,
  { voi }: Presentation,
  toModality: Transfer,
  range: ValueRange,
): Transfer {
  // A slope can be negative, and a table can fall.
  const ends = [toModality(range.low), toModality(range.high)];
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  if (voi !== undefined) {
    const toUnit = 'entries' in voi ? tableToUnit(voi) : windowToUnit(voi);
    // One that shows next to nothing of this frame is no help to anybody.
    const shows = Math.abs(clamped(toUnit(high)) - clamped(toUnit(low)));
    if (shows > SHOWN_MIN || high === low) return toUnit;
  }
  if (module.bitsAllocated === 1) return (value) => value;
  const isByte = module.bitsStored <= 8 && !module.isSigned;
  const spread = range.high - range.low;
  if (voi === undefined && isByte && (spread === 0 || spread >= SPREAD_MIN)) {
    const [black, white] = [toModality(0), toModality(2 ** module.bitsStored - 1)];
    return (value) => (value - black) / (white - black);
  }
  return high === low
    ? (value) => (value > low ? 1 : value < low ? 0 : 0.5)
    : (value) => (value - low) / (high - low);
}

function clamped(unit: number): number {
  return Math.min(1, Math.max(0, unit));
}

function tableToUnit(table: LookupTable): Transfer {
  return (value) => lookUp(table, value) / table.outputMax;
}

/** PS3.3 §C.11.2.1.2.1, §C.11.2.1.3.1, §C.11.2.1.3.2 */
function windowToUnit({ center, width, shape }: Window): Transfer {
  switch (shape) {
    case 'SIGMOID':
      return (value) => 1 / (1 + Math.exp((-4 * (value - center)) / width));
    case 'LINEAR_EXACT':
      return (value) => (value - center) / width + 0.5;
    case 'LINEAR':
      // A width of 1 is a threshold.
      return width === 1
        ? (value) => (value > center - 0.5 ? 1 : 0)
        : (value) => (value - (center - 0.5)) / (width - 1) + 0.5;
  }
}
