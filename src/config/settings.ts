import { z } from 'zod';
import {
  aeTitlesSchema,
  type Config,
  integer,
  LANGUAGES,
  oneOf,
  section,
  syslogHostSchema,
  TLS_PROFILES,
} from './schema.ts';

export { LANGUAGES } from './schema.ts';

export type Language = (typeof LANGUAGES)[number];

/**
 * What the owner may change while the archive runs. The configuration gives the first values; what was changed on the page is kept in the
 * catalogue and goes before the configuration from then on.
 */
export const settingsSchema = section({
  /** Called AE titles that we answer to; the first is our calling AE title. */
  aeTitles: aeTitlesSchema,
  dimsePort: integer(0, 65_535),
  tls: section({
    isEnabled: z.boolean(),
    port: integer(0, 65_535),
    /** PS3.15 §B.12 or §B.13. */
    profile: oneOf(...TLS_PROFILES),
    /** Whether callers must show a certificate that a trusted one has signed. */
    clientCertificates: oneOf('not-asked', 'required'),
    /** Whether those whom we call by TLS must show such a one. */
    verifyPeers: z.boolean(),
  }),
  /** User identity of an association (PS3.7 Annex D.3.3.7): taken no note of, checked against the accounts where one comes, or asked of everybody. */
  userIdentity: oneOf('ignored', 'checked', 'required'),
  /** Where audit messages are sent by syslog over TLS (RFC 5425), beside being written. */
  audit: section({
    isSyslogSent: z.boolean(),
    syslogHost: syslogHostSchema(),
    syslogPort: integer(1, 65_535),
  }),
  /** What callers may do that are no peers. */
  unknownCallers: oneOf('reject', 'store', 'all'),
  maximumAssociations: integer(1, 10_000),
  /** An instance that comes again with another data set: both are kept and the first stays current, or the second is refused (0111H). */
  duplicates: oneOf('keep', 'refuse'),
  reserveBytes: integer(0, Number.MAX_SAFE_INTEGER),
  logLevel: oneOf('error', 'warn', 'info', 'debug'),
  /** Of the page, for whoever has not chosen another. */
  language: oneOf(...LANGUAGES),
  /** Plain HTTP is answered, for a reverse proxy; else redirected to HTTPS. */
  plainHttp: z.boolean(),
});

export type Settings = z.infer<typeof settingsSchema>;

/** What the configuration says of what may be changed later. */
export function settingsOf({ aeTitles, dimse, storage, admin, audit, log, language }: Config): Settings {
  return {
    aeTitles,
    dimsePort: dimse.port,
    tls: {
      isEnabled: dimse.tls.enabled,
      port: dimse.tls.port,
      profile: dimse.tls.profile,
      clientCertificates: dimse.tls.clientCertificates,
      verifyPeers: dimse.tls.verifyPeers,
    },
    userIdentity: dimse.userIdentity,
    audit: {
      isSyslogSent: audit.syslog.enabled,
      syslogHost: audit.syslog.host,
      syslogPort: audit.syslog.port,
    },
    unknownCallers: dimse.unknownCallers,
    maximumAssociations: dimse.maximumAssociations,
    duplicates: storage.duplicates,
    reserveBytes: storage.reserveBytes,
    logLevel: log.level,
    language,
    plainHttp: admin.plainHttp,
  };
}
