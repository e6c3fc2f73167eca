import type { Presentation } from './presentation.ts';
import type { Samples } from './samples.ts';

/** Stored values between which most of a frame lies. */
export interface ValueRange {
  low: number;
  high: number;
}

/** Parts of the pixels that are darker, and not brighter, than what is shown. */
const LOW_PART = 0.01;
const HIGH_PART = 0.995;
/** So many pixels, spread over the frame, tell the parts as well as all of them. */
const PIXELS_MAX = 65_536;

/** From the darkest hundredth to the brightest two hundredth of a frame, padding left out; from end to end where nearly all is of one value. */
export function rangeOf(samples: Samples, padding: Presentation['padding']): ValueRange {
  // An odd step, so that it does not stay within a few columns.
  const step = Math.ceil(samples.length / PIXELS_MAX) | 1;
  const values = new Float64Array(Math.ceil(samples.length / step));
  let [least, most] = [Infinity, -Infinity];
  let count = 0;
  for (let at = 0; at < samples.length; at++) {
    const value = samples[at] ?? 0;
    const isPadding = padding !== undefined && value >= padding.from && value <= padding.to;
    if (isPadding || !Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > most) most = value;
    if (at % step !== 0) continue;
    values[count] = value;
    count += 1;
  }
  if (least > most) return { low: 0, high: 0 };
  const sorted = values.subarray(0, count).sort();
  const part = (share: number) => sorted[Math.min(count - 1, Math.floor(share * count))] ?? 0;
  const [low, high] = [part(LOW_PART), part(HIGH_PART)];
  return low < high ? { low, high } : { low: least, high: most };
}
