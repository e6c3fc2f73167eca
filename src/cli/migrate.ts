import type { Catalog } from '../catalog/catalog.ts';

const PENDING_STATUS = 3;

/**
 * `dicomkeep migrate`: brings the catalogue up to date, or tells only what is pending, so that a backup can be made before.
 * @returns the exit status
 * @throws Problem 'catalog-unavailable'
 */
export async function migrate(catalog: Catalog, isQuestion: boolean): Promise<number> {
  const names = isQuestion ? await catalog.pendingMigrations() : await catalog.migrate();
  const done = isQuestion ? 'pending' : 'migrated';
  process.stdout.write(names.length === 0 ? 'nothing to migrate\n' : `${done}: ${names.join(', ')}\n`);
  return isQuestion && names.length > 0 ? PENDING_STATUS : 0;
}
