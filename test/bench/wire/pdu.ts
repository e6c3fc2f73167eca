/** The PDUs of PS3.8 §9.3 that a load generator needs, encoded by hand: the engine under test has no part in them. */

export const pduTypes = {
  associateRq: 0x01,
  associateAc: 0x02,
  associateRj: 0x03,
  data: 0x04,
  releaseRq: 0x05,
  releaseRp: 0x06,
  abort: 0x07,
} as const;

const applicationContextUid = '1.2.840.10008.3.1.1.1';
/** PS3.7 §D.3.3.2: ours for the benchmark alone. */
const implementationClassUid = '2.25.73141592653589793238462643383';
const pdvHeaderBytes = 6;

export interface ContextProposal {
  id: number;
  abstractSyntax: string;
  transferSyntaxes: readonly string[];
}

export interface ContextResult {
  id: number;
  /** 0 is acceptance — PS3.8 Table 9-18 */
  result: number;
  transferSyntax: string;
}

/** Asynchronous operations window — PS3.7 §D.3.3.3: requests of the requestor, and of the acceptor, that may be unanswered at a time; 0 is any number. */
export interface Window {
  invoked: number;
  performed: number;
}

/** A-ASSOCIATE-RQ, PS3.8 §9.3.2. @param scpRoles SOP classes for which the requestor also takes the SCP role (PS3.7 §D.3.3.4) */
export function encodeAssociateRq(
  calledAeTitle: string,
  callingAeTitle: string,
  contexts: readonly ContextProposal[],
  pduBytesMax: number,
  scpRoles: readonly string[],
  window: Window | undefined,
): Buffer {
  const titles = Buffer.from(calledAeTitle.padEnd(16) + callingAeTitle.padEnd(16), 'latin1');
  const contextItems = contexts.map((context) =>
    item(
      0x20,
      Buffer.from([context.id, 0, 0, 0]),
      textItem(0x30, context.abstractSyntax),
      ...context.transferSyntaxes.map((uid) => textItem(0x40, uid)),
    ),
  );
  const roles = scpRoles.map((uid) => item(0x54, lengthPrefixed(uid), Buffer.from([1, 1])));
  return associatePdu(pduTypes.associateRq, titles, contextItems, pduBytesMax, [
    ...windowItems(window),
    ...roles,
  ]);
}

/** A-ASSOCIATE-AC, PS3.8 §9.3.3. @param titles the 32 bytes of both AE titles as the requestor sent them */
export function encodeAssociateAc(
  titles: Buffer,
  contexts: readonly ContextResult[],
  pduBytesMax: number,
  window: Window | undefined,
): Buffer {
  const contextItems = contexts.map((context) =>
    item(0x21, Buffer.from([context.id, 0, context.result, 0]), textItem(0x40, context.transferSyntax)),
  );
  return associatePdu(pduTypes.associateAc, titles, contextItems, pduBytesMax, windowItems(window));
}

function windowItems(window: Window | undefined): Buffer[] {
  if (window === undefined) return [];
  const numbers = Buffer.alloc(4);
  numbers.writeUInt16BE(window.invoked);
  numbers.writeUInt16BE(window.performed, 2);
  return [item(0x53, numbers)];
}

function associatePdu(
  type: number,
  titles: Buffer,
  contextItems: Buffer[],
  pduBytesMax: number,
  moreUserItems: Buffer[],
): Buffer {
  const maximumLength = Buffer.alloc(4);
  maximumLength.writeUInt32BE(pduBytesMax);
  const userInformation = item(
    0x50,
    item(0x51, maximumLength),
    textItem(0x52, implementationClassUid),
    ...moreUserItems,
    textItem(0x55, 'DICOMKEEPBENCH'),
  );
  const fixed = Buffer.concat([Buffer.from([0, 1, 0, 0]), titles, Buffer.alloc(32)]);
  return pdu(type, fixed, textItem(0x10, applicationContextUid), ...contextItems, userInformation);
}

export function encodeReleaseRq(): Buffer {
  return pdu(pduTypes.releaseRq, Buffer.alloc(4));
}

export function encodeReleaseRp(): Buffer {
  return pdu(pduTypes.releaseRp, Buffer.alloc(4));
}

/** One P-DATA-TF with one PDV, PS3.8 §9.3.5 and Annex E.2. */
export function encodePData(
  contextId: number,
  isCommand: boolean,
  isLast: boolean,
  data: Uint8Array,
): Buffer {
  const header = Buffer.alloc(6 + pdvHeaderBytes);
  header[0] = pduTypes.data;
  header.writeUInt32BE(data.length + pdvHeaderBytes, 2);
  header.writeUInt32BE(data.length + 2, 6);
  header[10] = contextId;
  header[11] = (isCommand ? 1 : 0) | (isLast ? 2 : 0);
  return Buffer.concat([header, data]);
}

/** Bytes of a data set that one P-DATA-TF of at most `pduBytesMax` bytes after its header can carry. */
export function fragmentBytesMax(pduBytesMax: number): number {
  return pduBytesMax - pdvHeaderBytes;
}

function pdu(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(6);
  header[0] = type;
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}

function item(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(4);
  header[0] = type;
  header.writeUInt16BE(body.length, 2);
  return Buffer.concat([header, body]);
}

function textItem(type: number, text: string): Buffer {
  return item(type, Buffer.from(text, 'latin1'));
}

function lengthPrefixed(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return Buffer.concat([length, Buffer.from(text, 'latin1')]);
}

/** The items of an A-ASSOCIATE PDU from `offset` on, or the sub-items of an item. */
export function* itemsOf(bytes: Buffer, offset: number): Generator<{ type: number; value: Buffer }> {
  for (let start = offset; start + 4 <= bytes.length; ) {
    const end = start + 4 + bytes.readUInt16BE(start + 2);
    yield { type: bytes.readUInt8(start), value: bytes.subarray(start + 4, end) };
    start = end;
  }
}
