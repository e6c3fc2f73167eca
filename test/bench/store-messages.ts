import { noise, templateOf } from './data-set-template.ts';
import { type SetShape, valuesOf } from './data-sets.ts';
import type { Patch } from './encode.ts';
import { commandElements, commandFields, encodeCommand } from './wire/command.ts';
import { encodePData, fragmentBytesMax } from './wire/pdu.ts';

/** How many full P-DATA-TF PDUs stand in the block that a large message repeats. */
const pdusPerBlock = 64;

/**
 * One C-STORE-RQ with its data set, encoded once to the last PDU header; between two instances only the bytes of the
 * attributes that differ are replaced. A large message repeats one block of PDUs, so it takes little memory.
 */
export interface StoreMessage {
  /** To be written one after the other. */
  segments: readonly Buffer[];
  dataSetBytes: number;
  /** Turns the message into that of another instance; the one before must have been answered. */
  become(index: number): void;
}

/** @param pduBytesMax the peer's limit for a P-DATA-TF, bytes after its 6-byte header */
export function encodeStoreMessage(set: SetShape, contextId: number, pduBytesMax: number): StoreMessage {
  const template = templateOf(set);
  const fragmentBytes = fragmentBytesMax(pduBytesMax);
  const dataSetBytes = template.head.length + template.pixelBytes;
  const command = encodePData(contextId, true, true, encodeStoreRequest(set));
  const first = firstFragment(template.head, Math.min(fragmentBytes, dataSetBytes));
  const head = Buffer.concat([command, encodePData(contextId, false, first.length === dataSetBytes, first)]);
  const rest = restSegments(contextId, dataSetBytes - first.length, fragmentBytes);
  const isSmall = dataSetBytes < 16 * 1024 * 1024;
  const segments = isSmall ? [Buffer.concat([head, ...rest])] : [head, ...rest];
  const start = segments[0] ?? head;
  const dataOffset = command.length + 12;
  const uidOffset = start.indexOf(valuesOf(set, 0).sopInstanceUid);
  const messageIdOffset = messageIdOffsetIn(start);
  return {
    segments,
    dataSetBytes,
    become(index) {
      const values = valuesOf(set, index);
      start.write(values.sopInstanceUid, uidOffset, 'latin1');
      start.writeUInt16LE((index % 0xffff) + 1, messageIdOffset);
      for (const patch of template.patches)
        applyPatch(start, dataOffset, patch, values[patch.name as keyof typeof values]);
    },
  };
}

function encodeStoreRequest(set: SetShape): Buffer {
  return encodeCommand([
    [commandElements.affectedSopClassUid, set.sopClassUid],
    [commandElements.commandField, commandFields.cStoreRq],
    [commandElements.messageId, 1],
    [commandElements.priority, 0],
    [commandElements.commandDataSetType, 1],
    [commandElements.affectedSopInstanceUid, valuesOf(set, 0).sopInstanceUid],
  ]);
}

/** The value of (0000,0110) in the command that `start` begins with. */
function messageIdOffsetIn(start: Buffer): number {
  return start.indexOf(Buffer.from([0x00, 0x00, 0x10, 0x01, 0x02, 0x00, 0x00, 0x00])) + 8;
}

function firstFragment(head: Buffer, sizeBytes: number): Buffer {
  if (sizeBytes < head.length)
    throw new Error('the head of the data set does not fit in one PDU of this peer');
  return Buffer.concat([head, noise(sizeBytes - head.length)]);
}

/** Pixel data as P-DATA-TF PDUs: full blocks, which are one and the same buffer, and what is left. */
function restSegments(contextId: number, sizeBytes: number, fragmentBytes: number): Buffer[] {
  const fullPdus = Math.max(0, Math.ceil(sizeBytes / fragmentBytes) - 1);
  const full = encodePData(contextId, false, false, noise(fragmentBytes));
  const blocks = Math.floor(fullPdus / pdusPerBlock);
  const block = Buffer.concat(Array.from({ length: blocks > 0 ? pdusPerBlock : 0 }, () => full));
  const lastBytes = sizeBytes - fullPdus * fragmentBytes;
  const tail = Array.from({ length: fullPdus % pdusPerBlock }, () => full);
  if (lastBytes > 0) tail.push(encodePData(contextId, false, true, noise(lastBytes)));
  return [...Array.from({ length: blocks }, () => block), Buffer.concat(tail)];
}

function applyPatch(start: Buffer, dataOffset: number, patch: Patch, value: string): void {
  start.write(value.padEnd(patch.sizeBytes), dataOffset + patch.offset, 'latin1');
}
