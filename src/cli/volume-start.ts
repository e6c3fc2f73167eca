import type { Catalog } from '../catalog/catalog.ts';
import type { Config } from '../config/schema.ts';
import type { Log } from '../lib/log.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import { within } from '../lib/within.ts';
import type { Filer } from '../services/filing.ts';
import { headerTags } from '../services/header-tags.ts';
import { recover } from '../services/recovery.ts';
import type { SettingsService } from '../services/settings.ts';
import type { Incoming } from '../storage/incoming.ts';
import type { InstanceFiles } from '../storage/instance-files.ts';
import { Volume } from '../storage/volume.ts';

const RETRY_MS = 1000;
/** A catalogue that hangs does not keep images waiting longer than this. */
const CATALOG_START_TIMEOUT_MS = 5000;

/**
 * The volume of the configuration. A new one is made only where the catalogue says that there is none yet: an empty folder may as well be
 * the mount point of a disk that is missing.
 * @param patienceMs how long the catalogue, and its migration, may take; the migration goes on behind our back
 */
export async function openVolume(
  config: Config,
  catalog: Pick<Catalog, 'volumes' | 'migrate'>,
  log: Pick<Log, 'error' | 'warn'>,
  patienceMs: number = CATALOG_START_TIMEOUT_MS,
): Promise<Volume> {
  const { volumeDir, reserveBytes } = config.storage;
  const late = () => new Error('the catalogue does not answer');
  const deadline = performance.now() + patienceMs;
  let expectedId: string | undefined;
  try {
    expectedId = await within(patienceMs, late, () => newestVolume(catalog));
    if (expectedId === undefined) await Volume.create(volumeDir);
    // Most are quick; what the page needs is there before the page then.
    const migrating = () =>
      new Error('the catalogue is being migrated: instances wait to be filed meanwhile');
    await within(deadline - performance.now(), migrating, () => catalog.migrate());
  } catch (error) {
    log.error('start', { reason: messageOf(error) });
  }
  const volume = new Volume(volumeDir, { reserveBytes, expectedId });
  await volume.assertOnline().catch((error: unknown) => log.error('volume', { reason: messageOf(error) }));
  return volume;
}

/** Asked before the catalogue is migrated, for that may take minutes, in which the disk below a missing volume must not be taken for it. */
async function newestVolume(catalog: Pick<Catalog, 'volumes' | 'migrate'>): Promise<string | undefined> {
  if (!(await catalog.volumes.hasTable())) await catalog.migrate();
  return (await catalog.volumes.ids()).at(-1);
}

export interface FilingStart {
  catalog: Catalog;
  volume: Volume;
  incoming: Incoming;
  files: InstanceFiles;
  filer: Filer;
  settings: SettingsService;
  log: Log;
  signal: AbortSignal;
}

/** Recovers what is left of an earlier run, then begins to file; waits for the volume as long as it takes. */
export async function startFiling(start: FilingStart): Promise<void> {
  const { volume, incoming, files, filer, log, signal } = start;
  while (!signal.aborted) {
    try {
      await volume.assertOnline();
      const leftovers = await incoming.leftovers();
      filer.start(await recover(leftovers, { files, keptTags: headerTags, log, signal }));
      return;
    } catch (error) {
      if (signal.aborted) return;
      filer.postpone(error);
      await pause(signal);
    }
  }
}

/** A catalogue that was away at the start gets its tables when it comes, tells the settings, and is told the volume when that is there. */
export async function keepCatalogReady(
  start: Omit<FilingStart, 'incoming' | 'files' | 'filer'>,
): Promise<void> {
  const { catalog, volume, settings, log, signal } = start;
  const done = { migration: false, settings: false, volume: false };
  let told = '';
  for (; !signal.aborted; await pause(signal)) {
    try {
      if (!done.migration) await catalog.migrate();
      done.migration = true;
      if (!done.volume && volume.id !== undefined) {
        await catalog.volumes.add(volume.id);
        done.volume = true;
      }
      done.settings ||= await settings.load();
      if (done.volume && done.settings) return;
    } catch (error) {
      const reason = messageOf(error);
      const isOfSettings = error instanceof Problem && error.code === 'unusable-setting';
      if (reason !== told) log.warn(isOfSettings ? 'settings' : 'catalogue', { reason });
      told = reason;
    }
  }
}

/** Opens the ports that could not be had, until all are there; then calls `done`. */
export async function keepListening(
  settings: SettingsService,
  signal: AbortSignal,
  done: () => void,
): Promise<void> {
  let problems = 1;
  while (problems > 0) {
    await pause(signal);
    if (signal.aborted) return;
    problems = (await settings.listen()).length;
  }
  done();
}

async function pause(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, RETRY_MS);
    signal.addEventListener('abort', over);
  });
}
