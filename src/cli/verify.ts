import type { Catalog } from '../catalog/catalog.ts';
import type { Config } from '../config/schema.ts';
import { createProgress } from '../lib/progress.ts';
import { verifyVolume } from '../services/integrity.ts';
import { InstanceFiles } from '../storage/instance-files.ts';
import { Volume } from '../storage/volume.ts';

/** `dicomkeep verify`. @returns the exit status: 1 where anything was found */
export async function verify(catalog: Catalog, config: Config): Promise<number> {
  const { volumeDir, reserveBytes } = config.storage;
  const expectedId = (await catalog.volumes.ids()).at(-1);
  await new Volume(volumeDir, { reserveBytes, expectedId }).assertOnline();
  const progress = createProgress({ label: 'verify', unit: 'instances' });
  const { instances, bytes, findings } = await verifyVolume({
    catalog,
    files: new InstanceFiles(volumeDir),
    volumePath: volumeDir,
    done: (count) => progress.advance(count),
    found: (path, reason) => progress.say(`${path}: ${reason}`),
  }).finally(() => progress.end());
  process.stdout.write(`${instances} instances of ${bytes} bytes verified, ${findings} findings\n`);
  return findings === 0 ? 0 : 1;
}
