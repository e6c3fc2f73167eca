import { mkdir } from 'node:fs/promises';
import type { LoadedConfig } from '../config/load.ts';
import { createLog } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import { type Server, startServer } from './server.ts';

const EXIT_TIMEOUT_MS = 1000;

/** Runs the archive until SIGTERM or SIGINT. @returns the exit status */
export async function serve({ config, unknownVariables }: LoadedConfig, version: string): Promise<number> {
  await mkdir(config.dataDir, { recursive: true });
  const log = createLog({ level: config.log.level, file: config.log });
  for (const name of unknownVariables) log.warn('unknown environment variable', { name });
  process.on('unhandledRejection', (reason) => {
    log.error('bug', {
      reason: messageOf(reason),
      stack: reason instanceof Error ? (reason.stack ?? '') : '',
    });
  });
  try {
    // Listened for from the beginning: whoever ends us while we start gets an orderly end as well.
    const stopping = stopSignal();
    const server = await startServer({ config, version, log, showPassword });
    const { admin } = server;
    if (admin.port !== undefined) log.info('admin page', { url: admin.url, port: admin.port });
    process.stdout.write(firstSteps(server));
    const signal = await stopping;
    log.info('stopping', { signal });
    await server.stop();
    log.info('stopped');
    return 0;
  } catch (error) {
    log.error('cannot start', { reason: messageOf(error) });
    return 1;
  } finally {
    await log.close();
    // A connection to a database that hangs does not keep a server that has stopped.
    setTimeout(() => process.exit(), EXIT_TIMEOUT_MS).unref();
  }
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        resolve(signal);
        // Whoever asks twice means at once: what was acknowledged is on disk.
        process.once(signal, () => process.exit(1));
      });
    }
  });
}

/** Once, and not in the log: the log is shown to more people. */
function showPassword(password: string): void {
  process.stdout.write(`
The admin page has a user now. It is asked to choose another password; this one is not shown again.

  user      admin
  password  ${password}

`);
}

/** Where the page is, and lines to paste for the first image; the tools are DCMTK's. */
function firstSteps({ aeTitle, port, admin }: Server): string {
  const page = admin.port === undefined ? '' : `\nThe admin page is at ${admin.url}\n`;
  if (port === undefined) return page;
  const program = import.meta.url.endsWith('.ts') ? 'npm run dicomkeep --' : 'dicomkeep';
  const called = `-aec ${aeTitle}`;
  return `${page}
Dicomkeep listens as ${aeTitle} on port ${port}. Try it with DCMTK's tools (Debian: apt install dcmtk):

  echoscu -v ${called} 127.0.0.1 ${port}                 # does it answer?
  storescu -v ${called} 127.0.0.1 ${port} image.dcm      # store an image
  ${program} peer add FINDSCU 127.0.0.1 11113     # let findscu query and retrieve
  findscu -v -S ${called} -k QueryRetrieveLevel=STUDY -k PatientName -k StudyInstanceUID 127.0.0.1 ${port}

`;
}
