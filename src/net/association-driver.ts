import type { Socket } from 'node:net';
import type { DimseEvent } from '../dimse/assembler.ts';
import { MessageAssembler } from '../dimse/assembler.ts';
import { messagePdvs } from '../dimse/fragment.ts';
import { encodeMessage, type Message } from '../dimse/message.ts';
import { messageOf, ProtocolError } from '../lib/problem.ts';
import type { Association, Effect, Indication, Request } from '../ul/association.ts';
import { ByteGatherer } from '../ul/byte-gatherer.ts';
import type { Pdv } from '../ul/pdu/p-data-tf.ts';
import { netLimits } from './limits.ts';
import type { ReaderEvents } from './socket-reader.ts';
import { SocketWriter } from './socket-writer.ts';

/** Takes the data set of one message, piece by piece. */
export interface DataSetConsumer {
  /** The bytes must stay as they are until a `release` that was called later has resolved. */
  write(bytes: Buffer): void;
  /** Resolves when no bytes given so far are needed any more; undefined where that is so already. Never rejects. */
  release(): Promise<void> | undefined;
  /** The data set is whole. */
  end(): void;
  /** It will not be finished. */
  abort(): void;
}

export interface DriverEvents {
  /** All primitives but P-DATA. */
  indicate(primitive: Indication): void;
  /** Returns who takes the data set; without anybody it is read and dropped. */
  message(contextId: number, message: Message): DataSetConsumer | undefined;
  /** A bug of ours; the association is aborted. */
  failed?(error: unknown): void;
  /** The transport connection is gone; the last event. */
  closed(): void;
}

export interface DriverOptions {
  /** ARTIM timer — PS3.8 §9.1.5, milliseconds. */
  artimTimeoutMs: number;
  /**
   * An association with neither bytes in nor out for so long is aborted, milliseconds; also one on which bytes drip in, but a PDU does not end for so
   * long, or nothing of what we send is taken.
   */
  idleTimeoutMs: number;
}

/**
 * Joins one Association to its socket: performs its effects and its timers, and decides nothing. DIMSE messages are put together here, and
 * their data sets handed on as they come.
 */
export class AssociationDriver implements ReaderEvents {
  readonly #association: Association;
  readonly #events: DriverEvents;
  readonly #options: DriverOptions;
  readonly #assembler = new MessageAssembler();
  /** Consumers that may hold bytes of the receive buffers. */
  readonly #holders = new Set<DataSetConsumer>();
  #consumer: DataSetConsumer | undefined;
  /** Of the data set that is being received, until the next longer piece or the end of the chunk: copies. */
  readonly #smallPieces = new ByteGatherer();
  /** What came last was of so many parts that what follows is taken bit by bit: thousands of effects at a time would outlive the young generation. */
  #isInCrumbs = false;
  #isWithinDataSet = false;
  /** A data set is being sent, and its last piece is yet to come: until then whole messages wait. */
  #sending: Turn | undefined;
  #waiting: (readonly Pdv[])[] = [];
  /** The PDU that is being read, by its number, and since when, by `performance.now()`; 0 between two. */
  #openPdu = 0;
  #openPduSince = 0;
  #socket: Socket | undefined;
  #writer: SocketWriter | undefined;
  #closeReader: () => void = () => undefined;
  #artim: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(association: Association, events: DriverEvents, options: DriverOptions) {
    this.#association = association;
    this.#events = events;
    this.#options = options;
  }

  /** The connection is open, and read by `reader`, whose events this driver is. */
  attach(reader: { socket: Socket; close(): void }): void {
    const { socket } = reader;
    this.#socket = socket;
    this.#writer = new SocketWriter(socket);
    this.#closeReader = reader.close;
    socket.setNoDelay(true);
    socket.setTimeout(this.#options.idleTimeoutMs, () => this.abort('no activity'));
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => this.#transportClosed());
    this.perform(this.#association.connected());
  }

  get isOpen(): boolean {
    return !this.#isClosed && this.#association.may('P-DATA request');
  }

  chunk(bytes: Buffer): void {
    try {
      let at = 0;
      while (at < bytes.length) {
        const end = this.#isInCrumbs ? at + netLimits.crumbSliceBytes : bytes.length;
        const effects = this.#association.receive(bytes.subarray(at, end));
        this.#isInCrumbs = effects.length > netLimits.crumbEffectsMin;
        this.perform(effects);
        at = end;
      }
      this.#passSmallPieces();
      this.#watchProgress();
    } catch (error) {
      // A bug of ours ends this association, and not the server with all the others.
      this.#events.failed?.(error);
      this.abort(`internal error: ${messageOf(error)}`);
    }
  }

  isWithinDataSet(): boolean {
    return this.#isWithinDataSet;
  }

  held(): Promise<void> | undefined {
    if (this.#holders.size === 0) return undefined;
    const pending: Promise<void>[] = [];
    for (const holder of this.#holders) {
      const released = holder.release();
      if (released !== undefined) pending.push(released);
      else if (holder !== this.#consumer) this.#holders.delete(holder);
    }
    if (pending.length < 2) return pending[0];
    return Promise.all(pending).then(() => undefined);
  }

  /** Sends a request of the upper layer, unless the association has ended meanwhile; then returns false. */
  submit(request: Request): boolean {
    if (this.#isClosed || !this.#association.may(request.type)) return false;
    this.perform(this.#association.submit(request));
    return true;
  }

  /**
   * Sends a message with a small data set: after the data set that is being sent, for the fragments of two messages do not
   * mix on an association (a Pending response of C-GET falls due while a large instance is on its way).
   * @returns false where the association has ended
   */
  send(contextId: number, message: Message, dataSet?: Buffer): boolean {
    const pdvs = messagePdvs(contextId, encodeMessage(message), dataSet);
    if (this.#sending === undefined) return this.submit({ type: 'P-DATA request', pdvs });
    if (!this.isOpen) return false;
    this.#waiting.push(pdvs);
    return true;
  }

  /**
   * Sends PDVs of one message, which may follow in more calls up to the last of its data set, and resolves when the kernel has taken them: until then their bytes must stay as they are.
   * @returns false where the association has ended
   */
  async sendPdvs(pdvs: readonly Pdv[]): Promise<boolean> {
    if (this.#isClosed || !this.#association.may('P-DATA request')) return false;
    const effects = this.#association.submit({ type: 'P-DATA request', pdvs });
    await new Promise<void>((resolve) => {
      for (const effect of effects) {
        if (effect.do === 'send') this.#writer?.write(effect.bytes, resolve);
      }
      this.#takeTurns(pdvs.at(-1));
    });
    // Writes end before the end of the connection is told.
    return !this.#isClosed && this.#socket?.destroyed !== true;
  }

  /** Resolves when the peer has taken most of what was sent, and nothing waits behind another message; or when the connection is gone. */
  async drained(): Promise<void> {
    await this.#sending?.over;
    await this.#writer?.drained();
  }

  congestion(): Promise<void> | undefined {
    if (this.#waiting.length >= netLimits.waitingMessagesMax) return this.#sending?.over;
    return this.#writer?.congestion();
  }

  /** After PDVs that end with this one were written. */
  #takeTurns(last: Pdv | undefined): void {
    if (last === undefined || last.isCommand) return;
    if (!last.isLast) {
      this.#sending ??= turn();
      return;
    }
    this.#sending?.end();
    this.#sending = undefined;
    for (const pdvs of this.#waiting.splice(0)) this.submit({ type: 'P-DATA request', pdvs });
  }

  /** Aborts as service user, for a reason of ours. */
  abort(words: string): void {
    if (this.#isClosed) return;
    if (this.submit({ type: 'A-ABORT request' })) {
      this.#events.indicate({ type: 'A-P-ABORT indication', reason: 0, message: words });
    } else {
      this.#socket?.destroy();
    }
  }

  /** Aborts, and does not wait for a peer that takes nothing any more. */
  abortSoon(words: string): void {
    this.abort(words);
    setTimeout(() => this.#socket?.destroy(), netLimits.cancelLingerMs).unref();
  }

  perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case 'send':
          this.#writer?.write(effect.bytes);
          break;
        case 'indicate':
          this.#indicate(effect.primitive);
          break;
        case 'start-artim':
          this.#startArtim();
          break;
        case 'stop-artim':
          clearTimeout(this.#artim);
          break;
        case 'close':
          clearTimeout(this.#artim);
          this.#close();
          break;
        case 'connect':
          break; // whoever made the requestor connects
      }
    }
  }

  /** Any byte keeps the timer of the socket from expiring: who drips them is found here. */
  #watchProgress(): void {
    const openPdu = this.#association.openPdu;
    if (openPdu !== this.#openPdu) {
      this.#openPdu = openPdu;
      this.#openPduSince = performance.now();
    }
    const { idleTimeoutMs } = this.#options;
    if (openPdu !== 0 && performance.now() - this.#openPduSince > idleTimeoutMs)
      this.abort('a PDU that does not end');
    else if ((this.#writer?.stalledMs ?? 0) > idleTimeoutMs) this.abort('nothing is taken of what is sent');
  }

  #indicate(primitive: Indication): void {
    if (primitive.type !== 'P-DATA indication') {
      this.#events.indicate(primitive);
      return;
    }
    // A primitive of the same chunk may follow on an abort of ours.
    if (!this.#association.may('P-DATA request') && this.#association.state !== 'Sta7') return;
    try {
      const event = this.#assembler.receive(primitive.pdv);
      if (event !== undefined) this.#dimse(event);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.perform(this.#association.abortByProvider(error.abortReason, error.message));
    }
  }

  #dimse(event: DimseEvent): void {
    if (event.type === 'message') {
      const consumer = this.#events.message(event.contextId, event.message);
      this.#isWithinDataSet = event.message.hasDataSet;
      if (!event.message.hasDataSet) return;
      this.#consumer = consumer;
      if (consumer !== undefined) this.#holders.add(consumer);
      return;
    }
    if (event.bytes.length < netLimits.smallPieceBytes) {
      this.#smallPieces.add(event.bytes);
    } else {
      this.#passSmallPieces();
      this.#consumer?.write(event.bytes);
    }
    if (!event.isLast) return;
    this.#passSmallPieces();
    this.#isWithinDataSet = false;
    const consumer = this.#consumer;
    this.#consumer = undefined;
    consumer?.end();
  }

  #passSmallPieces(): void {
    if (this.#smallPieces.size === 0) return;
    // Taken also where nobody wants them: else they would stand before the next data set.
    const bytes = this.#smallPieces.take();
    this.#consumer?.write(bytes);
  }

  #startArtim(): void {
    clearTimeout(this.#artim);
    this.#artim = setTimeout(() => {
      if (!this.#isClosed) this.perform(this.#association.artimExpired());
    }, this.#options.artimTimeoutMs);
  }

  /** Lets go what was written, then closes; a peer that does not take it does not keep us. */
  #close(): void {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return;
    this.#writer?.flush();
    socket.destroySoon();
    setTimeout(() => socket.destroy(), netLimits.lingerTimeoutMs).unref();
  }

  #transportClosed(): void {
    if (this.#isClosed) return;
    this.perform(this.#association.transportClosed());
    this.#isClosed = true;
    clearTimeout(this.#artim);
    this.#sending?.end();
    this.#waiting = [];
    this.#consumer?.abort();
    this.#consumer = undefined;
    this.#closeReader();
    this.#events.closed();
  }
}

interface Turn {
  readonly over: Promise<void>;
  end(): void;
}

function turn(): Turn {
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, end };
}
