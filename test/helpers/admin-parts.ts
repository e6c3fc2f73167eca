import { join } from 'node:path';
import { Metrics } from '../../src/admin/metrics.ts';
import type { AdminParts } from '../../src/admin/parts.ts';
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { Settings } from '../../src/config/settings.ts';
import { JobQueue } from '../../src/jobs/queue.ts';
import type { Log, LogFields } from '../../src/lib/log.ts';
import { Accounts } from '../../src/services/accounts.ts';
import { Activity } from '../../src/services/activity.ts';
import { Callers } from '../../src/services/callers.ts';
import { Certificates } from '../../src/services/certificates.ts';
import { Filer } from '../../src/services/filing.ts';
import { BatchFiler } from '../../src/services/filing-batch.ts';
import { Previews } from '../../src/services/previews.ts';
import { SettingsService } from '../../src/services/settings.ts';
import { StatusService } from '../../src/services/status.ts';
import { TrustedCertificates } from '../../src/services/trusted-certificates.ts';
import { InstanceFiles } from '../../src/storage/instance-files.ts';
import { Volume } from '../../src/storage/volume.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { temporaryFolder } from './server.ts';
import { PLAIN_SETTINGS } from './settings.ts';

export const TEST_SETTINGS: Settings = {
  ...PLAIN_SETTINGS,
  aeTitles: ['DICOMKEEP'],
  dimsePort: 11_112,
  tls: { ...PLAIN_SETTINGS.tls, isEnabled: false, port: 2762 },
  unknownCallers: 'reject',
  maximumAssociations: 50,
  duplicates: 'keep',
  reserveBytes: 0,
  logLevel: 'info',
  language: 'en',
  plainHttp: false,
};

export interface LogLine {
  level: 'error' | 'warn' | 'info' | 'debug';
  message: string;
  fields: LogFields;
}

/** A log whose lines are looked at. */
export function keptLog(): Log & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: LogLine['level']) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields });
    };
  const log: Log & { lines: LogLine[] } = {
    lines,
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    child: () => log,
    close: async () => undefined,
  };
  return log;
}

let certificatesFile: string | undefined;

/** The real parts over this catalogue; what would reach over the network is stood in for. */
export async function buildAdminParts(
  catalog: Catalog,
  dataDir: string,
): Promise<{
  parts: AdminParts;

  log: ReturnType<typeof keptLog>;
  clock: FakeClock;
  stop(): Promise<void>;
}> {
  const log = keptLog();
  const clock = fakeClock(Date.now());
  const volumePath = join(dataDir, 'volume');
  await Volume.create(volumePath);
  const volume = new Volume(volumePath, { reserveBytes: 0, expectedId: undefined });
  const files = new InstanceFiles(volumePath);
  const activity = new Activity({ catalog, log });
  const record = activity.record.bind(activity);
  const batchFiler = new BatchFiler({
    catalog,
    files,
    log,
    readHeader: async () => {
      throw new Error('nothing is filed here');
    },
  });
  const filer = new Filer({
    batchFiler,
    log,
    batchInstancesMax: 100,
    incomingInstancesMax: 1000,
    incomingBytesMax: 1_000_000,
  });
  filer.start([]);
  // Making a key takes its time: one for all tests.
  certificatesFile ??= join(temporaryFolder('certificates'), 'certificate.pem');
  const certificates = await Certificates.open({ file: certificatesFile, log });
  const trusted = await TrustedCertificates.open({ file: join(dataDir, 'trusted.pem'), log });
  const settings = new SettingsService({
    configured: TEST_SETTINGS,
    settings: catalog.settings,
    file: join(dataDir, 'settings.json'),
    listeners: {
      prepare: async () => ({ commit: () => undefined, abort: () => undefined }),
      open: async () => [],
    },
    adminPort: () => 8104,
    trustedCertificates: () => trusted.count,
    record,
    log,
  });
  const accounts = new Accounts({
    catalog,
    readFirstPassword: async () => undefined,
    onFirstPassword: () => undefined,
    record,
    log,
    now: clock.now,
  });
  const listening = () => [{ service: 'dimse' as const, host: '127.0.0.1', port: 11_112 }];
  const status = new StatusService({
    version: '0.0.0-test',
    catalog,
    volume,
    filer,
    activity,
    settings,
    certificates,
    listening,
  });
  const metrics = new Metrics({ status, activity, jobs: catalog.jobs });
  const previews = new Previews({ files });
  const jobs = new JobQueue({
    jobs: catalog.jobs,
    owner: () => 'this server',
    handlers: new Map(),
    record,
    log,
  });
  const callers = new Callers({
    peers: catalog.peers,
    unknownCallers: catalog.unknownCallers,
    settings,
    resolve: async (host) => [host],
    log,
  });
  const echo: AdminParts['echo'] = {
    run: async () => ({
      outcome: 'connection-refused',
      isOk: false,
      words: 'nothing listens there',
      advice: 'start the other side',
      resolvedAddress: '192.0.2.7',
      connectMs: null,
      associateMs: null,
      echoMs: null,
    }),
  };
  const parts: AdminParts = {
    version: '0.0.0-test',
    fixed: {
      adminHost: '127.0.0.1',
      adminPort: 8104,
      dimseHost: '127.0.0.1',
      volumePath,
      database: catalog.engine,
    },
    catalog,
    accounts,
    settings,
    certificates,
    trusted,
    callers,
    echo,
    activity,
    audit: { studyViewed: () => undefined },
    status,
    metrics,
    jobs,
    previews,
    volume,
    files,
    filer,
    listening,
    log,
  };
  return {
    parts,
    log,
    clock,
    async stop() {
      accounts.stop();
      await previews.close();
      await jobs.stop();
      await activity.stop();
      await filer.stop();
    },
  };
}
