import { MessageAssembler } from '../../../src/dimse/assembler.ts';
import { encodeMessage, type Message } from '../../../src/dimse/message.ts';
import { ProtocolError } from '../../../src/lib/problem.ts';
import { assertSame, cutsOf, type FuzzTarget, outcomeOf, Refused } from '../target.ts';

const UID = '1.2.840.10008.5.1.4.1.1.7';
const MESSAGES: readonly Message[] = [
  { type: 'C-ECHO-RQ', affectedSopClassUid: '1.2.840.10008.1.1', messageId: 1, hasDataSet: false },
  {
    type: 'C-STORE-RQ',
    affectedSopClassUid: UID,
    affectedSopInstanceUid: '1.2.3',
    messageId: 7,
    priority: 0,
    moveOriginatorAeTitle: 'MOVER',
    moveOriginatorMessageId: 3,
    hasDataSet: true,
  },
  { type: 'C-FIND-RQ', affectedSopClassUid: UID, messageId: 2, priority: 2, hasDataSet: true },
  {
    type: 'C-MOVE-RQ',
    affectedSopClassUid: UID,
    messageId: 65535,
    priority: 1,
    moveDestination: 'SINK',
    hasDataSet: true,
  },
  { type: 'C-CANCEL-RQ', messageIdBeingRespondedTo: 9, hasDataSet: false },
  {
    type: 'C-STORE-RSP',
    affectedSopClassUid: UID,
    affectedSopInstanceUid: '1.2.3',
    messageIdBeingRespondedTo: 7,
    status: 0xa900,
    errorComment: 'no such thing',
    offendingElement: [0x00080018, 0x00080016],
    hasDataSet: false,
  },
];

/** Command sets and what is made of them — PS3.7 §6.3.1, §9.3 and §10.3. */
export const message: FuzzTarget = {
  name: 'message',
  seeds: () => MESSAGES.map(encodeMessage),
  check(input) {
    const outcomes = cutsOf(input).map((pieces) => outcomeOf(() => assembled(pieces), ProtocolError));
    for (const other of outcomes.slice(1)) assertSame('cut elsewhere', outcomes[0], other);
    const [first] = outcomes;
    if (first === undefined || first instanceof Refused) return;
    // What we understood can be said again, and is understood alike.
    const again = assembled([encodeMessage(first)]);
    assertSame('encoded again', sendable(first), sendable(again));
  },
};

/** @throws ProtocolError */
function assembled(pieces: readonly Buffer[]): Message {
  const assembler = new MessageAssembler();
  for (const bytes of pieces) assembler.receive({ contextId: 1, isCommand: true, isLast: false, bytes });
  const event = assembler.receive({ contextId: 1, isCommand: true, isLast: true, bytes: Buffer.alloc(0) });
  if (event?.type !== 'message') throw new Error('no message');
  return event.message;
}

/** Without the one text that is cut and cleaned when it is sent. */
function sendable(message: Message) {
  return { ...message, errorComment: undefined };
}
