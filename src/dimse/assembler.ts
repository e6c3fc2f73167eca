import { ProtocolError } from '../lib/problem.ts';
import { ByteGatherer } from '../ul/byte-gatherer.ts';
import type { PdvFragment } from '../ul/pdu/p-data-tf.ts';
import { decodeCommandSet } from './command-set.ts';
import { limits } from './limits.ts';
import { type Message, parseMessage } from './message.ts';

export type DimseEvent =
  /** A command set is whole; its data set follows if `message.hasDataSet`. */
  | { type: 'message'; contextId: number; message: Message }
  /** A piece of the data set of `message`; `bytes` may be empty, and is a view as in PdvFragment. */
  | { type: 'data-set'; contextId: number; message: Message; bytes: Buffer; isLast: boolean };

/**
 * Makes messages of PDVs — PS3.7 §6.3.1, PS3.8 Annex E: a command set, then its data set if there is one,
 * all on one presentation context and with nothing in between. The data set goes through in pieces.
 */
export class MessageAssembler {
  readonly #command = new ByteGatherer();
  /** The context of a command set that has begun. */
  #commandContextId: number | undefined;
  /** The message whose data set has not ended. */
  #open: { contextId: number; message: Message } | undefined;

  /**
   * @param pdv as it was indicated; its bytes are copied only where a command set comes in pieces
   * @throws ProtocolError for fragments out of order and for what is no message; the association is to be aborted
   */
  receive(pdv: PdvFragment): DimseEvent | undefined {
    return pdv.isCommand ? this.#receiveCommand(pdv) : this.#receiveDataSet(pdv);
  }

  #receiveCommand({ contextId, bytes, isLast }: PdvFragment): DimseEvent | undefined {
    if (this.#open !== undefined) {
      throw new ProtocolError(`command fragment within the data set of a ${this.#open.message.type}`);
    }
    this.#commandContextId ??= contextId;
    if (this.#commandContextId !== contextId) {
      throw new ProtocolError(
        `command fragment on context ${contextId} within one on ${this.#commandContextId}`,
      );
    }
    if (this.#command.size + bytes.length > limits.commandSetBytesMax) {
      throw new ProtocolError(`command set of more than ${limits.commandSetBytesMax} bytes`);
    }
    const isAlone = isLast && this.#command.size === 0;
    if (!isAlone) this.#command.add(bytes);
    if (!isLast) return undefined;
    const message = parseMessage(decodeCommandSet(isAlone ? bytes : this.#command.take()));
    this.#commandContextId = undefined;
    if (message.hasDataSet) this.#open = { contextId, message };
    return { type: 'message', contextId, message };
  }

  #receiveDataSet({ contextId, bytes, isLast }: PdvFragment): DimseEvent {
    if (this.#open === undefined)
      throw new ProtocolError('data set fragment without a command that announces it');
    if (this.#open.contextId !== contextId) {
      throw new ProtocolError(
        `data set fragment on context ${contextId} for a command on ${this.#open.contextId}`,
      );
    }
    const { message } = this.#open;
    if (isLast) this.#open = undefined;
    return { type: 'data-set', contextId, message, bytes, isLast };
  }
}
