/** Explicit VR Little Endian, PS3.5 §7.1.2, as far as the generated instances need it. */

/** An encoded element, and the name under which its value is replaced for each instance. */
export interface EncodedElement {
  tag: number;
  bytes: Buffer;
  valueOffset: number;
  patch?: string;
}

/** Where in a head the value of an attribute lies. */
export interface Patch {
  name: string;
  offset: number;
  sizeBytes: number;
}

/**
 * @param value text, the number of a US, the tag of an AT, or, for OB and OW, the length in bytes of a value that follows elsewhere
 * @param patch name of a value that differs from instance to instance
 */
export function explicitElement(
  tag: number,
  vr: string,
  value: string | number,
  patch?: string,
): EncodedElement {
  const header = Buffer.alloc(vr.startsWith('O') ? 12 : 8);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.write(vr, 4, 'latin1');
  if (typeof value === 'number' && vr.startsWith('O')) {
    header.writeUInt32LE(value, 8);
    return { tag, bytes: header, valueOffset: 12 };
  }
  const bytes = typeof value === 'number' ? binary(value, vr) : paddedText(value, vr);
  header.writeUInt16LE(bytes.length, 6);
  const element = { tag, bytes: Buffer.concat([header, bytes]), valueOffset: 8 };
  return patch === undefined ? element : { ...element, patch };
}

function binary(value: number, vr: string): Buffer {
  const bytes = Buffer.alloc(vr === 'AT' ? 4 : 2);
  if (vr === 'AT') bytes.writeUInt16LE(value >>> 16);
  bytes.writeUInt16LE(value & 0xffff, bytes.length - 2);
  return bytes;
}

/** PS3.5 §6.2: UI is padded with NULL, all other text with a space. */
export function paddedText(value: string, vr: string): Buffer {
  return Buffer.from(value.length % 2 === 0 ? value : value + (vr === 'UI' ? '\0' : ' '), 'latin1');
}

/** Joins elements in ascending order of tag (PS3.5 §7.1) and notes where the values to be replaced are. */
export function patchable(elements: readonly EncodedElement[]): { head: Buffer; patches: Patch[] } {
  const patches: Patch[] = [];
  let offset = 0;
  const sorted = [...elements].sort((a, b) => a.tag - b.tag);
  for (const { bytes, valueOffset, patch } of sorted) {
    if (patch !== undefined) {
      patches.push({ name: patch, offset: offset + valueOffset, sizeBytes: bytes.length - valueOffset });
    }
    offset += bytes.length;
  }
  return { head: Buffer.concat(sorted.map((element) => element.bytes)), patches };
}

/** One element of an identifier in Implicit VR Little Endian, PS3.5 §7.1.3. */
export function implicitElement(tag: number, vr: string, value: string): Buffer {
  const bytes = paddedText(value, vr);
  const header = Buffer.alloc(8);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

/** Text of an element of an answer in Implicit VR Little Endian with no sequences in it, empty when absent. */
export function implicitText(dataSet: Buffer, tag: number): string {
  for (let offset = 0; offset + 8 <= dataSet.length; ) {
    const found = dataSet.readUInt16LE(offset) * 0x10000 + dataSet.readUInt16LE(offset + 2);
    const end = offset + 8 + dataSet.readUInt32LE(offset + 4);
    if (found === tag) return dataSet.toString('latin1', offset + 8, end).replace(/[\0 ]+$/, '');
    offset = end;
  }
  return '';
}
