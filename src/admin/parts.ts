import type { Catalog } from '../catalog/catalog.ts';
import type { JobQueue } from '../jobs/queue.ts';
import type { Log } from '../lib/log.ts';
import type { Accounts } from '../services/accounts.ts';
import type { Activity } from '../services/activity.ts';
import type { AuditTrail } from '../services/audit-trail.ts';
import type { Callers } from '../services/callers.ts';
import type { Certificates } from '../services/certificates.ts';
import type { Echo } from '../services/echo.ts';
import type { Filer } from '../services/filing.ts';
import type { Previews } from '../services/previews.ts';
import type { SettingsService } from '../services/settings.ts';
import type { StatusService } from '../services/status.ts';
import type { TrustedCertificates } from '../services/trusted-certificates.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import type { Volume } from '../storage/volume.ts';
import type { Metrics } from './metrics.ts';

/** What the routes are built from; the composition root has made it. */
export interface AdminParts {
  version: string;
  /** From the configuration; never changed while we run. */
  fixed: { adminHost: string; adminPort: number; dimseHost: string; volumePath: string; database: string };
  catalog: Catalog;
  accounts: Accounts;
  settings: SettingsService;
  certificates: Certificates;
  trusted: TrustedCertificates;
  callers: Callers;
  echo: Echo;
  activity: Activity;
  audit: Pick<AuditTrail, 'studyViewed'>;
  status: StatusService;
  metrics: Metrics;
  jobs: JobQueue;
  previews: Previews;
  volume: Volume;
  files: InstanceFiles;
  filer: Filer;
  /** Where DIMSE listens now, and why not where it should. */
  listening(): readonly { service: 'dimse' | 'dimse-tls'; host: string; port: number }[];
  log: Log;
}
