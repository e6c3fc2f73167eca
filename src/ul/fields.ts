import { ProtocolError } from '../lib/problem.ts';
import { INVALID_PDU_PARAMETER, type Reader, type Writer } from './bytes.ts';
import { limits } from './limits.ts';

/** Reads and writes one value. `read` throws ProtocolError, `write` RangeError for what does not fit the field. */
export interface Codec<T> {
  readonly read: (reader: Reader) => T;
  readonly write: (writer: Writer, value: T) => void;
}

/** A row of a PDU or item table: it adds the properties of T to the object that the table describes. */
export interface Row<T> {
  readonly read: (reader: Reader, into: Record<string, unknown>) => void;
  readonly write: (writer: Writer, from: T) => void;
}

/** The object that a list of rows describes: the intersection of what each adds. */
export type ObjectOf<Rows extends readonly Row<never>[]> = Flat<
  Rows[number] extends { write: (writer: Writer, from: infer T) => void } ? T : never
>;
type Flat<T> = { [K in keyof T]: T[K] };

/** Rows one after the other as one value. */
export function struct<const Rows extends readonly Row<never>[]>(rows: Rows): Codec<ObjectOf<Rows>> {
  return {
    read: (reader) => {
      const into: Record<string, unknown> = {};
      for (const row of rows) row.read(reader, into);
      return into as ObjectOf<Rows>;
    },
    write: (writer, value) => {
      for (const row of rows) row.write(writer, value as never);
    },
  };
}

export function field<const Name extends string, T>(name: Name, codec: Codec<T>): Row<{ [K in Name]: T }> {
  return {
    read: (reader, into) => {
      into[name] = codec.read(reader);
    },
    write: (writer, from) => codec.write(writer, from[name]),
  };
}

/** Sent as zeros and not tested on receipt, as PS3.8 §9.3 has it for all reserved fields. */
export function reserved(size: number): Row<unknown> {
  return { read: (reader) => reader.skip(size), write: (writer) => writer.zeros(size) };
}

export const uint8: Codec<number> = { read: (r) => r.u8(), write: (w, value) => w.u8(value) };
export const uint16: Codec<number> = { read: (r) => r.u16(), write: (w, value) => w.u16(value) };
export const uint32: Codec<number> = { read: (r) => r.u32(), write: (w, value) => w.u32(value) };
/** 0 and 1; any other value counts as true. */
export const flag: Codec<boolean> = { read: (r) => r.u8() !== 0, write: (w, value) => w.u8(value ? 1 : 0) };

export const u8 = <const Name extends string>(name: Name) => field(name, uint8);
export const u16 = <const Name extends string>(name: Name) => field(name, uint16);

/** An AE title in 16 bytes, padded with spaces; spaces around it are not significant (PS3.8 Table 9-11), and NULs are seen. */
export function aeTitle<const Name extends string>(name: Name): Row<{ [K in Name]: string }> {
  return field(name, {
    read: (reader) => trimmed(reader.take(16)),
    write: (writer, value) => {
      if (value.length > 16) throw new RangeError(`AE title "${value}" is longer than 16 characters`);
      writer.put(Buffer.from(value.padEnd(16), 'latin1'));
    },
  });
}

/** Text to the end of the item, without the padding that some peers add. */
export function text(bytesMax: number): Codec<string> {
  return {
    read: (reader) => trimmed(boundedRest(reader, bytesMax)),
    write: (writer, value) => writer.put(Buffer.from(value, 'latin1')),
  };
}

export const uid = text(limits.uidBytesMax);

/** Bytes to the end of the item; a copy that is the reader's to keep. */
export function rest(bytesMax: number): Codec<Buffer> {
  return {
    read: (reader) => Buffer.from(boundedRest(reader, bytesMax)),
    write: (writer, value) => writer.put(value),
  };
}

/** A value behind its own 2-byte length, as in the sub-items of PS3.7 Annex D.3.3. */
export function counted<T>(codec: Codec<T>): Codec<T> {
  return {
    read: (reader) => codec.read(reader.within(reader.u16())),
    write: (writer, value) => writer.counted16(() => codec.write(writer, value)),
  };
}

function boundedRest(reader: Reader, bytesMax: number): Buffer {
  if (reader.remaining > bytesMax) {
    throw new ProtocolError(
      `a value of ${reader.remaining} bytes where at most ${bytesMax} are taken`,
      INVALID_PDU_PARAMETER,
    );
  }
  return reader.take(reader.remaining);
}

/** Without spaces and NULs on either side. A loop, because a regular expression of this kind is quadratic on hostile text. */
function trimmed(bytes: Buffer): string {
  const isPadding = (byte: number | undefined) => byte === 0x20 || byte === 0;
  let start = 0;
  let end = bytes.length;
  while (end > start && isPadding(bytes[end - 1])) end--;
  while (start < end && isPadding(bytes[start])) start++;
  return bytes.toString('latin1', start, end);
}
