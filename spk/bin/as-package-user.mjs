// Root becomes the user whose archive it is, before anything else is done: the files that a command makes, the server has to be able to change.
import { statSync } from 'node:fs';

if (process.getuid() === 0) {
  const { uid, gid } = statSync(process.env.DICOMKEEP_CONFIG);
  process.initgroups(uid, gid);
  process.setgid(gid);
  process.setuid(uid);
}
