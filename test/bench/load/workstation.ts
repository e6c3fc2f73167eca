import type { Control } from '../clients/control.ts';
import { ask, studyRootFind } from '../clients/find.ts';
import { retrieve } from '../clients/retrieve.ts';
import { implicitVrLittleEndian } from '../data-sets.ts';
import { nowMs } from '../measure.ts';
import { Association, type AssociationRequest } from '../wire/association.ts';
import { BlockingSocket } from '../wire/blocking-socket.ts';
import type { ExpectedQuery } from './mix.ts';
import { Schedule } from './pace.ts';
import { type Counts, count, ownCpuSeconds, type Span, wordsOf } from './span.ts';

/** Asks one of the queries after the other, each over an association of its own, as many workstations together would. */
export interface WorkstationJob extends AssociationRequest, Span {
  kind: 'workstation';
  intervalMs: number;
  queries: readonly ExpectedQuery[];
}

export interface WorkstationResult {
  /** By name of the query: from the request to the final response, milliseconds. */
  timesMs: { [name: string]: number[] };
  /** From the connection to the association, milliseconds. */
  associateMs: number[];
  /** Answered with another status than 0000, or with another number of answers than there are. */
  wrong: Counts;
  refusals: Counts;
  cpuSeconds: number;
}

/** Retrieves the same study again and again, by C-MOVE to the sink. */
export interface ViewerJob extends AssociationRequest, Span {
  kind: 'viewer';
  intervalMs: number;
  studyInstanceUid: string;
  destination: string;
  /** In the study. */
  instances: number;
}

export interface ViewerResult {
  /** From the request to the final response, one per C-MOVE. */
  seconds: number[];
  wrong: Counts;
  refusals: Counts;
  cpuSeconds: number;
}

export async function workstation(job: WorkstationJob, { go }: Control): Promise<WorkstationResult> {
  const result: WorkstationResult = { timesMs: {}, associateMs: [], wrong: {}, refusals: {}, cpuSeconds: 0 };
  await go();
  const cpuSeconds = ownCpuSeconds();
  const schedule = new Schedule(job, job.intervalMs);
  schedule.wait();
  for (let index = 0; !schedule.isOver(); index++) {
    const expected = job.queries[index % job.queries.length];
    if (expected === undefined) break;
    await askOnce(job, expected, result).catch((error) => count(result.refusals, wordsOf(error)));
    schedule.wait();
  }
  result.cpuSeconds = ownCpuSeconds() - cpuSeconds;
  return result;
}

async function askOnce(
  job: WorkstationJob,
  { query, answers: expected }: ExpectedQuery,
  result: WorkstationResult,
): Promise<void> {
  const connectMs = nowMs();
  const socket = await BlockingSocket.connect(job.port);
  try {
    const association = Association.request(socket, job, [[studyRootFind, implicitVrLittleEndian]]);
    const startMs = nowMs();
    const { status, answers } = ask(association, query);
    result.timesMs[query.name] = [...(result.timesMs[query.name] ?? []), nowMs() - startMs];
    result.associateMs.push(startMs - connectMs);
    if (status !== 0 || answers.length !== expected)
      count(result.wrong, `${query.name}: status ${status.toString(16)}, ${answers.length} of ${expected}`);
    association.release();
  } finally {
    socket.close();
  }
}

export async function viewer(job: ViewerJob, { go, announce }: Control): Promise<ViewerResult> {
  const result: ViewerResult = { seconds: [], wrong: {}, refusals: {}, cpuSeconds: 0 };
  await go();
  const cpuSeconds = ownCpuSeconds();
  const schedule = new Schedule(job, job.intervalMs);
  const request = { ...job, kind: 'move' as const };
  schedule.wait();
  while (!schedule.isOver()) {
    try {
      const move = await retrieve(request, { announce, go: async () => undefined });
      result.seconds.push((move.endMs - move.startMs) / 1000);
      if (move.status !== 0 || move.completed !== job.instances)
        count(result.wrong, `status ${move.status.toString(16)}, ${move.completed} of ${job.instances}`);
    } catch (error) {
      count(result.refusals, wordsOf(error));
    }
    schedule.wait();
  }
  result.cpuSeconds = ownCpuSeconds() - cpuSeconds;
  return result;
}
