import { type CodeElement, codeElements } from './iso-2022.ts';
import { decodeIn } from './text-decoders.ts';
import { guess, isInPairs, type Reading } from './text-reading.ts';

const ESCAPE = 0x1b;

/** By what follows ESC. A set that was not declared is read too: its escape sequence names it. */
const byEscape: ReadonlyMap<string, CodeElement> = new Map(
  [...codeElements.values()].flat().map((element) => [element.escape, element]),
);

/** Escape sequences that DICOM does not have, and that writers of ISO-2022-JP, -KR and -CN take from there: into G0, two bytes. */
const ALIEN: ReadonlyMap<string, CodeElement> = new Map(
  [
    ['$@', '$B'], // JIS C 6226, the JIS X 0208 of 1978
    ['$(@', '$B'],
    ['$(B', '$B'],
    ['$A', '$)A'],
    ['$(A', '$)A'],
    ['$(C', '$)C'],
    ['(I', ')I'],
  ].flatMap(([alien = '', known = '']) => {
    const element = byEscape.get(known);
    return element === undefined ? [] : [[alien, { ...element, area: 'G0' as const }] as const];
  }),
);

/** What an escape sequence makes active, and how many bytes it has; undefined where it is none that anyone knows. */
export function designationAt(
  bytes: Buffer,
  at: number,
): { element: CodeElement; length: number } | undefined {
  // ISO/IEC 2022: ESC, intermediate bytes 20H to 2FH, a final byte. None here has more than three.
  for (let length = 2; length <= 3; length++) {
    const sequence = bytes.toString('latin1', at + 1, at + 1 + length);
    const element = byEscape.get(sequence) ?? ALIEN.get(sequence);
    if (element !== undefined && sequence.length === length) return { element, length: length + 1 };
  }
  return undefined;
}

/**
 * Bytes of the character at a place while a set of two bytes is in G0: two, unless there is none of its bytes (a blank, a control character,
 * an escape sequence), or only half a character before one: then it is a delimiter, whose writer forgot to return to the initial set.
 */
export function widthInTwoByteG0(bytes: Buffer, at: number): 1 | 2 {
  return isGraphic(bytes[at]) && isGraphic(bytes[at + 1]) ? 2 : 1;
}

function isGraphic(byte = 0): boolean {
  return byte >= 0x21 && byte <= 0x7e;
}

/**
 * Decodes with code extensions — PS3.5 §6.1.2.5. Never throws; an escape sequence that nobody knows stays in the text.
 * @param terms the sets of the first are active at the start, and again after each delimiter
 * @param delimiters characters after which the initial sets are active — §6.1.2.5.3
 */
export function decodeWithCodeExtensions(
  bytes: Buffer,
  terms: readonly string[],
  delimiters: string,
): string {
  return new CodeExtensionReader(bytes, terms, delimiters).text();
}

class CodeExtensionReader {
  readonly #bytes: Buffer;
  readonly #delimiters: string;
  readonly #initialG1: CodeElement | undefined;
  #g0: CodeElement | undefined;
  #g1: CodeElement | undefined;
  /** The set of two bytes that is meant by bytes which nothing was made active for. */
  #meantG1: CodeElement | undefined;
  #text = '';

  constructor(bytes: Buffer, terms: readonly string[], delimiters: string) {
    const elements = terms.flatMap((term) => codeElements.get(term) ?? []);
    this.#bytes = bytes;
    this.#delimiters = delimiters;
    this.#initialG1 = codeElements.get(terms[0] ?? '')?.find(isOneByteG1);
    this.#g1 = this.#initialG1;
    this.#meantG1 = elements.find(isTwoByteG1);
  }

  text(): string {
    for (let at = 0; at < this.#bytes.length; ) {
      at = this.#bytes[at] === ESCAPE ? this.#escape(at) : this.#run(at);
    }
    return this.#text;
  }

  #escape(at: number): number {
    const designation = designationAt(this.#bytes, at);
    if (designation === undefined) {
      this.#text += '\x1b';
      return at + 1;
    }
    const { element, length } = designation;
    if (element.area === 'G0') this.#g0 = element;
    else this.#g1 = element;
    if (isTwoByteG1(element)) this.#meantG1 = element;
    return at + length;
  }

  /** Decodes what the same set has; returns where another begins. */
  #run(start: number): number {
    if ((this.#bytes[start] ?? 0) >= 0x80) return this.#highRun(start);
    const isTwoByte = this.#g0?.bytesPerCharacter === 2;
    const width = isTwoByte ? widthInTwoByteG0(this.#bytes, start) : 1;
    if (width === 1) return this.#single(start);
    let end = start;
    while (end < this.#bytes.length && widthInTwoByteG0(this.#bytes, end) === 2) end += 2;
    this.#text += this.#g0?.decode(this.#bytes.subarray(start, end)) ?? '';
    return end;
  }

  #single(at: number): number {
    const byte = this.#bytes[at] ?? 0;
    const character = String.fromCharCode(byte);
    if (this.#delimiters.includes(character)) {
      this.#g0 = undefined;
      this.#g1 = this.#initialG1;
    }
    const isOfG0 = this.#g0?.bytesPerCharacter === 1 && isGraphic(byte);
    this.#text += isOfG0 ? (this.#g0?.decode(Buffer.of(byte)) ?? '') : character;
    return at + 1;
  }

  #highRun(start: number): number {
    let end = start;
    while ((this.#bytes[end] ?? 0) >= 0x80) end += 1;
    const run = this.#bytes.subarray(start, end);
    const set = this.#g1 ?? (isInPairs(run) ? this.#meantG1 : undefined);
    this.#text += set?.decode(run) ?? decodeRun(guess(run), run);
    return end;
  }
}

function decodeRun(reading: Reading, run: Buffer): string {
  return reading.kind === 'encoding' ? decodeIn(reading.encoding, run) : run.toString('latin1');
}

function isOneByteG1({ area, bytesPerCharacter }: CodeElement): boolean {
  return area === 'G1' && bytesPerCharacter === 1;
}

function isTwoByteG1({ area, bytesPerCharacter }: CodeElement): boolean {
  return area === 'G1' && bytesPerCharacter === 2;
}
