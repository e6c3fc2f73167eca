import type { Catalog } from '../catalog/catalog.ts';
import type { NewEvent } from '../services/activity-kinds.ts';

/** Who did it, in the events. */
export const COMMAND_LINE = { name: 'the command line', address: '' };

/** Notes in the catalogue what a command has changed. */
export async function recordEvents(catalog: Catalog, events: readonly NewEvent[]): Promise<void> {
  const at = Date.now();
  await catalog.events.recordAll(events.map((event) => ({ ...event, at })));
}
