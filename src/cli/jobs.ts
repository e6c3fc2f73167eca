import type { Catalog } from '../catalog/catalog.ts';
import type { Config } from '../config/schema.ts';
import { JobQueue, type JobQueueOptions } from '../jobs/queue.ts';
import { SEND, sendHandler } from '../jobs/send.ts';
import { STORAGE_COMMITMENT, storageCommitmentHandler } from '../jobs/storage-commitment.ts';
import type { Log } from '../lib/log.ts';
import type { Outbound } from '../net/outbound.ts';
import type { Callers } from '../services/callers.ts';
import type { Filer } from '../services/filing.ts';
import type { Observer } from '../services/observer.ts';
import type { RetrieveService } from '../services/retrieve.ts';
import { Sending } from '../services/sending.ts';
import type { SettingsService } from '../services/settings.ts';
import { StorageCommitment } from '../services/storage-commitment.ts';
import type { ReportDestinations } from '../services/storage-commitment-report.ts';
import { CommitmentVerifier } from '../services/storage-commitment-verifier.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import type { Volume } from '../storage/volume.ts';

export interface JobsParts {
  config: Config;
  catalog: Catalog;
  settings: SettingsService;
  volume: Volume;
  files: InstanceFiles;
  filer: Filer;
  callers: Callers;
  retrieve: RetrieveService;
  outbound: Outbound;
  reports: ReportDestinations;
  observer: Observer;
  record: JobQueueOptions['record'];
  log: Log;
}

export interface Jobs {
  queue: JobQueue;
  commitment: StorageCommitment;
  /** Puts back what is under way. */
  stop(): Promise<void>;
}

/** Work that goes on behind the requests; nothing runs before the queue is started. */
export function buildJobs(parts: JobsParts): Jobs {
  const { config, catalog, settings, volume, files, filer, callers, retrieve, outbound, observer, log } =
    parts;
  const { storageSopClasses } = config.dimse;
  const verifier = new CommitmentVerifier({ catalog, filer, files, storageSopClasses, log });
  const commitment: StorageCommitment = new StorageCommitment({
    jobs: catalog.jobs,
    queue: () => queue,
    verifier,
    callers,
    settings,
    destinations: parts.reports,
    log,
  });
  const sending = new Sending({ peers: catalog.peers, retrieve, outbound, observer, files });
  const handlers = new Map([
    [SEND, sendHandler(sending)],
    [STORAGE_COMMITMENT, storageCommitmentHandler(commitment)],
  ]);
  // A volume is served by one server.
  const owner = () => volume.id;
  const queue = new JobQueue({ jobs: catalog.jobs, owner, handlers, record: parts.record, log });
  return {
    queue,
    commitment,
    async stop() {
      await queue.stop();
      await verifier.close();
    },
  };
}
