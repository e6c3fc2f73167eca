import { execFileSync } from 'node:child_process';
import type { ServerKind } from './servers/server.ts';

/** Debian packages of all that is compared with. */
export const debianPackages = [
  'orthanc',
  'orthanc-mysql',
  'dcmtk',
  'mariadb-server-core',
  'mariadb-client-core',
] as const;

/** With RUNLEVEL=1 Debian's packages start no service of theirs, which would take part of the machine. */
const environment = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };

/**
 * Installs what the wanted servers miss, where anything is missing.
 * @throws Error where this is not root, or apt-get fails, with its words on standard error
 */
export async function installMissing(wanted: readonly ServerKind[]): Promise<void> {
  const missing = wanted.filter((kind) => kind.missing() !== undefined);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) throw new Error('--install: only root installs packages');
  const names = missing.map(({ name }) => name).join(', ');
  console.log(`installing ${debianPackages.join(' ')} for ${names}`);
  const env = { ...process.env, ...environment };
  const apt = (...args: string[]) =>
    execFileSync('apt-get', ['-y', '-q', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  apt('update');
  apt('install', '--no-install-recommends', ...debianPackages);
}
