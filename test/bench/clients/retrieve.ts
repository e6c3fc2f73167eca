import { explicitVrLittleEndian, implicitVrLittleEndian } from '../data-sets.ts';
import { implicitElement } from '../encode.ts';
import { nowMs } from '../measure.ts';
import { Association, type AssociationRequest } from '../wire/association.ts';
import { BlockingSocket } from '../wire/blocking-socket.ts';
import { type Command, commandElements, commandFields, encodeCommand, numberOf } from '../wire/command.ts';
import type { Control } from './control.ts';
import { type SinkResult, takeInstance } from './sink.ts';

const studyRootMove = '1.2.840.10008.5.1.4.1.2.2.2';
const studyRootGet = '1.2.840.10008.5.1.4.1.2.2.3';

/** Retrieves one study, by C-MOVE to `destination` or by C-GET of the classes `sopClassUids`. */
export type RetrieveJob = AssociationRequest & { studyInstanceUid: string } & (
    | { kind: 'move'; destination: string }
    | { kind: 'get'; sopClassUids: readonly string[] }
  );

export interface RetrieveResult {
  /** When the request was sent. */
  startMs: number;
  /** When the final response was there. */
  endMs: number;
  status: number;
  completed: number;
  failed: number;
  /** What came on this same association, which is nothing for a C-MOVE. */
  received: SinkResult;
}

/** PS3.7 §9.1.3 and §9.1.4; the association is there before `go`. */
export async function retrieve(job: RetrieveJob, { go }: Control): Promise<RetrieveResult> {
  const sopClassUid = job.kind === 'move' ? studyRootMove : studyRootGet;
  const socket = await BlockingSocket.connect(job.port);
  const association =
    job.kind === 'move'
      ? Association.request(socket, job, [[sopClassUid, implicitVrLittleEndian]])
      : Association.request(
          socket,
          job,
          [
            [sopClassUid, implicitVrLittleEndian],
            ...job.sopClassUids.map((uid) => [uid, explicitVrLittleEndian] as const),
          ],
          job.sopClassUids,
        );
  await go();
  const startMs = nowMs();
  association.sendMessage(
    association.contextFor(sopClassUid),
    encodeRequest(job, sopClassUid),
    identifierOf(job),
  );
  const received: SinkResult = { instances: 0, dataSetBytes: 0, firstMs: 0, endMs: 0 };
  const response = finalResponse(association, received);
  const endMs = nowMs();
  association.release();
  return {
    startMs,
    endMs,
    status: numberOf(response, commandElements.status),
    completed: numberOf(response, commandElements.completedSubOperations),
    failed: numberOf(response, commandElements.failedSubOperations),
    received,
  };
}

function encodeRequest(job: RetrieveJob, sopClassUid: string): Buffer {
  const isMove = job.kind === 'move';
  return encodeCommand([
    [commandElements.affectedSopClassUid, sopClassUid],
    [commandElements.commandField, isMove ? commandFields.cMoveRq : commandFields.cGetRq],
    [commandElements.messageId, 1],
    ...(isMove ? [[commandElements.moveDestination, job.destination] as const] : []),
    [commandElements.priority, 0],
    [commandElements.commandDataSetType, 1],
  ]);
}

function identifierOf(job: RetrieveJob): Buffer {
  return Buffer.concat([
    implicitElement(0x00080052, 'CS', 'STUDY'),
    implicitElement(0x0020000d, 'UI', job.studyInstanceUid),
  ]);
}

/** Reads pending responses, and takes the instances that come between them, up to the final response. */
function finalResponse(association: Association, received: SinkResult): Command {
  for (;;) {
    const message = association.nextCommand();
    if (message === undefined) throw new Error('the peer released the association in mid-retrieve');
    const { contextId, command } = message;
    if (numberOf(command, commandElements.commandField) === commandFields.cStoreRq) {
      takeInstance(association, contextId, command, received);
      continue;
    }
    if (numberOf(command, commandElements.commandDataSetType) !== 0x0101) association.skipDataSet();
    if (!isPending(numberOf(command, commandElements.status))) return command;
  }
}

/** FF00 and FF01 — PS3.4 Tables C.4-1 to C.4-3. */
export function isPending(status: number): boolean {
  return (status & 0xfffe) === 0xff00;
}
