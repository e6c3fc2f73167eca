import { repertoireOf } from './character-set-terms.ts';
import { designationAt, widthInTwoByteG0 } from './iso-2022-decoder.ts';
import { type Reading, readingOf } from './text-reading.ts';
import { isVr, vrTraits } from './vr.ts';

const ESCAPE = 0x1b;
const BACKSLASH = 0x5c;

/** How many bytes the character (or escape sequence) at a place has. Called for one character after the other. */
type WidthAt = (bytes: Buffer, at: number) => number;

/** Splits at backslashes that are characters, not bytes of one — PS3.5 §6.4, §6.1.2.5.3. Views of `bytes`. */
export function splitValues(bytes: Buffer, vr: string, characterSets: readonly string[]): Buffer[] {
  const traits = isVr(vr) ? vrTraits[vr] : vrTraits.UN;
  if (!traits.multiValued || !bytes.includes(BACKSLASH)) return [bytes];
  const isLocalText = traits.kind === 'localText';
  return splitAs(bytes, isLocalText ? readingOf(bytes, repertoireOf(characterSets)) : undefined);
}

/** Values of text that is read so; without a reading, each backslash parts. */
export function splitAs(bytes: Buffer, reading: Reading | undefined): Buffer[] {
  const widthAt = widthIn(reading);
  const values: Buffer[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    const width = widthAt(bytes, at);
    if (width === 1 && bytes[at] === BACKSLASH) {
      values.push(bytes.subarray(start, at));
      start = at + 1;
    }
    at += width;
  }
  values.push(bytes.subarray(start));
  return values;
}

function widthIn(reading: Reading | undefined): WidthAt {
  if (reading?.kind === 'code-extensions') return withEscapeSequences();
  switch (reading?.encoding) {
    case 'gb18030':
      return gbWidth;
    case 'shift_jis':
      return shiftJisWidth;
    default:
      return () => 1;
  }
}

/** While a set of two bytes is in G0 every byte is half a character; in G1 both bytes have the high bit and none is a backslash. */
function withEscapeSequences(): WidthAt {
  let isTwoByteG0 = false;
  return (bytes, at) => {
    if (bytes[at] === ESCAPE) {
      const designation = designationAt(bytes, at);
      if (designation === undefined) return 1;
      const { element, length } = designation;
      if (element.area === 'G0') isTwoByteG0 = element.bytesPerCharacter === 2;
      return length;
    }
    const width = isTwoByteG0 ? widthInTwoByteG0(bytes, at) : 1;
    // Each value begins with the initial sets.
    if (width === 1 && bytes[at] === BACKSLASH) isTwoByteG0 = false;
    return width;
  };
}

function gbWidth(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  const trail = bytes[at + 1] ?? 0;
  if (lead < 0x81 || lead === 0xff) return 1;
  return trail >= 0x30 && trail <= 0x39 ? 4 : 2;
}

function shiftJisWidth(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  return (lead >= 0x81 && lead <= 0x9f) || (lead >= 0xe0 && lead <= 0xfc) ? 2 : 1;
}
