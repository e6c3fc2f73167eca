import { type Pdv, pDataTf } from './pdu/p-data-tf.ts';

const PDU_HEADER_BYTES = 6;

/**
 * P-DATA-TF PDUs for these PDVs, as buffers to write one after the other: headers of ours, and views of the callers' bytes.
 * Each PDV has a PDU of its own, or several: PS3.8 Annex E lets a command share one with its data set, but there are implementations
 * (GDCM is one) that look for the data set in the next PDU.
 * @param pduBytesMax largest variable field of a PDU, bytes, at least 8
 */
export function framePdvs(pdvs: readonly Pdv[], pduBytesMax: number): Buffer[] {
  // Fragments of an even number of bytes — PS3.8 Annex E.2.
  const pieceBytesMax = (pduBytesMax - pDataTf.pdvHeaderBytes) & ~1;
  const headers = Buffer.allocUnsafe(headerBytesMax(pdvs, pieceBytesMax));
  const out: Buffer[] = [];
  let headersUsed = 0;
  for (const pdv of pdvs) {
    let offset = 0;
    do {
      const end = Math.min(offset + pieceBytesMax, pdv.bytes.length);
      const itemBytes = pDataTf.pdvHeaderBytes + end - offset;
      const headerStart = headersUsed;
      headers.writeUInt16BE(pDataTf.pduType << 8, headersUsed);
      headers.writeUInt32BE(itemBytes, headersUsed + 2);
      headersUsed += PDU_HEADER_BYTES;
      const isLast = pdv.isLast && end === pdv.bytes.length;
      headers.writeUInt32BE(itemBytes - 4, headersUsed);
      headers.writeUInt8(pdv.contextId, headersUsed + 4);
      headers.writeUInt8(
        (pdv.isCommand ? pDataTf.commandBit : 0) | (isLast ? pDataTf.lastBit : 0),
        headersUsed + 5,
      );
      headersUsed += pDataTf.pdvHeaderBytes;
      out.push(headers.subarray(headerStart, headersUsed));
      if (end > offset) out.push(pdv.bytes.subarray(offset, end));
      offset = end;
    } while (offset < pdv.bytes.length);
  }
  return out;
}

function headerBytesMax(pdvs: readonly Pdv[], pieceBytesMax: number): number {
  let pieces = 0;
  for (const pdv of pdvs) pieces += Math.max(1, Math.ceil(pdv.bytes.length / pieceBytesMax));
  return pieces * (PDU_HEADER_BYTES + pDataTf.pdvHeaderBytes);
}
