import { ProtocolError } from '../../lib/problem.ts';
import { Reader, Writer } from '../bytes.ts';
import { type ObjectOf, type Row, struct } from '../fields.ts';

/** A PDU that is read whole: everything but P-DATA-TF. */
export interface PduTable<Value> {
  readonly pduType: number;
  readonly name: string;
  /**
   * @param body what follows the 6-byte header; the value holds no view of it
   * @throws ProtocolError with the PDU's name in its message
   */
  readonly decode: (body: Buffer) => Value;
  /** @throws RangeError for a value that its field cannot hold */
  readonly encode: (value: Value) => Buffer;
}

/** The value that a PDU table describes. */
export type PduOf<Table> = Table extends PduTable<infer Value> ? Value : never;

/**
 * A PDU of PS3.8 §9.3: type, reserved byte, 4-byte length, then the fields of `rows`.
 * @param check throws ProtocolError for what a table of fields cannot say
 */
export function pdu<const Name extends string, const Rows extends readonly Row<never>[]>(
  pduType: number,
  name: Name,
  rows: Rows,
  check: (value: ObjectOf<Rows>) => void = () => {},
): PduTable<{ type: Name } & ObjectOf<Rows>> {
  const codec = struct(rows);
  return {
    pduType,
    name,
    decode: (body) => {
      try {
        const value = codec.read(new Reader(body));
        check(value);
        return { type: name, ...value };
      } catch (error) {
        if (error instanceof ProtocolError)
          throw new ProtocolError(`${name}: ${error.message}`, error.abortReason);
        throw error;
      }
    },
    encode: (value) => {
      const writer = new Writer();
      writer.u8(pduType);
      writer.u8(0);
      writer.counted32(() => codec.write(writer, value));
      return writer.finish();
    },
  };
}
