import type { Event as ArchiveEvent } from '../../api/status.ts';
import { formatBytes } from './format.ts';
import { LANGUAGE_NAMES } from './language-names.ts';
import { hasMessage, t } from './locale.ts';

/** What an event says of a state: before a change, after it, or both. */
export interface StateChange {
  /** What has changed; '' where the sentence of the event says it. */
  label: string;
  before: string | undefined;
  after: string | undefined;
}

/** In the reader's words. */
export function changesIn({ kind, fields }: ArchiveEvent): StateChange[] {
  const before = stateIn(fields, 'before');
  const after = stateIn(fields, 'after');
  if (before === undefined && after === undefined) return [];
  if (kind.startsWith('peer-')) return peerChanges(before, after);
  const words = (state: string | undefined) =>
    state === undefined ? undefined : stateWords(kind, String(fields['setting'] ?? ''), state);
  return [{ label: '', before: words(before), after: words(after) }];
}

/** What the page of settings calls them; by path. */
const SETTING_MESSAGES: Readonly<Record<string, string>> = {
  aeTitles: 'settings.aeTitles',
  dimsePort: 'settings.dimsePort',
  'tls.isEnabled': 'settings.tls',
  'tls.port': 'settings.tls.port',
  'tls.profile': 'settings.tls.profile',
  'tls.clientCertificates': 'settings.tls.clientCertificates',
  'tls.verifyPeers': 'settings.tls.verifyPeers',
  userIdentity: 'settings.userIdentity',
  'audit.isSyslogSent': 'settings.audit.isSyslogSent',
  'audit.syslogHost': 'settings.audit.syslogHost',
  'audit.syslogPort': 'settings.audit.syslogPort',
  unknownCallers: 'settings.unknownCallers',
  maximumAssociations: 'settings.maximumAssociations',
  duplicates: 'settings.duplicates',
  reserveBytes: 'settings.reserveBytes',
  logLevel: 'settings.logLevel',
  language: 'settings.language',
  plainHttp: 'settings.plainHttp',
};

export function settingName(path: string): string {
  const key = SETTING_MESSAGES[path];
  return key === undefined ? path : t(key);
}

function stateWords(kind: string, setting: string, state: string): string {
  if (kind.startsWith('user-') || kind.startsWith('token-')) return named(`shell.role.${state}`, state);
  if (setting === 'reserveBytes') return formatBytes(Number(state));
  if (setting === 'language') return (LANGUAGE_NAMES as Readonly<Record<string, string>>)[state] ?? state;
  return named(`settings.${setting}.${state}`, plainWords(state));
}

function named(key: string, otherwise: string): string {
  return hasMessage(key) ? t(key) : otherwise;
}

function plainWords(value: string): string {
  if (value === 'true') return t('activity.yes');
  if (value === 'false') return t('activity.no');
  return value === '' ? '—' : value;
}

/** Fields of a peer as the server tells them, in its order: `host=10.0.0.4 port=104`. */
const PEER_FIELDS: Readonly<Record<string, string>> = {
  aeTitle: 'peers.field.ae-title',
  host: 'peers.field.host',
  port: 'peers.field.port',
  mayEcho: 'peers.permission.mayEcho',
  mayStore: 'peers.permission.mayStore',
  mayFind: 'peers.permission.mayFind',
  mayRetrieve: 'peers.permission.mayRetrieve',
  matchAddress: 'peers.field.match-address',
  useTls: 'peers.field.use-tls',
  preferredTransferSyntaxes: 'peers.field.syntax',
  note: 'peers.field.note',
};

function peerChanges(before: string | undefined, after: string | undefined): StateChange[] {
  const [old, next] = [peerFieldsIn(before), peerFieldsIn(after)];
  const words = (field: string, value: string | undefined) =>
    value === '' && field === 'preferredTransferSyntaxes'
      ? t('peers.field.syntax.as-stored')
      : value === undefined
        ? undefined
        : plainWords(value);
  return Object.entries(PEER_FIELDS)
    .filter(([field]) => old.has(field) || next.has(field))
    .map(([field, key]) => ({
      label: t(key),
      before: words(field, old.get(field)),
      after: words(field, next.get(field)),
    }));
}

/** The note comes last, so what a person has written there is never taken for a field. */
function peerFieldsIn(state: string | undefined): Map<string, string> {
  const found = new Map<string, string>();
  let rest = ` ${state ?? ''}`;
  let last: string | undefined;
  for (const field of Object.keys(PEER_FIELDS)) {
    const at = rest.indexOf(` ${field}=`);
    if (at < 0) continue;
    if (last !== undefined) found.set(last, rest.slice(0, at));
    rest = rest.slice(at + field.length + 2);
    last = field;
  }
  if (last !== undefined) found.set(last, rest);
  return found;
}

function stateIn(fields: ArchiveEvent['fields'], name: 'before' | 'after'): string | undefined {
  const value = fields[name];
  return value === undefined ? undefined : String(value);
}
