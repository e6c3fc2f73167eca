import type { Settings } from '../../src/config/settings.ts';

/** Settings that a test changes where it matters to it. */
export const PLAIN_SETTINGS: Settings = {
  aeTitles: ['DICOMKEEP'],
  dimsePort: 11_112,
  tls: {
    isEnabled: false,
    port: 2762,
    profile: 'bcp195',
    clientCertificates: 'not-asked',
    verifyPeers: false,
  },
  userIdentity: 'ignored',
  audit: { isSyslogSent: false, syslogHost: '', syslogPort: 6514 },
  unknownCallers: 'store',
  maximumAssociations: 100,
  duplicates: 'keep',
  reserveBytes: 0,
  logLevel: 'info',
  language: 'en',
  plainHttp: false,
};
