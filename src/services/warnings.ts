import { sizeWords } from './size-words.ts';

export const WARNINGS = [
  'volume-offline',
  'disk-full',
  'disk-nearly-full',
  'catalog-unavailable',
  'filing-behind',
  'instances-unfiled',
  'conflicts',
  'unknown-callers',
  'certificate-expires',
  'listener-failed',
  'password-unchanged',
] as const;

export interface Warning {
  code: (typeof WARNINGS)[number];
  severity: 'warning' | 'error';
  /** What is wrong, and what to do. */
  words: string;
  values: Record<string, string | number>;
}

/** What is known; what is not is undefined or null, and warns of nothing. */
export interface WarningFacts {
  now: number;
  volume: {
    path: string;
    state: 'online' | 'offline';
    words: string;
    freeBytes: number | null;
    totalBytes: number | null;
    reserveBytes: number;
    daysLeft: number | null;
  };
  /** Why the catalogue does not answer; undefined where it does. */
  catalogFailure: string | undefined;
  waitingInstances: number;
  /** Why filing does not go on; undefined where it does. */
  filingFailure: string | undefined;
  unfiledInstances: number;
  /** Of late: nobody reads a warning that never goes away. */
  conflictCount: number;
  /** Callers that were refused of late and are no peers. */
  refusedCallers: readonly string[];
  certificateValidUntil: number | undefined;
  /** Services that should listen and do not, with their port. */
  notListening: readonly { service: 'dimse' | 'dimse-tls'; port: number }[];
  /** Users whose password is still the first. */
  usersWithFirstPassword: readonly string[];
}

const DAY_MS = 86_400_000;
const DAYS_LEFT_MIN = 30;
const CERTIFICATE_DAYS_MIN = 30;
/** Of the disk, above the reserve. */
const USABLE_SHARE_MIN = 0.02;
/** More than these wait only where filing does not keep up. */
const WAITING_MAX = 10_000;
/** Named in the words; of more the number is enough. */
const NAMES_MAX = 5;

/** What the owner should see to, the most urgent first. */
export function warningsOf(facts: WarningFacts): Warning[] {
  const found = [
    ...facts.notListening.map(listenerFailed),
    volumeOffline(facts),
    diskFull(facts),
    catalogUnavailable(facts),
    filingBehind(facts),
    instancesUnfiled(facts),
    diskNearlyFull(facts),
    certificateExpires(facts),
    unknownCallers(facts),
    conflicts(facts),
    passwordUnchanged(facts),
  ].filter((warning) => warning !== undefined);
  return found.toSorted((one, other) => rankOf(one) - rankOf(other));
}

function rankOf({ severity }: Warning): number {
  return severity === 'error' ? 0 : 1;
}

function listenerFailed({ service, port }: { service: string; port: number }): Warning {
  const name = service === 'dimse' ? 'DICOM' : 'DICOM over TLS';
  return {
    code: 'listener-failed',
    severity: 'error',
    words: `${name} does not listen on port ${port}: choose another port in the settings, or end the program that has it`,
    values: { service, port },
  };
}

function volumeOffline({ volume }: WarningFacts): Warning | undefined {
  if (volume.state === 'online') return undefined;
  return {
    code: 'volume-offline',
    severity: 'error',
    words: `no instances can be stored or read: ${volume.words}; see that the disk of ${volume.path} is there and mounted`,
    values: { path: volume.path, reason: volume.words },
  };
}

function isFull({ freeBytes, reserveBytes }: WarningFacts['volume']): boolean {
  return freeBytes !== null && freeBytes <= reserveBytes;
}

function diskFull({ volume }: WarningFacts): Warning | undefined {
  const { freeBytes, reserveBytes, path } = volume;
  if (freeBytes === null || !isFull(volume)) return undefined;
  return {
    code: 'disk-full',
    severity: 'error',
    words: `instances are refused: ${sizeWords(freeBytes)} are free on ${path} and ${sizeWords(reserveBytes)} are kept in reserve; make room or add disks`,
    values: { path, freeBytes, reserveBytes },
  };
}

function diskNearlyFull({ volume }: WarningFacts): Warning | undefined {
  const { freeBytes, totalBytes, reserveBytes, daysLeft, path } = volume;
  if (freeBytes === null || isFull(volume)) return undefined;
  const isSoon = daysLeft !== null && daysLeft < DAYS_LEFT_MIN;
  const isLittle =
    freeBytes < 2 * reserveBytes || freeBytes - reserveBytes < USABLE_SHARE_MIN * (totalBytes ?? 0);
  if (!isSoon && !isLittle) return undefined;
  const days = daysLeft === null ? undefined : Math.floor(daysLeft);
  const forecast =
    days === undefined ? '' : `, enough for ${days === 1 ? '1 day' : `${days} days`} as it is going`;
  return {
    code: 'disk-nearly-full',
    severity: 'warning',
    words: `${sizeWords(freeBytes)} are free on ${path}${forecast}; plan for more disks`,
    values: { path, freeBytes, reserveBytes, ...(days !== undefined && { daysLeft: days }) },
  };
}

function catalogUnavailable({ catalogFailure }: WarningFacts): Warning | undefined {
  if (catalogFailure === undefined) return undefined;
  return {
    code: 'catalog-unavailable',
    severity: 'error',
    words: `instances are stored, but nobody can search or retrieve: ${catalogFailure}; see that the database runs`,
    values: { reason: catalogFailure },
  };
}

function filingBehind({ waitingInstances: instances, filingFailure }: WarningFacts): Warning | undefined {
  if (instances === 0 || (filingFailure === undefined && instances <= WAITING_MAX)) return undefined;
  const reason = filingFailure ?? 'more come than can be filed';
  return {
    code: 'filing-behind',
    severity: 'warning',
    words: `${instances} instances are safe on disk and wait for the catalogue: ${reason}`,
    values: { instances, reason },
  };
}

function instancesUnfiled({ unfiledInstances: instances }: WarningFacts): Warning | undefined {
  if (instances === 0) return undefined;
  return {
    code: 'instances-unfiled',
    severity: 'error',
    words: `${instances} instances are on disk but could not be filed: the log has the reason for each; the next start tries again`,
    values: { instances },
  };
}

function conflicts({ conflictCount: conflicts }: WarningFacts): Warning | undefined {
  if (conflicts === 0) return undefined;
  return {
    code: 'conflicts',
    severity: 'warning',
    words: `${conflicts} instances came again with other data in the last 7 days: both versions are kept; see which device reuses SOP Instance UIDs`,
    values: { conflicts },
  };
}

function unknownCallers({ refusedCallers }: WarningFacts): Warning | undefined {
  const callers = refusedCallers.length;
  if (callers === 0) return undefined;
  const names = refusedCallers.slice(0, NAMES_MAX).join(', ');
  const more = callers > NAMES_MAX ? ` and ${callers - NAMES_MAX} more` : '';
  return {
    code: 'unknown-callers',
    severity: 'warning',
    words: `refused because they are no peers: ${names}${more}; add those that belong to you`,
    values: { callers, names: `${names}${more}` },
  };
}

function certificateExpires({ certificateValidUntil: validUntil, now }: WarningFacts): Warning | undefined {
  if (validUntil === undefined || validUntil - now >= CERTIFICATE_DAYS_MIN * DAY_MS) return undefined;
  const daysLeft = Math.max(0, Math.floor((validUntil - now) / DAY_MS));
  const when = validUntil <= now ? 'has expired' : `expires in ${daysLeft} days`;
  return {
    code: 'certificate-expires',
    severity: validUntil <= now ? 'error' : 'warning',
    words: `the certificate ${when}: put in a new one in the settings`,
    values: { daysLeft, validUntil },
  };
}

function passwordUnchanged({ usersWithFirstPassword: users }: WarningFacts): Warning | undefined {
  if (users.length === 0) return undefined;
  const names = users.slice(0, NAMES_MAX).join(', ');
  return {
    code: 'password-unchanged',
    severity: 'warning',
    words: `first password not changed: ${names}; sign in and choose another`,
    values: { users: users.length, names },
  };
}
