import type { Vr } from './vr.ts';

type Read = (bytes: Buffer, offset: number) => number | bigint;
type Write = (bytes: Buffer, value: number | bigint, offset: number) => unknown;

interface BinaryNumber {
  readonly sizeBytes: number;
  readonly read: Read;
  readonly write: Write;
}

/** Binary numbers as a data set in memory holds them: little endian — PS3.5 Table 6.2-1. AT is the tag as one number. */
const binaryNumbers: Partial<Record<Vr, BinaryNumber>> = {
  AT: {
    sizeBytes: 4,
    read: (bytes, at) => ((bytes.readUInt16LE(at) << 16) | bytes.readUInt16LE(at + 2)) >>> 0,
    write: (bytes, value, at) =>
      bytes.writeUInt32LE(((Number(value) << 16) | (Number(value) >>> 16)) >>> 0, at),
  },
  FD: {
    sizeBytes: 8,
    read: (b, at) => b.readDoubleLE(at),
    write: (b, value, at) => b.writeDoubleLE(Number(value), at),
  },
  FL: {
    sizeBytes: 4,
    read: (b, at) => b.readFloatLE(at),
    write: (b, value, at) => b.writeFloatLE(Number(value), at),
  },
  SL: {
    sizeBytes: 4,
    read: (b, at) => b.readInt32LE(at),
    write: (b, value, at) => b.writeInt32LE(Number(value), at),
  },
  SS: {
    sizeBytes: 2,
    read: (b, at) => b.readInt16LE(at),
    write: (b, value, at) => b.writeInt16LE(Number(value), at),
  },
  SV: {
    sizeBytes: 8,
    read: (b, at) => b.readBigInt64LE(at),
    write: (b, value, at) => b.writeBigInt64LE(BigInt(value), at),
  },
  UL: {
    sizeBytes: 4,
    read: (b, at) => b.readUInt32LE(at),
    write: (b, value, at) => b.writeUInt32LE(Number(value), at),
  },
  US: {
    sizeBytes: 2,
    read: (b, at) => b.readUInt16LE(at),
    write: (b, value, at) => b.writeUInt16LE(Number(value), at),
  },
  UV: {
    sizeBytes: 8,
    read: (b, at) => b.readBigUInt64LE(at),
    write: (b, value, at) => b.writeBigUInt64LE(BigInt(value), at),
  },
};

/** The numbers of a value; what is no whole number at its end is left out. SV and UV come as bigint. */
export function decodeBinaryNumbers(vr: Vr, bytes: Buffer): (number | bigint)[] {
  const binaryNumber = binaryNumbers[vr];
  if (binaryNumber === undefined) return [];
  const { sizeBytes, read } = binaryNumber;
  return Array.from({ length: Math.floor(bytes.length / sizeBytes) }, (_, index) =>
    read(bytes, index * sizeBytes),
  );
}

/** @throws RangeError where a number does not fit the VR, TypeError where the VR is not one of binary numbers */
export function encodeBinaryNumbers(vr: Vr, numbers: readonly (number | bigint)[]): Buffer {
  const binaryNumber = binaryNumbers[vr];
  if (binaryNumber === undefined) throw new TypeError(`${vr} holds no binary numbers`);
  const { sizeBytes, write } = binaryNumber;
  const bytes = Buffer.alloc(numbers.length * sizeBytes);
  for (const [index, value] of numbers.entries()) write(bytes, value, index * sizeBytes);
  return bytes;
}
