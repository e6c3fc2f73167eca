import { type Repertoire, repertoireOf } from './character-set-terms.ts';
import { isVr, vrTraits } from './vr.ts';

const ESCAPE = 0x1b;
const BACKSLASH = 0x5c;
const PARENTHESIS = 0x28;
const DOLLAR = 0x24;

/** How many bytes the character (or escape sequence) at a place has. Called for one character after the other. */
type WidthAt = (bytes: Buffer, at: number) => number;

/** Splits at backslashes that are characters, not bytes of one — PS3.5 §6.4, §6.1.2.5.3. Views of `bytes`. */
export function splitValues(bytes: Buffer, vr: string, characterSets: readonly string[]): Buffer[] {
  const traits = isVr(vr) ? vrTraits[vr] : vrTraits.UN;
  if (!traits.multiValued || !bytes.includes(BACKSLASH)) return [bytes];
  const widthAt = traits.kind === 'localText' ? widthIn(repertoireOf(characterSets)) : () => 1;
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

function widthIn(repertoire: Repertoire): WidthAt {
  if (repertoire.kind === 'utf-8') return () => 1;
  if (repertoire.kind === 'multi-byte') return gbWidth;
  // Shift-JIS under the label ISO_IR 13 is not rare; JIS X 0201 itself does not use these bytes.
  const isJisX0201 = repertoire.kind === 'single-byte' && repertoire.term === 'ISO_IR 13';
  return withEscapeSequences(isJisX0201 ? shiftJisWidth : () => 1);
}

/** While a set of two bytes is in G0 every byte is half a character; in G1 both bytes have the high bit and none is a backslash. */
function withEscapeSequences(widthAt: WidthAt): WidthAt {
  let isTwoByteG0 = false;
  return (bytes, at) => {
    if (bytes[at] !== ESCAPE) return isTwoByteG0 ? 2 : widthAt(bytes, at);
    const { length, designates } = readEscapeSequence(bytes, at);
    if (designates !== undefined) isTwoByteG0 = designates === 'two-byte G0';
    return length;
  };
}

/** ISO/IEC 2022: ESC, intermediate bytes 20H-2FH, a final byte. */
function readEscapeSequence(bytes: Buffer, at: number) {
  let end = at + 1;
  while (end < bytes.length && ((bytes[end] ?? 0) & 0xf0) === 0x20) end += 1;
  const [first, second] = bytes.subarray(at + 1, end);
  const isTwoByteG0 = first === DOLLAR && (second === undefined || second === PARENTHESIS);
  if (isTwoByteG0) return { length: end + 1 - at, designates: 'two-byte G0' as const };
  return { length: end + 1 - at, designates: first === PARENTHESIS ? ('one-byte G0' as const) : undefined };
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
