import { join } from 'node:path';
import { Metrics } from '../admin/metrics.ts';
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import type { Config } from '../config/schema.ts';
import { settingsOf } from '../config/settings.ts';
import type { RootLog } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import { within } from '../lib/within.ts';
import type { Acceptor } from '../net/acceptor.ts';
import { DimseListeners } from '../net/dimse-listeners.ts';
import { holdName } from '../net/name-lock.ts';
import { Activity } from '../services/activity.ts';
import type { AuditTrail } from '../services/audit-trail.ts';
import { Certificates } from '../services/certificates.ts';
import { Filer } from '../services/filing.ts';
import { BatchFiler } from '../services/filing-batch.ts';
import { Hasher } from '../services/hashing.ts';
import { headerTags } from '../services/header-tags.ts';
import { fanOut, type Observer, type Party } from '../services/observer.ts';
import { readHeader } from '../services/recovery.ts';
import { SettingsService } from '../services/settings.ts';
import { StatusService } from '../services/status.ts';
import { TrustedCertificates } from '../services/trusted-certificates.ts';
import { Incoming } from '../storage/incoming.ts';
import { InstanceFiles } from '../storage/instance-files.ts';
import type { Volume } from '../storage/volume.ts';
import { type Admin, buildAccounts, buildAdmin } from './admin.ts';
import { type Audit, startAudit } from './audit.ts';
import { buildDimse, type Dimse } from './dimse.ts';
import { keepCatalogReady, keepListening, openVolume, startFiling } from './volume-start.ts';

export interface Server {
  readonly aeTitle: string;
  /** Of DICOM; undefined where it could not be bound, and is tried again. */
  readonly port: number | undefined;
  readonly admin: Admin;
  /** Takes no more associations, gives those that are open a few seconds, files what it can, and ends. */
  stop(): Promise<void>;
}

export interface ServerStart {
  config: Config;
  version: string;
  log: RootLog;
  /** Told the first password of the page, once. */
  showPassword(password: string): void;
}

const DRAIN_TIMEOUT_MS = 5000;
/** What hangs at the end is left behind: what was acknowledged is on disk. */
const STOP_TIMEOUT_MS = 5000;

/**
 * Builds the archive and starts it. A catalogue or a volume that is away does not stop the start: instances are stored as soon as
 * the volume is there, and filed as soon as the catalogue is. Nor does a port that is taken, as long as DICOM or the page has one.
 * @throws Error where no port can be bound, or another server has the volume
 */
export async function startServer(start: ServerStart): Promise<Server> {
  const catalog = await openCatalog(start.config.catalog);
  try {
    return await startWith(catalog, start);
  } catch (error) {
    // Its connections would keep the process alive.
    await catalog.close();
    throw error;
  }
}

async function startWith(catalog: Catalog, start: ServerStart): Promise<Server> {
  const { config, version, log, showPassword } = start;
  const volume = await openVolume(config, catalog, log);
  const lock = await holdName(await volume.realPath());
  if (lock === undefined) throw new Error(`another dicomkeep serves the volume ${volume.path}`);
  const late: LateParts = { adminPort: config.admin.port };
  const activity = new Activity({ catalog, log, recorded: (event) => late.audit?.event(event) });
  const front = await buildFront({ start, catalog, volume, activity, late });
  const { certificates, trusted, listeners, settings } = front;
  const storage = buildStorage(config, catalog, volume, log);
  const { filer, files } = storage;
  const listening = () => listeners.listening();
  const seen = { version, catalog, volume, filer, activity, settings, certificates, trusted, listening };
  const status = new StatusService(seen);
  const metrics = new Metrics({ status, activity, jobs: catalog.jobs });
  const audit = await startAudit({ ...front, config, catalog, activity, log });
  late.audit = audit.trail;
  const observer = fanOut([activity, metrics, audit.trail], (error) =>
    log.error('bug', { reason: messageOf(error) }),
  );
  const accounts = buildAccounts(config, { catalog, activity, log }, showPassword);
  const record = activity.record.bind(activity);
  const made = { ...front, ...storage, accounts, observer, record };
  const dimse = buildDimse({ ...made, config, catalog, volume, log });
  Object.assign(late, { acceptor: dimse.acceptor, observer });
  const problems = await settings.listen();
  for (const { message } of problems) log.error('listener', { reason: message });
  const stopping = new AbortController();
  const running = { catalog, volume, settings, log, signal: stopping.signal, ...storage };
  const started = startFiling(running);
  void keepCatalogReady(running);
  const archive = { ...seen, accounts, audit: audit.trail, status, metrics, files, log };
  const admin = await buildAdmin(config, archive, dimse, showPassword);
  late.adminPort = admin.port ?? config.admin.port;
  const port = tellListening(front, volume, log);
  if (port === undefined && admin.port === undefined) {
    stopping.abort();
    await admin.close();
    await audit.stop();
    throw new Error(problems.map(({ message }) => message).join('; '));
  }
  if (problems.length > 0)
    void keepListening(settings, stopping.signal, () => tellListening(front, volume, log));
  status.start();
  void tellStart(catalog, activity, version);
  const aeTitle = settings.current.aeTitles[0] ?? '';
  const begun = { start, catalog, activity, audit, status };
  const stop = () => stopAll({ ...begun, lock, front, storage, dimse, stopping, started, admin });
  return { port, aeTitle, admin, stop };
}

interface Running {
  start: ServerStart;
  catalog: Catalog;
  lock: { release(): void };
  front: Front;
  storage: ReturnType<typeof buildStorage>;
  activity: Activity;
  audit: Audit;
  dimse: Dimse;
  stopping: AbortController;
  /** Filing of what was there at the start. */
  started: Promise<void>;
  status: StatusService;
  admin: Admin;
}

async function stopAll(running: Running): Promise<void> {
  const { catalog, lock, front, storage, activity, audit, dimse, stopping, started, status, admin } = running;
  const { log, version } = running.start;
  await bounded(log, 'the admin page does not close', () => admin.close());
  front.listeners.close();
  await dimse.acceptor.drain(DRAIN_TIMEOUT_MS);
  stopping.abort();
  await started;
  await bounded(log, 'filing goes on at the next start', () => storage.filer.stop());
  status.stop();
  activity.record({
    kind: 'server-stopped',
    severity: 'info',
    words: `Dicomkeep ${version} stopped.`,
    fields: {},
  });
  await activity.stop();
  await bounded(log, 'the audit trail goes on at the next start', () => audit.stop());
  await dimse.decoder.close();
  await storage.hasher.close();
  await storage.incoming.close();
  await bounded(log, 'the catalogue does not close', () => catalog.close());
  lock.release();
}

/** @returns the port of DICOM without TLS */
function tellListening(
  { listeners, settings }: Pick<Front, 'listeners' | 'settings'>,
  volume: Volume,
  log: RootLog,
): number | undefined {
  const portOf = (name: string) => listeners.listening().find(({ service }) => service === name)?.port;
  const [port, tlsPort] = [portOf('dimse'), portOf('dimse-tls')];
  if (port === undefined) return undefined;
  const [aeTitle] = settings.current.aeTitles;
  log.info('listening', { aeTitle, port, ...(tlsPort !== undefined && { tlsPort }), volume: volume.path });
  return port;
}

/** What is made of parts that need these: filled in before the first connection. */
interface LateParts {
  acceptor?: Acceptor;
  observer?: Observer;
  audit?: AuditTrail;
  adminPort: number;
}

interface FrontParts {
  start: ServerStart;
  catalog: Catalog;
  volume: Volume;
  activity: Activity;
  late: LateParts;
}

/** The ports of DICOM, not open yet, and the settings that rule them. */
interface Front {
  certificates: Certificates;
  trusted: TrustedCertificates;
  listeners: DimseListeners;
  settings: SettingsService;
}

async function buildFront({ start, catalog, volume, activity, late }: FrontParts): Promise<Front> {
  const { config, log } = start;
  const certificates = await Certificates.open({ file: join(config.dataDir, 'tls/server.pem'), log });
  const trusted = await TrustedCertificates.open({ file: join(config.dataDir, 'tls/trusted.pem'), log });
  const listeners = new DimseListeners({
    host: config.dimse.host,
    certificates,
    trusted,
    log,
    accept: (socket, isTls) => late.acceptor?.accept(socket, isTls),
    dropped: (address) => late.observer?.connectionDropped(address),
    handshakeFailed: (address, words) =>
      late.observer?.associationRejected(tlsParty(address), 'tls-handshake', words),
  });
  const settings = new SettingsService({
    configured: settingsOf(config),
    settings: catalog.settings,
    file: join(config.dataDir, 'settings.json'),
    listeners,
    adminPort: () => late.adminPort,
    trustedCertificates: () => trusted.count,
    record: (event) => activity.record(event),
    log,
  });
  settings.onChange(({ logLevel, reserveBytes }) => {
    log.setLevel(logLevel);
    volume.reserveBytes = reserveBytes;
  });
  await settings.load();
  return { certificates, trusted, listeners, settings };
}

/** Somebody who did not get so far as to say a name. */
function tlsParty(address: string): Party {
  return { callingAeTitle: '', calledAeTitle: '', address, isPeer: false, isTls: true };
}

async function bounded(log: RootLog, words: string, work: () => Promise<void>): Promise<void> {
  await within(STOP_TIMEOUT_MS, () => new Error(words), work).catch((error: unknown) =>
    log.warn('stop', { reason: messageOf(error) }),
  );
}

/** A crash or a power cut leaves no event of its own: it is told of at the next start. */
async function tellStart(catalog: Catalog, activity: Activity, version: string): Promise<void> {
  const late = () => new Error('the catalogue does not answer');
  const [last] = await within(STOP_TIMEOUT_MS, late, () =>
    catalog.events.list({ kinds: ['server-started', 'server-stopped'], limit: 1 }),
  ).catch(() => []);
  const started = `Dicomkeep ${version} started`;
  if (last?.kind !== 'server-started') {
    activity.record({ kind: 'server-started', severity: 'info', words: `${started}.`, fields: {} });
    return;
  }
  const reason = 'it had ended without being stopped: a crash or a power cut';
  const words = `${started}; before, ${reason}.`;
  activity.record({ kind: 'server-started', severity: 'warning', words, fields: { reason } });
}

function buildStorage(config: Config, catalog: Catalog, volume: Volume, log: RootLog) {
  const incoming = new Incoming(volume, config.storage);
  const files = new InstanceFiles(volume.path, () => volume.recheck());
  const batchFiler = new BatchFiler({
    catalog,
    files,
    log,
    readHeader: ({ name, dataSetOffset, transferSyntaxUid, proof: { sizeBytes } }) =>
      readHeader(files.incomingPathOf(name), { dataSetOffset, sizeBytes, transferSyntaxUid }, headerTags),
  });
  const filer = new Filer({
    batchFiler,
    log,
    batchInstancesMax: config.catalog.batchInstancesMax,
    incomingInstancesMax: config.storage.incomingInstancesMax,
    incomingBytesMax: config.storage.incomingBytesMax,
  });
  return { incoming, files, filer, hasher: new Hasher() };
}
