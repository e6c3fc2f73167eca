/** Command sets in Implicit VR Little Endian — PS3.7 §6.3.1 and Annex E. */

export const commandFields = {
  cStoreRq: 0x0001,
  cStoreRsp: 0x8001,
  cGetRq: 0x0010,
  cFindRq: 0x0020,
  cMoveRq: 0x0021,
  cEchoRq: 0x0030,
} as const;

/** Elements of group 0000 by their element number. */
export const commandElements = {
  affectedSopClassUid: 0x0002,
  commandField: 0x0100,
  messageId: 0x0110,
  messageIdBeingRespondedTo: 0x0120,
  moveDestination: 0x0600,
  priority: 0x0700,
  commandDataSetType: 0x0800,
  status: 0x0900,
  errorComment: 0x0902,
  affectedSopInstanceUid: 0x1000,
  completedSubOperations: 0x1021,
  failedSubOperations: 0x1022,
} as const;

const noDataSet = 0x0101;

/** Decoded command set: the raw value of each element, by element number; views of the bytes that were decoded. */
export type Command = ReadonlyMap<number, Buffer>;

/** @param elements numbers are encoded as US, strings as UI or AE padded to even length; in ascending order of element */
export function encodeCommand(
  elements: readonly (readonly [element: number, value: number | string])[],
): Buffer {
  const encoded = elements.map(([element, value]) => encodeElement(element, value));
  const body = Buffer.concat(encoded);
  const groupLength = Buffer.alloc(12);
  groupLength.writeUInt32LE(4, 4);
  groupLength.writeUInt32LE(body.length, 8);
  return Buffer.concat([groupLength, body]);
}

function encodeElement(element: number, value: number | string): Buffer {
  const bytes = typeof value === 'number' ? uint16(value) : padded(value, element);
  const header = Buffer.alloc(8);
  header.writeUInt16LE(element, 2);
  header.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** A UID is padded with NULL (PS3.5 §9.1), an AE title with a space. */
function padded(value: string, element: number): Buffer {
  const pad = element === commandElements.moveDestination ? ' ' : '\0';
  return Buffer.from(value.length % 2 === 0 ? value : value + pad, 'latin1');
}

/** @throws when an element reaches beyond the end */
export function decodeCommand(bytes: Buffer): Command {
  const command = new Map<number, Buffer>();
  for (let offset = 0; offset < bytes.length; ) {
    const element = bytes.readUInt16LE(offset + 2);
    const end = offset + 8 + bytes.readUInt32LE(offset + 4);
    if (end > bytes.length) throw new Error('a command element reaches beyond its command set');
    command.set(element, bytes.subarray(offset + 8, end));
    offset = end;
  }
  return command;
}

/** Value of a US element, 0 when absent. */
export function numberOf(command: Command, element: number): number {
  const bytes = command.get(element);
  return bytes === undefined || bytes.length < 2 ? 0 : bytes.readUInt16LE(0);
}

/** Value of a UI, AE or LO element without its padding, empty when absent. */
export function textOf(command: Command, element: number): string {
  return (command.get(element)?.toString('latin1') ?? '').replace(/[\0 ]+$/, '');
}

export function hasDataSet(command: Command): boolean {
  return numberOf(command, commandElements.commandDataSetType) !== noDataSet;
}

/** A C-STORE-RSP with status 0000 — PS3.7 Table 9.3-2. */
export function encodeStoreSuccess(messageId: number, sopClassUid: string, sopInstanceUid: string): Buffer {
  return encodeCommand([
    [commandElements.affectedSopClassUid, sopClassUid],
    [commandElements.commandField, commandFields.cStoreRsp],
    [commandElements.messageIdBeingRespondedTo, messageId],
    [commandElements.commandDataSetType, noDataSet],
    [commandElements.status, 0x0000],
    [commandElements.affectedSopInstanceUid, sopInstanceUid],
  ]);
}

export function encodeEchoRequest(verificationUid: string): Buffer {
  return encodeCommand([
    [commandElements.affectedSopClassUid, verificationUid],
    [commandElements.commandField, commandFields.cEchoRq],
    [commandElements.messageId, 1],
    [commandElements.commandDataSetType, noDataSet],
  ]);
}
