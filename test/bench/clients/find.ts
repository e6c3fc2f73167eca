import { implicitVrLittleEndian } from '../data-sets.ts';
import { implicitElement, implicitText } from '../encode.ts';
import { nowMs } from '../measure.ts';
import { Association, type AssociationRequest } from '../wire/association.ts';
import { BlockingSocket } from '../wire/blocking-socket.ts';
import {
  commandElements,
  commandFields,
  encodeCommand,
  encodeEchoRequest,
  hasDataSet,
  numberOf,
} from '../wire/command.ts';
import type { Control } from './control.ts';
import { isPending } from './retrieve.ts';

export const studyRootFind = '1.2.840.10008.5.1.4.1.2.2.1';
const verification = '1.2.840.10008.1.1';

const modalitiesInStudy = 0x00080061;
const numberOfStudyRelatedInstances = 0x00201208;

/** One C-FIND at STUDY level, repeated: keys in ascending order of tag. */
export interface Query {
  name: string;
  keys: readonly (readonly [tag: number, vr: string, value: string])[];
}

export interface FindJob extends AssociationRequest {
  kind: 'find';
  queries: readonly Query[];
  repeats: number;
  /** After so many milliseconds no further query is begun, and there is no result of it. */
  budgetMs?: number;
}

export interface QueryResult {
  name: string;
  /** From the request to the final response, milliseconds, one per repeat. */
  timesMs: number[];
  /** From the request to the first response. */
  firstTimesMs: number[];
  /** Of the last repeat. */
  status: number;
  answers: number;
  /** Sum of Number of Study Related Instances over the answers. */
  instances: number;
  /** Answers that name at least one modality in study. */
  withModalities: number;
}

export interface EchoJob extends AssociationRequest {
  kind: 'echo';
}

/** A C-ECHO, so that a server is known to be up. @returns an empty result when the status is 0000 */
export async function echo(job: EchoJob, { go }: Control): Promise<object> {
  const socket = await BlockingSocket.connect(job.port);
  const association = Association.request(socket, job, [[verification, implicitVrLittleEndian]]);
  await go();
  association.sendCommand(association.contextFor(verification), encodeEchoRequest(verification));
  const status = numberOf(association.nextCommand()?.command ?? new Map(), commandElements.status);
  association.release();
  if (status !== 0) throw new Error(`C-ECHO is answered with status ${status.toString(16)}`);
  return {};
}

export async function find(job: FindJob, { go }: Control): Promise<{ queries: QueryResult[] }> {
  const socket = await BlockingSocket.connect(job.port);
  const association = Association.request(socket, job, [[studyRootFind, implicitVrLittleEndian]]);
  await go();
  const untilMs = nowMs() + (job.budgetMs ?? Number.POSITIVE_INFINITY);
  const queries: QueryResult[] = [];
  for (const query of job.queries) {
    if (nowMs() < untilMs) queries.push(measure(association, query, job.repeats));
  }
  association.release();
  return { queries };
}

function measure(association: Association, query: Query, repeats: number): QueryResult {
  const timesMs: number[] = [];
  const firstTimesMs: number[] = [];
  let status = 0;
  let answers: Buffer[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const startMs = nowMs();
    let firstMs = 0;
    ({ status, answers, firstMs } = ask(association, query));
    timesMs.push(nowMs() - startMs);
    firstTimesMs.push(firstMs - startMs);
  }
  return {
    name: query.name,
    timesMs,
    firstTimesMs,
    status,
    answers: answers.length,
    instances: answers.reduce(
      (sum, answer) => sum + Number(implicitText(answer, numberOfStudyRelatedInstances)),
      0,
    ),
    withModalities: answers.filter((answer) => implicitText(answer, modalitiesInStudy) !== '').length,
  };
}

/** @returns with the time of the first response, on the clock of `nowMs` */
export function ask(
  association: Association,
  query: Query,
): { status: number; answers: Buffer[]; firstMs: number } {
  const request = encodeCommand([
    [commandElements.affectedSopClassUid, studyRootFind],
    [commandElements.commandField, commandFields.cFindRq],
    [commandElements.messageId, 1],
    [commandElements.priority, 0],
    [commandElements.commandDataSetType, 1],
  ]);
  const identifier = Buffer.concat(query.keys.map(([tag, vr, value]) => implicitElement(tag, vr, value)));
  association.sendMessage(association.contextFor(studyRootFind), request, identifier);
  let firstMs = 0;
  for (const answers: Buffer[] = []; ; ) {
    const response = association.nextCommand();
    if (response === undefined) throw new Error('the peer released the association in mid-query');
    firstMs ||= nowMs();
    if (hasDataSet(response.command)) answers.push(association.nextDataSet());
    const status = numberOf(response.command, commandElements.status);
    if (!isPending(status)) return { status, answers, firstMs };
  }
}
