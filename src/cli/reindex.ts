import type { Catalog } from '../catalog/catalog.ts';
import type { Config } from '../config/schema.ts';
import { createProgress } from '../lib/progress.ts';
import { headerTags } from '../services/header-tags.ts';
import { reindexVolume } from '../services/reindexing.ts';
import { InstanceFiles } from '../storage/instance-files.ts';
import { Volume } from '../storage/volume.ts';

/** `dicomkeep reindex`. @returns the exit status */
export async function reindex(catalog: Catalog, config: Config): Promise<number> {
  const { volumeDir, reserveBytes } = config.storage;
  await catalog.migrate();
  const volume = new Volume(volumeDir, { reserveBytes, expectedId: undefined });
  await volume.assertOnline();
  if (volume.id !== undefined) await catalog.volumes.add(volume.id);
  const progress = createProgress({ label: 'reindex', unit: 'instances' });
  let total = 0;
  const result = await reindexVolume({
    catalog,
    files: new InstanceFiles(volumeDir),
    volumePath: volumeDir,
    keptTags: headerTags,
    batchInstancesMax: config.catalog.batchInstancesMax,
    found(count) {
      total += count;
      progress.setTotal(total);
    },
    done: (count) => progress.advance(count),
    skipped: (path, reason) => progress.say(`skipped ${path}: ${reason}`),
  }).finally(() => progress.end());
  const { indexed, known, skipped } = result;
  process.stdout.write(`${indexed} instances indexed, ${known} known already, ${skipped} skipped\n`);
  return skipped === 0 ? 0 : 1;
}
