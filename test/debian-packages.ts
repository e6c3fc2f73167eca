import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** What the integration tests need beside `npm ci`: a Debian package, and a program by which one sees that it is there. */
const DEBIAN_PACKAGES = [
  { name: 'dcmtk', program: 'storescu' },
  { name: 'libgdcm-tools', program: 'gdcmscu' },
  { name: 'mariadb-server-core', program: 'mariadbd' },
  { name: 'mariadb-client-core', program: 'mariadb' },
  { name: 'mariadb-client', program: 'mariadb-dump' },
  { name: 'orthanc', program: 'Orthanc' },
  { name: 'openssl', program: 'openssl' },
  { name: 'curl', program: 'curl' },
  { name: 'python3', program: 'python3' },
  { name: 'strace', program: 'strace' },
  { name: 'chromium', program: 'chromium' },
  // Chinese and Japanese pages without them would be boxes.
  { name: 'fonts-noto-cjk', program: 'fc-list' },
];

/**
 * Installs the packages that are missing, which takes root.
 * @returns undefined when all are there, else what to tell the person who runs the tests
 */
export function provideDebianPackages(): string | undefined {
  const missing = missingPackages();
  if (missing.length === 0) return undefined;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const advice = `Some Debian packages are missing. Install them with\n  sudo ${command}`;
  if (process.getuid?.() !== 0 || !isThere('apt-get')) return advice;

  console.log(`Installing ${missing.join(' ')} …`);
  for (const line of ['apt-get update', command]) {
    const [program = '', ...args] = line.split(' ');
    // Tests start servers themselves: a package that has one must not start it as a service (runlevel 1).
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' });
    if (status !== 0) return `${line} failed:\n${stdout ?? ''}${stderr ?? ''}`;
  }
  const absent = missingPackages();
  return absent.length === 0
    ? undefined
    : `Installed, but without the program that is needed: ${absent.join(' ')}`;
}

function missingPackages(): string[] {
  return DEBIAN_PACKAGES.filter(({ program }) => !isThere(program)).map(({ name }) => name);
}

/** Servers lie in sbin, which is not on everybody's PATH. */
function isThere(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
