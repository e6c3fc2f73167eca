import { setTimeout as sleep } from 'node:timers/promises';
import { implicitVrLittleEndian } from '../data-sets.ts';
import { nowMs } from '../measure.ts';
import { Association, type AssociationRequest } from '../wire/association.ts';
import { BlockingSocket } from '../wire/blocking-socket.ts';
import { commandElements, encodeEchoRequest, numberOf } from '../wire/command.ts';
import type { Control } from './control.ts';

/** Tries C-ECHO again and again from `go` on, until one is answered with 0000: a process that runs already, so that its own start is not measured. */
export interface ReadyJob extends AssociationRequest {
  kind: 'ready';
  timeoutMs: number;
}

export interface ReadyResult {
  /** When the answer was there. */
  readyMs: number;
}

const verification = '1.2.840.10008.1.1';
/** Between two attempts, milliseconds: what a figure is too high at most. */
const intervalMs = 5;

export async function ready(job: ReadyJob, { go }: Control): Promise<ReadyResult> {
  await go();
  const deadlineMs = nowMs() + job.timeoutMs;
  for (;;) {
    try {
      await echoOnce(job);
      return { readyMs: nowMs() };
    } catch (error) {
      if (nowMs() > deadlineMs) throw error;
      await sleep(intervalMs);
    }
  }
}

async function echoOnce(job: ReadyJob): Promise<void> {
  const socket = await BlockingSocket.connect(job.port);
  try {
    const association = Association.request(socket, job, [[verification, implicitVrLittleEndian]]);
    association.sendCommand(association.contextFor(verification), encodeEchoRequest(verification));
    const status = numberOf(association.nextCommand()?.command ?? new Map(), commandElements.status);
    if (status !== 0) throw new Error(`C-ECHO is answered with status ${status.toString(16)}`);
  } finally {
    socket.close();
  }
}
