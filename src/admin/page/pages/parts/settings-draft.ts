import type { Settings } from '../../../../config/settings.ts';

/** Settings as they stand in the form: numbers as they are typed, the reserve in gigabytes. */
export interface SettingsDraft
  extends Omit<Settings, 'dimsePort' | 'tls' | 'audit' | 'maximumAssociations' | 'reserveBytes'> {
  dimsePort: string;
  tls: Omit<Settings['tls'], 'port'> & { port: string };
  audit: Omit<Settings['audit'], 'syslogPort'> & { syslogPort: string };
  maximumAssociations: string;
  reserveGigabytes: string;
}

/** As the page counts bytes everywhere: in powers of 1000. */
const GIGABYTE = 1e9;

export function draftOf({
  dimsePort,
  tls,
  audit,
  maximumAssociations,
  reserveBytes,
  ...rest
}: Settings): SettingsDraft {
  return {
    ...rest,
    dimsePort: String(dimsePort),
    tls: { ...tls, port: String(tls.port) },
    audit: { ...audit, syslogPort: String(audit.syslogPort) },
    maximumAssociations: String(maximumAssociations),
    reserveGigabytes: gigabytesOf(reserveBytes),
  };
}

/**
 * What is sent. A text that is no number becomes null, which the server refuses with the rest that is wrong.
 *
 * @param before the settings as they are: a reserve that was not touched stays what it is to the byte
 */
export function settingsOf(draft: SettingsDraft, before: Settings): unknown {
  const { dimsePort, tls, audit, maximumAssociations, reserveGigabytes, aeTitles, ...rest } = draft;
  const reserve = decimalOf(reserveGigabytes);
  const isReserveSame = reserveGigabytes === gigabytesOf(before.reserveBytes);
  return {
    ...rest,
    aeTitles: aeTitles.map((title) => title.trim()).filter((title) => title !== ''),
    dimsePort: integerOf(dimsePort),
    tls: { ...tls, port: integerOf(tls.port) },
    audit: { ...audit, syslogHost: audit.syslogHost.trim(), syslogPort: integerOf(audit.syslogPort) },
    maximumAssociations: integerOf(maximumAssociations),
    reserveBytes: isReserveSame
      ? before.reserveBytes
      : reserve === null
        ? null
        : Math.round(reserve * GIGABYTE),
  };
}

export function isSame(draft: SettingsDraft, settings: Settings): boolean {
  return JSON.stringify(draft) === JSON.stringify(draftOf(settings));
}

/** Paths of the server's settings by the field that shows them. */
export function fieldOfPath(path: string): string {
  if (path.startsWith('aeTitles')) return 'aeTitles';
  return path === 'tls' ? 'tls.port' : path;
}

function gigabytesOf(bytes: number): string {
  return String(Math.round(bytes / (GIGABYTE / 100)) / 100);
}

function integerOf(text: string): number | null {
  return /^\d{1,15}$/.test(text.trim()) ? Number(text) : null;
}

function decimalOf(text: string): number | null {
  const plain = text.trim().replace(',', '.');
  return /^\d{1,9}(\.\d+)?$/.test(plain) ? Number(plain) : null;
}
