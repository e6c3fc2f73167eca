import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Catalog } from '../catalog/catalog.ts';
import type { Config } from '../config/schema.ts';
import type { Log } from '../lib/log.ts';
import { connectSyslog } from '../net/syslog.ts';
import { TlsClient, type TlsClientParts } from '../net/tls-client.ts';
import type { Activity } from '../services/activity.ts';
import { AuditCursor } from '../services/audit-cursor.ts';
import { AuditQueue } from '../services/audit-queue.ts';
import { AuditSender } from '../services/audit-sender.ts';
import { AuditTrail } from '../services/audit-trail.ts';
import type { SettingsService } from '../services/settings.ts';
import { AuditFiles } from '../storage/audit-files.ts';

export interface AuditParts {
  config: Config;
  catalog: Catalog;
  settings: SettingsService;
  certificates: TlsClientParts['certificates'];
  trusted: TlsClientParts['trusted'];
  activity: Activity;
  log: Log;
}

export interface Audit {
  readonly trail: AuditTrail;
  /** Writes what is there, and sends it where the repository answers soon. */
  stop(): Promise<void>;
}

/** The audit trail, begun: its files, and who sends them. */
export async function startAudit(parts: AuditParts): Promise<Audit> {
  const { config, catalog, settings, activity, log } = parts;
  const files = new AuditFiles(config.audit);
  const origin = { hostName: hostname(), processId: process.pid };
  const tls = new TlsClient(parts);
  const sender = new AuditSender({
    files,
    cursor: new AuditCursor(join(config.audit.dir, 'sent.json')),
    settings,
    connect: (repository, signal) => connectSyslog({ repository, tls, origin, signal }),
    log,
  });
  const queue = new AuditQueue({
    append: (lines) => files.append(lines),
    written: () => sender.written(),
    lost: (messages) =>
      activity.record({
        kind: 'audit-incomplete',
        severity: 'error',
        words: `${messages} audit messages were lost: the audit trail could not be written.`,
        fields: { messages },
      }),
    log,
  });
  const trail = new AuditTrail({
    own: () => ({ processId: process.pid, aeTitles: settings.current.aeTitles }),
    hostName: origin.hostName,
    patientIdOf: async (uid) => (await catalog.studies.find(uid))?.patientId,
    write: (line) => queue.add(line),
    log,
  });
  await sender.start();
  trail.start();
  return {
    trail,
    async stop() {
      await trail.stop();
      await queue.drain();
      await sender.stop();
      await files.close();
    },
  };
}
