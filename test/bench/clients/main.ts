import { type ModalityJob, modality } from '../load/modality.ts';
import { type ViewerJob, viewer, type WorkstationJob, workstation } from '../load/workstation.ts';
import type { Control, FromClient, ToClient } from './control.ts';
import { type DrainJob, drain } from './drain.ts';
import { type EchoJob, echo, type FindJob, find } from './find.ts';
import { type RawServerJob, type RawStoreJob, rawServer, rawStore } from './raw.ts';
import { type ReadyJob, ready } from './ready.ts';
import { type RetrieveJob, retrieve } from './retrieve.ts';
import { type SendFilesJob, sendFiles } from './send-files.ts';
import { type SinkJob, sink } from './sink.ts';
import { type StoreJob, store } from './store.ts';

/** One process of the load generator: takes one job from its parent, does it, and gives back its result. */
export type Job =
  | StoreJob
  | RawStoreJob
  | RawServerJob
  | SinkJob
  | ModalityJob
  | WorkstationJob
  | ViewerJob
  | RetrieveJob
  | FindJob
  | EchoJob
  | DrainJob
  | SendFilesJob
  | ReadyJob;

function perform(job: Job, control: Control): Promise<object> {
  switch (job.kind) {
    case 'store':
      return store(job, control);
    case 'raw-store':
      return rawStore(job, control);
    case 'raw-server':
      return rawServer(job, control);
    case 'sink':
      return sink(job, control);
    case 'move':
    case 'get':
      return retrieve(job, control);
    case 'find':
      return find(job, control);
    case 'modality':
      return modality(job, control);
    case 'workstation':
      return workstation(job, control);
    case 'viewer':
      return viewer(job, control);
    case 'echo':
      return echo(job, control);
    case 'drain':
      return drain(job, control);
    case 'send-files':
      return sendFiles(job, control);
    case 'ready':
      return ready(job, control);
  }
}

function tell(message: FromClient, told?: () => void): void {
  process.send?.(message, undefined, undefined, told);
}

/** What took long has many samples: who hangs up at once cuts them off. */
function tellAndEnd(message: FromClient): void {
  tell(message, () => process.disconnect());
}

let letGo: () => void = () => {};
const control: Control = {
  go: () =>
    new Promise((resolve) => {
      letGo = resolve;
      tell({ ready: true });
    }),
  announce: (port) => tell({ port }),
};

process.on('message', async (message: ToClient) => {
  if ('go' in message) return letGo();
  try {
    tellAndEnd({ result: await perform(message.job as Job, control) });
  } catch (error) {
    tellAndEnd({ failed: error instanceof Error ? error.message : String(error) });
  }
});
