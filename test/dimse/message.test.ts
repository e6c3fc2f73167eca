import { expect } from 'chai';
import { decodeCommandSet } from '../../src/dimse/command-set.ts';
import { encodeMessage, isRequest, isResponse, type Message, parseMessage } from '../../src/dimse/message.ts';
import { responseTo } from '../../src/dimse/response.ts';
import { ProtocolError } from '../../src/lib/problem.ts';

const sop = { affectedSopClassUid: '1.2.840.10008.5.1.4.1.1.2' };
const instance = { affectedSopInstanceUid: '1.2.3.4' };
const requested = {
  requestedSopClassUid: '1.2.840.10008.1.20.1',
  requestedSopInstanceUid: '1.2.840.10008.1.20.1.1',
};
const response = { messageIdBeingRespondedTo: 7, hasDataSet: false };
const counters = {
  numberOfRemainingSuboperations: 3,
  numberOfCompletedSuboperations: 2,
  numberOfFailedSuboperations: 1,
  numberOfWarningSuboperations: 0,
};

/** One of each message, with all of its fields or with only the mandatory ones; and its Command Field by PS3.7 Annex E.1. */
const MESSAGES: readonly (readonly [number, Message])[] = [
  [
    0x0001,
    {
      type: 'C-STORE-RQ',
      hasDataSet: true,
      ...sop,
      ...instance,
      messageId: 1,
      priority: 0,
      moveOriginatorAeTitle: 'VIEWER',
      moveOriginatorMessageId: 5,
    },
  ],
  [
    0x8001,
    {
      type: 'C-STORE-RSP',
      ...response,
      ...sop,
      ...instance,
      status: 0xa900,
      errorComment: 'other instance',
      offendingElement: [0x00080018],
      errorId: 4,
    },
  ],
  [0x0020, { type: 'C-FIND-RQ', hasDataSet: true, ...sop, messageId: 2, priority: 2 }],
  [0x8020, { type: 'C-FIND-RSP', ...response, hasDataSet: true, ...sop, status: 0xff00 }],
  [0x0010, { type: 'C-GET-RQ', hasDataSet: true, ...sop, messageId: 3, priority: 1 }],
  [0x8010, { type: 'C-GET-RSP', ...response, ...sop, status: 0xff00, ...counters }],
  [
    0x0021,
    { type: 'C-MOVE-RQ', hasDataSet: true, ...sop, messageId: 4, priority: 0, moveDestination: 'VIEWER' },
  ],
  [0x8021, { type: 'C-MOVE-RSP', ...response, status: 0xb000, ...counters }],
  [
    0x0030,
    { type: 'C-ECHO-RQ', hasDataSet: false, affectedSopClassUid: '1.2.840.10008.1.1', messageId: 65535 },
  ],
  [0x8030, { type: 'C-ECHO-RSP', ...response, status: 0 }],
  [0x0fff, { type: 'C-CANCEL-RQ', hasDataSet: false, messageIdBeingRespondedTo: 2 }],
  [
    0x0100,
    { type: 'N-EVENT-REPORT-RQ', hasDataSet: true, ...sop, ...instance, messageId: 5, eventTypeId: 1 },
  ],
  [0x8100, { type: 'N-EVENT-REPORT-RSP', ...response, ...sop, ...instance, status: 0, eventTypeId: 1 }],
  [0x0130, { type: 'N-ACTION-RQ', hasDataSet: true, ...requested, messageId: 6, actionTypeId: 1 }],
  [0x8130, { type: 'N-ACTION-RSP', ...response, status: 0x0110, actionTypeId: 1 }],
  [
    0x0110,
    {
      type: 'N-GET-RQ',
      hasDataSet: false,
      ...requested,
      messageId: 8,
      attributeIdentifierList: [0x00100010],
    },
  ],
  [0x8110, { type: 'N-GET-RSP', ...response, status: 0x0211 }],
  [0x0120, { type: 'N-SET-RQ', hasDataSet: true, ...requested, messageId: 9 }],
  [0x8120, { type: 'N-SET-RSP', ...response, status: 0x0211 }],
  [0x0140, { type: 'N-CREATE-RQ', hasDataSet: true, ...sop, messageId: 10 }],
  [0x8140, { type: 'N-CREATE-RSP', ...response, status: 0x0211 }],
  [0x0150, { type: 'N-DELETE-RQ', hasDataSet: false, ...requested, messageId: 11 }],
  [0x8150, { type: 'N-DELETE-RSP', ...response, status: 0x0211 }],
];

describe('DIMSE messages (PS3.7 §9.3, §10.3)', () => {
  for (const [commandField, message] of MESSAGES) {
    it(`${message.type} comes back from a round trip under its Command Field`, () => {
      const commandSet = decodeCommandSet(encodeMessage(message));

      expect(commandSet.CommandField).to.equal(commandField);
      expect(parseMessage(commandSet)).to.deep.equal(message);
    });
  }

  it('have a data set unless Command Data Set Type is 0101H', () => {
    const echo = { CommandField: 0x0030, AffectedSOPClassUID: '1.2', MessageID: 1 };

    expect(parseMessage({ ...echo, CommandDataSetType: 0x0101 }).hasDataSet).to.equal(false);
    expect(parseMessage({ ...echo, CommandDataSetType: 0x0102 }).hasDataSet).to.equal(true);
    expect(() => parseMessage(echo)).to.throw(ProtocolError, 'C-ECHO-RQ without CommandDataSetType');
  });

  it('are refused without a mandatory element, with its name', () => {
    for (const [, message] of MESSAGES) {
      const whole = decodeCommandSet(encodeMessage(message));
      const mandatory = isRequest(message) ? ('MessageID' as const) : ('MessageIDBeingRespondedTo' as const);
      const { [mandatory]: _, ...rest } = whole;

      expect(() => parseMessage(rest)).to.throw(ProtocolError, `${message.type} without ${mandatory}`);
    }
  });

  it('are taken without Priority, on which nothing depends', () => {
    const commandSet = {
      CommandField: 0x0020,
      AffectedSOPClassUID: '1.2',
      MessageID: 1,
      CommandDataSetType: 1,
    };

    expect(parseMessage(commandSet)).to.deep.include({ type: 'C-FIND-RQ', priority: 0 });
  });

  it('are refused when the Command Field is unknown or missing', () => {
    expect(() => parseMessage({ CommandField: 0x0666, CommandDataSetType: 1 })).to.throw(
      ProtocolError,
      '0666H',
    );
    expect(() => parseMessage({ CommandDataSetType: 1 })).to.throw(ProtocolError, 'without CommandField');
  });

  it('are requests, responses or a cancel', () => {
    const kinds = MESSAGES.map(
      ([, message]) => [message.type, isRequest(message), isResponse(message)] as const,
    );

    for (const [type, request, answer] of kinds) {
      expect([request, answer], type).to.deep.equal(
        type === 'C-CANCEL-RQ' ? [false, false] : [type.endsWith('-RQ'), type.endsWith('-RSP')],
      );
    }
  });
});

describe('responseTo', () => {
  it('repeats message ID, class and instance of the request', () => {
    const request: Message = {
      type: 'C-STORE-RQ',
      hasDataSet: true,
      ...sop,
      ...instance,
      messageId: 7,
      priority: 0,
    };

    expect(responseTo(request, { status: 0xa700, errorComment: 'disk full' })).to.deep.equal({
      type: 'C-STORE-RSP',
      hasDataSet: false,
      messageIdBeingRespondedTo: 7,
      ...sop,
      ...instance,
      status: 0xa700,
      errorComment: 'disk full',
    });
  });

  it('answers a requested class as the affected one', () => {
    const request: Message = {
      type: 'N-ACTION-RQ',
      hasDataSet: true,
      ...requested,
      messageId: 7,
      actionTypeId: 1,
    };

    expect(responseTo(request, { status: 0 })).to.deep.equal({
      type: 'N-ACTION-RSP',
      hasDataSet: false,
      messageIdBeingRespondedTo: 7,
      affectedSopClassUid: requested.requestedSopClassUid,
      affectedSopInstanceUid: requested.requestedSopInstanceUid,
      actionTypeId: 1,
      status: 0,
    });
  });

  it('can be encoded and parsed for every request', () => {
    for (const [, message] of MESSAGES) {
      if (!isRequest(message)) continue;

      const parsed = parseMessage(decodeCommandSet(encodeMessage(responseTo(message, { status: 0x0211 }))));

      expect(parsed).to.include({
        type: message.type.replace('-RQ', '-RSP'),
        messageIdBeingRespondedTo: message.messageId,
        status: 0x0211,
      });
    }
  });
});
