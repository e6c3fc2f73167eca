import { ProtocolError } from '../lib/problem.ts';
import { INVALID_PDU_PARAMETER, type Reader, type Writer } from './bytes.ts';
import type { Codec, Row } from './fields.ts';

/** A kind of item within `items`: how it is read and written, and how often it comes. */
export interface ItemRow<T> {
  readonly itemType: number;
  readonly name: string;
  readonly countMin: number;
  readonly countMax: number;
  /** Takes the reader of the item's value and the value so far. */
  readonly read: (reader: Reader, into: Record<string, unknown>) => void;
  readonly write: (writer: Writer, from: T) => void;
}

type ItemsObject<Rows extends readonly ItemRow<never>[]> = Rows[number] extends {
  write: (writer: Writer, from: infer T) => void;
}
  ? T
  : never;

/** An item that must be there, once. */
export function one<const Name extends string, T>(
  itemType: number,
  name: Name,
  codec: Codec<T>,
): ItemRow<{ [K in Name]: T }> {
  return {
    ...single(itemType, name, codec),
    countMin: 1,
    write: (writer, from) => writeItem(writer, itemType, codec, from[name]),
  };
}

/** An item that may be left out. */
export function optional<const Name extends string, T>(
  itemType: number,
  name: Name,
  codec: Codec<T>,
): ItemRow<{ [K in Name]?: T }> {
  return {
    ...single(itemType, name, codec),
    countMin: 0,
    write: (writer, from) => {
      const value: T | undefined = from[name];
      if (value !== undefined) writeItem(writer, itemType, codec, value);
    },
  };
}

/** Any number of items up to `countMax`; none is an empty list. */
export function many<const Name extends string, T>(
  itemType: number,
  name: Name,
  codec: Codec<T>,
  countMax: number,
): ItemRow<{ [K in Name]: readonly T[] }> {
  return {
    itemType,
    name,
    countMin: 0,
    countMax,
    read: (reader, into) => (into[name] as T[]).push(codec.read(reader)),
    write: (writer, from) => {
      for (const value of from[name]) writeItem(writer, itemType, codec, value);
    },
  };
}

/**
 * Items (type, reserved, 2-byte length, value) to the end of the PDU or of the item around them — PS3.8 §9.3.1.
 * Kinds that the table does not name are skipped, as PS3.8 §9.3.1 asks.
 */
export function items<const Rows extends readonly ItemRow<never>[]>(rows: Rows): Row<ItemsObject<Rows>> {
  const rowOfType = new Map(rows.map((row) => [row.itemType, row]));
  return {
    read: (reader, into) => {
      for (const row of rows) if (row.countMax > 1) into[row.name] = [];
      const counts = new Map<number, number>();
      while (reader.remaining > 0) {
        const itemType = reader.u8();
        reader.skip(1);
        const value = reader.within(reader.u16());
        const row = rowOfType.get(itemType);
        if (row === undefined) continue;
        const count = (counts.get(itemType) ?? 0) + 1;
        counts.set(itemType, count);
        if (count > row.countMax) throw invalid(row, `comes more than ${row.countMax} times`);
        row.read(value, into);
      }
      for (const row of rows)
        if ((counts.get(row.itemType) ?? 0) < row.countMin) throw invalid(row, 'is missing');
    },
    write: (writer, from) => {
      for (const row of rows) row.write(writer, from as never);
    },
  };
}

function single<T>(itemType: number, name: string, codec: Codec<T>) {
  const read = (reader: Reader, into: Record<string, unknown>): void => {
    into[name] = codec.read(reader);
  };
  return { itemType, name, countMax: 1, read };
}

function writeItem<T>(writer: Writer, itemType: number, codec: Codec<T>, value: T): void {
  writer.u8(itemType);
  writer.u8(0);
  writer.counted16(() => codec.write(writer, value));
}

function invalid(row: { itemType: number; name: string }, words: string): ProtocolError {
  const hex = row.itemType.toString(16).toUpperCase();
  return new ProtocolError(`item ${hex}H (${row.name}) ${words}`, INVALID_PDU_PARAMETER);
}
