import { hostname } from 'node:os';
import type { Metrics } from '../admin/metrics.ts';
import type { AdminParts } from '../admin/parts.ts';
import { type AdminServer, startAdmin } from '../admin/server.ts';
import { parseDatabaseUrl } from '../catalog/database-url.ts';
import type { Config } from '../config/schema.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import { within } from '../lib/within.ts';
import { Accounts } from '../services/accounts.ts';
import { Previews } from '../services/previews.ts';
import { ownAddresses } from '../services/status-addresses.ts';
import { readSecretFile } from '../storage/secret-files.ts';
import type { Dimse } from './dimse.ts';

const PASSWORD_FILE_BYTES_MAX = 10_000;
const ACCOUNTS_TIMEOUT_MS = 3000;

/** What is there without the page. */
export type ArchiveParts = Omit<
  AdminParts,
  'fixed' | 'callers' | 'echo' | 'jobs' | 'previews' | 'metrics'
> & { metrics: Metrics };

export interface Admin {
  /** undefined where its port could not be bound. */
  readonly port: number | undefined;
  readonly url: string;
  /** Ends requests and jobs that are under way. */
  close(): Promise<void>;
}

/**
 * Starts what is behind the page, and the page. A port that cannot be bound is told in the log; DICOM does not suffer from it.
 * @param showPassword is told the first password, once
 */
export async function buildAdmin(
  config: Config,
  archive: ArchiveParts,
  dimse: Dimse,
  showPassword: (password: string) => void,
): Promise<Admin> {
  const { accounts, log, files, volume } = archive;
  const { jobs } = dimse;
  const previews = new Previews({ files });
  const parts: AdminParts = {
    ...archive,
    fixed: {
      adminHost: config.admin.host,
      adminPort: config.admin.port,
      dimseHost: config.dimse.host,
      volumePath: volume.path,
      database: parseDatabaseUrl(config.catalog.url).words,
    },
    callers: dimse.callers,
    echo: dimse.echo,
    jobs: jobs.queue,
    previews,
  };
  jobs.queue.start();
  // First of all, so that the owner is not turned away in the first moments.
  await prepare(accounts, showPassword, log);
  const server = await listen(parts, config);
  return {
    port: server?.port,
    url: urlOf(config.admin.host, server?.port ?? config.admin.port),
    async close() {
      accounts.stop();
      await server?.close();
      await jobs.stop();
      await previews.close();
    },
  };
}

/** @param showPassword is told the first password, where the catalogue was away at the start */
export function buildAccounts(
  { admin }: Config,
  { catalog, activity, log }: Pick<ArchiveParts, 'catalog' | 'activity' | 'log'>,
  showPassword: (password: string) => void,
): Accounts {
  return new Accounts({
    catalog,
    readFirstPassword: async () => {
      if (admin.passwordFile === '') return undefined;
      const text = await readSecretFile(admin.passwordFile, PASSWORD_FILE_BYTES_MAX);
      if (text === undefined) throw new Error(`${admin.passwordFile}: no such file`);
      return text;
    },
    onFirstPassword: showPassword,
    record: (event) => activity.record(event),
    log,
  });
}

/** A catalogue that hangs does not keep the archive from coming up. */
async function prepare(
  accounts: Accounts,
  showPassword: (password: string) => void,
  log: Log,
): Promise<void> {
  const prepared = accounts.prepare().then((password) => {
    if (password !== undefined) showPassword(password);
  });
  const late = () => new Error('the catalogue does not answer: no look at the accounts yet');
  await within(ACCOUNTS_TIMEOUT_MS, late, () => prepared).catch((error: unknown) =>
    log.warn('admin page', { reason: messageOf(error) }),
  );
}

async function listen(parts: AdminParts, { admin }: Config): Promise<AdminServer | undefined> {
  try {
    return await startAdmin(parts, { host: admin.host, port: admin.port });
  } catch (error) {
    parts.log.error('admin page', { reason: messageOf(error) });
    return undefined;
  }
}

/** An address that can be opened: one of ours where all are listened on. */
function urlOf(host: string, port: number): string {
  const isAny = host === '0.0.0.0' || host === '::';
  const name = isAny ? (ownAddresses()[0] ?? hostname()) : host;
  return `https://${name.includes(':') ? `[${name}]` : name}:${port}/`;
}
