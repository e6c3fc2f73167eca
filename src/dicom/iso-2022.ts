import iconv from 'iconv-lite';
import { decodeIn } from './text-decoders.ts';

/** A coded character set as an escape sequence makes it active — PS3.3 Tables C.12-3 and C.12-4. */
export interface CodeElement {
  /** Whether its bytes have the high bit clear (G0) or set (G1). */
  readonly area: 'G0' | 'G1';
  /** What follows ESC. */
  readonly escape: string;
  readonly bytesPerCharacter: 1 | 2;
  /** Bytes of one character; `undefined` where the set does not have it. */
  readonly encode: (character: string) => Buffer | undefined;
  /** Text of characters of this set. Never throws: what it does not have becomes U+FFFD. */
  readonly decode: (bytes: Buffer) => string;
}

const ESCAPE = 0x1b;

const ascii: CodeElement = {
  area: 'G0',
  escape: '(B',
  bytesPerCharacter: 1,
  encode: encodeAscii,
  decode: (bytes) => bytes.toString('latin1'),
};
/** JIS X 0201 romaji; backslash and tilde keep their bytes, whatever a font shows for them. */
const romaji: CodeElement = { ...ascii, escape: '(J' };
const katakana: CodeElement = {
  area: 'G1',
  escape: ')I',
  bytesPerCharacter: 1,
  encode: encodeKatakana,
  decode: (bytes) => decodeIn('shift_jis', withHighBits(bytes)),
};
const gb2312: CodeElement = {
  area: 'G1',
  escape: '$)A',
  bytesPerCharacter: 2,
  encode: encodeGb2312,
  decode: (bytes) => decodeIn('gbk', withHighBits(bytes)),
};
const jisX0208: CodeElement = {
  area: 'G0',
  escape: '$B',
  bytesPerCharacter: 2,
  encode: encodeJisX0208,
  decode: (bytes) => decodeIn('euc-jp', withHighBits(bytes)),
};
const jisX0212: CodeElement = {
  area: 'G0',
  escape: '$(D',
  bytesPerCharacter: 2,
  encode: encodeJisX0212,
  decode: decodeJisX0212,
};
const ksX1001: CodeElement = {
  area: 'G1',
  escape: '$)C',
  bytesPerCharacter: 2,
  encode: encodeKsX1001,
  decode: (bytes) => decodeIn('euc-kr', withHighBits(bytes)),
};

/** Code elements by defined term. */
export const codeElements: ReadonlyMap<string, readonly CodeElement[]> = new Map([
  ['ISO 2022 IR 6', [ascii]],
  ['ISO 2022 IR 13', [romaji, katakana]],
  ['ISO 2022 IR 58', [gb2312]],
  ['ISO 2022 IR 87', [jisX0208]],
  ['ISO 2022 IR 100', [ascii, latin('-A', 'iso-8859-1')]],
  ['ISO 2022 IR 101', [ascii, latin('-B', 'iso-8859-2')]],
  ['ISO 2022 IR 109', [ascii, latin('-C', 'iso-8859-3')]],
  ['ISO 2022 IR 110', [ascii, latin('-D', 'iso-8859-4')]],
  ['ISO 2022 IR 126', [ascii, latin('-F', 'iso-8859-7')]],
  ['ISO 2022 IR 127', [ascii, latin('-G', 'iso-8859-6')]],
  ['ISO 2022 IR 138', [ascii, latin('-H', 'iso-8859-8')]],
  ['ISO 2022 IR 144', [ascii, latin('-L', 'iso-8859-5')]],
  ['ISO 2022 IR 148', [ascii, latin('-M', 'iso-8859-9')]],
  ['ISO 2022 IR 149', [ksX1001]],
  ['ISO 2022 IR 159', [jisX0212]],
  ['ISO 2022 IR 166', [ascii, latin('-T', 'tis-620')]],
  ['ISO 2022 IR 203', [ascii, latin('-b', 'iso-8859-15')]],
]);

/**
 * Encodes with code extensions — PS3.5 §6.1.2.5. The first term is active at the start and again before each delimiter and the end
 * (§6.1.2.5.3).
 * @param delimiters characters before which the initial sets must be active
 * @returns undefined where a character is in none of the sets
 */
export function encodeWithCodeExtensions(
  text: string,
  terms: readonly string[],
  delimiters: string,
): Buffer | undefined {
  const writer = new CodeExtensionWriter(terms);
  for (const character of text) {
    if (delimiters.includes(character)) writer.reset();
    if (!writer.write(character)) return undefined;
    // A reader returns to the initial sets after a delimiter, with or without an escape sequence.
    if (delimiters.includes(character)) writer.assumeInitial();
  }
  writer.reset();
  return writer.bytes();
}

class CodeExtensionWriter {
  readonly #parts: Buffer[] = [];
  readonly #elements: readonly CodeElement[];
  readonly #initialG0: CodeElement;
  readonly #initialG1: CodeElement | undefined;
  #g0: CodeElement;
  #g1: CodeElement | undefined;

  constructor(terms: readonly string[]) {
    this.#elements = terms.flatMap((term) => codeElements.get(term) ?? []);
    const initial = codeElements.get(terms[0] ?? '') ?? [];
    this.#initialG0 = initial.find(({ area }) => area === 'G0') ?? ascii;
    this.#initialG1 = initial.find(({ area }) => area === 'G1');
    this.#g0 = this.#initialG0;
    this.#g1 = this.#initialG1;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /** False where no set has the character. What is active already is tried first: fewer escape sequences. */
  write(character: string): boolean {
    for (const element of [this.#g0, this.#g1, ...this.#elements]) {
      const encoded = element?.encode(character);
      if (element === undefined || encoded === undefined) continue;
      this.#activate(element);
      this.#parts.push(encoded);
      return true;
    }
    return false;
  }

  reset(): void {
    this.#activate(this.#initialG0);
    if (this.#initialG1 !== undefined) this.#activate(this.#initialG1);
  }

  assumeInitial(): void {
    this.#g0 = this.#initialG0;
    this.#g1 = this.#initialG1;
  }

  #activate(element: CodeElement): void {
    const isActive = element.area === 'G0' ? element === this.#g0 : element === this.#g1;
    if (isActive) return;
    this.#parts.push(Buffer.from([ESCAPE, ...Buffer.from(element.escape, 'latin1')]));
    if (element.area === 'G0') this.#g0 = element;
    else this.#g1 = element;
  }
}

function latin(designation: string, encoding: string): CodeElement {
  return {
    area: 'G1',
    escape: designation,
    bytesPerCharacter: 1,
    encode: (character) => encodeHighByte(character, encoding),
    decode: (bytes) => decodeIn(encoding, bytes),
  };
}

function encodeAscii(character: string): Buffer | undefined {
  const code = character.charCodeAt(0);
  return code < 0x80 && code !== ESCAPE ? Buffer.of(code) : undefined;
}

function encodeHighByte(character: string, encoding: string): Buffer | undefined {
  const encoded = iconv.encode(character, encoding);
  const isHigh = encoded.length === 1 && (encoded[0] ?? 0) >= 0xa0;
  return isHigh ? encoded : undefined;
}

/** Half-width katakana U+FF61 to U+FF9F are A1H to DFH of JIS X 0201. */
export function encodeKatakana(character: string): Buffer | undefined {
  const code = character.charCodeAt(0);
  return code >= 0xff61 && code <= 0xff9f ? Buffer.of(code - 0xff61 + 0xa1) : undefined;
}

/** EUC-JP with the high bits cleared; rows 9 to 15 and above 84 are vendors' additions, not JIS X 0208. */
function encodeJisX0208(character: string): Buffer | undefined {
  const [lead = 0, trail = 0, ...more] = iconv.encode(character, 'euc-jp');
  const isStandardRow = (lead >= 0xa1 && lead <= 0xa8) || (lead >= 0xb0 && lead <= 0xf4);
  return isStandardRow && trail >= 0xa1 && more.length === 0
    ? Buffer.of(lead & 0x7f, trail & 0x7f)
    : undefined;
}

/** The third code set of EUC-JP, after 8FH. */
function encodeJisX0212(character: string): Buffer | undefined {
  const [shift, lead = 0, trail = 0] = iconv.encode(character, 'euc-jp');
  return shift === 0x8f && trail >= 0xa1 ? Buffer.of(lead & 0x7f, trail & 0x7f) : undefined;
}

/** In the third code set of EUC-JP each character has 8FH before it. */
function decodeJisX0212(bytes: Buffer): string {
  const shifted = Array.from({ length: bytes.length >> 1 }, (_, index) => [
    0x8f,
    (bytes[index * 2] ?? 0) | 0x80,
    (bytes[index * 2 + 1] ?? 0) | 0x80,
  ]);
  return decodeIn('euc-jp', Buffer.from(shifted.flat()));
}

/** From G0 to G1, which is where EUC has its characters. */
function withHighBits(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => byte | 0x80));
}

/** What is called EUC-KR is CP949: outside of A1H-FEH × A1H-FEH it is not KS X 1001. */
function encodeKsX1001(character: string): Buffer | undefined {
  return encodeTwoHighBytes(character, 'euc-kr');
}

/** GB 2312 within GBK: rows 1 to 9 and 16 to 87. */
function encodeGb2312(character: string): Buffer | undefined {
  const encoded = encodeTwoHighBytes(character, 'gbk');
  const lead = encoded?.[0] ?? 0;
  return lead <= 0xa9 || (lead >= 0xb0 && lead <= 0xf7) ? encoded : undefined;
}

function encodeTwoHighBytes(character: string, encoding: string): Buffer | undefined {
  const encoded = iconv.encode(character, encoding);
  const [lead = 0, trail = 0] = encoded;
  return encoded.length === 2 && lead >= 0xa1 && trail >= 0xa1 ? encoded : undefined;
}
