import { encodeMessage } from '../../src/dimse/message.ts';
import { uids } from '../ul/fixtures.ts';
import { pduOf } from '../ul/raw-request.ts';

/** Message control header — PS3.8 Annex E.2. */
export const COMMAND = 0x01;
export const LAST = 0x02;

/** A PDV with its item header; `control` may have bits that are reserved. */
export function pdv(
  contextId: number,
  control: number,
  bytes: Buffer,
  lengthBytes = bytes.length + 2,
): Buffer {
  const header = Buffer.alloc(6);
  header.writeUInt32BE(lengthBytes);
  header.writeUInt8(contextId, 4);
  header.writeUInt8(control, 5);
  return Buffer.concat([header, bytes]);
}

/** A P-DATA-TF. */
export function pData(...pdvs: Buffer[]): Buffer {
  return pduOf(0x04, Buffer.concat(pdvs));
}

export function echoRequest(messageId: number): Buffer {
  return encodeMessage({
    type: 'C-ECHO-RQ',
    affectedSopClassUid: uids.verification,
    messageId,
    hasDataSet: false,
  });
}

export function storeRequest(messageId: number): Buffer {
  return encodeMessage({
    type: 'C-STORE-RQ',
    affectedSopClassUid: uids.ctImageStorage,
    affectedSopInstanceUid: `1.2.${messageId}`,
    messageId,
    priority: 0,
    hasDataSet: true,
  });
}

/** A whole C-ECHO-RQ on context 1. */
export function echoPdu(messageId: number): Buffer {
  return pData(pdv(1, COMMAND | LAST, echoRequest(messageId)));
}
