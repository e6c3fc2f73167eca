import { ProtocolError } from '../lib/problem.ts';
import { ByteGatherer } from './byte-gatherer.ts';
import { INVALID_PDU_PARAMETER } from './bytes.ts';
import { limits } from './limits.ts';
import { type PdvFragment, pDataTf } from './pdu/p-data-tf.ts';
import { WHOLE_PDUS, type WholePdu } from './pdus.ts';

/** So begins TLS — RFC 8446 §5.1: what comes to the wrong port as a rule. */
const TLS_HANDSHAKE = 0x16;
/** Reason "unrecognized-PDU" of an A-ABORT — PS3.8 §9.3.8, Table 9-26. */
const UNRECOGNIZED_PDU = 1;

/** What the reader found: a whole PDU, the beginning of a P-DATA-TF, a piece of one of its PDVs. */
export type Token = WholePdu | { type: 'P-DATA-TF' } | { type: 'PDV'; pdv: PdvFragment };

/** Type, reserved byte and length of any PDU (PS3.8 §9.3.1), and the item header of a PDV, are both 6 bytes. */
const HEADER_BYTES = 6;
const P_DATA_TF: Token = { type: 'P-DATA-TF' };

/**
 * Cuts the stream of a transport connection into PDUs, whatever the cuts in which it arrives.
 * Of a P-DATA-TF it keeps nothing but a header that was cut: data goes through as views of the chunk.
 */
export class PduReader {
  /** Presentation contexts on which the peer may send data. */
  readonly acceptedContexts = new Set<number>();
  readonly #pduBytesMax: number;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerSize = 0;
  readonly #body = new ByteGatherer();
  #chunk: Buffer = Buffer.alloc(0);
  #offset = 0;
  #reading: 'header' | 'whole PDU' | 'PDV header' | 'PDV' | 'nothing' = 'header';
  #pduType = 0;
  #pdusBegun = 0;
  /** Bytes of the current PDU, and of the current PDV, that have not been read. */
  #pduRemaining = 0;
  #pdvRemaining = 0;
  #contextId = 0;
  #controlHeader = 0;

  /** @param pduBytesMax the maximum length that we advertise, bytes; 0 is no limit */
  constructor(pduBytesMax: number) {
    this.#pduBytesMax = pduBytesMax === 0 ? 0xffffffff : pduBytesMax + limits.pduSlackBytes;
  }

  /** Number of the PDU of which some bytes have come and not all; 0 between two. */
  get openPdu(): number {
    return this.#reading === 'header' && this.#headerSize === 0 ? 0 : this.#pdusBegun;
  }

  /** @param chunk the next bytes of the stream; call only after `next` has answered undefined */
  feed(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#offset = 0;
  }

  /**
   * The next token, or undefined once the chunk is used up.
   * @throws ProtocolError for a PDU that is not as it should be; the rest of that PDU is skipped then
   */
  next(): Token | undefined {
    try {
      for (;;) {
        const token = this.#step();
        if (token !== 'again') return token;
      }
    } catch (error) {
      this.skipPdu();
      throw error;
    }
  }

  /** Throws away what remains of the current PDU. Between PDUs there is nothing to throw away, nor within a header. */
  skipPdu(): void {
    if (this.#reading === 'header' && this.#pduRemaining === 0) return;
    this.#headerSize = 0;
    this.#body.take();
    this.#reading = this.#pduRemaining === 0 ? 'header' : 'nothing';
  }

  #step(): Token | 'again' | undefined {
    switch (this.#reading) {
      case 'header':
        if (this.#headerSize === 0 && this.#offset < this.#chunk.length) this.#pdusBegun += 1;
        return this.#gatherHeader() ? this.#beginPdu() : undefined;
      case 'whole PDU':
        return this.#gatherPdu();
      case 'PDV header':
        return this.#readPdvHeader();
      case 'PDV':
        return this.#readPdv();
      case 'nothing':
        this.#take(this.#pduRemaining);
        if (this.#pduRemaining > 0) return undefined;
        this.#reading = 'header';
        return 'again';
    }
  }

  #beginPdu(): Token | 'again' {
    this.#pduType = this.#header.readUInt8(0);
    this.#pduRemaining = this.#header.readUInt32BE(2);
    const length = this.#pduRemaining;
    if (this.#pduType === pDataTf.pduType) {
      if (length > this.#pduBytesMax) throw tooLong(pDataTf.name, length, this.#pduBytesMax);
      this.#reading = 'PDV header';
      return P_DATA_TF;
    }
    const pdu = WHOLE_PDUS.get(this.#pduType);
    if (pdu === undefined) {
      const hex = this.#pduType.toString(16).padStart(2, '0').toUpperCase();
      const hint = this.#pduType === TLS_HANDSHAKE ? ': the caller speaks TLS' : '';
      throw new ProtocolError(`unrecognized PDU type ${hex}H${hint}`, UNRECOGNIZED_PDU);
    }
    if (length > pdu.bytesMax) throw tooLong(pdu.name, length, pdu.bytesMax);
    this.#reading = 'whole PDU';
    return 'again';
  }

  #gatherPdu(): Token | undefined {
    const piece = this.#take(this.#pduRemaining);
    const isWhole = this.#pduRemaining === 0;
    if (!isWhole || this.#body.size > 0) this.#body.add(piece);
    if (!isWhole) return undefined;
    const body = this.#body.size > 0 ? this.#body.take() : piece;
    this.#reading = 'header';
    return WHOLE_PDUS.get(this.#pduType)?.decode(body);
  }

  #readPdvHeader(): Token | 'again' | undefined {
    const missing = HEADER_BYTES - this.#headerSize;
    if (this.#pduRemaining < missing) {
      throw invalidPdv(`the PDU ends ${missing - this.#pduRemaining} bytes before the end of a PDV header`);
    }
    const available = this.#chunk.length - this.#offset;
    const isWhole = this.#gatherHeader();
    this.#pduRemaining -= Math.min(missing, available);
    if (!isWhole) return undefined;
    const length = this.#header.readUInt32BE(0);
    if (length < pDataTf.pdvLengthExtraBytes || length - pDataTf.pdvLengthExtraBytes > this.#pduRemaining) {
      throw invalidPdv(`a PDV of ${length} bytes where ${this.#pduRemaining} remain in the PDU`);
    }
    this.#pdvRemaining = length - pDataTf.pdvLengthExtraBytes;
    this.#contextId = this.#header.readUInt8(4);
    this.#controlHeader = this.#header.readUInt8(5);
    if (!this.acceptedContexts.has(this.#contextId)) {
      throw invalidPdv(`presentation context ${this.#contextId} was not accepted`);
    }
    this.#reading = 'PDV';
    // A PDV without data still says that it is the last.
    return this.#pdvRemaining === 0 ? this.#pdv(this.#chunk.subarray(0, 0)) : 'again';
  }

  #readPdv(): Token | undefined {
    if (this.#offset === this.#chunk.length) return undefined;
    const size = Math.min(this.#pdvRemaining, this.#chunk.length - this.#offset);
    this.#pdvRemaining -= size;
    return this.#pdv(this.#take(size));
  }

  #pdv(bytes: Buffer): Token {
    const isWhole = this.#pdvRemaining === 0;
    if (isWhole) this.#reading = this.#pduRemaining === 0 ? 'header' : 'PDV header';
    return {
      type: 'PDV',
      pdv: {
        contextId: this.#contextId,
        isCommand: (this.#controlHeader & pDataTf.commandBit) !== 0,
        isLast: isWhole && (this.#controlHeader & pDataTf.lastBit) !== 0,
        bytes,
      },
    };
  }

  /** Up to `size` bytes of the chunk, counted against the current PDU. */
  #take(size: number): Buffer {
    const piece = this.#chunk.subarray(this.#offset, this.#offset + size);
    this.#offset += piece.length;
    this.#pduRemaining -= piece.length;
    return piece;
  }

  /** True once the 6 bytes are together in `#header`. */
  #gatherHeader(): boolean {
    const size = this.#chunk.copy(this.#header, this.#headerSize, this.#offset);
    this.#offset += size;
    this.#headerSize += size;
    if (this.#headerSize < HEADER_BYTES) return false;
    this.#headerSize = 0;
    return true;
  }
}

function tooLong(name: string, length: number, bytesMax: number): ProtocolError {
  return new ProtocolError(
    `${name} of ${length} bytes where at most ${bytesMax} are taken`,
    INVALID_PDU_PARAMETER,
  );
}

function invalidPdv(words: string): ProtocolError {
  return new ProtocolError(`${pDataTf.name}: ${words}`, INVALID_PDU_PARAMETER);
}
