import { setTimeout as sleep } from 'node:timers/promises';
import type { Control } from '../clients/control.ts';
import { failureOf } from '../clients/store.ts';
import { explicitVrLittleEndian } from '../data-sets.ts';
import { nowMs } from '../measure.ts';
import { encodeStoreMessage, type StoreMessage } from '../store-messages.ts';
import { Association, type AssociationRequest } from '../wire/association.ts';
import { BlockingSocket } from '../wire/blocking-socket.ts';
import type { Modality } from './mix.ts';
import { Schedule } from './pace.ts';
import { type Counts, count, ownCpuSeconds, type Span, sumOf, wordsOf } from './span.ts';

/** Stores instances at its pace, association after association, until its time is over. */
export interface ModalityJob extends AssociationRequest, Modality, Span {
  kind: 'modality';
}

export interface ModalityResult {
  label: string;
  /** Acknowledged with 0000. */
  instances: number;
  dataSetBytes: number;
  associations: number;
  /** Associations that did not come about or broke, by what was heard. */
  refusals: Counts;
  /** Responses with another status than 0000. */
  failures: Counts;
  /** From the first byte of the request to the response, milliseconds, of every instance that was answered. */
  latenciesMs: number[];
  /** How late an instance was sent: at most, and the last one, milliseconds. */
  behindMsMax: number;
  behindMs: number;
  /** Of this process, while it was sending. */
  cpuSeconds: number;
}

const pauseAfterRefusalMs = 1000;

export async function modality(job: ModalityJob, { go }: Control): Promise<ModalityResult> {
  const sender = new Sender(job);
  await go();
  const cpuSeconds = ownCpuSeconds();
  const schedule = new Schedule(job, job.intervalMs);
  while (!schedule.isOver()) {
    try {
      await sender.sendOverOneAssociation(schedule);
    } catch (error) {
      count(sender.result.refusals, wordsOf(error));
      await sleep(pauseAfterRefusalMs);
    }
  }
  return { ...sender.result, behindMs: schedule.behindMs, cpuSeconds: ownCpuSeconds() - cpuSeconds };
}

class Sender {
  readonly #job: ModalityJob;
  /** Encoded once: the answers of the server to one association are those to the next. */
  #message: StoreMessage | undefined;
  readonly result: ModalityResult;

  constructor(job: ModalityJob) {
    this.#job = job;
    this.result = {
      label: job.label,
      instances: 0,
      dataSetBytes: 0,
      associations: 0,
      refusals: {},
      failures: {},
      latenciesMs: [],
      behindMsMax: 0,
      behindMs: 0,
      cpuSeconds: 0,
    };
  }

  /** The first thing that waits is the first instance, so that nobody sits idle on an association. */
  async sendOverOneAssociation(schedule: Schedule): Promise<void> {
    const { set, port, instancesPerAssociation } = this.#job;
    schedule.wait();
    if (schedule.isOver()) return;
    const socket = await BlockingSocket.connect(port);
    try {
      const association = Association.request(socket, this.#job, [[set.sopClassUid, explicitVrLittleEndian]]);
      this.result.associations += 1;
      const contextId = association.contextFor(set.sopClassUid);
      this.#message ??= encodeStoreMessage(set, contextId, association.peerPduBytesMax);
      for (let index = 0; index < instancesPerAssociation; index++) {
        if (index > 0) schedule.wait();
        if (index > 0 && schedule.isOver()) break;
        this.result.behindMsMax = Math.max(this.result.behindMsMax, schedule.behindMs);
        this.#send(this.#message, socket, association);
      }
      association.release();
    } finally {
      socket.close();
    }
  }

  /** One that got no answer is sent again, over the next association, as a modality would. */
  #send(message: StoreMessage, socket: BlockingSocket, association: Association): void {
    const { result } = this;
    message.become(result.instances + sumOf(result.failures));
    const sentMs = nowMs();
    for (const segment of message.segments) socket.write(segment);
    const failure = failureOf(association);
    result.latenciesMs.push(Math.round((nowMs() - sentMs) * 1000) / 1000);
    if (failure !== undefined) {
      count(result.failures, failure);
      return;
    }
    result.instances += 1;
    result.dataSetBytes += message.dataSetBytes;
  }
}
