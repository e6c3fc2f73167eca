import type { Settings } from '../config/settings.ts';

/** What changing a setting does to those who use the archive. */
export const SETTING_EFFECTS = [
  'callers-need-new-ae-title',
  'ae-title-added',
  'calling-ae-title-changes',
  'dimse-port-moves',
  'tls-starts',
  'tls-stops',
  'tls-port-moves',
  'tls-profile-bcp195',
  'tls-profile-modified',
  'client-certificates-required',
  'client-certificates-not-asked',
  'peers-verified',
  'peers-not-verified',
  'user-identity-ignored',
  'user-identity-checked',
  'user-identity-required',
  'audit-sent',
  'audit-not-sent',
  'audit-repository-changes',
  'unknown-callers-rejected',
  'unknown-callers-may-store',
  'unknown-callers-may-do-all',
  'associations-limited',
  'duplicates-refused',
  'duplicates-kept',
  'reserve-changes',
  'log-level-changes',
  'language-changes',
  'plain-http-served',
  'plain-http-redirected',
] as const;

export interface SettingEffect {
  effect: (typeof SETTING_EFFECTS)[number];
  /** Path within the settings: `tls.port`. */
  setting: string;
  before: string;
  after: string;
  /** English; the page has its own by `effect`. */
  words: string;
}

export interface SettingChange {
  setting: string;
  before: string;
  after: string;
}

/** Every setting that differs, in the order of the settings. */
export function changesOf(before: Settings, after: Settings): SettingChange[] {
  const old = new Map(flat(before));
  return flat(after).flatMap(([setting, value]) => {
    const previous = old.get(setting) ?? '';
    return previous === value ? [] : [{ setting, before: previous, after: value }];
  });
}

/** What would happen, in the order of the settings. */
export function effectsOf(before: Settings, after: Settings): SettingEffect[] {
  return changesOf(before, after).flatMap((change) => {
    const told = EFFECTS[change.setting]?.(before, after) ?? [];
    return told.map((one) => ({
      setting: change.setting,
      before: change.before,
      after: change.after,
      ...one,
    }));
  });
}

type Told = Pick<SettingEffect, 'effect' | 'words'> & Partial<SettingEffect>;

const EFFECTS: Readonly<Record<string, (before: Settings, after: Settings) => Told[]>> = {
  aeTitles: aeTitleEffects,
  dimsePort: (before, after) => [
    {
      effect: 'dimse-port-moves',
      words: `Modalities and workstations must call port ${portWords(after.dimsePort)}: port ${before.dimsePort} is closed. Associations that are open go on to their end.`,
    },
  ],
  'tls.isEnabled': (_before, { tls }) =>
    tls.isEnabled
      ? [{ effect: 'tls-starts', words: `DICOM over TLS is answered on port ${portWords(tls.port)} too.` }]
      : [{ effect: 'tls-stops', words: 'DICOM over TLS is not answered any more.' }],
  'tls.port': (before, after) =>
    before.tls.isEnabled && after.tls.isEnabled
      ? [
          {
            effect: 'tls-port-moves',
            words: `Whoever calls by TLS must call port ${portWords(after.tls.port)}: port ${before.tls.port} is closed.`,
          },
        ]
      : [],
  'tls.profile': (_before, { tls }) => [
    tls.profile === 'bcp195'
      ? {
          effect: 'tls-profile-bcp195',
          words:
            'TLS follows the profile BCP 195 (PS3.15 B.12), with those who call and those who are called.',
        }
      : {
          effect: 'tls-profile-modified',
          words:
            'TLS follows the profile Modified BCP 195 (PS3.15 B.13), with those who call and those who are called.',
        },
  ],
  'tls.clientCertificates': (_before, { tls }) =>
    tls.clientCertificates === 'required'
      ? [
          {
            effect: 'client-certificates-required',
            words: 'Whoever calls by TLS without a certificate that is trusted is turned away.',
          },
        ]
      : [
          {
            effect: 'client-certificates-not-asked',
            words: 'Whoever calls by TLS needs no certificate.',
          },
        ],
  'tls.verifyPeers': (_before, { tls }) =>
    tls.verifyPeers
      ? [
          {
            effect: 'peers-verified',
            words: 'Images are sent by TLS only to peers that show a certificate that is trusted.',
          },
        ]
      : [
          {
            effect: 'peers-not-verified',
            words: 'Images are sent by TLS to peers whatever certificate they show.',
          },
        ],
  userIdentity: (_before, { userIdentity }) => [USER_IDENTITY[userIdentity]],
  'audit.isSyslogSent': (_before, { audit }) =>
    audit.isSyslogSent
      ? [
          {
            effect: 'audit-sent',
            before: '',
            after: repositoryOf(audit),
            words: `Audit messages are also sent to ${repositoryOf(audit)}.`,
          },
        ]
      : [{ effect: 'audit-not-sent', words: 'Audit messages are written here, and sent to nobody.' }],
  'audit.syslogHost': repositoryEffects,
  'audit.syslogPort': (before, after) =>
    before.audit.syslogHost === after.audit.syslogHost ? repositoryEffects(before, after) : [],
  unknownCallers: (_before, { unknownCallers }) => [UNKNOWN_CALLERS[unknownCallers]],
  maximumAssociations: (_before, { maximumAssociations }) => [
    {
      effect: 'associations-limited',
      words: `At most ${maximumAssociations} associations are served at a time; further callers are told to try again later.`,
    },
  ],
  duplicates: (_before, { duplicates }) =>
    duplicates === 'refuse'
      ? [
          {
            effect: 'duplicates-refused',
            words: 'An instance that comes again with other content is refused, and the sender is told so.',
          },
        ]
      : [
          {
            effect: 'duplicates-kept',
            words:
              'An instance that comes again with other content is kept beside the first, and shown as a conflict.',
          },
        ],
  reserveBytes: (_before, { reserveBytes }) => [
    {
      effect: 'reserve-changes',
      words: `New instances are refused when less than ${reserveBytes} bytes of the disk are free.`,
    },
  ],
  logLevel: (_before, { logLevel }) => [
    { effect: 'log-level-changes', words: `The log tells everything down to ${logLevel}.` },
  ],
  language: (_before, { language }) => [
    {
      effect: 'language-changes',
      words: `The page is shown in ${language} to whoever has not chosen another.`,
    },
  ],
  plainHttp: (_before, { plainHttp }) =>
    plainHttp
      ? [
          {
            effect: 'plain-http-served',
            words: 'The page is also served by HTTP, unencrypted: for a reverse proxy that encrypts itself.',
          },
        ]
      : [{ effect: 'plain-http-redirected', words: 'Who opens the page by HTTP is sent on to HTTPS.' }],
};

const UNKNOWN_CALLERS: Readonly<Record<Settings['unknownCallers'], Told>> = {
  reject: {
    effect: 'unknown-callers-rejected',
    words: 'Callers that are no peers are rejected: their images do not arrive.',
  },
  store: {
    effect: 'unknown-callers-may-store',
    words: 'Callers that are no peers may echo and store, and nothing else.',
  },
  all: {
    effect: 'unknown-callers-may-do-all',
    words: 'Everybody who reaches the port may query and retrieve all images.',
  },
};

const USER_IDENTITY: Readonly<Record<Settings['userIdentity'], Told>> = {
  ignored: {
    effect: 'user-identity-ignored',
    words: 'Callers need not say which person calls, and no note is taken of it where they do.',
  },
  checked: {
    effect: 'user-identity-checked',
    words: 'Callers that say which person calls are rejected unless the accounts know that person.',
  },
  required: {
    effect: 'user-identity-required',
    words:
      'Callers without the name and the password of an account are rejected: their images do not arrive.',
  },
};

function repositoryEffects(before: Settings, after: Settings): Told[] {
  if (!before.audit.isSyslogSent || !after.audit.isSyslogSent) return [];
  const [from, to] = [repositoryOf(before.audit), repositoryOf(after.audit)];
  return [
    {
      effect: 'audit-repository-changes',
      before: from,
      after: to,
      words: `Audit messages are sent to ${to}, and no longer to ${from}.`,
    },
  ];
}

/** The same in all languages. */
function repositoryOf({ syslogHost, syslogPort }: Settings['audit']): string {
  return syslogHost.includes(':') ? `[${syslogHost}]:${syslogPort}` : `${syslogHost}:${syslogPort}`;
}

function aeTitleEffects(before: Settings, after: Settings): Told[] {
  const removed = before.aeTitles.filter((title) => !after.aeTitles.includes(title));
  const added = after.aeTitles.filter((title) => !before.aeTitles.includes(title));
  const [calling = ''] = after.aeTitles;
  const told: Told[] = [];
  if (removed.length > 0) {
    told.push({
      effect: 'callers-need-new-ae-title',
      before: removed.join(', '),
      words: `Whoever calls ${removed.join(', ')} is rejected, and must be set to ${after.aeTitles.join(' or ')}.`,
    });
  }
  if (added.length > 0) {
    told.push({
      effect: 'ae-title-added',
      after: added.join(', '),
      words: `Callers are answered under ${added.join(', ')}.`,
    });
  }
  if (calling !== before.aeTitles[0]) {
    told.push({
      effect: 'calling-ae-title-changes',
      before: before.aeTitles[0] ?? '',
      after: calling,
      words: `We call others as ${calling}: they must know that AE title.`,
    });
  }
  return told;
}

function portWords(port: number): string {
  return port === 0 ? 'that is free then' : String(port);
}

/** Each setting by its path, as text, in the order of the schema. */
function flat(settings: Settings): [setting: string, value: string][] {
  const { aeTitles, dimsePort, tls, userIdentity, audit, ...others } = settings;
  return [
    ['aeTitles', aeTitles.join(', ')],
    ['dimsePort', String(dimsePort)],
    ['tls.isEnabled', String(tls.isEnabled)],
    ['tls.port', String(tls.port)],
    ['tls.profile', tls.profile],
    ['tls.clientCertificates', tls.clientCertificates],
    ['tls.verifyPeers', String(tls.verifyPeers)],
    ['userIdentity', userIdentity],
    ['audit.isSyslogSent', String(audit.isSyslogSent)],
    ['audit.syslogHost', audit.syslogHost],
    ['audit.syslogPort', String(audit.syslogPort)],
    ...Object.entries(others).map(([name, value]): [string, string] => [name, String(value)]),
  ];
}
