import type { Catalog } from '../catalog/catalog.ts';
import type { NewEvent } from '../services/activity-kinds.ts';
import { randomPassword } from '../services/passwords.ts';
import { Sessions } from '../services/sessions.ts';
import { Users } from '../services/users.ts';
import { COMMAND_LINE, recordEvents } from './record.ts';

/** `dicomkeep user password NAME`: a new random password, printed once; all sessions of the user end. */
export async function setUserPassword(name: string, catalog: Catalog): Promise<void> {
  await catalog.migrate();
  const { users, settings } = catalog;
  const now = Date.now;
  const events: NewEvent[] = [];
  const sessions = new Sessions({ sessions: catalog.sessions, users, settings, now });
  const record = (event: NewEvent) => void events.push(event);
  const password = randomPassword();
  await new Users({ users, sessions, record, now }).change(name, { password }, COMMAND_LINE);
  await recordEvents(catalog, events);
  process.stdout.write(`password of ${name}: ${password}\n`);
}
