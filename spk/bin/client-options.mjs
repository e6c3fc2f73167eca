// Writes the login of a database URL (standard input) as options for the programs of MariaDB, with the database's name in its first line.
import { readFileSync, writeFileSync } from 'node:fs';

const [file] = process.argv.slice(2);
const url = new URL(readFileSync(0, 'utf8').trim());
if (url.protocol !== 'mysql:') throw new Error('the settings name no database of MariaDB');
const socket = url.searchParams.get('socketPath');
const where = socket
  ? [`socket=${quoted(socket)}`]
  : [`host=${quoted(url.hostname)}`, `port=${url.port || 3306}`, 'protocol=tcp'];
const lines = [
  `# database ${decodeURIComponent(url.pathname.slice(1))}`,
  '# Made of the catalog.url in dicomkeep.json5, whenever that has changed.',
  '[client]',
  `user=${quoted(decodeURIComponent(url.username))}`,
  `password=${quoted(decodeURIComponent(url.password))}`,
  ...where,
  'default-character-set=utf8mb4',
];
// A new file: one that is there would keep its mode.
writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' });

function quoted(text) {
  return `"${text.replaceAll(/[\\"]/g, '\\$&')}"`;
}
