import { lookup } from 'node:dns/promises';
import { keptTags } from '../catalog/attributes.ts';
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import type { Config } from '../config/schema.ts';
import { tags } from '../dicom/dictionary/tags.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import { Acceptor } from '../net/acceptor.ts';
import { Listener } from '../net/listener.ts';
import { holdName } from '../net/name-lock.ts';
import { Outbound } from '../net/outbound.ts';
import { Callers } from '../services/callers.ts';
import { Filer } from '../services/filing.ts';
import { BatchFiler } from '../services/filing-batch.ts';
import { Hasher } from '../services/hashing.ts';
import { QueryService } from '../services/query.ts';
import { readHeader, recover } from '../services/recovery.ts';
import { RetrieveService } from '../services/retrieve.ts';
import { StorageService } from '../services/storage.ts';
import { Incoming } from '../storage/incoming.ts';
import { InstanceFiles } from '../storage/instance-files.ts';
import { Volume } from '../storage/volume.ts';

export interface Server {
  readonly port: number;
  readonly volume: Volume;
  /** Takes no more associations, gives those that are open a few seconds, files what it can, and ends. */
  stop(): Promise<void>;
}

/** What the ingest collects of each instance: what the catalogue keeps, what identifies it, and how its text is to be read. */
export const headerTags: ReadonlySet<number> = new Set([
  ...keptTags,
  tags.SpecificCharacterSet,
  tags.SOPClassUID,
  tags.SOPInstanceUID,
  tags.StudyInstanceUID,
  tags.SeriesInstanceUID,
]);

const RETRY_MS = 1000;
const DRAIN_TIMEOUT_MS = 5000;
/** A catalogue that hangs does not keep images waiting longer than this. */
const CATALOG_START_TIMEOUT_MS = 5000;
/** What hangs at the end is left behind: what was acknowledged is on disk. */
const STOP_TIMEOUT_MS = 5000;

/** Connections that may wait for the answer to their association request, beside those that are served. */
const SPARE_CONNECTIONS = 32;

/**
 * Builds the archive and starts it. A catalogue or a volume that is away does not stop the start: instances are stored as soon as
 * the volume is there, and filed as soon as the catalogue is.
 * @throws Error where the port cannot be bound, or another server has the volume
 */
export async function startServer(config: Config, log: Log): Promise<Server> {
  const catalog = await openCatalog(config.catalog);
  try {
    return await startWith(catalog, config, log);
  } catch (error) {
    // Its connections would keep the process alive.
    await catalog.close();
    throw error;
  }
}

async function startWith(catalog: Catalog, config: Config, log: Log): Promise<Server> {
  const volume = await openVolume(config, catalog, log);
  const lock = await holdName(await volume.realPath());
  if (lock === undefined) throw new Error(`another dicomkeep serves the volume ${volume.path}`);
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
  const hasher = new Hasher();
  const acceptor = buildAcceptor(config, log, { catalog, volume, incoming, files, filer, hasher });
  const listener = new Listener({
    host: config.dimse.host,
    port: config.dimse.port,
    connectionsMax: config.dimse.maximumAssociations + SPARE_CONNECTIONS,
    log,
    accept: (socket) => acceptor.accept(socket),
  });
  const { port } = await listener.listen();
  const stopping = new AbortController();
  const started = startFiling({
    config,
    catalog,
    volume,
    incoming,
    files,
    filer,
    log,
    signal: stopping.signal,
  });
  return {
    port,
    volume,
    async stop() {
      listener.close();
      await acceptor.drain(DRAIN_TIMEOUT_MS);
      stopping.abort();
      await started;
      await within(STOP_TIMEOUT_MS, 'filing goes on at the next start', () => filer.stop()).catch(
        (error: unknown) => log.warn('stop', { reason: messageOf(error) }),
      );
      await hasher.close();
      await incoming.close();
      await within(STOP_TIMEOUT_MS, 'the catalogue does not close', () => catalog.close()).catch(
        (error: unknown) => log.warn('stop', { reason: messageOf(error) }),
      );
      lock.release();
    },
  };
}

interface Parts {
  catalog: Catalog;
  volume: Volume;
  incoming: Incoming;
  files: InstanceFiles;
  filer: Filer;
  hasher: Hasher;
}

function buildAcceptor(config: Config, log: Log, parts: Parts): Acceptor {
  const { catalog, volume, incoming, files, filer, hasher } = parts;
  const { aeTitles, dimse } = config;
  const ownAeTitle = aeTitles[0] ?? '';
  const outbound = new Outbound({
    ...dimse,
    callingAeTitle: ownAeTitle,
    idleTimeoutMs: dimse.associationIdleTimeoutMs,
  });
  const callers = new Callers({
    peers: catalog.peers,
    unknownCallers: catalog.unknownCallers,
    policy: dimse.unknownCallers,
    resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    log,
  });
  const availability = async () => {
    const isOnline = await volume.assertOnline().then(
      () => true,
      () => false,
    );
    return isOnline ? 'ONLINE' : 'OFFLINE';
  };
  const services = {
    storage: new StorageService({ incoming, filer, keptTags: headerTags, hasher }),
    query: new QueryService({ catalog, filer, retrieveAeTitle: ownAeTitle, availability }),
    retrieve: new RetrieveService({ catalog, filer, files, log }),
    outbound,
  };
  return new Acceptor({ ...dimse, aeTitles, callers, services, log });
}

/**
 * The volume of the configuration. A new one is made only where the catalogue says that there is none yet: an empty folder may as well be
 * the mount point of a disk that is missing.
 */
async function openVolume(config: Config, catalog: Catalog, log: Log): Promise<Volume> {
  const { volumeDir, reserveBytes } = config.storage;
  let expectedId: string | undefined;
  try {
    expectedId = await within(CATALOG_START_TIMEOUT_MS, 'the catalogue does not answer', async () => {
      await catalog.migrate();
      return (await catalog.volumes.ids()).at(-1);
    });
    if (expectedId === undefined) await Volume.create(volumeDir);
  } catch (error) {
    log.error('start', { reason: messageOf(error) });
  }
  const volume = new Volume(volumeDir, { reserveBytes, expectedId });
  await volume.assertOnline().catch((error: unknown) => log.error('volume', { reason: messageOf(error) }));
  return volume;
}

interface Start extends Omit<Parts, 'hasher'> {
  config: Config;
  log: Log;
  signal: AbortSignal;
}

/** Recovers what is left of an earlier run, then begins to file; waits for the volume as long as it takes. */
async function startFiling({ catalog, volume, incoming, files, filer, log, signal }: Start): Promise<void> {
  while (!signal.aborted) {
    try {
      await volume.assertOnline();
      const leftovers = await incoming.leftovers();
      filer.start(await recover(leftovers, { files, keptTags: headerTags, log }));
      void keepCatalogReady(catalog, volume, log, signal);
      return;
    } catch (error) {
      filer.postpone(error);
      await pause(signal);
    }
  }
}

/** A catalogue that was away at the start gets its tables when it comes. */
async function keepCatalogReady(
  catalog: Catalog,
  volume: Volume,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await catalog.migrate();
      if (volume.id !== undefined) await catalog.volumes.add(volume.id);
      return;
    } catch (error) {
      log.warn('catalogue', { reason: messageOf(error) });
      await pause(signal);
    }
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, RETRY_MS);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** @throws Error with these words where the work takes longer; it goes on behind our back */
async function within<T>(timeoutMs: number, words: string, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(words)), timeoutMs);
  });
  try {
    return await Promise.race([work(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
