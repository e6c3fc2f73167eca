import { ProtocolError } from '../lib/problem.ts';
import type { CommandSet } from './command-set.ts';
import { cCancelRq } from './messages/c-cancel.ts';
import { cEchoRq, cEchoRsp } from './messages/c-echo.ts';
import { cFindRq, cFindRsp } from './messages/c-find.ts';
import { cGetRq, cGetRsp } from './messages/c-get.ts';
import { cMoveRq, cMoveRsp } from './messages/c-move.ts';
import { cStoreRq, cStoreRsp } from './messages/c-store.ts';
import { nActionRq, nActionRsp } from './messages/n-action.ts';
import { nCreateRq, nCreateRsp } from './messages/n-create.ts';
import { nDeleteRq, nDeleteRsp } from './messages/n-delete.ts';
import { nEventReportRq, nEventReportRsp } from './messages/n-event-report.ts';
import { nGetRq, nGetRsp } from './messages/n-get.ts';
import { nSetRq, nSetRsp } from './messages/n-set.ts';
import type { MessageOf, MessageTable } from './messages/table.ts';

/** Every message of PS3.7; adding one is a file and a line here. */
const TABLES = [
  ...[cStoreRq, cStoreRsp, cFindRq, cFindRsp, cGetRq, cGetRsp, cMoveRq, cMoveRsp, cEchoRq, cEchoRsp],
  ...[cCancelRq, nEventReportRq, nEventReportRsp, nActionRq, nActionRsp],
  // Known so that they can be refused: Unrecognized Operation, 0211H.
  ...[nGetRq, nGetRsp, nSetRq, nSetRsp, nCreateRq, nCreateRsp, nDeleteRq, nDeleteRsp],
] as const;

/** A DIMSE message: discriminated by `type`. */
export type Message = MessageOf<(typeof TABLES)[number]>;
export type MessageOfType<Type extends Message['type']> = Extract<Message, { type: Type }>;
/** A message that waits for a response; C-CANCEL-RQ has none. */
export type RequestMessage = Exclude<Extract<Message, { messageId: number }>, { status: number }>;
export type ResponseMessage = Extract<Message, { status: number }>;

type AnyTable = MessageTable<Message>;
const BY_COMMAND_FIELD = new Map<number, AnyTable>(
  TABLES.map((t) => [t.commandField, t as unknown as AnyTable]),
);
const BY_TYPE = new Map<string, AnyTable>(TABLES.map((t) => [t.type, t as unknown as AnyTable]));

/** @throws ProtocolError for an unknown Command Field and for a message that lacks a mandatory element */
export function parseMessage(commandSet: CommandSet): Message {
  const commandField = commandSet.CommandField;
  if (commandField === undefined) throw new ProtocolError('command set without CommandField');
  const table = BY_COMMAND_FIELD.get(commandField);
  if (table === undefined) {
    throw new ProtocolError(
      `unknown Command Field ${commandField.toString(16).padStart(4, '0').toUpperCase()}H`,
    );
  }
  return table.parse(commandSet);
}

/** The bytes of the message's command set. */
export function encodeMessage(message: Message): Buffer {
  const table = BY_TYPE.get(message.type);
  if (table === undefined) throw new Error(`no message ${message.type}`);
  return table.encode(message);
}

export function isRequest(message: Message): message is RequestMessage {
  return 'messageId' in message;
}

export function isResponse(message: Message): message is ResponseMessage {
  return 'status' in message;
}

/** The message that answers a request: `C-STORE-RSP` for `C-STORE-RQ`. */
export type ResponseTo<Request extends RequestMessage> = Request['type'] extends `${infer Operation}-RQ`
  ? Extract<ResponseMessage, { type: `${Operation}-RSP` }>
  : never;
