import type { Control, FromClient, ToClient } from './control.ts';
import { type EchoJob, echo, type FindJob, find } from './find.ts';
import { type RawServerJob, type RawStoreJob, rawServer, rawStore } from './raw.ts';
import { type RetrieveJob, retrieve } from './retrieve.ts';
import { type SinkJob, sink } from './sink.ts';
import { type StoreJob, store } from './store.ts';

/** One process of the load generator: takes one job from its parent, does it, and gives back its result. */
export type Job = StoreJob | RawStoreJob | RawServerJob | SinkJob | RetrieveJob | FindJob | EchoJob;

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
    case 'echo':
      return echo(job, control);
  }
}

function tell(message: FromClient): void {
  process.send?.(message);
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
    tell({ result: await perform(message.job as Job, control) });
  } catch (error) {
    tell({ failed: error instanceof Error ? error.message : String(error) });
  }
  process.disconnect();
});
