import { writeFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, runProgram, startServer, stopServer } from '../processes.ts';
import { programPath, type RunningServer, type ServerKind, sinkAeTitle, untilEchoed } from './server.ts';

const aeTitle = 'DCMQRSCP';

/** The largest quota that it takes: 500 studies of 1 GB; what is above is deleted without a word. */
function configurationOf(directory: string, dimsePort: number, sinkPort: number): string {
  return `NetworkTCPPort  = ${dimsePort}
MaxPDUSize      = 16384
MaxAssociations = 16
HostTable BEGIN
sink = (${sinkAeTitle}, 127.0.0.1, ${sinkPort})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
${aeTitle} ${directory} RW (500, 1024mb) ANY
AETable END
`;
}

async function start(directory: string, sinkPort: number): Promise<RunningServer> {
  const dimsePort = await freePort();
  const storage = join(directory, 'storage');
  await mkdir(storage);
  const file = join(directory, 'dcmqrscp.cfg');
  writeFileSync(file, configurationOf(storage, dimsePort, sinkPort));
  const child = startServer(programPath('dcmqrscp') ?? 'dcmqrscp', ['-c', file], directory, {
    env: { ...process.env, TCP_NODELAY: '1' },
  });
  try {
    await untilEchoed('dcmqrscp', dimsePort, aeTitle, child);
  } catch (error) {
    await stopServer(child);
    throw error;
  }
  const pid = child.pid ?? 0;
  return {
    dimsePort,
    aeTitle,
    pids: [pid],
    serverPids: [pid],
    // its index is written before it answers
    filed: async () => 0,
    storedInstances: async () => (await readdir(storage)).filter((name) => name !== 'index.dat').length,
    stop: () => stopServer(child),
  };
}

export const dcmqrscp: ServerKind = {
  name: 'dcmqrscp',
  description:
    'dcmqrscp of DCMTK, one process per association, syncs nothing, at most 1 GB per study, TCP_NODELAY=1',
  isOurs: false,
  canFind: false,
  isWholeArchive: false,
  missing: () =>
    programPath('dcmqrscp') === undefined ? 'dcmqrscp is not installed (Debian package dcmtk)' : undefined,
  version: async () =>
    (await runProgram(programPath('dcmqrscp') ?? 'dcmqrscp', ['--version']))
      .split('\n')[0]
      ?.replaceAll('$', '')
      .trim() ?? '',
  start,
};
