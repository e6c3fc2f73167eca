import { ProtocolError } from '../lib/problem.ts';
import { limits } from './limits.ts';
import { type AcceptedContext, contextsOf } from './negotiation.ts';
import { aAbort } from './pdu/a-abort.ts';
import { type AAssociateAc, aAssociateAc } from './pdu/a-associate-ac.ts';
import { type AAssociateRj, aAssociateRj } from './pdu/a-associate-rj.ts';
import { type AAssociateRq, aAssociateRq } from './pdu/a-associate-rq.ts';
import { aReleaseRp } from './pdu/a-release-rp.ts';
import { aReleaseRq } from './pdu/a-release-rq.ts';
import type { Pdv, PdvFragment } from './pdu/p-data-tf.ts';
import { PduReader, type Token } from './pdu-reader.ts';
import { framePdvs } from './pdv-framing.ts';
import { ACTIONS, type Event, type State, type Step, TABLE_9_10 } from './state-table.ts';
import { abortWords } from './words.ts';

/** What the driver has to do, in this order. */
export type Effect =
  /** One write of all buffers; they may be the caller's own and are unchanged until they are written. */
  | { do: 'send'; bytes: readonly Buffer[] }
  | { do: 'indicate'; primitive: Indication }
  | { do: 'start-artim' }
  | { do: 'stop-artim' }
  | { do: 'connect' }
  | { do: 'close' };

/** What the service is told — the primitives of PS3.8 §7. */
export type Indication =
  | { type: 'A-ASSOCIATE indication'; request: AAssociateRq }
  | { type: 'A-ASSOCIATE confirmation'; accept: AAssociateAc }
  | { type: 'A-ASSOCIATE rejected'; reject: AAssociateRj }
  | { type: 'P-DATA indication'; pdv: PdvFragment }
  | { type: 'A-RELEASE indication' }
  | { type: 'A-RELEASE confirmation' }
  | { type: 'A-ABORT indication'; source: number; reason: number }
  | { type: 'A-P-ABORT indication'; reason: number; message: string };

/** What the service asks for — the primitives of PS3.8 §7. */
export type Request =
  | { type: 'A-ASSOCIATE request'; request: AAssociateRq }
  | { type: 'A-ASSOCIATE accept'; accept: AAssociateAc }
  | { type: 'A-ASSOCIATE reject'; reject: AAssociateRj }
  | { type: 'P-DATA request'; pdvs: readonly Pdv[] }
  | { type: 'A-RELEASE request' }
  | { type: 'A-RELEASE response' }
  | { type: 'A-ABORT request' };

/** The event of Table 9-10 that each request is. */
const EVENT_OF_REQUEST = {
  'A-ASSOCIATE request': 'Evt1',
  'A-ASSOCIATE accept': 'Evt7',
  'A-ASSOCIATE reject': 'Evt8',
  'P-DATA request': 'Evt9',
  'A-RELEASE request': 'Evt11',
  'A-RELEASE response': 'Evt14',
  'A-ABORT request': 'Evt15',
} as const satisfies Record<Request['type'], Event>;

/** Reason "unexpected-PDU" of an A-ABORT — PS3.8 §9.3.8, Table 9-26. */
const UNEXPECTED_PDU = 2;

const A_RELEASE_RQ = aReleaseRq.encode({ type: 'A-RELEASE-RQ' });
const A_RELEASE_RP = aReleaseRp.encode({ type: 'A-RELEASE-RP' });
const A_ABORT_OF_USER = aAbort.encode({ type: 'A-ABORT', source: 0, reason: 0 });

/** What an event carries for the steps of its action. */
interface Occurrence {
  send?: readonly Buffer[];
  indicate?: Indication;
  problem?: ProtocolError;
}

/**
 * One association of the Upper Layer, PS3.8 §9.2: no socket, no clock. Events go in, effects come out, in order.
 * The driver performs them and decides nothing.
 */
export class Association {
  readonly #role: 'acceptor' | 'requestor';
  readonly #pduBytesMax: number;
  readonly #reader: PduReader;
  #state: State = 'Sta1';
  #request: AAssociateRq | undefined;
  #contexts: ReadonlyMap<number, AcceptedContext> = new Map();
  #peerPduBytesMax: number;
  #failure: string | undefined;
  #repeatedAborts = 0;

  /** @param options.pduBytesMax largest P-DATA-TF variable field that we advertise and take, and the most that we send, bytes */
  constructor(role: 'acceptor' | 'requestor', options: { pduBytesMax?: number } = {}) {
    this.#role = role;
    this.#pduBytesMax = options.pduBytesMax ?? limits.pduBytesMax;
    this.#peerPduBytesMax = this.#pduBytesMax;
    this.#reader = new PduReader(this.#pduBytesMax);
  }

  get state(): State {
    return this.#state;
  }

  /** Largest P-DATA-TF variable field that we may send, bytes: the peer's maximum length, at most our own. */
  get peerPduBytesMax(): number {
    return this.#peerPduBytesMax;
  }

  /** The accepted presentation contexts by ID; empty before the association is established. */
  get contexts(): ReadonlyMap<number, AcceptedContext> {
    return this.#contexts;
  }

  /** Why the association was aborted, in words, also where no primitive says so (before the A-ASSOCIATE indication). */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Number of the PDU that has begun to be received and not ended; 0 between two. */
  get openPdu(): number {
    return this.#reader.openPdu;
  }

  /** Whether `submit` takes this request now. The peer may end an association at any time: ask before each submit. */
  may(type: Request['type']): boolean {
    return TABLE_9_10[EVENT_OF_REQUEST[type]][this.#state] !== undefined;
  }

  /** The transport connection is open: Evt5 for the acceptor, Evt2 for the requestor. */
  connected(): Effect[] {
    if (this.#role === 'acceptor') return this.#on('Evt5', {});
    return this.#on(
      'Evt2',
      this.#request === undefined ? {} : { send: [aAssociateRq.encode(this.#request)] },
    );
  }

  /**
   * Bytes of the peer, cut anywhere: Evt3, 4, 6, 10, 12, 13, 16, 19.
   * @param chunk stays the caller's; P-DATA indications hold views of it
   */
  receive(chunk: Buffer): Effect[] {
    const effects: Effect[] = [];
    this.#reader.feed(chunk);
    while (this.#state !== 'Sta1') {
      try {
        const token = this.#reader.next();
        if (token === undefined) break;
        this.#received(token, effects);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#on('Evt19', { problem: error }, effects);
      }
    }
    return effects;
  }

  /** @throws Error if the request has no place in the present state (see `may`), or names a context that was not accepted */
  submit(request: Request): Effect[] {
    const event = EVENT_OF_REQUEST[request.type];
    switch (request.type) {
      case 'A-ASSOCIATE request':
        this.#request = request.request;
        return this.#on(event, {});
      case 'A-ASSOCIATE accept': {
        const effects = this.#on(event, { send: [aAssociateAc.encode(request.accept)] });
        this.#establish(request.accept);
        return effects;
      }
      case 'A-ASSOCIATE reject':
        return this.#on(event, { send: [aAssociateRj.encode(request.reject)] });
      case 'P-DATA request':
        return this.#on(event, this.may(request.type) ? { send: this.#frame(request.pdvs) } : {});
      case 'A-RELEASE request':
        return this.#on(event, { send: [A_RELEASE_RQ] });
      case 'A-RELEASE response':
        return this.#on(event, { send: [A_RELEASE_RP] });
      case 'A-ABORT request':
        return this.#on(event, {});
    }
  }

  /** Evt18. */
  artimExpired(): Effect[] {
    return this.#on('Evt18', {});
  }

  /** Evt17. In Sta1 it is the echo of a close of ours, and means nothing. */
  transportClosed(): Effect[] {
    if (this.#state === 'Sta1') return [];
    return this.#on('Evt17', { problem: new ProtocolError('the transport connection was closed') });
  }

  /**
   * Aborts as service provider, for what a layer above finds wrong with the peer's bytes: A-ABORT with source 2, as Evt19 does.
   * Nothing is left to abort in Sta1 and Sta13.
   * @param reason PS3.8 §9.3.8, Table 9-26
   */
  abortByProvider(reason: number, message = abortWords(2, reason)): Effect[] {
    if (this.#state === 'Sta1' || this.#state === 'Sta13') return [];
    if (this.#state === 'Sta4') return this.#on('Evt15', {});
    this.#reader.skipPdu();
    return this.#on('Evt19', { problem: new ProtocolError(message, reason) });
  }

  #received(token: Token, effects: Effect[]): void {
    switch (token.type) {
      case 'PDV':
        // Evt10 was taken at the head of the PDU; the state may have been changed by a local abort since.
        if (this.#state !== 'Sta6' && this.#state !== 'Sta7') this.#reader.skipPdu();
        else effects.push({ do: 'indicate', primitive: { type: 'P-DATA indication', pdv: token.pdv } });
        return;
      case 'P-DATA-TF':
        if (this.#state !== 'Sta6' && this.#state !== 'Sta7') {
          this.#reader.skipPdu();
          this.#on('Evt10', { problem: unexpected(token.type, this.#state) }, effects);
        }
        return;
      case 'A-ASSOCIATE-RQ':
        if (this.#state === 'Sta2') this.#request = token;
        this.#onPdu('Evt6', token, { type: 'A-ASSOCIATE indication', request: token }, effects);
        return;
      case 'A-ASSOCIATE-AC':
        if (this.#state === 'Sta5') this.#establish(token);
        this.#onPdu('Evt3', token, { type: 'A-ASSOCIATE confirmation', accept: token }, effects);
        return;
      case 'A-ASSOCIATE-RJ':
        this.#onPdu('Evt4', token, { type: 'A-ASSOCIATE rejected', reject: token }, effects);
        return;
      case 'A-RELEASE-RQ':
        this.#onPdu('Evt12', token, { type: 'A-RELEASE indication' }, effects);
        return;
      case 'A-RELEASE-RP':
        this.#onPdu('Evt13', token, { type: 'A-RELEASE confirmation' }, effects);
        return;
      case 'A-ABORT': {
        const { source, reason } = token;
        this.#failure ??= abortWords(source, reason);
        const byUser: Indication = { type: 'A-ABORT indication', source, reason };
        const byProvider: Indication = {
          type: 'A-P-ABORT indication',
          reason,
          message: abortWords(source, reason),
        };
        this.#on('Evt16', { indicate: source === 0 ? byUser : byProvider }, effects);
        return;
      }
    }
  }

  #onPdu(event: Event, token: Token, indicate: Indication, effects: Effect[]): void {
    this.#on(event, { indicate, problem: unexpected(token.type, this.#state) }, effects);
  }

  #frame(pdvs: readonly Pdv[]): Buffer[] {
    for (const { contextId } of pdvs) {
      if (!this.#contexts.has(contextId))
        throw new Error(`presentation context ${contextId} was not accepted`);
    }
    return framePdvs(pdvs, this.#peerPduBytesMax);
  }

  #establish(accept: AAssociateAc): void {
    if (this.#request === undefined) return;
    this.#contexts = contextsOf(this.#request, accept);
    for (const id of this.#contexts.keys()) this.#reader.acceptedContexts.add(id);
    const peer = this.#role === 'acceptor' ? this.#request : accept;
    const peerMax = peer.userInformation.maximumLength;
    const ours = this.#pduBytesMax === 0 ? limits.pduBytesMax : this.#pduBytesMax;
    this.#peerPduBytesMax = peerMax === 0 ? ours : Math.min(peerMax, ours);
  }

  /** Looks the event up in Table 9-10, goes to the next state and adds the effects of the action. */
  #on(event: Event, occurrence: Occurrence, effects: Effect[] = []): Effect[] {
    const action = TABLE_9_10[event][this.#state];
    if (action === undefined) throw new Error(`${event} cannot happen in ${this.#state}`);
    const { steps, next } = ACTIONS[action];
    this.#state = typeof next === 'string' ? next : next[this.#role];
    if (action === 'AA-7' && ++this.#repeatedAborts > limits.repeatedAbortsMax) return effects;
    for (const step of steps) {
      const effect = this.#effectOf(step, occurrence);
      if (effect !== undefined) effects.push(effect);
    }
    return effects;
  }

  #effectOf(step: Step, { send, indicate, problem }: Occurrence): Effect | undefined {
    switch (step) {
      case 'connect':
      case 'close':
      case 'start-artim':
      case 'stop-artim':
        return { do: step };
      case 'send':
        return send && { do: 'send', bytes: send };
      case 'indicate':
        return indicate && { do: 'indicate', primitive: indicate };
      case 'send A-ABORT of the user':
        this.#failure ??= problem?.message ?? abortWords(0, 0);
        return { do: 'send', bytes: [A_ABORT_OF_USER] };
      case 'send A-ABORT of the provider': {
        const reason = problem?.abortReason ?? 0;
        return { do: 'send', bytes: [aAbort.encode({ type: 'A-ABORT', source: 2, reason })] };
      }
      case 'indicate A-P-ABORT': {
        const reason = problem?.abortReason ?? 0;
        const message = problem?.message ?? abortWords(2, reason);
        this.#failure ??= message;
        return { do: 'indicate', primitive: { type: 'A-P-ABORT indication', reason, message } };
      }
    }
  }
}

function unexpected(name: string, state: State): ProtocolError {
  return new ProtocolError(`unexpected ${name} in ${state}`, UNEXPECTED_PDU);
}
