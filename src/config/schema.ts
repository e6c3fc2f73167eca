import { z } from 'zod';

/**
 * An AE title — PS3.5 §6.2, VR AE: at most 16 characters of the default repertoire, no backslash, not only spaces.
 * Spaces at either end carry no meaning and are removed.
 */
export const aeTitleSchema = z
  .string(wanted('an AE title'))
  .trim()
  .regex(/^[\x20-\x5b\x5d-\x7e]{1,16}$/, wanted('an AE title: 1 to 16 ASCII characters, no backslash'));

/** Called AE titles that we answer to; the first is our calling AE title. */
export const aeTitlesSchema = z
  .array(aeTitleSchema, wanted('a list of AE titles'))
  .min(1, wanted('at least one AE title'))
  .max(100, wanted('at most 100 AE titles'))
  .refine((titles) => new Set(titles).size === titles.length, wanted('AE titles that differ'));

/** Languages of the page, as BCP 47 tags. */
export const LANGUAGES = ['en', 'zh-CN', 'ja', 'fr'] as const;

/** Secure transport connection profiles — PS3.15 §B.12 and §B.13. */
export const TLS_PROFILES = ['bcp195', 'modified-bcp195'] as const;

/** The whole configuration, one part for each that is handed one. Units are the ends of the names. */
export const configSchema = section({
  aeTitles: aeTitlesSchema,
  language: oneOf(...LANGUAGES),
  dataDir: path('a folder').min(1, wanted('a folder')),
  dimse: section({
    host: hostSchema(),
    port: integer(0, 65_535),
    maximumAssociations: integer(1, 10_000),
    /** Variable field of a P-DATA-TF PDU, without its 6 byte header — PS3.8 Annex D.1. */
    pduBytesMax: integer(4096, 1_048_576),
    /** ARTIM timer — PS3.8 §9.1.5. */
    artimTimeoutMs: integer(1000, 600_000),
    associationIdleTimeoutMs: integer(1000, 86_400_000),
    connectTimeoutMs: integer(100, 600_000),
    responseTimeoutMs: integer(1000, 3_600_000),
    unknownCallers: oneOf('reject', 'store', 'all'),
    storageSopClasses: oneOf('any', 'standard'),
    /** Operations of one association that may be outstanding, as we agree to, and C-STORE requests of ours, as we propose — PS3.7 Annex D.3.3.3. */
    asynchronousOperations: integer(1, 16),
    userIdentity: oneOf('ignored', 'checked', 'required'),
    tls: section({
      enabled: yesOrNo(),
      port: integer(0, 65_535),
      profile: oneOf(...TLS_PROFILES),
      clientCertificates: oneOf('not-asked', 'required'),
      verifyPeers: yesOrNo(),
    }),
  }),
  admin: section({
    host: hostSchema(),
    port: integer(0, 65_535),
    plainHttp: yesOrNo(),
    passwordFile: path('a file'),
  }),
  storage: section({
    volumeDir: path('a folder'),
    reserveBytes: integer(0, Number.MAX_SAFE_INTEGER),
    duplicates: oneOf('keep', 'refuse'),
    incomingBytesMax: integer(1_048_576, Number.MAX_SAFE_INTEGER),
    incomingInstancesMax: integer(1, 10_000_000),
    rollingSyncBytes: integer(1_048_576, 1_073_741_824),
    preopenedFiles: integer(1, 1024),
  }),
  catalog: section({
    url: databaseUrl(),
    poolMax: integer(1, 100),
    acquireTimeoutMs: integer(100, 600_000),
    queryTimeoutMs: integer(100, 3_600_000),
    batchInstancesMax: integer(1, 10_000),
  }),
  audit: section({
    dir: path('a folder'),
    fileBytesMax: integer(65_536, 1_073_741_824),
    filesMax: integer(2, 1000),
    syslog: section({ enabled: yesOrNo(), host: syslogHostSchema(), port: integer(1, 65_535) }),
  }),
  log: section({
    level: oneOf('error', 'warn', 'info', 'debug'),
    dir: path('a folder'),
    fileBytesMax: integer(65_536, 1_073_741_824),
    /** A full file is renamed, for which there have to be two. */
    filesMax: integer(2, 100),
  }),
});

export type Config = z.infer<typeof configSchema>;

/** Says what would be right: the message of an issue is these words, and the reader puts what was found before them. */
function wanted(words: string): { error: () => string } {
  return { error: () => words };
}

export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, wanted('a section { … }'));
}

export function integer(minimum: number, maximum: number) {
  const range = maximum === Number.MAX_SAFE_INTEGER ? `${minimum} or more` : `from ${minimum} to ${maximum}`;
  const words = wanted(`a whole number ${range}`);
  return z.int(words).min(minimum, words).max(maximum, words);
}

export function oneOf<const Values extends readonly string[]>(...values: Values) {
  return z.enum(values, wanted(values.map((value) => `'${value}'`).join(' or ')));
}

function yesOrNo() {
  return z.boolean(wanted('true or false'));
}

function hostSchema() {
  return z
    .string(wanted('an address'))
    .regex(/^[\w.:%-]{1,253}$/, wanted("an address such as '0.0.0.0' or '::'"));
}

/** Empty where audit messages are sent nowhere. */
export function syslogHostSchema() {
  return z
    .string(wanted('an address'))
    .regex(/^[\w.:%-]{0,253}$/, wanted("an address or a name such as 'audit.example.org', or '' for none"));
}

/** A NUL would cut the path short inside the kernel. */
function path(words: string) {
  return z.string(wanted(words)).regex(/^[^\0]*$/, wanted(`${words} without NUL characters`));
}

function databaseUrl() {
  const words = wanted("'sqlite:FILE' or 'mysql://USER:PASSWORD@HOST:PORT/DATABASE?socketPath=FILE'");
  return z.string(words).refine(isDatabaseUrl, words);
}

function isDatabaseUrl(url: string): boolean {
  if (url === '') return true;
  if (url.startsWith('sqlite:')) return /^sqlite:[^\0]+$/.test(url);
  if (!url.startsWith('mysql://') || !URL.canParse(url)) return false;
  return new URL(url).pathname.length > 1;
}
