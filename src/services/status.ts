import { localDayOf } from '../catalog/local-day.ts';
import type { Settings } from '../config/settings.ts';
import type { Volume } from '../storage/volume.ts';
import type { Activity } from './activity.ts';
import { type Clock, systemClock } from './clock.ts';
import { type Forecast, forecast } from './disk-forecast.ts';
import type { Filer } from './filing.ts';
import type { AssociationTally } from './observer.ts';
import { ownAddresses } from './status-addresses.ts';
import { CatalogProbes, type Past, type StatusCatalog } from './status-catalog.ts';
import { lastArrivalsOf, refusedCallersOf, todayOf, totalsOf } from './status-counts.ts';
import { Probe } from './status-probe.ts';
import { StatusWatch } from './status-watch.ts';
import { type Warning, warningsOf } from './warnings.ts';

export type Listening = readonly { service: 'dimse' | 'dimse-tls'; host: string; port: number }[];

export interface StatusOptions {
  version: string;
  catalog: StatusCatalog;
  volume: Pick<Volume, 'path' | 'id' | 'space' | 'assertOnline'>;
  filer: Pick<Filer, 'backlogInstances' | 'backlogBytes' | 'failure' | 'unfiledInstances'>;
  activity: Pick<Activity, 'arrivals' | 'lastStored' | 'rate' | 'openAssociations' | 'record'>;
  settings: { readonly current: Pick<Settings, 'aeTitles' | 'dimsePort' | 'tls' | 'reserveBytes'> };
  certificates: { describe(): { validUntil: number } };
  listening(): Listening;
  /** How long catalogue and volume are waited for, milliseconds. */
  timeoutMs?: number;
  clock?: Clock;
}

export interface VolumeStatus extends Forecast {
  id: string;
  path: string;
  state: 'online' | 'offline';
  words: string;
  freeBytes: number | null;
  usedBytes: number | null;
  totalBytes: number | null;
  reserveBytes: number;
}

export interface CatalogStatus {
  engine: 'mariadb' | 'sqlite';
  isReachable: boolean;
  words: string;
  latencyMs: number | null;
}

/** How the archive is, as far as is known. Times are milliseconds since 1970. */
export interface StatusReport {
  version: string;
  now: number;
  startedAt: number;
  timeZone: string;
  aeTitles: string[];
  listening: { service: 'dimse' | 'dimse-tls'; host: string; port: number }[];
  addresses: string[];
  catalog: CatalogStatus;
  volume: VolumeStatus;
  totals: { studies: number; instances: number; bytes: number };
  today: ReturnType<typeof todayOf>;
  rate: { instancesPerSecond: number; bytesPerSecond: number };
  waiting: { instances: number; bytes: number };
  associations: ReturnType<typeof associationStatus>[];
  lastArrivals: ReturnType<typeof lastArrivalsOf>;
  warnings: Warning[];
}

const KEEP_MS = 1000;
const TIMEOUT_MS = 2000;
const ASSOCIATIONS_MAX = 1000;

/**
 * Gathers how the archive is. Answers within three seconds, with what is known, whatever is away; and no more often than once a second,
 * however many ask.
 */
export class StatusService {
  readonly #options: StatusOptions;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #probes: CatalogProbes;
  readonly #volume: Probe<void>;
  readonly #watch: StatusWatch;
  #newest: StatusReport | undefined;
  #gathering: Promise<StatusReport> | undefined;

  constructor(options: StatusOptions) {
    const { catalog, activity, filer, volume, timeoutMs = TIMEOUT_MS, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#startedAt = clock.now();
    const now = () => clock.now();
    this.#probes = new CatalogProbes({ catalog, activity, filer, timeoutMs, now });
    this.#volume = new Probe(() => volume.assertOnline(), { keepMs: KEEP_MS, timeoutMs, now });
    this.#watch = new StatusWatch({
      look: () => this.#lookAround(),
      record: (event) => activity.record(event),
      clock,
    });
  }

  /** Begins to watch volume, catalogue and disk, and to record when one of them goes or comes back. */
  start(): void {
    this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
  }

  /** Never rejects. */
  async current(): Promise<StatusReport> {
    if (this.#newest !== undefined && this.#clock.now() - this.#newest.now < KEEP_MS) return this.#newest;
    this.#gathering ??= this.#gather().finally(() => {
      this.#gathering = undefined;
    });
    return this.#gathering;
  }

  /** Why the archive could not do its work now, in words; empty where it could. */
  async notReady(): Promise<string[]> {
    const { volume, catalog } = await this.#lookAround();
    return [
      ...(this.#options.listening().some(({ service }) => service === 'dimse')
        ? []
        : ['DICOM does not listen']),
      ...(volume.state === 'online' ? [] : [volume.words]),
      ...(catalog.isReachable ? [] : [catalog.words]),
    ];
  }

  async #gather(): Promise<StatusReport> {
    const { version, settings, filer, activity, certificates } = this.#options;
    const [{ volume, catalog }, presentLook, pastLook] = await Promise.all([
      this.#lookAround(),
      this.#probes.present.look(),
      this.#probes.lookAtPast(),
    ]);
    const now = this.#clock.now();
    const arrived = activity.arrivals();
    const waiting = { instances: filer.backlogInstances, bytes: filer.backlogBytes };
    const present = presentLook.value;
    const past = pastLook.value;
    const forecasted = { ...volume, ...this.#forecast(volume, past, now) };
    const listening = this.#options.listening();
    const warnings = warningsOf({
      now,
      volume: forecasted,
      catalogFailure: catalog.isReachable ? undefined : catalog.words,
      waitingInstances: waiting.instances,
      filingFailure: filer.failure?.message,
      unfiledInstances: filer.unfiledInstances,
      conflictCount: present?.conflictCount ?? 0,
      refusedCallers: refusedCallersOf(present, now),
      certificateValidUntil: certificates.describe().validUntil,
      notListening: this.#notListening(listening),
      usersWithFirstPassword: present?.usersWithFirstPassword ?? [],
    });
    this.#newest = {
      version,
      now,
      startedAt: this.#startedAt,
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      aeTitles: [...settings.current.aeTitles],
      listening: listening.map(({ service, host, port }) => ({ service, host, port })),
      addresses: ownAddresses(),
      catalog,
      volume: forecasted,
      totals: totalsOf(past, arrived, waiting),
      today: todayOf(present, arrived, waiting, localDayOf(now)),
      rate: activity.rate(),
      waiting,
      associations: activity.openAssociations().slice(0, ASSOCIATIONS_MAX).map(associationStatus),
      lastArrivals: lastArrivalsOf({ present, past }, arrived, activity.lastStored(), localDayOf(now)),
      warnings,
    };
    return this.#newest;
  }

  async #lookAround(): Promise<{ volume: Omit<VolumeStatus, keyof Forecast>; catalog: CatalogStatus }> {
    const { volume, catalog, settings } = this.#options;
    const [volumeLook, pingLook] = await Promise.all([this.#volume.look(), this.#probes.ping.look()]);
    const isOnline = volumeLook.failure === undefined;
    // Of a volume that is not mounted it would be the space of the disk below.
    const space = isOnline ? volume.space : undefined;
    return {
      volume: {
        id: volume.id ?? '',
        path: volume.path,
        state: isOnline ? 'online' : 'offline',
        words: volumeLook.failure ?? '',
        freeBytes: space?.freeBytes ?? null,
        usedBytes: space === undefined ? null : space.totalBytes - space.freeBytes,
        totalBytes: space?.totalBytes ?? null,
        reserveBytes: settings.current.reserveBytes,
      },
      catalog: {
        engine: catalog.engine,
        isReachable: pingLook.failure === undefined,
        words: pingLook.failure ?? '',
        latencyMs: pingLook.tookMs,
      },
    };
  }

  #forecast(volume: Omit<VolumeStatus, keyof Forecast>, past: Past | undefined, now: number): Forecast {
    return forecast({
      bytes: past?.bytes ?? 0,
      firstArrivalAt: past?.firstDay === undefined ? undefined : beginningOf(past.firstDay),
      hasOlder: past?.hasOlder ?? false,
      now,
      freeBytes: volume.freeBytes ?? undefined,
      reserveBytes: volume.reserveBytes,
    });
  }

  #notListening(listening: Listening): { service: 'dimse' | 'dimse-tls'; port: number }[] {
    const { dimsePort, tls } = this.#options.settings.current;
    const wanted: { service: 'dimse' | 'dimse-tls'; port: number }[] = [
      { service: 'dimse', port: dimsePort },
    ];
    if (tls.isEnabled) wanted.push({ service: 'dimse-tls', port: tls.port });
    return wanted.filter(({ service }) => !listening.some((one) => one.service === service));
  }
}

/** @param day `YYYYMMDD`, of the time zone of the process */
function beginningOf(day: string): number {
  return new Date(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6, 8))).getTime();
}

/** What others are told of an open association. */
export function associationStatus(tally: AssociationTally) {
  const { number, party, openedAt, storedInstances, storedBytes, refusedInstances, sentInstances } = tally;
  const { callingAeTitle, calledAeTitle, address, isPeer, isTls } = party;
  return {
    number,
    callingAeTitle,
    calledAeTitle,
    address,
    isPeer,
    isTls,
    openedAt,
    storedInstances,
    storedBytes,
    refusedInstances,
    sentInstances,
  };
}
