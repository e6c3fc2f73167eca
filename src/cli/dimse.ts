import { lookup } from 'node:dns/promises';
import type { Catalog } from '../catalog/catalog.ts';
import type { Config } from '../config/schema.ts';
import type { Log } from '../lib/log.ts';
import { Acceptor } from '../net/acceptor.ts';
import { EchoScu } from '../net/echo.ts';
import { EventReports } from '../net/event-reports.ts';
import { Outbound } from '../net/outbound.ts';
import { TlsClient, type TlsClientParts } from '../net/tls-client.ts';
import { FrameDecoder } from '../pixels/frame-decoder.ts';
import type { Accounts } from '../services/accounts.ts';
import { Callers } from '../services/callers.ts';
import { Duplicates } from '../services/duplicates.ts';
import type { Filer } from '../services/filing.ts';
import type { Hasher } from '../services/hashing.ts';
import { headerTags } from '../services/header-tags.ts';
import type { Observer } from '../services/observer.ts';
import { QueryService } from '../services/query.ts';
import { RetrieveService } from '../services/retrieve.ts';
import type { SettingsService } from '../services/settings.ts';
import { StorageService } from '../services/storage.ts';
import { UserIdentities } from '../services/user-identity.ts';
import type { Incoming } from '../storage/incoming.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import type { Volume } from '../storage/volume.ts';
import { buildJobs, type Jobs, type JobsParts } from './jobs.ts';

export interface DimseParts {
  config: Config;
  catalog: Catalog;
  settings: SettingsService;
  volume: Volume;
  incoming: Incoming;
  files: InstanceFiles;
  filer: Filer;
  hasher: Hasher;
  observer: Observer;
  accounts: Accounts;
  record: JobsParts['record'];
  log: Log;
  certificates: TlsClientParts['certificates'];
  trusted: TlsClientParts['trusted'];
}

export interface Dimse {
  acceptor: Acceptor;
  callers: Callers;
  echo: EchoScu;
  jobs: Jobs;
  decoder: FrameDecoder;
}

/** All of DICOM but its ports. */
export function buildDimse(parts: DimseParts): Dimse {
  const { config, catalog, settings, volume, incoming, files, filer, hasher, observer, log } = parts;
  const { dimse } = config;
  const callingAeTitle = () => settings.current.aeTitles[0] ?? '';
  const tls = new TlsClient(parts);
  const requesting = { ...dimse, callingAeTitle, tls };
  const outbound = new Outbound(requesting);
  const decoder = new FrameDecoder();
  const retrieve = new RetrieveService({ catalog, filer, files, decoder, log });
  const callers = new Callers({
    peers: catalog.peers,
    unknownCallers: catalog.unknownCallers,
    settings,
    resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    log,
  });
  const reports = new EventReports(requesting);
  const jobs = buildJobs({ ...parts, callers, retrieve, outbound, reports });
  const services = {
    storage: new StorageService({
      incoming,
      filer,
      duplicates: new Duplicates({ catalog, filer, settings }),
      keptTags: headerTags,
      hasher,
    }),
    query: new QueryService({
      catalog,
      filer,
      retrieveAeTitle: callingAeTitle,
      availability: () => availabilityOf(volume),
    }),
    retrieve,
    commitment: jobs.commitment,
    outbound,
  };
  const identities = new UserIdentities({ accounts: parts.accounts, settings });
  const acceptor = new Acceptor({ ...dimse, settings, callers, identities, services, observer, log });
  const echo = new EchoScu({ callingAeTitle, tls, pduBytesMax: dimse.pduBytesMax });
  return { acceptor, callers, echo, jobs, decoder };
}

async function availabilityOf(volume: Volume): Promise<'ONLINE' | 'OFFLINE'> {
  return await volume.assertOnline().then(
    () => 'ONLINE',
    () => 'OFFLINE',
  );
}
