import type { BlockingSocket } from './blocking-socket.ts';
import { type Command, decodeCommand } from './command.ts';
import {
  type ContextProposal,
  encodeAssociateAc,
  encodeAssociateRq,
  encodePData,
  encodeReleaseRp,
  encodeReleaseRq,
  itemsOf,
  pduTypes,
  type Window,
} from './pdu.ts';

/** What we take and give at most — PS3.8 Annex D.1; DCMTK sends no larger PDU. */
export const pduBytesMax = 131072;

/** Where the items of an A-ASSOCIATE-RQ or -AC begin, after its 6-byte header. */
const itemsOffset = 68;
const accepted = 0;
const transferSyntaxesNotSupported = 4;

export interface AssociationRequest {
  port: number;
  calledAeTitle: string;
  callingAeTitle: string;
  /** What is proposed of us as SCP of the acceptor's requests, which the acceptor may have unanswered at a time; no window unless given. */
  operationsPerformed?: number | undefined;
}

export interface Pdv {
  contextId: number;
  isCommand: boolean;
  isLast: boolean;
  /** valid until the next PDV is read */
  data: Buffer;
}

/** One association of the load generator: both roles, blocking, with no more checks than a benchmark needs. */
export class Association {
  readonly socket: BlockingSocket;
  /** The peer's limit for our P-DATA-TF, never above our own. */
  readonly peerPduBytesMax: number;
  /** Accepted presentation context by abstract syntax. */
  readonly contexts: ReadonlyMap<string, number>;
  #pdu: Buffer = Buffer.alloc(0);

  private constructor(
    socket: BlockingSocket,
    peerPduBytesMax: number,
    contexts: ReadonlyMap<string, number>,
  ) {
    this.socket = socket;
    this.peerPduBytesMax = peerPduBytesMax;
    this.contexts = contexts;
  }

  /** @throws when the peer rejects, aborts, or refuses one of the contexts */
  static request(
    socket: BlockingSocket,
    request: AssociationRequest,
    syntaxes: readonly (readonly [abstractSyntax: string, transferSyntax: string])[],
    scpRoles: readonly string[] = [],
  ): Association {
    const proposals: ContextProposal[] = syntaxes.map(([abstractSyntax, transferSyntax], index) => ({
      id: 2 * index + 1,
      abstractSyntax,
      transferSyntaxes: [transferSyntax],
    }));
    const { calledAeTitle, callingAeTitle, operationsPerformed: performed } = request;
    const window = performed === undefined ? undefined : { invoked: 1, performed };
    socket.write(encodeAssociateRq(calledAeTitle, callingAeTitle, proposals, pduBytesMax, scpRoles, window));
    const { type, body } = readPdu(socket);
    if (type !== pduTypes.associateAc) throw new Error(`no association: PDU ${type} ${body.toString('hex')}`);
    const { results, peerPduBytesMax } = parseAssociateAc(body);
    const contexts = new Map<string, number>();
    for (const { id, abstractSyntax } of proposals) {
      if (results.get(id) !== accepted) throw new Error(`the peer does not accept ${abstractSyntax}`);
      contexts.set(abstractSyntax, id);
    }
    return new Association(socket, peerPduBytesMax, contexts);
  }

  /**
   * Accepts every context with its first transfer syntax among `transferSyntaxes`.
   * @param operationsMax what is granted of a window that is proposed; undefined answers none
   */
  static accept(
    socket: BlockingSocket,
    transferSyntaxes: ReadonlySet<string>,
    operationsMax?: number,
  ): Association {
    const { type, body } = readPdu(socket);
    if (type !== pduTypes.associateRq) throw new Error(`PDU ${type} where A-ASSOCIATE-RQ was expected`);
    const contexts = new Map<string, number>();
    const results = [];
    for (const { id, abstractSyntax, offered } of proposalsOf(body)) {
      const transferSyntax = offered.find((uid) => transferSyntaxes.has(uid));
      const result = transferSyntax === undefined ? transferSyntaxesNotSupported : accepted;
      results.push({ id, result, transferSyntax: transferSyntax ?? '' });
      if (result === accepted) contexts.set(abstractSyntax, id);
    }
    const peerPduBytesMax = maximumLengthOf(body);
    const titles = Buffer.from(body.subarray(4, 36));
    const window = operationsMax === undefined ? undefined : grantedOf(body, operationsMax);
    socket.write(encodeAssociateAc(titles, results, pduBytesMax, window));
    return new Association(socket, peerPduBytesMax, contexts);
  }

  contextFor(abstractSyntax: string): number {
    const id = this.contexts.get(abstractSyntax);
    if (id === undefined) throw new Error(`no presentation context for ${abstractSyntax}`);
    return id;
  }

  sendCommand(contextId: number, command: Buffer): void {
    this.socket.write(encodePData(contextId, true, true, command));
  }

  /** A command and a data set that fits in one PDU, as C-FIND and C-MOVE identifiers do. */
  sendMessage(contextId: number, command: Buffer, dataSet: Buffer): void {
    const pdus = [encodePData(contextId, true, true, command), encodePData(contextId, false, true, dataSet)];
    this.socket.write(Buffer.concat(pdus));
  }

  /** @returns undefined once the peer asks for release, which is answered. @throws when it aborts */
  nextPdv(): Pdv | undefined {
    if (this.#pdu.length === 0) {
      const { type, body } = readPdu(this.socket);
      if (type === pduTypes.releaseRq) {
        this.socket.write(encodeReleaseRp());
        return undefined;
      }
      if (type !== pduTypes.data)
        throw new Error(`PDU ${type} ${body.toString('hex')} where P-DATA-TF was expected`);
      this.#pdu = body;
    }
    const end = 4 + this.#pdu.readUInt32BE(0);
    const control = this.#pdu.readUInt8(5);
    const data = this.#pdu.subarray(6, end);
    const contextId = this.#pdu.readUInt8(4);
    this.#pdu = this.#pdu.subarray(end);
    return { contextId, isCommand: (control & 1) !== 0, isLast: (control & 2) !== 0, data };
  }

  /** The next command set, copied. @returns undefined once the peer has released */
  nextCommand(): { contextId: number; command: Command } | undefined {
    const bytes = this.#collect(true);
    return bytes === undefined
      ? undefined
      : { contextId: bytes.contextId, command: decodeCommand(bytes.data) };
  }

  /** The data set that follows a command, copied. */
  nextDataSet(): Buffer {
    const bytes = this.#collect(false);
    if (bytes === undefined) throw new Error('the peer released the association in mid-message');
    return bytes.data;
  }

  /** Discards the data set that follows a command. @returns its size */
  skipDataSet(): number {
    for (let sizeBytes = 0; ; ) {
      const pdv = this.nextPdv();
      if (pdv === undefined || pdv.isCommand) throw new Error('the peer left a data set unfinished');
      sizeBytes += pdv.data.length;
      if (pdv.isLast) return sizeBytes;
    }
  }

  /** Releases and closes. */
  release(): void {
    this.socket.write(encodeReleaseRq());
    readPdu(this.socket);
    this.socket.close();
  }

  #collect(isCommand: boolean): { contextId: number; data: Buffer } | undefined {
    for (let parts: Buffer[] = []; ; ) {
      const pdv = this.nextPdv();
      if (pdv === undefined) return undefined;
      if (pdv.isCommand !== isCommand) throw new Error('the peer mixes up command and data set');
      parts = [...parts, Buffer.from(pdv.data)];
      if (pdv.isLast) return { contextId: pdv.contextId, data: Buffer.concat(parts) };
    }
  }
}

function readPdu(socket: BlockingSocket): { type: number; body: Buffer } {
  const header = socket.take(6);
  const type = header.readUInt8(0);
  return { type, body: socket.take(header.readUInt32BE(2)) };
}

function parseAssociateAc(body: Buffer): { results: Map<number, number>; peerPduBytesMax: number } {
  const results = new Map<number, number>();
  for (const { type, value } of itemsOf(body, itemsOffset)) {
    if (type === 0x21) results.set(value.readUInt8(0), value.readUInt8(2));
  }
  return { results, peerPduBytesMax: maximumLengthOf(body) };
}

function proposalsOf(body: Buffer): { id: number; abstractSyntax: string; offered: string[] }[] {
  const proposals = [];
  for (const { type, value } of itemsOf(body, itemsOffset)) {
    if (type !== 0x20) continue;
    const uids = [...itemsOf(value, 4)].map((sub) => ({ type: sub.type, uid: textUid(sub.value) }));
    proposals.push({
      id: value.readUInt8(0),
      abstractSyntax: uids.find((sub) => sub.type === 0x30)?.uid ?? '',
      offered: uids.filter((sub) => sub.type === 0x40).map((sub) => sub.uid),
    });
  }
  return proposals;
}

/** PS3.8 Annex D.1; 0 means no limit. */
function maximumLengthOf(body: Buffer): number {
  return Math.min(userItemOf(body, 0x51)?.readUInt32BE(0) || pduBytesMax, pduBytesMax);
}

/** No more than was proposed, where something was. */
function grantedOf(body: Buffer, operationsMax: number): Window | undefined {
  const proposed = userItemOf(body, 0x53)?.readUInt16BE(0);
  if (proposed === undefined) return undefined;
  return { invoked: Math.min(proposed || operationsMax, operationsMax), performed: 1 };
}

/** Value of a sub-item of the user information. */
function userItemOf(body: Buffer, type: number): Buffer | undefined {
  for (const item of itemsOf(body, itemsOffset)) {
    if (item.type !== 0x50) continue;
    for (const sub of itemsOf(item.value, 0)) if (sub.type === type) return sub.value;
  }
  return undefined;
}

function textUid(value: Buffer): string {
  return value.toString('latin1').replace(/\0+$/, '');
}
