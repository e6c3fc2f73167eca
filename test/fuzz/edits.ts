/** One change of an input: data, so that a failing list of them can be made shorter. */
export interface Edit {
  kind: EditKind;
  /** Where, and how far: taken modulo what there is. */
  at: number;
  size: number;
  /** What is written, or which other seed. */
  value: number;
}

export const EDIT_KINDS = [
  'flip a bit',
  'set a byte',
  'set 2 bytes',
  'set 4 bytes',
  'set 2 bytes, big endian',
  'set 4 bytes, big endian',
  'insert',
  'delete',
  'duplicate',
  'splice',
  'cut',
] as const;
export type EditKind = (typeof EDIT_KINDS)[number];

/** Lengths and counts at which readers go wrong; beside them any number is tried. */
const INTERESTING = [
  ...[0, 1, 2, 3, 4, 6, 7, 8, 12, 16, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x10000],
  ...[0x7fffffff, 0x80000000, 0xfffffff8, 0xfffffffd, 0xfffffffe, 0xffffffff],
  // Item, its delimiter and that of a sequence, as little-endian tags; Specific Character Set; Pixel Data.
  ...[0xe000fffe, 0xe00dfffe, 0xe0ddfffe, 0x00050008, 0x00107fe0],
] as const;

/** No input grows beyond this, bytes. */
const INPUT_BYTES_MAX = 64 * 1024;

/** @param seeds what `splice` takes its piece of */
export function edited(seed: Buffer, edits: readonly Edit[], seeds: readonly Buffer[]): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (const edit of edits) bytes = apply(bytes, edit, seeds);
  return bytes.subarray(0, INPUT_BYTES_MAX);
}

function apply(bytes: Buffer, edit: Edit, seeds: readonly Buffer[]): Buffer {
  const at = edit.at % (bytes.length + 1);
  const size = edit.size % (Math.min(bytes.length, 256) + 1);
  switch (edit.kind) {
    case 'flip a bit':
      return overwritten(bytes, at, Buffer.from([(bytes[at] ?? 0) ^ (1 << (edit.value & 7))]));
    case 'set a byte':
      return overwritten(bytes, at, Buffer.from([numberOf(edit) & 0xff]));
    case 'set 2 bytes':
      return overwritten(bytes, at, number(numberOf(edit), 2, true));
    case 'set 4 bytes':
      return overwritten(bytes, at, number(numberOf(edit), 4, true));
    case 'set 2 bytes, big endian':
      return overwritten(bytes, at, number(numberOf(edit), 2, false));
    case 'set 4 bytes, big endian':
      return overwritten(bytes, at, number(numberOf(edit), 4, false));
    case 'insert':
      return joined(bytes, at, Buffer.alloc(size % 16, edit.value & 0xff), at);
    case 'delete':
      return joined(bytes, at, NOTHING, at + size);
    case 'duplicate':
      return joined(bytes, at, bytes.subarray(at, at + size), at);
    case 'splice': {
      const other = seeds[edit.value % Math.max(1, seeds.length)] ?? NOTHING;
      const from = edit.size % (other.length + 1);
      return joined(bytes, at, other.subarray(from, from + 256), at);
    }
    case 'cut':
      return bytes.subarray(0, at);
  }
}

const NOTHING = Buffer.alloc(0);

/** Every second value is one of the interesting ones. */
function numberOf({ value }: Edit): number {
  return value % 2 === 0 ? (INTERESTING[(value >>> 1) % INTERESTING.length] ?? 0) : value >>> 0;
}

function number(value: number, size: 2 | 4, isLittleEndian: boolean): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  const low = bytes.subarray(0, size);
  return isLittleEndian ? low : low.reverse();
}

function overwritten(bytes: Buffer, at: number, piece: Buffer): Buffer {
  piece.copy(bytes, at);
  return bytes;
}

function joined(bytes: Buffer, at: number, piece: Buffer, from: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(from)]);
}
