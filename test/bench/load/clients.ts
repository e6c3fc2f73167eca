import type { Job } from '../clients/main.ts';
import type { SinkResult } from '../clients/sink.ts';
import { Client } from '../clients.ts';
import { type SetShape, valuesOf } from '../data-sets.ts';
import { cpuSecondsOf } from '../measure.ts';
import { clientAeTitle, type RunningServer, sinkAeTitle } from '../servers/server.ts';
import type { ExpectedQuery, Modality } from './mix.ts';
import type { ModalityResult } from './modality.ts';
import type { ClientResults } from './result.ts';
import type { ViewerResult, WorkstationResult } from './workstation.ts';

export interface LoadPlan {
  isSmoke: boolean;
  modalities: readonly Modality[];
  durationMs: number;
  stopPath: string;
  sinkPort: number;
  queries: readonly ExpectedQuery[];
  /** What is retrieved: one study. */
  retrieved: SetShape;
}

export interface LoadOutcome extends ClientResults {
  seconds: number;
  /** Of all of them, the destination of the retrieves included. */
  clientCpuSeconds: number;
}

/** From one query or retrieve to the next, milliseconds. */
const queryIntervalMs = 250;
const moveIntervalMs = { measured: 5000, smoke: 1000 };
/** What a client may take beyond its time: an instance of 200 MB that is under way, behind others. */
const graceMs = 120_000;

/** Lets all of them loose at the same moment. @param onStart when it begins */
export async function runLoad(
  server: RunningServer,
  plan: LoadPlan,
  onStart: () => void,
): Promise<LoadOutcome> {
  const timeoutMs = plan.durationMs + graceMs;
  const sink = new Client<SinkResult>(
    { kind: 'sink', port: plan.sinkPort, instances: Number.MAX_SAFE_INTEGER },
    timeoutMs,
  );
  const modalities = modalityJobs(server, plan).map((job) => new Client<ModalityResult>(job, timeoutMs));
  const workstation = new Client<WorkstationResult>(workstationJob(server, plan), timeoutMs);
  const viewer = new Client<ViewerResult>(viewerJob(server, plan), timeoutMs);
  const all = [...modalities, workstation, viewer];
  try {
    await Promise.all([sink.port, ...all.map((client) => client.ready)]);
    const sinkCpuSeconds = cpuSecondsOf([sink.pid]);
    const startMs = performance.now();
    onStart();
    for (const client of all) client.go();
    const stored = await Promise.all(modalities.map((client) => client.result));
    const seconds = (performance.now() - startMs) / 1000;
    const [asked, viewed] = [await workstation.result, await viewer.result];
    const ofSenders = [...stored, asked, viewed].reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
    return {
      modalities: stored,
      workstation: asked,
      viewer: viewed,
      seconds,
      clientCpuSeconds: ofSenders + cpuSecondsOf([sink.pid]) - sinkCpuSeconds,
    };
  } finally {
    for (const client of [...all, sink]) client.stop();
  }
}

function modalityJobs(server: RunningServer, plan: LoadPlan): Job[] {
  return plan.modalities.map((modality, index) => ({
    ...commonOf(server, plan),
    ...modality,
    kind: 'modality',
    // Spread over an interval, so that those of one kind do not send at the same moment.
    phaseMs: (modality.intervalMs * index) / plan.modalities.length,
  }));
}

function workstationJob(server: RunningServer, plan: LoadPlan): Job {
  return {
    ...commonOf(server, plan),
    kind: 'workstation',
    phaseMs: 0,
    intervalMs: queryIntervalMs,
    queries: plan.queries,
  };
}

function viewerJob(server: RunningServer, plan: LoadPlan): Job {
  const { retrieved, isSmoke } = plan;
  return {
    ...commonOf(server, plan),
    kind: 'viewer',
    phaseMs: 500,
    intervalMs: isSmoke ? moveIntervalMs.smoke : moveIntervalMs.measured,
    studyInstanceUid: valuesOf(retrieved, 0).studyInstanceUid,
    destination: sinkAeTitle,
    instances: retrieved.instances,
  };
}

function commonOf(
  server: RunningServer,
  { durationMs, stopPath }: LoadPlan,
): {
  port: number;
  calledAeTitle: string;
  callingAeTitle: string;
  durationMs: number;
  stopPath: string;
} {
  return {
    port: server.dimsePort,
    calledAeTitle: server.aeTitle,
    callingAeTitle: clientAeTitle,
    durationMs,
    stopPath,
  };
}
