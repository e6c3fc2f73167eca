import type { DataSet } from './data-set.ts';
import type { Encoding } from './data-set-decoder.ts';
import { ITEM } from './element.ts';

/** An item of a sequence with its header — PS3.5 §7.5. */
export function encodeItem(item: DataSet, encoding: Encoding): Buffer {
  const bytes = item.encode(encoding);
  return Buffer.concat([header(ITEM, '', bytes.length, encoding), bytes]);
}

/** The element of a sequence whose items are encoded already: for one so long that it is not to be held as data sets. */
export function encodeSequence(tag: number, items: readonly Buffer[], encoding: Encoding): Buffer {
  const bytes = items.reduce((sum, item) => sum + item.length, 0);
  const vr = encoding.encoding === 'explicit' ? 'SQ' : '';
  return Buffer.concat([header(tag, vr, bytes, encoding), ...items]);
}

/** Tag, VR with its two reserved bytes where there is one, and a length of 32 bits. */
function header(tag: number, vr: 'SQ' | '', length: number, { bigEndian }: Encoding): Buffer {
  const bytes = Buffer.alloc(vr === '' ? 8 : 12);
  bytes.write(vr, 4, 'latin1');
  if (bigEndian) {
    bytes.writeUInt16BE(tag >>> 16, 0);
    bytes.writeUInt16BE(tag & 0xffff, 2);
    bytes.writeUInt32BE(length, bytes.length - 4);
  } else {
    bytes.writeUInt16LE(tag >>> 16, 0);
    bytes.writeUInt16LE(tag & 0xffff, 2);
    bytes.writeUInt32LE(length, bytes.length - 4);
  }
  return bytes;
}
