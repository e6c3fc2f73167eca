import { explicitVrLittleEndian, type SetShape } from '../data-sets.ts';
import { nowMs } from '../measure.ts';
import { encodeStoreMessage, type StoreMessage } from '../store-messages.ts';
import { Association, type AssociationRequest } from '../wire/association.ts';
import { BlockingSocket } from '../wire/blocking-socket.ts';
import { commandElements, commandFields, numberOf, textOf } from '../wire/command.ts';
import type { Control } from './control.ts';

/** Stores every `step`th instance of a set from `first` on, one outstanding at a time. */
export interface StoreJob extends AssociationRequest {
  kind: 'store';
  set: SetShape;
  first: number;
  step: number;
}

export interface StoreResult {
  startMs: number;
  /** When the last response was there; both on the clock that all processes of a machine share. */
  endMs: number;
  instances: number;
  dataSetBytes: number;
  /** Responses with another status than 0000, by status. */
  failures: { [status: string]: number };
  /** From the first byte of the request to the response, milliseconds, one per instance. */
  latenciesMs: number[];
}

/** Associates and encodes before `go`, stores after it. */
export async function store(job: StoreJob, { go }: Control): Promise<StoreResult> {
  const socket = await BlockingSocket.connect(job.port);
  const association = Association.request(socket, job, [[job.set.sopClassUid, explicitVrLittleEndian]]);
  const contextId = association.contextFor(job.set.sopClassUid);
  const message = encodeStoreMessage(job.set, contextId, association.peerPduBytesMax);
  await go();
  const result = exchange(job, message, socket, () => failureOf(association));
  association.release();
  return result;
}

/**
 * Sends each instance and waits for what `answer` reads, which is the status of a refusal or undefined.
 * The same loop serves the raw limit, so that both pay the same for the client.
 */
export function exchange(
  job: { set: SetShape; first: number; step: number },
  message: StoreMessage,
  socket: BlockingSocket,
  answer: () => string | undefined,
): StoreResult {
  const latenciesMs: number[] = [];
  const failures: { [status: string]: number } = {};
  const startMs = nowMs();
  for (let index = job.first; index < job.set.instances; index += job.step) {
    message.become(index);
    const sentMs = nowMs();
    for (const segment of message.segments) socket.write(segment);
    const failure = answer();
    latenciesMs.push(nowMs() - sentMs);
    if (failure !== undefined) failures[failure] = (failures[failure] ?? 0) + 1;
  }
  const endMs = nowMs();
  const instances = latenciesMs.length;
  return { startMs, endMs, instances, dataSetBytes: instances * message.dataSetBytes, failures, latenciesMs };
}

/** Reads a C-STORE-RSP. @returns status and words unless it is 0000 */
export function failureOf(association: Association): string | undefined {
  const answer = association.nextCommand();
  if (answer === undefined) throw new Error('the peer released the association where a C-STORE-RSP was due');
  if (numberOf(answer.command, commandElements.commandField) !== commandFields.cStoreRsp) {
    throw new Error('the peer answers something else than C-STORE-RSP');
  }
  const status = numberOf(answer.command, commandElements.status);
  if (status === 0) return undefined;
  return `${status.toString(16).padStart(4, '0')} ${textOf(answer.command, commandElements.errorComment)}`.trim();
}
