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

export interface AeTitles {
  calledAeTitle: string;
  callingAeTitle: string;
}

const AE_TITLE_BYTES = 16;
/** Bytes 11-74 of A-ASSOCIATE-RQ and -AC: the two AE titles and 32 reserved bytes. */
const AE_FIELDS_BYTES = 64;

/**
 * Called and calling AE title of a request. Spaces around them are not significant (PS3.8 Table 9-11), and NULs are seen; `aeFields` keeps the bytes as
 * they came, for the answer to repeat. What is sent follows from the titles alone.
 */
export const aeTitles: Row<AeTitles & { aeFields?: Buffer }> = {
  read: (reader, into) => {
    const bytes = reader.take(AE_FIELDS_BYTES);
    into['calledAeTitle'] = trimmed(bytes.subarray(0, AE_TITLE_BYTES));
    into['callingAeTitle'] = trimmed(bytes.subarray(AE_TITLE_BYTES, 2 * AE_TITLE_BYTES));
    into['aeFields'] = Buffer.from(bytes);
  },
  write: (writer, from) => writer.put(aeFieldsOf(from)),
};

/** @throws RangeError for a title of more than 16 characters */
export function aeFieldsOf({ calledAeTitle, callingAeTitle }: AeTitles): Buffer {
  const bytes = Buffer.alloc(AE_FIELDS_BYTES);
  for (const [index, title] of [calledAeTitle, callingAeTitle].entries()) {
    if (title.length > AE_TITLE_BYTES)
      throw new RangeError(`AE title "${title}" is longer than ${AE_TITLE_BYTES} characters`);
    bytes.write(title.padEnd(AE_TITLE_BYTES), index * AE_TITLE_BYTES, 'latin1');
  }
  return bytes;
}

/** Bytes 11-74 of an answer: the request's, not tested — PS3.8 Table 9-17. */
export const repeatedAeFields = field<'aeFields', Buffer>('aeFields', {
  read: (reader) => Buffer.from(reader.take(AE_FIELDS_BYTES)),
  write: (writer, value) => writer.put(value),
});

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
