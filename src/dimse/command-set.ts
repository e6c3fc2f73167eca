import { ProtocolError } from '../lib/problem.ts';
import {
  COMMAND_ELEMENTS,
  type CommandKeyword,
  type CommandSet,
  type CommandVr,
} from './command-elements.ts';
import { limits } from './limits.ts';

export type { CommandKeyword, CommandSet } from './command-elements.ts';

type Value = number | string | readonly number[];

/** Group, element and 4-byte length: Implicit VR Little Endian, PS3.5 §7.1.3. */
const ELEMENT_HEADER_BYTES = 8;
/** Command Group Length (0000,0000): the header and a UL. */
const GROUP_LENGTH_BYTES = ELEMENT_HEADER_BYTES + 4;

const KEYWORD_OF_ELEMENT: ReadonlyMap<number, CommandKeyword> = new Map(
  keywords().map((keyword) => [COMMAND_ELEMENTS[keyword].element, keyword]),
);

/** In the order of their tags, in which they are sent. */
function keywords(): CommandKeyword[] {
  return Object.keys(COMMAND_ELEMENTS) as CommandKeyword[];
}

/**
 * Reads a command set — PS3.7 §6.3.1. Retired and unknown elements of group 0000 are skipped,
 * and Command Group Length is not believed: the message control header has said where the command set ends.
 * @param bytes the whole command set; the result holds no view of it
 * @throws ProtocolError for bytes that are no command set
 */
export function decodeCommandSet(bytes: Buffer): CommandSet {
  if (bytes.length > limits.commandSetBytesMax) {
    throw new ProtocolError(
      `command set of ${bytes.length} bytes where at most ${limits.commandSetBytesMax} are taken`,
    );
  }
  const commandSet: Record<string, Value> = {};
  let offset = 0;
  while (offset < bytes.length) {
    if (bytes.length - offset < ELEMENT_HEADER_BYTES)
      throw new ProtocolError('command set ends within an element');
    const group = bytes.readUInt16LE(offset);
    const element = bytes.readUInt16LE(offset + 2);
    const length = bytes.readUInt32LE(offset + 4);
    offset += ELEMENT_HEADER_BYTES;
    if (group !== 0) throw new ProtocolError(`element ${tagWords(group, element)} in a command set`);
    if (length > bytes.length - offset) {
      throw new ProtocolError(
        `command element ${tagWords(group, element)} of ${length} bytes passes the end`,
      );
    }
    const keyword = KEYWORD_OF_ELEMENT.get(element);
    if (keyword !== undefined) {
      const value = decodeValue(keyword, bytes.subarray(offset, offset + length));
      if (value !== undefined) commandSet[keyword] = value;
    }
    offset += length;
  }
  return commandSet;
}

/** Writes a command set with its group length, in the order of tags. Text that its VR cannot hold is cut or replaced. */
export function encodeCommandSet(commandSet: CommandSet): Buffer {
  const parts: Buffer[] = [Buffer.alloc(GROUP_LENGTH_BYTES)];
  let groupLength = 0;
  for (const keyword of keywords()) {
    const value: Value | undefined = commandSet[keyword];
    if (value === undefined) continue;
    const { element, vr } = COMMAND_ELEMENTS[keyword];
    const bytes = encodeElement(element, vr, value);
    groupLength += bytes.length;
    parts.push(bytes);
  }
  parts[0]?.writeUInt32LE(4, 4);
  parts[0]?.writeUInt32LE(groupLength, ELEMENT_HEADER_BYTES);
  return Buffer.concat(parts);
}

function decodeValue(keyword: CommandKeyword, bytes: Buffer): Value | undefined {
  if (bytes.length === 0) return undefined;
  switch (COMMAND_ELEMENTS[keyword].vr) {
    case 'US':
      if (bytes.length !== 2) throw new ProtocolError(`${keyword} has ${bytes.length} bytes in place of 2`);
      return bytes.readUInt16LE(0);
    case 'AT': {
      if (bytes.length % 4 !== 0)
        throw new ProtocolError(`${keyword} has ${bytes.length} bytes, no multiple of 4`);
      const tags: number[] = [];
      for (let at = 0; at < bytes.length; at += 4) {
        tags.push(bytes.readUInt16LE(at) * 0x10000 + bytes.readUInt16LE(at + 2));
      }
      return tags;
    }
    case 'UI':
    case 'AE':
    case 'LO':
      if (bytes.length > limits.textBytesMax) {
        throw new ProtocolError(
          `${keyword} of ${bytes.length} bytes where at most ${limits.textBytesMax} are taken`,
        );
      }
      return withoutPadding(bytes);
  }
}

/** Undefined if there is nothing but padding. */
function withoutPadding(bytes: Buffer): string | undefined {
  const isPadding = (byte: number | undefined) => byte === 0x20 || byte === 0;
  let start = 0;
  let end = bytes.length;
  while (end > start && isPadding(bytes[end - 1])) end--;
  while (start < end && isPadding(bytes[start])) start++;
  return start === end ? undefined : bytes.toString('latin1', start, end);
}

function encodeElement(element: number, vr: CommandVr, value: Value): Buffer {
  const bytes = Buffer.alloc(ELEMENT_HEADER_BYTES + valueBytes(vr, value), vr === 'UI' ? 0 : 0x20);
  bytes.writeUInt16LE(0, 0);
  bytes.writeUInt16LE(element, 2);
  bytes.writeUInt32LE(bytes.length - ELEMENT_HEADER_BYTES, 4);
  if (typeof value === 'number') bytes.writeUInt16LE(value, ELEMENT_HEADER_BYTES);
  else if (typeof value === 'string') bytes.write(sendable(vr, value), ELEMENT_HEADER_BYTES, 'latin1');
  else {
    value.forEach((tag, index) => {
      bytes.writeUInt16LE(tag >>> 16, ELEMENT_HEADER_BYTES + index * 4);
      bytes.writeUInt16LE(tag & 0xffff, ELEMENT_HEADER_BYTES + index * 4 + 2);
    });
  }
  return bytes;
}

/** Even, as every value is — PS3.5 §6.2. */
function valueBytes(vr: CommandVr, value: Value): number {
  if (typeof value === 'number') return 2;
  if (typeof value === 'string') return (sendable(vr, value).length + 1) & ~1;
  return value.length * 4;
}

/** An Error Comment comes from anywhere: a command set has no character set, and a backslash would part two values. */
function sendable(vr: CommandVr, text: string): string {
  if (vr !== 'LO') return text;
  const printable = text.replaceAll('\\', '/').replaceAll(/[^\x20-\x7e]+/g, '?');
  return printable.slice(0, limits.errorCommentCharsMax);
}

function tagWords(group: number, element: number): string {
  const hex = (value: number) => value.toString(16).padStart(4, '0').toUpperCase();
  return `(${hex(group)},${hex(element)})`;
}
