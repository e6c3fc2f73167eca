import { mkdir } from 'node:fs/promises';
import type { StoreResult } from '../clients/store.ts';
import { runTogether } from '../clients.ts';
import type { SetShape } from '../data-sets.ts';
import { freshDirectory } from '../leftovers.ts';
import { settleDisk } from '../page-cache.ts';
import { freePort } from '../processes.ts';
import { clientAeTitle, type RunningServer, type ServerKind } from '../servers/server.ts';

/** Starts the server with an empty archive, lets `work` measure it, and stops it. */
export async function withServer<T>(
  kind: ServerKind,
  baseDirectory: string,
  work: (server: RunningServer, sinkPort: number) => Promise<T>,
): Promise<T> {
  const directory = await freshDirectory(baseDirectory, kind.name);
  await mkdir(directory, { recursive: true });
  // What others have written must not be on its way to the disk while this one is measured.
  await settleDisk();
  const sinkPort = await freePort();
  const server = await kind.start(directory, sinkPort);
  try {
    return await work(server, sinkPort);
  } finally {
    await server.stop();
  }
}

/** Stores the set over so many associations at once, dealt out one by one. */
export function storeAll(server: RunningServer, set: SetShape, associations: number): Promise<StoreResult[]> {
  const jobs = Array.from({ length: Math.min(associations, set.instances) }, (_, first) => ({
    kind: 'store' as const,
    port: server.dimsePort,
    calledAeTitle: server.aeTitle,
    callingAeTitle: clientAeTitle,
    set,
    first,
    step: associations,
  }));
  return runTogether<StoreResult>(jobs);
}

/** How many instances were refused. */
export function failuresOf(results: readonly StoreResult[]): number {
  return results.flatMap((result) => Object.values(result.failures)).reduce((sum, count) => sum + count, 0);
}
