import { Buffer } from 'node:buffer';
import { limits } from '../../src/ul/limits.ts';
import { ascii, hex, uids } from './fixtures.ts';

/** An item or sub-item — PS3.8 §9.3.1: type, reserved byte, length, value. */
export function item(type: number, value: Buffer, reserved = 0): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt8(type, 0);
  header.writeUInt8(reserved, 1);
  header.writeUInt16BE(value.length, 2);
  return Buffer.concat([header, value]);
}

export const text = (value: string): Buffer => Buffer.from(value, 'latin1');

/** Any PDU: type, reserved byte, length, body. */
export function pduOf(type: number, body: Buffer, lengthBytes = body.length): Buffer {
  const header = Buffer.alloc(6);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(lengthBytes, 2);
  return Buffer.concat([header, body]);
}

export const APPLICATION_CONTEXT = item(0x10, text(uids.applicationContext));
/** Proposes Verification unless told otherwise. */
export function contextItem(id: number, abstractSyntax: string = uids.verification): Buffer {
  const syntaxes = [item(0x30, text(abstractSyntax)), item(0x40, text(uids.implicitLittle))];
  return item(0x20, Buffer.concat([Buffer.from([id, 0, 0, 0]), ...syntaxes]));
}

export function userInformation(maximumLength = 16_384, ...more: Buffer[]): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(maximumLength);
  const sub = [item(0x51, length), item(0x52, text('1.2.3')), ...more];
  return item(0x50, Buffer.concat(sub));
}

export interface RawRequest {
  protocolVersion?: number;
  /** Bytes 11-26 and 27-42: filled up with spaces unless they are 16 characters. */
  called?: string;
  calling?: string;
  /** Bytes 43-74. */
  reserved?: Buffer;
  /** All that follows; an ordinary request for Verification unless given. */
  items?: readonly Buffer[];
}

/** Byte for byte what an A-ASSOCIATE-RQ shall be, right or wrong. */
export function rawRequest(request: RawRequest = {}): Buffer {
  const { protocolVersion = 1, called = 'DICOMKEEP', calling = 'MODALITY' } = request;
  const { reserved = Buffer.alloc(32), items = ordinaryItems() } = request;
  const version = Buffer.alloc(4);
  version.writeUInt16BE(protocolVersion);
  const titles = text(called.padEnd(16) + calling.padEnd(16));
  return pduOf(0x01, Buffer.concat([version, titles, reserved, ...items]));
}

export function ordinaryItems(): Buffer[] {
  return [APPLICATION_CONTEXT, contextItem(1), userInformation()];
}

const UNKNOWN_ITEM = item(0x7f, Buffer.alloc(7, 0xff));
const ALL_BITS = 0xff;

/** Each reserved field filled: header, bytes 9-10, bytes 43-74, items, presentation context. */
function requestWithReservedBytes(): Buffer {
  const syntaxes = [
    item(0x30, text(uids.verification), ALL_BITS),
    item(0x40, text(uids.implicitLittle), ALL_BITS),
  ];
  const bytes = rawRequest({
    reserved: Buffer.alloc(32, ALL_BITS),
    items: [
      item(0x10, text(uids.applicationContext), ALL_BITS),
      item(0x20, Buffer.concat([Buffer.from([1, ALL_BITS, ALL_BITS, ALL_BITS]), ...syntaxes]), ALL_BITS),
      item(0x50, item(0x51, Buffer.from([0, 0, 0x40, 0]), ALL_BITS), ALL_BITS),
    ],
  });
  bytes[1] = ALL_BITS;
  bytes.fill(ALL_BITS, 8, 10);
  return bytes;
}

/** A request whose variable field has so many bytes, most of them in items that nobody knows. */
function requestOfBytes(bytes: number): Buffer {
  const ordinary = rawRequest().length - 6;
  const items: Buffer[] = [];
  for (let missing = bytes - ordinary; missing > 0; ) {
    const value = Math.min(60_000, missing - 4);
    items.push(item(0x7f, Buffer.alloc(value)));
    missing -= value + 4;
  }
  return rawRequest({ items: [...ordinaryItems(), ...items] });
}

const oddIds = (count: number) => Array.from({ length: count }, (_, index) => index * 2 + 1);
const withItems = (...items: Buffer[]) => rawRequest({ items });
const withContexts = (...contexts: Buffer[]) =>
  withItems(APPLICATION_CONTEXT, ...contexts, userInformation());

/** What comes before any association, and what it is answered, in short as `shortOf` says it. */
export const FIRST_PDUS: readonly [what: string, bytes: Buffer, answer: string][] = [
  ['an ordinary request', rawRequest(), 'A-ASSOCIATE-AC'],
  ['AE titles behind spaces', rawRequest({ called: '  DICOMKEEP', calling: ' CT 1' }), 'A-ASSOCIATE-AC'],
  ['AE titles filled up with NULs', rawRequest({ called: 'DICOMKEEP\0\0\0\0\0\0\0' }), 'A-ASSOCIATE-AC'],
  ['a calling AE title of spaces alone', rawRequest({ calling: '' }), 'A-ASSOCIATE-AC'],
  ['a protocol version with further bits', rawRequest({ protocolVersion: 0xffff }), 'A-ASSOCIATE-AC'],
  ['reserved fields that are filled', requestWithReservedBytes(), 'A-ASSOCIATE-AC'],
  [
    'items and sub-items that nobody knows',
    withItems(UNKNOWN_ITEM, ...ordinaryItems().slice(0, 2), userInformation(16_384, UNKNOWN_ITEM)),
    'A-ASSOCIATE-AC',
  ],
  [
    'an item that nobody knows within a presentation context',
    withContexts(
      item(
        0x20,
        Buffer.concat([Buffer.from([1, 0, 0, 0]), UNKNOWN_ITEM, item(0x30, text(uids.verification))]),
      ),
    ),
    'A-ASSOCIATE-AC',
  ],
  ['items in another order', withItems(...ordinaryItems().reverse()), 'A-ASSOCIATE-AC'],
  ['128 presentation contexts', withContexts(...oddIds(128).map((id) => contextItem(id))), 'A-ASSOCIATE-AC'],
  ['no presentation context', withContexts(), 'A-ASSOCIATE-AC'],
  [
    'no transfer syntax',
    withContexts(item(0x20, Buffer.concat([hex('01000000'), item(0x30, text('1.2'))]))),
    'A-ASSOCIATE-AC',
  ],
  ...[0, 8, 0xffffffff].map((length): [string, Buffer, string] => [
    `a maximum length of ${length}`,
    withItems(APPLICATION_CONTEXT, contextItem(1), userInformation(length)),
    'A-ASSOCIATE-AC',
  ]),
  ['the longest request', requestOfBytes(limits.associatePduBytesMax), 'A-ASSOCIATE-AC'],

  ['protocol version 0', rawRequest({ protocolVersion: 0 }), 'A-ASSOCIATE-RJ 1 2 2'],
  ['protocol version 2', rawRequest({ protocolVersion: 2 }), 'A-ASSOCIATE-RJ 1 2 2'],
  [
    'another application context',
    withItems(item(0x10, text('1.2.840.10008.3.1.1.2')), contextItem(1), userInformation()),
    'A-ASSOCIATE-RJ 1 1 2',
  ],
  [
    'an application context without name',
    withItems(item(0x10, text('')), userInformation()),
    'A-ASSOCIATE-RJ 1 1 2',
  ],
  ['a called AE title that is not ours', rawRequest({ called: 'PACS' }), 'A-ASSOCIATE-RJ 1 1 7'],
  ['a called AE title in other case', rawRequest({ called: 'Dicomkeep' }), 'A-ASSOCIATE-RJ 1 1 7'],
  ['no called AE title', rawRequest({ called: '' }), 'A-ASSOCIATE-RJ 1 1 7'],

  ['a request of no bytes', pduOf(0x01, Buffer.alloc(0)), 'A-ABORT 0 0'],
  ['a request that ends in the AE titles', pduOf(0x01, Buffer.alloc(20, 0x20)), 'A-ABORT 0 0'],
  ['a longer one', pduOf(0x01, Buffer.alloc(0), limits.associatePduBytesMax + 1), 'A-ABORT 0 0'],
  ['a request of 4 GiB', pduOf(0x01, Buffer.alloc(0), 0xffffffff), 'A-ABORT 0 0'],
  ['a presentation context with an even ID', withContexts(contextItem(2)), 'A-ABORT 0 0'],
  ['presentation context 0', withContexts(contextItem(0)), 'A-ABORT 0 0'],
  ['a presentation context ID that comes twice', withContexts(contextItem(5), contextItem(5)), 'A-ABORT 0 0'],
  [
    '129 presentation contexts',
    withContexts(...oddIds(128).map((id) => contextItem(id)), contextItem(1)),
    'A-ABORT 0 0',
  ],
  ['an item that passes the end', withItems(...ordinaryItems(), hex('20 00 ffff 01 000000')), 'A-ABORT 0 0'],
  [
    'a sub-item that passes the end of its item',
    withItems(APPLICATION_CONTEXT, contextItem(1), item(0x50, hex('51 00 0008 00004000'))),
    'A-ABORT 0 0',
  ],
  ['bytes behind the last item', withItems(...ordinaryItems(), hex('00 00')), 'A-ABORT 0 0'],
  ['no application context', withItems(contextItem(1), userInformation()), 'A-ABORT 0 0'],
  ['two application contexts', withItems(APPLICATION_CONTEXT, ...ordinaryItems()), 'A-ABORT 0 0'],
  ['no user information', withItems(APPLICATION_CONTEXT, contextItem(1)), 'A-ABORT 0 0'],
  [
    'no maximum length',
    withItems(APPLICATION_CONTEXT, contextItem(1), item(0x50, item(0x52, text('1.2.3')))),
    'A-ABORT 0 0',
  ],
  ...[1, 7].map((length): [string, Buffer, string] => [
    `a maximum length of ${length}, into which no PDV fits`,
    withItems(APPLICATION_CONTEXT, contextItem(1), userInformation(length)),
    'A-ABORT 0 0',
  ]),
  [
    'a presentation context without abstract syntax',
    withContexts(item(0x20, Buffer.concat([hex('01000000'), item(0x40, text(uids.implicitLittle))]))),
    'A-ABORT 0 0',
  ],
  ['a UID of 129 bytes', withContexts(contextItem(1, '1'.repeat(129))), 'A-ABORT 0 0'],
  ...[0x00, 0x08, 0x50, 0xff].map((type): [string, Buffer, string] => [
    `a PDU of type ${type.toString(16).padStart(2, '0').toUpperCase()}H`,
    pduOf(type, Buffer.alloc(4)),
    'A-ABORT 0 0',
  ]),
  ['an A-ASSOCIATE-RJ', hex('03 00 00000004 00 01 01 07'), 'A-ABORT 0 0'],
  ['a P-DATA-TF', hex('04 00 00000008 00000004 01 02 abcd'), 'A-ABORT 0 0'],
  ['an A-RELEASE-RQ', hex('05 00 00000004 00000000'), 'A-ABORT 0 0'],
  ['an A-RELEASE-RP', hex('06 00 00000004 00000000'), 'A-ABORT 0 0'],
  ['an A-ABORT', hex('07 00 00000004 0000 00 00'), ''],
  ['what is no DICOM at all', hex(ascii('GET / HTTP/1.1\r\n\r\n')), 'A-ABORT 0 0'],
];

const NAMES = [
  '',
  'A-ASSOCIATE-RQ',
  'A-ASSOCIATE-AC',
  'A-ASSOCIATE-RJ',
  'P-DATA-TF',
  'A-RELEASE-RQ',
  'A-RELEASE-RP',
  'A-ABORT',
];

/** The PDUs of a stream, by name; result, source and reason of an A-ASSOCIATE-RJ, source and reason of an A-ABORT. */
export function shortOf(stream: Buffer): string {
  const names: string[] = [];
  for (let at = 0; at + 6 <= stream.length; ) {
    const type = stream.readUInt8(at);
    const body = stream.subarray(at + 6, at + 6 + stream.readUInt32BE(at + 2));
    const codes = type === 3 ? [...body.subarray(1, 4)] : type === 7 ? [...body.subarray(2, 4)] : [];
    names.push([NAMES[type] ?? `PDU ${type}`, ...codes].join(' '));
    at += 6 + body.length;
  }
  return names.join(', ');
}
