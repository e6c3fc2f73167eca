import { connect, type Socket } from 'node:net';
import { encodeMessage, type Message } from '../../src/dimse/message.ts';
import { DICOM_APPLICATION_CONTEXT } from '../../src/ul/negotiation.ts';
import { type AAssociateRq, aAssociateRq } from '../../src/ul/pdu/a-associate-rq.ts';
import { framePdvs } from '../../src/ul/pdv-framing.ts';
import type { Proposal } from '../helpers/requests.ts';

const PDU_BYTES = 65_536;
const A_ABORT = 7;

/** A caller who keeps to nothing: bytes as they are told, answers counted by PDU type and not looked at. */
export class Attacker {
  readonly socket: Socket;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  #isClosed = false;
  /** The first of what has come, to be looked into. */
  #received: Buffer = Buffer.alloc(0);
  #waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      if (this.#received.length < RECEIVED_BYTES_MAX) this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  static async connect(port: number): Promise<Attacker> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new Attacker(socket);
  }

  /** Connects, and waits for the A-ASSOCIATE-AC. */
  static async associate(port: number, contexts: readonly Proposal[]): Promise<Attacker> {
    const attacker = await Attacker.connect(port);
    attacker.socket.write(aAssociateRq.encode(requestOf(contexts)));
    await attacker.expect(2);
    return attacker;
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Writes as the peer takes it; stops without a word where the connection goes. */
  async send(...pieces: readonly Buffer[]): Promise<void> {
    for (const piece of pieces) {
      if (this.#isClosed) return;
      if (this.socket.write(piece)) continue;
      await Promise.race([new Promise<void>((resolve) => this.socket.once('drain', resolve)), this.closed]);
    }
  }

  /** Writes for so long at most, as a peer takes it that may not take it at all. */
  async sendFor(timeoutMs: number, pieces: Iterable<Buffer>): Promise<void> {
    const end = performance.now() + timeoutMs;
    for (const piece of pieces) {
      const leftMs = end - performance.now();
      if (this.#isClosed || leftMs <= 0) return;
      if (this.socket.write(piece)) continue;
      const drained = new Promise<void>((resolve) => this.socket.once('drain', resolve));
      await Promise.race([drained, this.closed, wait(leftMs)]);
    }
  }

  /** Waits for a PDU of this type, or for the end of the connection where it is 'end'. @throws Error in time */
  async expect(pduType: number | 'end', timeoutMs = 10_000): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!(pduType === 'end' ? this.#isClosed : this.pduTypes().includes(pduType))) {
      const leftMs = end - performance.now();
      if (leftMs <= 0 || this.#isClosed) {
        throw new Error(`no PDU ${pduType} in time, but ${this.pduTypes()}, closed: ${this.#isClosed}`);
      }
      await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), wait(leftMs)]);
    }
  }

  /** Waits for an answer with a status, or for the end. @returns the status; 'closed' also where we were told so by A-ABORT */
  async answer(timeoutMs: number): Promise<number | 'closed'> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      const status = statusIn(this.#received);
      if (status !== undefined) return status;
      if (this.#isClosed || this.pduTypes().includes(A_ABORT)) return 'closed';
      const leftMs = end - performance.now();
      if (leftMs <= 0) throw new Error(`neither answered nor closed in ${timeoutMs} ms`);
      await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), wait(leftMs)]);
    }
  }

  pduTypes(): number[] {
    return [...pdusOf(this.#received)].map((pdu) => pdu.readUInt8(0));
  }

  end(): void {
    this.socket.destroy();
  }
}

const RECEIVED_BYTES_MAX = 64 * 1024;

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export function requestOf(contexts: readonly Proposal[]): AAssociateRq {
  return {
    type: 'A-ASSOCIATE-RQ',
    protocolVersion: 1,
    calledAeTitle: 'DICOMKEEP',
    callingAeTitle: 'ATTACKER',
    applicationContext: DICOM_APPLICATION_CONTEXT,
    presentationContexts: contexts.map((context, index) => ({ id: index * 2 + 1, ...context })),
    userInformation: {
      maximumLength: 16_384,
      implementationClassUid: '1.2.3',
      roleSelections: [],
      extendedNegotiations: [],
      commonExtendedNegotiations: [],
    },
  };
}

/** The P-DATA-TF PDUs of a message's command set on context 1. */
export function command(message: Message): Buffer {
  return data(encodeMessage(message), true, true);
}

/** Bytes of a data set on context 1, in PDUs. */
export function dataSet(bytes: Buffer, isLast: boolean): Buffer {
  return data(bytes, false, isLast);
}

function data(bytes: Buffer, isCommand: boolean, isLast: boolean): Buffer {
  return Buffer.concat(framePdvs([{ contextId: 1, isCommand, isLast, bytes }], PDU_BYTES));
}

/** One PDU of many PDVs on context 1, each with these bytes. */
export function manyPdvs(count: number, bytes: Buffer, isCommand: boolean): Buffer {
  const pdv = Buffer.alloc(6 + bytes.length);
  pdv.writeUInt32BE(2 + bytes.length, 0);
  pdv.writeUInt8(1, 4);
  pdv.writeUInt8(isCommand ? 1 : 0, 5);
  bytes.copy(pdv, 6);
  const pdu = Buffer.alloc(6 + count * pdv.length);
  pdu.writeUInt8(4, 0);
  pdu.writeUInt32BE(count * pdv.length, 2);
  for (let index = 0; index < count; index++) pdv.copy(pdu, 6 + index * pdv.length);
  return pdu;
}

function* pdusOf(bytes: Buffer): Generator<Buffer> {
  let at = 0;
  while (at + 6 <= bytes.length) {
    const end = at + 6 + bytes.readUInt32BE(at + 2);
    yield bytes.subarray(at, Math.min(end, bytes.length));
    at = end;
  }
}

/** Status (0000,0900) of the first response that has one. */
function statusIn(bytes: Buffer): number | undefined {
  const at = bytes.indexOf(Buffer.from([0, 0, 0, 9, 2, 0, 0, 0]));
  return at < 0 || at + 10 > bytes.length ? undefined : bytes.readUInt16LE(at + 8);
}
